"""Evaluate: measure a model on rows with an outcome."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

from placement.config.label_options import LabelOptions
from placement.config.option import option_words
from placement.data.columns.storage import Storage
from placement.data.names.equivalents import means
from placement.data.output.left_out_file import left_out_file
from placement.data.profiles.sensitive_groups import SensitiveGroups, sensitive_groups
from placement.data.table.read_table import Table
from placement.errors import Grave, UsageError
from placement.evaluation.alternatives.alternatives import ModelComparison
from placement.evaluation.as_told import (
    evaluate_as_told,
    outcomes_by_seat,
    rows_with_probability,
    warn_of_help,
)
from placement.evaluation.evaluate import Evaluation, measure
from placement.evaluation.held_out import MeasuredRows, measured_rows, split_of_training
from placement.evaluation.overrides import evaluate_overrides
from placement.evaluation.shortlist import Rank
from placement.evaluation.single_columns import compare_lists
from placement.model.fitted import Fitted, load_fitted
from placement.model.scorer import match_columns
from placement.reporting.results import EvaluateResult
from placement.reporting.text.fairness import fairness_warnings
from placement.runtime.progress import NoProgress, ProgressListener
from placement.stats.capture import Capture
from placement.training.prepare import every_row
from placement.workflows.reading.about_file import about_path
from placement.workflows.reading.find_model import Model, find_model
from placement.workflows.reading.read_labelled import read_like, storage_for
from placement.workflows.reading.read_list import read_list
from placement.workflows.reading.training_settings import training_config
from placement.workflows.scoring.score_blocks import ScoringWarnings


@dataclass(frozen=True)
class EvaluateRequest(LabelOptions):
    """Which model to measure on which file with outcomes.

    `weight`: its column of frequency weights. `with_alternatives`: perceptrons of the model's
    settings and the alternatives to them are cross-validated on the file too.
    `sensitive`: columns whose groups are to be compared; None for those that were compared when the
    model was trained, as far as the file has them, and the recognised ones. `seats`: how many of
    the file's students can be called in, and the same share of those measured where not all are;
    None for the share that the training says. `all_rows`: of the model's own training table too,
    and not the held-out ones alone. `as_told`: the file is a list, and the probabilities that stand
    in it are measured.
    """

    data: str
    model: str = "champion"
    threshold: float | None = None
    with_alternatives: bool = False
    sensitive: tuple[str, ...] | None = None
    weight: str | None = None
    seats: int | None = None
    all_rows: bool = False
    as_told: bool = False

    def __post_init__(self) -> None:
        """Refuse what measures a model beside probabilities that are there."""
        super().__post_init__()
        given = {"--rivals": self.with_alternatives, "--seats": self.seats is not None}
        given["--all-rows"] = self.all_rows
        if self.as_told and (others := [name for name, is_given in given.items() if is_given]):
            raise UsageError(f"--as-told measures what a list says, so {others[0]} has no place")


def evaluate_file(
    request: EvaluateRequest, listener: ProgressListener = NoProgress()
) -> EvaluateResult:
    """Measure a model on a file with outcomes."""
    rank = _kept_rank(request) if request.as_told else None
    model, sensitive = find_model(request.model, listener), request.sensitive
    fitted = load_fitted(model.directory)
    with storage_for(request) as storage:
        table = _read(request, model, storage, listener)
        if request.as_told:
            measured = MeasuredRows(rows_with_probability(table), None)
        else:
            measured = measured_rows(fitted, table, every=request.all_rows)
        columns = table.sensitive
        if sensitive is None:
            columns = _default_columns(fitted, table, as_told=request.as_told)
        groups, notes = sensitive_groups(measured.table, columns, requested=sensitive is not None)
        for note in notes:
            listener.note(note)
        evaluation, lists, warnings = _measure(request, fitted, measured, table, groups)
        overrides = evaluate_overrides(measured.table, rank) if request.as_told else None
        by_seat = outcomes_by_seat(measured.table) if request.as_told else ()
        alternatives = _alternatives(fitted, table, listener) if request.with_alternatives else None
    target = fitted.schema.target
    if evaluation.fairness is not None:
        warnings = (*warnings, *fairness_warnings(evaluation.fairness, target))
    grave = _grave(table.name, measured, evaluation)
    return EvaluateResult(
        table.name,
        model.about,
        target,
        evaluation,
        (*_unproven(request), *table.warnings, *grave, *warnings),
        alternatives,
        lists,
        as_told=request.as_told,
        overrides=overrides,
        by_seat=by_seat,
        words=_words(request),
    )


def _read(
    request: EvaluateRequest, model: Model, storage: Storage, listener: ProgressListener
) -> Table:
    with left_out_file(request.left_out) as left_out:
        table = read_like(
            request.data,
            model.schema,
            model.scorer.numbers,
            storage,
            listener,
            request,
            weight=request.weight,
            one_outcome=True,
            sensitive=request.sensitive,
        )
        left_out.add(table.left_out_rows)
    return table


def _grave(name: str, measured: MeasuredRows, evaluation: Evaluation) -> Iterator[Grave]:
    """Yield why the figures say less than they seem to."""
    if evaluation.base_rate in (0.0, 1.0):
        text = f"{name}: all rows have the same outcome: most figures say little"
        yield Grave(text, f"{text}.")
    if measured.metrics_on == "train":
        text = f"{name} is the very table the model was trained on: it flatters"
        yield Grave(text, f"{text}.")


def _kept_rank(request: EvaluateRequest) -> Rank | None:
    """Return whom a list has first, where that is kept; `DataError` where the list was altered."""
    if about_path(Path(request.data)) is None:
        return None
    about = read_list(request.data, request, NoProgress()).about
    return None if about is None else about["list"]["rank"]


def _unproven(request: EvaluateRequest) -> tuple[str, ...]:
    """Warn of a list of which nothing is kept, so that it is taken as it stands."""
    if not request.as_told or about_path(Path(request.data)) is not None:
        return ()
    text = (
        f"{request.data}.about.json is not beside the list: nobody can tell whether its chances "
        "and seats are those that were written"
    )
    return (text,)


def _words(request: EvaluateRequest) -> tuple[str, ...]:
    """Return the words of the command that measures today's model on the same students."""
    labels = option_words(request, fields(LabelOptions))
    model = [] if request.model == EvaluateRequest.model else ["--model", request.model]
    return ("evaluate", request.data, *labels, *model)


