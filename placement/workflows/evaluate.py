"""Evaluate: run the perceptron on rows whose outcome is known."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from placement.data.storage import Storage
from placement.data.understanding import Table
from placement.evaluation.evaluation import evaluate
from placement.evaluation.rivals import Rivals
from placement.model.fitted import Fitted, load_fitted
from placement.reporting.results import EvaluateResult
from placement.workflows.again import settings_of
from placement.workflows.labelled import read_like
from placement.workflows.models import find_model
from placement.workflows.scoring import Doubts
from placement.workflows.watching import Nobody, Watcher


def evaluate_file(
    name: str,
    source: str,
    threshold: float | None,
    watcher: Watcher = Nobody(),
    *,
    names: tuple[str, ...] = (),
    sheet: str | None = None,
    with_rivals: bool = False,
) -> EvaluateResult:
    """Measure the model that `name` names on a file with outcomes.

    `with_rivals`: perceptrons of its settings and their rivals are cross-validated on the file too.
    """
    model = find_model(name, watcher)
    fitted = load_fitted(model.directory)
    with Storage() as storage:
        table = read_like(
            source, model.schema, storage, watcher, names=names, sheet=sheet, one_outcome=True
        )
        found = evaluate(fitted, table, threshold=threshold)
        doubts = _doubts(fitted, table)
        beside = _rivals(fitted.config, table, watcher) if with_rivals else None
    if table.digest == model.figures.get("data_digest"):
        doubts = (f"{table.name} is the very table the model was trained on: it flatters", *doubts)
    return EvaluateResult(table.name, model.about, found, (*table.warnings, *doubts), beside)


def _rivals(settings: Mapping[str, Any], table: Table, watcher: Watcher) -> Rivals:
    """Compare perceptrons of a model's settings with their rivals on the rows of a table."""
    from placement.workflows.rivalry import rivals

    return rivals(table, settings_of(settings), watcher)


def _doubts(fitted: Fitted, table: Table) -> tuple[str, ...]:
    """Tell of the cells that the model had not seen the like of."""
    doubts = Doubts()
    for place in range(table.pieces):
        cells = table.piece(place, fitted.schema.feature_names)
        doubts.add(fitted.encoder.problems(cells), partial(_row, table, place))
    return doubts.warnings


def _row(table: Table, place: int, row: int) -> str:
    return f"{table.name}, row {table.numbers.piece(place)[row]}"
