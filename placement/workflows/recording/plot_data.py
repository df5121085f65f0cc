"""What the pictures of a training show, gathered from its rows; `reporting` draws it."""

from collections.abc import Iterator
from dataclasses import fields

import numpy as np

from placement.model.fitted import Fitted
from placement.model.scorer import READ
from placement.reporting.plots.grade_bins import (
    Grade,
    GradeRows,
    choose_column,
    grade_of,
    number_columns,
    summed_up,
)
from placement.reporting.plots.training_plots import Pictures
from placement.stats.resampling import EXACT_ROWS
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
        grade=_grade(result, int(summary.rows.sum())),
        positive=fitted.schema.target.positive,
        threshold=fitted.threshold,
    )


def _grade(result: FitAndTestResult, rows: int) -> Grade | None:
    """Gather the grades of the rows to measure on, where the model knows a grade."""
    name = choose_column(result.fitted)
    if name is None:
        return None
    parts = _of_pieces(result, name)
    if rows > EXACT_ROWS:
        column = next(one for one in number_columns(result.fitted) if one.column == name)
        return grade_of(name, summed_up(parts, column.low, column.high))
    pieces = list(parts)
    names = [item.name for item in fields(GradeRows) if item.name != "rows"]
    whole = {each: np.concatenate([getattr(piece, each) for piece in pieces]) for each in names}
    return grade_of(name, GradeRows(**whole))


def _of_pieces(result: FitAndTestResult, name: str) -> Iterator[GradeRows]:
    tested, model = result.prepared.test_rows, result.fitted
    table = tested.table
    for piece in range(table.pieces):
        rows = tested.rows(piece)
        cells = table.piece(piece, model.schema.feature_names)
        chosen = {column: of_piece[rows] for column, of_piece in cells.items()}
        yield GradeRows(
            np.asarray(chosen[name], dtype=np.float64),
            model.scorer.score(chosen, READ).probability,
            table.labels.piece(piece)[rows],
            table.weights.piece(piece)[rows],
        )
