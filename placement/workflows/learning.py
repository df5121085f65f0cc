"""Learn: hold out, fit under the eyes of the gradient check, test the model."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from placement.config import TrainConfig
from placement.data.curves import curves_of
from placement.data.curving import left_out
from placement.data.folds import folds_of
from placement.data.sensitive import sensitive_groups
from placement.errors import DataError, GradientCheckError
from placement.evaluation.baselines import Skill
from placement.evaluation.calibration_figures import calibration_figures
from placement.evaluation.judged import Judge, Judged, Measured
from placement.model.fitted import Fitted
from placement.model.history import Epoch
from placement.reporting.results import Understanding
from placement.training.crossing import cross_scored, scored_in_groups
from placement.training.fitting import epochs
from placement.training.gradcheck import (
    GradientCheck,
    check_batch,
    check_beyond_clamp,
    first_rows,
)
from placement.training.information import Information
from placement.training.preparation import Prepared, finish, inform, prepare, profiled
from placement.training.solution import solution
from placement.workflows.by_group import appraise_groups, fairness_judge, groups_compared
from placement.workflows.calibrating import Calibrating, calibrate, meaning_when_balanced
from placement.workflows.choosing import FOLDS, Fold, folds_for, out_of_fold, training_folds
from placement.workflows.deciding import decision_of, policy_of
from placement.workflows.inference import inference, small_sample
from placement.workflows.reading import Tables
from placement.workflows.watching import Nobody, Watcher

# Figures of the rows to measure on, and of what was chosen: those a model fitted again keeps.
OF_TESTING = (
    "metrics_on", "metrics", "metrics_method", "calibration", "calibrate", "decision", "skill",
    "fairness", "gradcheck",
)  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """A model that was fitted, and tried on the rows to measure on; nothing is concluded yet.

    `known` is what the training rows say there, `checks` are the gradient checks, each with the
    epoch it was made at; `fairness` is the document of figures by group, None where there is no
    sensitive column. `unseen` are the training rows predicted out of fold, where something was
    chosen on them, and `calibrating` is what `--calibrate` came to, whose calibration `fitted` has.
    """

    prepared: Prepared
    fitted: Fitted
    known: Information | None
    checks: tuple[tuple[int, GradientCheck], ...]
    judge: Judge
    fairness: Mapping[str, Any] | None
    warnings: tuple[str, ...]
    unseen: tuple[Fold, ...] = ()
    calibrating: Calibrating | None = None


def understand(
    tables: Tables, config: TrainConfig, watcher: Watcher = Nobody()
) -> tuple[Prepared, Understanding]:
    """Prepare the rows and say what was understood; nothing is fitted or written."""
    total = len(tables.train) + (0 if tables.test is None else len(tables.test))
    with watcher.progress("encoding", "rows", total) as progress:
        progress.update(0, "after rows are held out")
        prepared = prepare(tables.train, config, test=tables.test, tell=_counted(progress.update))
    curves = curves_of(config, prepared.table.schema)
    lacking = left_out(curves, prepared.encoder.columns)
    doubts = [*tables.warnings, *lacking, *prepared.problem.warnings]
    if prepared.test is None and config.test_size:
        doubts.append(f"{prepared.split.note}: the figures are those of the training rows")
    if config.class_weight == "balanced" and config.calibrate == "none":
        doubts.append(f"{meaning_when_balanced(prepared)}; --calibrate platt brings it back")
    rows = {
        "train": prepared.problem.source.rows,
        "validation": 0 if prepared.validation is None else prepared.validation.rows,
        "test": 0 if prepared.test is None else prepared.test.rows,
    }
    table = tables.train
    asked = config.sensitive is not None
    _, no_groups = sensitive_groups(table, table.sensitive, asked=asked)
    notes = (*_choices(prepared), prepared.split.note, *no_groups)
    seen = Understanding(
        name=table.name,
        schema=table.schema,
        total=len(table),
        rows=rows,
        left_out=table.left_out,
        facts=table.notes,
        notes=notes,
        levels={
            feature.name: table.kept[feature.name].count_levels()
            for feature in table.schema.features
            if feature.kind == "category"
        },
        encoder=prepared.encoder,
        warnings=tuple(doubts),
    )
    if config.strict and doubts:
        raise DataError(f"--strict: {doubts[0]}")
    return prepared, seen


def _counted(tell: Callable[[int], None]) -> Callable[[int], None]:
    """Return what adds up how many more are done, and tells the sum."""
    done = 0

    def more(count: int) -> None:
        nonlocal done
        done += count
        tell(done)

    return more


def _choices(prepared: Prepared) -> tuple[str, ...]:
    """Say which optimizer an option chose, and what mends the meaning of a probability."""
    config, found = prepared.config, []
    if config.optimizer == "auto" and config.resolved_optimizer != "auto":
        chosen = config.resolved_optimizer
        found.append(f"optimizer {chosen}, chosen by --lr, --batch-size or --momentum")
    if config.class_weight == "balanced" and config.calibrate != "none":
        found.append(
            f"{meaning_when_balanced(prepared)}; --calibrate {config.calibrate} brings it back"
        )
    return tuple(found)


def attempt(
    prepared: Prepared,
    watcher: Watcher = Nobody(),
    heed: Callable[[], None] = lambda: None,
) -> Trial:
    """Run the training loop with its gradient checks, choose the threshold, then try the model.

    `heed` is called at every epoch, and may raise. Raises GradientCheckError where the derivative
    by hand, autograd's and the difference differ, DataError where a calibration has too few rows.
    """
    method = prepared.config.calibrate
    folds = None if method == "none" else folds_for(prepared, f"--calibrate {method}")
    history, checks = _fit(prepared, watcher, heed)
    found = solution(history, prepared.problem)
    known = inform(prepared, found)
    fitted, calibrating = finish(prepared, found, known=known), None
    doubts = (*found.warnings, *small_sample(known))
    if folds is None and policy_of(prepared.config) is not None:
        folds = training_folds(prepared)
    unseen = () if folds is None else out_of_fold(prepared, folds, watcher)
    if method != "none":
        calibrating = calibrate(method, unseen, prepared.config.seed)
        fitted = dataclasses.replace(fitted, calibration=calibrating.calibration)
        doubts = (*doubts, *calibrating.warnings)
    fitted = _decided(fitted, decision_of(prepared, unseen, fitted.calibration))
    judge = Judge(fitted.threshold, prepared.config.seed)
    groups = groups_compared(prepared)
    fair = fairness_judge(groups, fitted.threshold, prepared.config.seed)
    with watcher.progress("testing", "rows", prepared.tested_rows) as progress:
        tell = _counted(progress.update)
        for p, y, w, codes in scored_in_groups(prepared.tested, fitted, groups):
            judge.add(p, y, w, prepared.base_rate)
            fair.add(codes, p, y, w)
            tell(len(p))
    by_group = appraise_groups(prepared, fitted, fair, groups) if groups else None
    doubts = (*doubts, *(by_group["warnings"] if by_group else ()))
    return Trial(prepared, fitted, known, checks, judge, by_group, doubts, unseen, calibrating)


def _decided(fitted: Fitted, decision: Mapping[str, Any]) -> Fitted:
    figures = {**fitted.figures, "decision": dict(decision)}
    return dataclasses.replace(fitted, threshold=decision["threshold"], figures=figures)


def appraise(trial: Trial) -> Fitted:
    """Return the model of a trial with its figures; with `--refit`, the model of all rows."""
    prepared, config = trial.prepared, trial.prepared.config
    if config.strict and trial.warnings:
        raise DataError(f"--strict: {trial.warnings[-1]}")
    judged = trial.judge.judged()
    figures = {
        **trial.fitted.figures,
        "metrics_on": "train" if prepared.test is None else "test",
        "metrics": judged.metrics.as_dict(),
        "metrics_method": judged.method,
        "calibration": _calibration(trial.judge.measured()),
        "calibrate": None if trial.calibrating is None else dict(trial.calibrating.figures),
        "skill": dataclasses.asdict(_skill(trial, judged)),
        "fairness": trial.fairness,
        "gradcheck": _verdict([check for _, check in trial.checks]),
        **inference(prepared, trial.fitted, trial.known),
    }
    tried = dataclasses.replace(trial.fitted, figures=figures)
    if config.refit and prepared.test is not None:
        return _refitted(prepared, tried)
    return profiled(prepared, tried)


def _fit(
    prepared: Prepared, watcher: Watcher, heed: Callable[[], None]
) -> tuple[list[Epoch], tuple[tuple[int, GradientCheck], ...]]:
    checks: list[tuple[int, GradientCheck]] = []
    history: list[Epoch] = []

    def check(epoch: Epoch) -> None:
        checks.append((epoch.number, _passed(_check_rows(prepared, epoch))))

    options = prepared.problem.options
    with watcher.progress("training", "epochs", options.epochs) as progress:
        for epoch in epochs(
            prepared.problem,
            validation=prepared.validation,
            held_out=prepared.test,
            check=check,
        ):
            history.append(epoch)
            heed()
            progress.update(epoch.number, f"loss {epoch.loss:.4f}")
    beyond = check_beyond_clamp(options.dtype, options.epsilon, options.loss)
    checks.append((history[-1].number, _passed(beyond)))
    return history, tuple(checks)


def _check_rows(prepared: Prepared, epoch: Epoch) -> GradientCheck:
    options, kept = prepared.problem.options, prepared.problem.kept
    return check_batch(
        first_rows(prepared.problem.source),
        epoch.weights[kept],
        epoch.intercept,
        options.dtype,
        options.epsilon,
        options.loss,
        [prepared.encoder.names[place] for place in kept],
    )


def _passed(check: GradientCheck) -> GradientCheck:
    if not check.passed:
        raise GradientCheckError(check.failure)
    return check


def _verdict(checks: Sequence[GradientCheck]) -> dict[str, Any]:
    return {
        "passed": all(check.passed for check in checks),
        "max_abs_error": max(check.max_abs_error for check in checks),
        "max_rel_error": max(check.max_rel_error for check in checks),
    }


def _calibration(seen: Measured) -> dict[str, Any]:
    return calibration_figures(seen.probability, seen.label, seen.weight, seen.rows).as_dict()


def _skill(trial: Trial, judged: Judged) -> Skill:
    """Compare with the base rate on held-out rows; without any, out of fold."""
    prepared = trial.prepared
    if prepared.test is not None:
        return judged.skill
    if trial.calibrating is not None:
        return trial.calibrating.judge.judged().skill
    table, config = prepared.table, prepared.config
    judge = Judge(seed=config.seed)
    if trial.unseen and prepared.validation is None:  # every row is among them
        for fold in trial.unseen:
            fold.tell(judge)
        return judge.judged().skill
    folds = folds_of(table, config.seed, FOLDS, group=config.group)
    if folds is None:
        # An outcome of one fold only cannot be spared: nothing is known beyond the training rows.
        return dataclasses.replace(
            judged.skill, low=-math.inf, high=math.inf, better_than_base_rate=False
        )
    for p, y, w, base in cross_scored(table, config, folds):
        judge.add(p, y, w, base)
    return judge.judged().skill


def _refitted(prepared: Prepared, fitted: Fitted) -> Fitted:
    """Return the model of all rows, with the metrics of the held-out ones.

    It keeps the threshold as well: that is what the metrics were measured at.
    """
    whole = prepare(
        prepared.table, dataclasses.replace(prepared.config, patience=None), everything=True
    )
    history, _ = _fit(whole, Nobody(), lambda: None)
    found = solution(history, whole.problem)
    known = inform(whole, found)
    # What was learnt of the logits of the training rows stays: there is nothing to test another on.
    again = dataclasses.replace(
        finish(whole, found, known=known),
        calibration=fitted.calibration,
        threshold=fitted.threshold,
    )
    again = profiled(whole, again)
    rows = {**again.figures["rows"], "test": fitted.figures["rows"]["test"]}
    figures = {
        **again.figures,
        **{name: fitted.figures[name] for name in OF_TESTING},
        **inference(whole, again, known),
        "rows": rows,
    }
    return dataclasses.replace(again, figures=figures, config=fitted.config)
