"""What a trial came to: the figures of a model, and with `--refit` the model of all rows."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from placement.data.splits.folds import assign_folds
from placement.data.splits.row_hashes import digest_rows
from placement.errors import DataError
from placement.evaluation.calibration.calibration import calibration_figures
from placement.evaluation.metrics.accumulator import (
    MetricsResult,
    PredictionAccumulator,
    PredictionSummary,
)
from placement.model.fitted import Fitted
from placement.runtime.progress import NoProgress
from placement.stats.figures import Skill
from placement.training.fit import build_fitted, information_at, with_profile
from placement.training.gradcheck.gradcheck import GradientCheck
from placement.training.prepare import Prepared, prepare
from placement.training.solver.solution import solution_of
from placement.training.validation.cross_predict import predict_out_of_fold
from placement.workflows.training.checked_fit import fit_checked
from placement.workflows.training.fit_and_test import FitAndTestResult
from placement.workflows.training.inference import inference
from placement.workflows.training.out_of_fold import FOLDS

# Figures of the rows to measure on, and of what was chosen: those a model fitted again keeps.
OF_TESTING = (
    "metrics_on", "metrics", "metrics_method", "calibration", "calibrate", "decision", "skill",
    "fairness", "gradcheck", "rows_digest",
)  # fmt: skip


def finalize(trial: FitAndTestResult) -> Fitted:
    """Return the model of a trial with its figures; with `--refit`, the model of all rows."""
    prepared, config = trial.prepared, trial.prepared.config
    if config.strict and trial.warnings:
        raise DataError(f"--strict: {trial.warnings[-1]}")
    judged = trial.judge.result()
    figures = {
        **trial.fitted.figures,
        "metrics_on": "train" if prepared.test is None else "test",
        "metrics": judged.metrics.as_dict(),
        "metrics_method": judged.method,
        "calibration": _calibration(trial.judge.summary()),
        "calibrate": None if trial.calibrating is None else dict(trial.calibrating.figures),
        "skill": dataclasses.asdict(_skill(trial, judged)),
        "fairness": trial.fairness,
        "gradcheck": _verdict([check for _, check in trial.checks]),
        "rows_digest": digest_rows(prepared.table, prepared.table.schema.feature_names),
    }
    tried = dataclasses.replace(trial.fitted, figures=figures)
    if config.refit and prepared.test is not None:
        return _refitted(prepared, tried)
    figures |= inference(prepared, trial.fitted, trial.known)
    return with_profile(prepared, dataclasses.replace(tried, figures=figures))


def _verdict(checks: Sequence[GradientCheck]) -> dict[str, Any]:
    return {
        "passed": all(check.passed for check in checks),
        "max_abs_error": max(check.max_abs_error for check in checks),
        "max_rel_error": max(check.max_rel_error for check in checks),
    }


def _calibration(seen: PredictionSummary) -> dict[str, Any]:
    return calibration_figures(seen.probability, seen.label, seen.weight, seen.rows).as_dict()


def _skill(trial: FitAndTestResult, judged: MetricsResult) -> Skill:
    """Compare with the base rate on held-out rows; without any, out of fold."""
    prepared = trial.prepared
    if prepared.test is not None:
        return judged.skill
    if trial.calibrating is not None:
        return trial.calibrating.judge.result().skill
    table, config = prepared.table, prepared.config
    judge = PredictionAccumulator(seed=config.seed)
    if trial.unseen and prepared.validation is None:  # every row is among them
        for fold in trial.unseen:
            fold.add_to(judge)
        return judge.result().skill
    folds = assign_folds(table, config.seed, FOLDS, group=config.group)
    if folds is None:
        # An outcome of one fold only cannot be spared: nothing is known beyond the training rows.
        return dataclasses.replace(
            judged.skill, low=-math.inf, high=math.inf, better_than_base_rate=False
        )
    for rows in predict_out_of_fold(table, config, folds):
        judge.add(rows.probability, rows.label, rows.weight, rows.base_rate)
    return judge.result().skill


def _refitted(prepared: Prepared, fitted: Fitted) -> Fitted:
    """Return the model of all rows, with the metrics of the held-out ones.

    It keeps the threshold as well: that is what the metrics were measured at.
    """
    whole = prepare(
        prepared.table, dataclasses.replace(prepared.config, patience=None), everything=True
    )
    history, _ = fit_checked(whole, NoProgress(), lambda: None)
    found = solution_of(history, whole.problem)
    known = information_at(whole, found)
    # What was learnt of the logits of the training rows stays: there is nothing to test another on.
    again = dataclasses.replace(
        build_fitted(whole, found, known),
        calibration=fitted.calibration,
        threshold=fitted.threshold,
    )
    again = with_profile(whole, again)
    rows = {**again.figures["rows"], "test": fitted.figures["rows"]["test"]}
    figures = {
        **again.figures,
        **{name: fitted.figures[name] for name in OF_TESTING},
        **inference(whole, again, known),
        "rows": rows,
    }
    return dataclasses.replace(again, figures=figures, config=fitted.config)