def _measure(
    request: EvaluateRequest,
    fitted: Fitted,
    measured: MeasuredRows,
    table: Table,
    groups: Sequence[SensitiveGroups],
) -> tuple[Evaluation, Capture | None, tuple[str, ...]]:
    """Return the figures, whom the lists hold, and the warnings about the measured rows."""
    if request.as_told:
        evaluation = evaluate_as_told(
            measured.table, threshold=request.threshold, supposed=fitted.threshold, groups=groups
        )
        return evaluation, None, warn_of_help(measured.table)
    evaluation = measure(fitted, measured, threshold=request.threshold, groups=groups)
    seats = request.seats and request.seats * _share(measured.table, table)
    lists = compare_lists(fitted, every_row(measured.table), seats)
    warnings = (*warn_of_help(measured.table), *_cell_warnings(fitted, measured.table))
    return evaluation, lists, warnings


def _share(some: Table, table: Table) -> float:
    """Return which share of a table's students some rows of it are."""
    return float(some.weight.sum() / table.weight.sum())


def _alternatives(fitted: Fitted, table: Table, listener: ProgressListener) -> ModelComparison:
    from placement.workflows.selection.compare_alternatives import compare_alternatives

    split = split_of_training(fitted, table)
    return compare_alternatives(table, training_config(fitted.config), listener, split=split)


def _default_columns(fitted: Fitted, table: Table, *, as_told: bool) -> tuple[str, ...]:
    """Return the columns whose groups were compared in training, and the recognised ones.

    Of a list, the branches too: each has somebody who asks whether it was right of them.
    """
    evaluation = fitted.figures.evaluation
    fairness = None if evaluation is None else evaluation.fairness
    compared = () if fairness is None else [column.column for column in fairness.columns]
    matched = match_columns(table.chunked_columns, compared)
    branches = [name for name in table.chunked_columns if as_told and means(name, "branch")]
    return tuple(dict.fromkeys((*branches, *matched.values(), *table.sensitive)))


def _cell_warnings(fitted: Fitted, table: Table) -> tuple[str, ...]:
    """Return the warnings of cells that no training row resembles."""
    warnings = ScoringWarnings()
    for piece in range(table.pieces):
        cells = table.piece(piece, fitted.schema.feature_names)
        warnings.add(fitted.encoder.problems(cells), partial(table.where, piece))
    return warnings.warnings
