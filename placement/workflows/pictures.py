"""The pictures of a training: what they show is gathered here, and drawn by `reporting`."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from placement.evaluation.bootstrap import EXACT_ROWS
from placement.model.scorer import NumberColumn
from placement.reporting.grade import Grade, binned, choose_column, grade_of
from placement.training.preparation import Tested
from placement.workflows.train import Training

Floats = npt.NDArray[np.float64]


def draw(training: Training, folder: str) -> str:
    """Draw the pictures of a training into a folder; return the folder."""
    from placement.reporting.plots import draw_all

    fitted, judged = training.fitted, training.judged
    draw_all(
        folder,
        history=fitted.history,
        probability=judged.probability,
        label=judged.label,
        weight=judged.weight,
        rows=judged.rows,
        names=fitted.encoder.names,
        coefficients=[row.coefficient_standardised for row in fitted.coefficients],
        grade=_grade(training),
        positive=fitted.schema.target.positive,
    )
    return folder


def _grade(training: Training) -> Grade | None:
    """Gather the grades of the rows to measure on, where the model knows a grade."""
    fitted, tested = training.fitted, training.tested
    name = choose_column(fitted)
    if name is None:
        return None
    parts = _of_pieces(tested, name)
    if int(training.judged.rows.sum()) <= EXACT_ROWS:
        values, label, weight = (np.concatenate(part) for part in zip(*parts, strict=True))
        return grade_of(fitted, {name: values}, label, weight, name)
    (column,) = (c for c in fitted.encoder.columns if c.column == name)
    if not isinstance(column, NumberColumn):
        return None
    values, label, weight, rows = binned(parts, column.low, column.high)
    return grade_of(fitted, {name: values}, label, weight, name, rows)


def _of_pieces(tested: Tested, name: str) -> Iterator[tuple[Floats, Floats, Floats]]:
    table = tested.table
    for place in range(table.pieces):
        rows = tested.rows(place)
        cells = np.asarray(table.kept[name].piece(place), dtype=np.float64)
        yield cells[rows], table.labels.piece(place)[rows], table.weights.piece(place)[rows]
