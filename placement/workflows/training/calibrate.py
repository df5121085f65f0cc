"""Calibrate: fit on out-of-fold predictions what probability a logit of the model stands for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from placement.arrays import FloatArray
from placement.evaluation.calibration.calibration import calibration_figures
from placement.evaluation.calibration.recalibration import (
    FEWEST_FOR_ISOTONIC,
    fit_isotonic,
    fit_platt,
)
from placement.evaluation.metrics.accumulator import PredictionAccumulator, PredictionSummary
from placement.model.figures import ProbabilityFigures, RecalibrationFigures
from placement.model.scorer import Calibration
from placement.stats.log_loss import logit_of
from placement.stats.metrics import metrics
from placement.training.prepare import Prepared
from placement.workflows.training.out_of_fold import OutOfFoldPredictions, summarize


@dataclass(frozen=True)
class RecalibrationResult:
    """A calibration, None where there was nothing to learn, and its figures.

    `accumulator` holds every fold, calibrated by what was fitted to the other folds; `figures` are
    those before and after on these rows.
    """

    calibration: Calibration | None
    accumulator: PredictionAccumulator
    figures: RecalibrationFigures
    warnings: tuple[str, ...]


def calibrate(
    method: str, folds: Sequence[OutOfFoldPredictions], seed: int = 0
) -> RecalibrationResult:
    """Fit a calibration, `platt` or `isotonic`, to out-of-fold predictions."""
    summary = summarize(folds)
    calibration = fit_calibration(method, summary)
    accumulator = PredictionAccumulator(seed=seed)
    for fold in folds:
        others = calibration and fit_calibration(
            method, summarize(other for other in folds if other is not fold)
        )
        fold.add_to(accumulator, partial(calibrated, others))
    rows = int(summary.rows.sum())
    figures = RecalibrationFigures(
        method=method,
        kept=calibration is not None,
        rows=rows,
        folds=len(folds),
        before=_figures(summary),
        after=_figures(accumulator.summary()) if calibration else None,
    )
    warnings = _warnings(method, calibration, rows)
    return RecalibrationResult(calibration, accumulator, figures, warnings)


def fit_calibration(method: str, summary: PredictionSummary) -> Calibration | None:
    """Fit a calibration to probabilities and their labels; None where it would not rise."""
    logit = logit_of(summary.probability)
    if method == "platt":
        return fit_platt(logit, summary.label, summary.weight)
    return fit_isotonic(logit, summary.label, summary.weight, summary.rows)


def calibrated(calibration: Calibration | None, p: FloatArray) -> FloatArray:
    """Return probabilities (n,) as a calibration maps them; without one, as they are."""
    return p if calibration is None else calibration.apply(logit_of(p))


def _figures(summary: PredictionSummary) -> ProbabilityFigures:
    p, y, w, rows = summary.probability, summary.label, summary.weight, summary.rows
    reliability, figures = calibration_figures(p, y, w, rows), metrics(p, y, w)
    return ProbabilityFigures(
        log_loss=figures.log_loss,
        brier=None if reliability.brier is None else reliability.brier.score,
        ece=figures.ece,
        slope=None if reliability.slope is None else reliability.slope.value,
        predicted=reliability.predicted,
        observed=reliability.observed,
    )


def _warnings(method: str, calibration: Calibration | None, rows: int) -> tuple[str, ...]:
    if calibration is None:
        text = (
            f"--calibrate {method}: on rows they had not seen, the models' higher probabilities "
            "went with no higher share; the probabilities are left as they are"
        )
        return (text,)
    if method == "isotonic" and rows < FEWEST_FOR_ISOTONIC:
        text = (
            f"--calibrate isotonic follows the accidents of {rows:,} training rows; with fewer "
            f"than {FEWEST_FOR_ISOTONIC:,}, --calibrate platt is the safer one"
        )
        return (text,)
    return ()


def meaning_when_balanced(prepared: Prepared) -> str:
    """Say what a probability is after `--class-weight balanced`."""
    outcome = prepared.table.schema.target.positive
    return (
        "--class-weight balanced changes what a probability means: it is that of a world where "
        f"half are {outcome!r}, not the {prepared.base_rate:.0%} of the training rows"
    )
