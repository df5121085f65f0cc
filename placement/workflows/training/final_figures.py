"""The figures of a tested model, and with `--refit` the model of all rows."""

import dataclasses
from collections.abc import Sequence

from placement.data.splits.row_hashes import digest_rows
from placement.data.splits.split import TEST, rows_of
from placement.errors import DataError
from placement.evaluation.calibration.calibration import calibration_figures
from placement.evaluation.metrics.accumulator import PredictionSummary
from placement.evaluation.single_columns import compare_lists, learn_rankings
from placement.model.figures import EvaluationFigures, GradcheckSummary, OutOfSampleFigures
from placement.model.fitted import Fitted
from placement.runtime.progress import NoProgress
from placement.stats.figures import CalibrationFigures
from placement.stats.metrics import Confusion, confusion
from placement.training.fit import build_fitted, information_at, with_profile
from placement.training.gradcheck.report import GradientCheck
from placement.training.prepare import Prepared, prepare
from placement.training.solver.solution import solution_of
from placement.workflows.training.checked_fit import fit_checked
from placement.workflows.training.fit_and_test import FitAndTestResult
from placement.workflows.training.inference import with_inference
from placement.workflows.training.verdict import (
    measured_rows,
    out_of_fold,
    verdict_of,
)


def finalize(result: FitAndTestResult) -> Fitted:
    """Return the tested model with its figures; with `--refit`, the model of all rows."""
    prepared, config = result.prepared, result.prepared.config
    if config.strict and result.warnings:
        raise DataError(f"--strict: {result.warnings[-1]}")
    rankings = learn_rankings(prepared.observed, prepared.encoder, prepared.problem.columns)
    figures = dataclasses.replace(
        result.fitted.figures, evaluation=evaluation_of(result), rankings=rankings
    )
    fitted = dataclasses.replace(result.fitted, figures=figures)
    if prepared.test is not None:
        lists = compare_lists(fitted, prepared.test_rows)
        evaluation = dataclasses.replace(figures.evaluated, capture=lists)
        figures = dataclasses.replace(figures, evaluation=evaluation)
        fitted = dataclasses.replace(fitted, figures=figures)
    if config.refit and prepared.test is not None:
        return _refitted(prepared, fitted)
    return with_profile(prepared, with_inference(prepared, fitted, result.information))


def evaluation_of(result: FitAndTestResult) -> EvaluationFigures:
    """Return the figures of the rows that a model was measured on, and the verdict on it."""
    prepared, measured = result.prepared, measured_rows(result)
    # Rows of one student, or copies, are worth less than so many: folds can tell by how much.
    are_enough = measured.are_enough and prepared.clusters is None
    folds = None if are_enough else out_of_fold(result)
    is_held_out = measured.measured_on == "test"
    unseen = measured if is_held_out or folds is None else folds
    metrics, calibration = measured.result, _calibration(measured.summary)
    table, split = prepared.table, prepared.split
    digests = digest_rows(table, table.schema.feature_names, rows_of(split, TEST))
    return EvaluationFigures(
        metrics_on="test" if is_held_out else "train",
        metrics=metrics.metrics,
        metrics_method=metrics.method,
        skill=unseen.result.skill,
        gradcheck=_summary([check for _, check in result.checks]),
        calibration=calibration,
        recalibration=None if result.recalibration is None else result.recalibration.figures,
        decision=result.decision,
        fairness=result.fairness,
        rows_digest=digests.every,
        file_digests=tuple(
            digests.of_files[file]
            for file in sorted(digests.of_files.keys() & _learnt_from(prepared))
        ),
        held_out_digest=digests.marked if split.counts[TEST] else None,
        out_of_sample=OutOfSampleFigures(
            unseen.measured_on,
            _confusion(unseen.summary, result.fitted.threshold),
            dataclasses.replace(
                calibration if unseen is measured else _calibration(unseen.summary), bins=()
            ),
        ),
        verdict=verdict_of(folds or unseen, measured.rows if is_held_out else 0),
    )


def _learnt_from(prepared: Prepared) -> set[int]:
    """Return the numbers of the files of which some row trains."""
    return {
        file
        for file, subset in zip(prepared.table.files, prepared.split.subsets, strict=False)
        if prepared.config.refit or (subset != TEST).any()
    }


def _summary(checks: Sequence[GradientCheck]) -> GradcheckSummary:
    return GradcheckSummary(
        passed=all(check.passed for check in checks),
        max_abs_error=max(check.max_abs_error for check in checks),
        max_rel_error=max(check.max_rel_error for check in checks),
    )


def _calibration(rows: PredictionSummary) -> CalibrationFigures:
    return calibration_figures(rows.probability, rows.label, rows.weight, rows.rows)


def _confusion(rows: PredictionSummary, threshold: float) -> Confusion:
    return confusion(rows.probability, rows.label, rows.weight, threshold)


def _refitted(prepared: Prepared, fitted: Fitted) -> Fitted:
    """Return the model of all rows, with the metrics of the held-out ones.

    It keeps the threshold as well: that is what the metrics were measured at.
    """
    config = dataclasses.replace(prepared.config, patience=None)
    whole = prepare(prepared.table, config, everything=True)
    history, _ = fit_checked(whole, NoProgress(), lambda _: None)
    solution = solution_of(history, whole.problem)
    information = information_at(whole, solution)
    # The calibration of the training rows stays: there is nothing to test another on.
    refitted = dataclasses.replace(
        build_fitted(whole, solution, information),
        calibration=fitted.calibration,
        threshold=fitted.threshold,
    )
    refitted = with_profile(whole, with_inference(whole, refitted, information))
    rows = dataclasses.replace(refitted.figures.rows, test=fitted.figures.rows.test)
    figures = dataclasses.replace(
        refitted.figures,
        rows=rows,
        evaluation=fitted.figures.evaluation,
        rankings=fitted.figures.rankings,
    )
    return dataclasses.replace(refitted, figures=figures, config=fitted.config)
