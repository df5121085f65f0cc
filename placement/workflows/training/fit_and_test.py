"""Hold rows out, fit with gradient checks, test the model."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from placement.config.train_config import TrainConfig
from placement.data.columns.left_out import NOT_KNOWN
from placement.data.encoding.fit_terms import terms_left_out
from placement.data.encoding.nonlinear_terms import nonlinear_terms_of
from placement.data.profiles.sensitive_groups import sensitive_groups
from placement.data.splits.repeated_rows import warn_of_copies
from placement.data.splits.split import TEST
from placement.data.table.table import Table
from placement.errors import DataError, Grave
from placement.evaluation.metrics.accumulator import PredictionAccumulator
from placement.model.fairness_figures import Fairness
from placement.model.figures import DecisionFigures
from placement.model.fitted import Fitted
from placement.model.history import Epoch
from placement.reporting.results import Understanding
from placement.reporting.text.fairness import fairness_warnings
from placement.runtime.progress import NoProgress, ProgressListener
from placement.stats.sample_size import sample_size
from placement.training.fit import build_fitted, information_at
from placement.training.gradcheck.report import GradientCheck
from placement.training.inference.fisher_information import FisherInformation
from placement.training.prepare import Prepared, prepare
from placement.training.solver.checkpoint import Checkpoint
from placement.training.solver.solution import solution_of
from placement.training.validation.cross_predict import score_tested
from placement.workflows.reading.read_training_tables import Tables
from placement.workflows.training.calibrate import (
    RecalibrationResult,
    calibrate,
    meaning_when_balanced,
)
from placement.workflows.training.checked_fit import KeepCheckpoint, fit_checked
from placement.workflows.training.choose_threshold import decision_of, policy_of
from placement.workflows.training.group_fairness import (
    compare_groups,
    fairness_accumulator,
    groups_compared,
)
from placement.workflows.training.inference import small_sample
from placement.workflows.training.out_of_fold import (
    OutOfFoldPredictions,
    folds_for,
    predict_training_rows,
    training_folds,
)


@dataclass(frozen=True)
class FitAndTestResult:
    """A fitted model, with its predictions of the rows to measure on.

    `information` is that of the training rows, `checks` are the gradient checks, each with the
    epoch it was made at; `fairness` are the figures by group, None where there is no sensitive
    column. `out_of_fold` are the training rows predicted out of fold, where something was chosen on
    them, and `recalibration` is the result of `--calibrate`, whose calibration `fitted` has.
    """

    prepared: Prepared
    fitted: Fitted
    information: FisherInformation | None
    checks: tuple[tuple[int, GradientCheck], ...]
    accumulator: PredictionAccumulator
    decision: DecisionFigures
    fairness: Fairness | None
    warnings: tuple[str, ...]
    out_of_fold: tuple[OutOfFoldPredictions, ...] = ()
    recalibration: RecalibrationResult | None = None


def understand(
    tables: Tables, config: TrainConfig, listener: ProgressListener = NoProgress()
) -> tuple[Prepared, Understanding]:
    """Prepare the rows and summarise them; nothing is fitted or written."""
    total = len(tables.train) + (0 if tables.test is None else len(tables.test))
    with listener.progress("encoding", "rows", total) as progress:
        progress.update(0, "after rows are held out")
        on_progress = _counted(progress.update)
        prepared = prepare(tables.train, config, test=tables.test, on_progress=on_progress)
    curves = nonlinear_terms_of(config, prepared.table.schema)
    lacking = terms_left_out(curves, prepared.encoder.columns)
    warnings = [*tables.warnings, *lacking, *prepared.problem.warnings]
    copies = None if config.weight else warn_of_copies(tables.train, config.seed)
    warnings += [] if copies is None else [copies]
    if prepared.test is None and config.test_size:
        text = f"{prepared.split.note}: the figures are those of the training rows"
        warnings.append(Grave(text))
    tested = prepared.split.counts[TEST], prepared.split.positive[TEST]
    if tested[0] and tested[1] in (0, tested[0]):
        text = "all held-out rows have the same outcome: the figures on them say little"
        warnings.append(Grave(text, f"{text}."))
    if config.class_weight == "balanced" and config.calibrate == "none":
        warnings.append(f"{meaning_when_balanced(prepared)}; --calibrate platt brings it back")
    rows = {
        "train": prepared.problem.source.rows,
        "validation": 0 if prepared.validation is None else prepared.validation.rows,
        "test": 0 if prepared.test is None else prepared.test.rows,
    }
    table, parameters = tables.train, len(prepared.problem.columns)
    _, no_groups = sensitive_groups(table, table.sensitive, requested=config.sensitive is not None)
    notes = (*_choices(prepared), prepared.split.note, *no_groups)
    summary = Understanding(
        name=table.name,
        schema=table.schema,
        total=len(table),
        rows=rows,
        left_out=table.left_out,
        facts=table.notes,
        notes=notes,
        levels={
            feature.name: table.chunked_columns[feature.name].count_levels()
            for feature in table.schema.features
            if feature.kind == "category"
        },
        encoder=prepared.encoder,
        warnings=tuple(warnings),
        weight=prepared.weight,
        parameters=parameters,
        sample_size=sample_size(parameters, prepared.base_rate) if parameters else None,
        waiting_in=_waiting_in(table),
        students=table.students,
    )
    if config.strict and warnings:
        raise DataError(f"--strict: {warnings[0]}")
    return prepared, summary


def _counted(on_progress: Callable[[int], None]) -> Callable[[int], None]:
    """Return a callback that adds up counts and reports the sum."""
    done = 0

    def add(count: int) -> None:
        nonlocal done
        done += count
        on_progress(done)

    return add


def _choices(prepared: Prepared) -> tuple[str, ...]:
    """Say which optimizer an option chose, and what calibrates balanced probabilities."""
    config, choices = prepared.config, []
    if config.optimizer == "auto" and config.resolved_optimizer != "auto":
        name = config.resolved_optimizer
        choices.append(f"optimizer {name}, chosen by --lr, --batch-size or --momentum")
    if config.class_weight == "balanced" and config.calibrate != "none":
        meaning = meaning_when_balanced(prepared)
        choices.append(f"{meaning}; --calibrate {config.calibrate} brings it back")
    return tuple(choices)


def _waiting_in(table: Table) -> str | None:
    """Return the first of several files with a row whose outcome is not known yet."""
    if len(set(table.files)) < 2 or not any(r.endswith(NOT_KNOWN) for r, _ in table.left_out):
        return None
    return next((r.file for r in table.left_out_rows() if r.reason.endswith(NOT_KNOWN)), None)


def fit_and_test(
    prepared: Prepared,
    listener: ProgressListener = NoProgress(),
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    start: Checkpoint | None = None,
    keep: KeepCheckpoint | None = None,
) -> FitAndTestResult:
    """Run the training loop with its gradient checks, choose the threshold, then test the model.

    What `on_epoch`, `start` and `keep` are, `fit_checked` says.

    Raises what `fit_checked` does, and DataError where a calibration has too few rows.
    """
    method, seed = prepared.config.calibrate, prepared.config.seed
    folds = None if method == "none" else folds_for(prepared, f"--calibrate {method}")
    history, checks = fit_checked(prepared, listener, on_epoch, start, keep)
    solution = solution_of(history, prepared.problem)
    information = information_at(prepared, solution)
    fitted, recalibration = build_fitted(prepared, solution, information), None
    warnings = (*solution.warnings, *small_sample(information, firth=prepared.config.firth))
    if folds is None and policy_of(prepared.config) is not None:
        folds = training_folds(prepared)
    out_of_fold = () if folds is None else predict_training_rows(prepared, folds, listener)
    if method != "none":
        recalibration = calibrate(method, out_of_fold, seed)
        fitted = dataclasses.replace(fitted, calibration=recalibration.calibration)
        warnings = (*warnings, *recalibration.warnings)
    decision = decision_of(prepared, out_of_fold, fitted.calibration)
    fitted = dataclasses.replace(fitted, threshold=decision.threshold)
    predictions, fairness = _test(prepared, fitted, listener)
    if fairness is not None:
        warnings = (*warnings, *fairness_warnings(fairness, prepared.table.schema.target))
    return FitAndTestResult(
        prepared, fitted, information, checks, predictions, decision, fairness, warnings,
        out_of_fold, recalibration,
    )  # fmt: skip


def _test(
    prepared: Prepared, fitted: Fitted, listener: ProgressListener
) -> tuple[PredictionAccumulator, Fairness | None]:
    """Predict the rows to measure on; return the predictions, and the figures by group if any."""
    threshold, seed = fitted.threshold, prepared.config.seed
    predictions = PredictionAccumulator(threshold, seed, shared=True)
    groups = groups_compared(prepared)
    by_group = fairness_accumulator(groups, threshold, seed)
    with listener.progress("testing", "rows", prepared.test_count) as progress:
        on_progress = _counted(progress.update)
        for p, y, w, base_rate, codes in score_tested(prepared, fitted, groups):
            predictions.add(p, y, w, base_rate)
            by_group.add(codes, p, y, w)
            on_progress(len(p))
    predictions.complete()
    return predictions, compare_groups(prepared, fitted, by_group, groups) if groups else None
