"""What the pictures of a training show, gathered from its rows; `reporting` draws it."""

from collections.abc import Iterator

import numpy as np

from placement.arrays import FloatArray
from placement.model.fitted import Fitted
from placement.reporting.plots import grade_curve
from placement.reporting.plots.training_plots import Pictures
from placement.stats.resampling import EXACT_ROWS
from placement.training.prepare import TestRows
from placement.workflows.training.fit_and_test import FitAndTestResult


def pictures_of(result: FitAndTestResult, fitted: Fitted) -> Pictures:
    """Gather what the pictures of a tested model, or of the one fitted again, show."""
    summary = result.accumulator.summary()
    return Pictures(
        history=fitted.history,
        probability=summary.probability,
        label=summary.label,
        weight=summary.weight,
        rows=summary.rows,
        names=fitted.encoder.names,
        coefficients=[row.coefficient_standardised for row in fitted.coefficients],
        grade=_grade(result.prepared.test_rows, fitted, int(summary.rows.sum())),
        positive=fitted.schema.target.positive,
        threshold=fitted.threshold,
    )


def _grade(tested: TestRows, fitted: Fitted, rows: int) -> grade_curve.Grade | None:
    """Gather the grades of the rows to measure on, where the model knows a grade."""
    name = grade_curve.choose_column(fitted)
    if name is None:
        return None
    parts = _of_pieces(tested, name)
    if rows <= EXACT_ROWS:
        values, label, weight = (np.concatenate(part) for part in zip(*parts, strict=True))
        return grade_curve.grade_of(fitted, {name: values}, label, weight, name)
    column = next(shown for shown in grade_curve.number_columns(fitted) if shown.column == name)
    values, label, weight, counts = grade_curve.binned(parts, column.low, column.high)
    return grade_curve.grade_of(fitted, {name: values}, label, weight, name, counts)


def _of_pieces(tested: TestRows, name: str) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
    table = tested.table
    for piece in range(table.pieces):
        rows = tested.rows(piece)
        cells = np.asarray(table.chunked_columns[name].piece(piece), dtype=np.float64)
        yield cells[rows], table.labels.piece(piece)[rows], table.weights.piece(piece)[rows]
