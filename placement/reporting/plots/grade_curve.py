"""P(placed) against a grade: the model's curve for an average student, and what happened.

The dots are bins of at least 5 students; nothing else of the rows leaves this module.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from placement.arrays import CellArray, FloatArray, IntArray
from placement.evaluation.calibration.reliability import reliability_bins
from placement.model.scorer import (
    CategoryColumn,
    InteractionColumn,
    NumberColumn,
    match_columns,
    parse_numbers,
)
from placement.stats.figures import ReliabilityBin

if TYPE_CHECKING:
    from placement.model.fitted import Fitted


GRID_STEPS = 200
WIDTHS = 4_096  # bins of equal width that many rows are summed up in


@dataclass(frozen=True)
class Grade:
    """The picture's content: `grid: (k,)` of grades, `curve: (k,)` of probabilities, and bins.

    `predicted` of a bin is the mean grade of its students.
    """

    name: str
    grid: FloatArray
    curve: FloatArray
    bins: tuple[ReliabilityBin, ...]


def grade_of(
    fitted: "Fitted",
    columns: Mapping[str, CellArray],
    label: FloatArray,
    weight: FloatArray | None = None,
    column: str | None = None,
    rows: IntArray | None = None,
) -> Grade | None:
    """Prepare the picture for a column, by default the CGPA or the nearest thing to it.

    None where the model uses no number column. Each entry of the arrays (n,) stands for one row,
    or for so many `rows` (n,) of the same kind.
    """
    name = column or choose_column(fitted)
    if name is None:
        return None
    values, _ = parse_numbers(columns[match_columns(columns.keys(), [name])[name]])
    bins = grade_bins(values, label, weight, rows)
    limits = {column.column: (column.low, column.high) for column in number_columns(fitted)}
    low, high = limits.get(name, (0.0, 1.0))
    if bins:  # The training range is rounded outwards, often far: stay near the bins.
        first, last = bins[0].predicted, bins[-1].predicted
        margin = 0.1 * max(last - first, 1e-9)
        low, high = max(low, first - margin), min(high, last + margin)
    grid = np.linspace(low, high, GRID_STEPS)
    return Grade(name, grid, average_student(fitted, name, grid), bins)


def choose_column(fitted: "Fitted") -> str | None:
    """Return the CGPA, another column on a grade scale, or the number of the largest weight."""
    numbers = [column.column for column in number_columns(fitted)]
    scaled = [f.name for f in fitted.schema.features if f.scale is not None and f.name in numbers]
    for word in ("cgpa", "gpa"):
        for name in numbers:
            if word in name.casefold():
                return name
    if scaled:
        return scaled[0]
    size = dict(zip(fitted.encoder.names, np.abs(fitted.weights), strict=True))
    return max(numbers, key=lambda name: size[name], default=None)


def number_columns(fitted: "Fitted") -> list[NumberColumn]:
    """Return the model's numbers, bent or straight."""
    return [column for column in fitted.encoder.columns if isinstance(column, NumberColumn)]


def average_student(fitted: "Fitted", column: str, grid: FloatArray) -> FloatArray:
    """Return the probability (k,) at each grade of one whose other columns are at their average."""
    logit, index = np.full(len(grid), float(fitted.intercept)), 0
    before: list[FloatArray] = []
    for encoded in fitted.encoder.columns:
        if isinstance(encoded, InteractionColumn):
            values = encoded.encode(before)  # so the other column counts as its average
        elif encoded.column == column and not isinstance(encoded, CategoryColumn):
            values = encoded.encode(grid)[0]
        else:
            values = [np.full(len(grid), average) for average in encoded.averages]
        before += values
        for one in values:
            logit += fitted.weights[index] * one
            index += 1
    return fitted.scorer.probability(logit)


def grade_bins(
    values: FloatArray,
    label: FloatArray,
    weight: FloatArray | None = None,
    rows: IntArray | None = None,
) -> tuple[ReliabilityBin, ...]:
    """Return up to 10 bins of equal count, none of fewer than 5 students."""
    present = np.isfinite(values)
    w = None if weight is None else weight[present]
    counts = None if rows is None else rows[present]
    return reliability_bins(values[present], label[present], w, rows=counts)


def binned(
    parts: Iterable[tuple[FloatArray, FloatArray, FloatArray]], low: float, high: float
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Sum up grade, label and weight of many rows (n,) in bins between two grades.

    Return each bin's mean grade, share of positives, weight and rows; all (m,).
    """
    sums = np.zeros((4, WIDTHS))
    for values, label, weight in parts:
        present = np.isfinite(values) & (weight > 0)
        grade, w = values[present], weight[present]
        bins = np.clip((grade - low) / ((high - low) or 1.0), 0, 1) * (WIDTHS - 1)
        for line, amounts in enumerate((w * grade, w * label[present], w, np.ones(len(w)))):
            sums[line] += np.bincount(bins.astype(np.int64), amounts, minlength=WIDTHS)
    grade, positive, weight, rows = sums[:, sums[3] > 0]
    return grade / weight, positive / weight, weight, rows.astype(np.int64)
