"""Evaluate: run the perceptron on rows whose outcome is known."""

from dataclasses import dataclass
from functools import partial

from placement.data.columns.storage import Storage
from placement.data.profiles.sensitive_groups import sensitive_groups
from placement.data.table.read_table import Table
from placement.evaluation.alternatives.alternatives import ModelComparison
from placement.evaluation.evaluate import evaluate
from placement.model.fitted import Fitted, load_fitted
from placement.model.scorer import match_columns
from placement.reporting.results import EvaluateResult
from placement.reporting.text.fairness import fairness_warnings
from placement.runtime.progress import NoProgress, ProgressListener
from placement.workflows.reading.file_options import FileOptions
from placement.workflows.reading.find_model import find_model
from placement.workflows.reading.read_labelled import read_like
from placement.workflows.reading.training_settings import (
    is_training_table,
    split_of_training,
    training_config,
)
from placement.workflows.scoring.score_blocks import ScoringWarnings


@dataclass(frozen=True)
class EvaluateRequest(FileOptions):
    """Which model to measure on which file with outcomes.

    `weight`: its column of frequency weights. `with_rivals`: perceptrons of the model's settings
    and their rivals are cross-validated on the file too.
    `sensitive`: columns whose groups are to be compared; None for those that were compared when the
    model was trained, as far as the file has them, and the recognised ones.
    """

    data: str
    model: str = "champion"
    threshold: float | None = None
    with_rivals: bool = False
    sensitive: tuple[str, ...] | None = None
    weight: str | None = None


def evaluate_file(
    request: EvaluateRequest, listener: ProgressListener = NoProgress()
) -> EvaluateResult:
    """Measure a model on a file with outcomes."""
    model, sensitive = find_model(request.model, listener), request.sensitive
    fitted = load_fitted(model.directory)
    with Storage() as storage:
        table = read_like(
            request.data,
            model.schema,
            storage,
            listener,
            request,
            weight=request.weight,
            one_outcome=True,
            sensitive=sensitive,
        )
        wanted = table.sensitive if sensitive is not None else _usual(fitted, table)
        groups, notes = sensitive_groups(table, wanted, requested=sensitive is not None)
        for note in notes:
            listener.note(note)
        found = evaluate(fitted, table, threshold=request.threshold, groups=groups)
        doubts = _doubts(fitted, table)
        beside = _rivals(fitted, table, listener) if request.with_rivals else None
        known = is_training_table(model.figures, model.schema.feature_names, table)
    if known:
        doubts = (f"{table.name} is the very table the model was trained on: it flatters", *doubts)
    if found.base_rate in (0.0, 1.0):
        doubts = (f"{table.name}: all rows have the same outcome: most figures say little", *doubts)
    target = fitted.schema.target
    if found.fairness is not None:
        doubts = (*doubts, *fairness_warnings(found.fairness, target))
    said = (*table.warnings, *doubts)
    return EvaluateResult(table.name, model.about, target, found, said, beside)


def _rivals(fitted: Fitted, table: Table, listener: ProgressListener) -> ModelComparison:
    """Compare perceptrons of a model's settings with their rivals on the rows of a table."""
    from placement.workflows.selection.compare_alternatives import compare_alternatives

    split = split_of_training(fitted, table)
    return compare_alternatives(table, training_config(fitted.config), listener, split=split)


def _usual(fitted: Fitted, table: Table) -> tuple[str, ...]:
    """Return the columns whose groups were compared in training, and the recognised ones."""
    evaluation = fitted.figures.evaluation
    before = None if evaluation is None else evaluation.fairness
    compared = () if before is None else [column.column for column in before.columns]
    found = match_columns(table.chunked_columns, compared)
    return tuple(dict.fromkeys((*found.values(), *table.sensitive)))


def _doubts(fitted: Fitted, table: Table) -> tuple[str, ...]:
    """Tell of the cells that the model had not seen the like of."""
    doubts = ScoringWarnings()
    for place in range(table.pieces):
        cells = table.piece(place, fitted.schema.feature_names)
        doubts.add(fitted.encoder.problems(cells), partial(table.where, place))
    return doubts.warnings
