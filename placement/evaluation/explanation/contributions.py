"""Why this probability? Each file column's part in the logit of a student.

A column's contribution is β·(x − mean), summed over its encoded columns; x is the student's and
mean the average of training. The contributions and the average student's logit add up to the logit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from placement.arrays import FloatArray
from placement.errors import DataError
from placement.model.scorer import (
    PLAIN,
    ColumnLike,
    Formats,
    NumberFormat,
    ScorerError,
    TableLike,
    match_columns,
    parse_numbers,
    words,
)

if TYPE_CHECKING:
    from placement.model.fitted import Fitted


REASONS = 3
FAINT = 0.05  # of log-odds; what moves the chance by less is no reason


@dataclass(frozen=True)
class Explanation:
    """What the model says of n students, and why.

    `contributions: (n, m)` of the m file columns `columns`, and `average`, the logit of the average
    student, add up to `logit: (n,)`. `low`, `high` (n,) are the 95 % limits of `probability`, None
    where the model does not know its covariance.
    """

    columns: tuple[str, ...]
    contributions: FloatArray
    average: float
    logit: FloatArray
    probability: FloatArray
    low: FloatArray | None
    high: FloatArray | None


def explain(fitted: "Fitted", table: TableLike, formats: Formats | None = None) -> Explanation:
    """Explain rows of a table: a mapping of the model's columns, each (n,).

    `formats` are those of `Scorer.score`: None to decide by the cells how numbers are written.
    Raises DataError where a column is lacking.
    """
    try:
        scores = fitted.scorer.score(table, formats, errors=True)
    except ScorerError as problem:
        raise DataError(str(problem)) from problem
    matched = match_columns(table.keys(), fitted.scorer.feature_columns)
    cells = {name: table[column] for name, column in matched.items()}
    if formats is None:
        formats = fitted.scorer.formats(cells)
    encoded = fitted.encoder.encode(cells, formats)
    averages = fitted.encoder.averages
    parts = (encoded - averages) * fitted.weights
    columns = tuple(dict.fromkeys(fitted.encoder.source_columns))
    contributions = np.zeros((len(encoded), len(columns)))
    for index, source in enumerate(fitted.encoder.source_columns):
        contributions[:, columns.index(source)] += parts[:, index]
    low, high = scores.interval or (None, None)
    return Explanation(
        columns=columns,
        contributions=contributions,
        average=fitted.intercept + float(averages @ fitted.weights),
        logit=scores.logit,
        probability=scores.probability,
        low=low,
        high=high,
    )


def reasons(
    fitted: "Fitted", explanation: Explanation, table: TableLike, formats: Formats | None = None
) -> list[tuple[str, ...]]:
    """Say of each student the up to three strongest reasons in words, the strongest first.

    The table and `formats` are those that were explained.
    """
    if formats is None:
        matched = match_columns(table.keys(), fitted.scorer.feature_columns)
        formats = fitted.scorer.formats({name: table[column] for name, column in matched.items()})
    cells = [_named_cells(fitted, name, table, formats) for name in explanation.columns]
    parts = explanation.contributions
    order = np.argsort(-np.abs(parts), axis=1, kind="stable")[:, :REASONS]
    return [
        tuple(
            f"{cells[column][row]} {'raises' if parts[row, column] > 0 else 'lowers'} the chance"
            for column in order[row]
            if abs(parts[row, column]) >= FAINT
        )
        for row in range(len(parts))
    ]


def _named_cells(
    fitted: "Fitted", column: str, table: TableLike, formats: Formats
) -> Sequence[str]:
    """Name a column with each student's cell (n,): `cgpa 6.1 (average 7.0)`, `branch MECH`."""
    sources = _sources(fitted, column)
    matched = match_columns(table.keys(), sources)
    parts = [
        _cells(fitted, name, table[matched[name]], formats.get(name, PLAIN)) for name in sources
    ]
    return [" with ".join(row) for row in zip(*parts, strict=True)]


def _sources(fitted: "Fitted", column: str) -> tuple[str, ...]:
    """Return the file columns of a column: itself, or the two that `A:B` is the product of."""
    names = fitted.scorer.feature_columns
    if column in names:
        return (column,)
    return next((a, b) for a in names for b in names if f"{a}:{b}" == column)


def _cells(fitted: "Fitted", name: str, cells: ColumnLike, form: NumberFormat) -> list[str]:
    kinds = {feature.name: feature.kind for feature in fitted.schema.features}
    if kinds[name] == "category":
        return [f"{name} {word}" if word else f"{name} not known" for word in words(cells)]
    numbers, shares = as_typed(cells, form)
    averages = fitted.encoder.number(name).mean * shares
    return [
        f"{name} not known"
        if np.isnan(value)
        else f"{name} {_short(value)} (average {_short(average)})"
        for value, average in zip(numbers, averages, strict=True)
    ]


def as_typed(cells: ColumnLike, form: NumberFormat) -> tuple[FloatArray, FloatArray]:
    """Return the numbers in cells (n,) on the scale of each, and its share of the model's scale.

    A figure is named as it stands in its cell: CGPA 6.67, not the 66.7 it is brought to.
    """
    typed, _ = parse_numbers(cells, replace(form, mixed=None))
    read = form.rescaled(typed)
    return typed, np.divide(typed, read, out=np.ones(len(read)), where=read > 0)


def _short(value: float) -> str:
    """Write a figure as a person would: 7.25, 72, 1200."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
