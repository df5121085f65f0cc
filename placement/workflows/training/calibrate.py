"""Calibrate: learn on out-of-fold predictions what probability a logit of the model stands for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

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
class Calibrating:
    """A calibration, None where there was nothing to learn, and what it came to.

    `judge` took in every fold with its probabilities calibrated by what the other folds teach.
    `figures` are those before and after on these rows.
    """

    calibration: Calibration | None
    judge: PredictionAccumulator
    figures: RecalibrationFigures
    warnings: tuple[str, ...]


def calibrate(method: str, folds: Sequence[OutOfFoldPredictions], seed: int = 0) -> Calibrating:
    """Learn a calibration, `platt` or `isotonic`, from out-of-fold predictions."""
    every = summarize(folds)
    found = learnt(method, every)
    judge = PredictionAccumulator(seed=seed)
    for own in folds:
        others = found and learnt(method, summarize(fold for fold in folds if fold is not own))
        own.add_to(judge, _unchanged if others is None else partial(_applied, others))
    rows = int(every.rows.sum())
    figures = RecalibrationFigures(
        method=method,
        kept=found is not None,
        rows=rows,
        folds=len(folds),
        before=_figures(every),
        after=_figures(judge.summary()) if found else None,
    )
    return Calibrating(found, judge, figures, _warnings(method, found, rows))


def learnt(method: str, seen: PredictionSummary) -> Calibration | None:
    """Fit a calibration to probabilities beside what happened."""
    logit = logit_of(seen.probability)
    if method == "platt":
        return fit_platt(logit, seen.label, seen.weight)
    return fit_isotonic(logit, seen.label, seen.weight, seen.rows)


def _applied(calibration: Calibration, p: FloatArray) -> FloatArray:
    return calibration.apply(logit_of(p))


_unchanged: Callable[[FloatArray], FloatArray] = np.asarray


def _figures(seen: PredictionSummary) -> ProbabilityFigures:
    found = calibration_figures(seen.probability, seen.label, seen.weight, seen.rows)
    figures = metrics(seen.probability, seen.label, seen.weight)
    return ProbabilityFigures(
        log_loss=figures.log_loss,
        brier=None if found.brier is None else found.brier.score,
        ece=figures.ece,
        slope=None if found.slope is None else found.slope.value,
        predicted=found.predicted,
        observed=found.observed,
    )


def _warnings(method: str, found: Calibration | None, rows: int) -> tuple[str, ...]:
    if found is None:
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
