"""Is a tested model better than the base rate? Decided on rows it did not learn from."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

from placement.data.splits.folds import assign_folds
from placement.data.splits.row_groups import group_of
from placement.evaluation.metrics.accumulator import (
    MetricsResult,
    PredictionAccumulator,
    PredictionSummary,
)
from placement.stats.verdict import (
    LEAST_HELD_OUT,
    LEAST_OF_OUTCOME,
    DecidedOn,
    Verdict,
    association,
    decide,
)
from placement.workflows.training.calibrate import calibrate
from placement.workflows.training.fit_and_test import FitAndTestResult
from placement.workflows.training.out_of_fold import FOLDS, predict_training_rows


@dataclass(frozen=True, eq=False)
class MeasuredRows:
    """Predictions of held-out rows, of all rows out of fold, or else of the training rows.

    `association` is that of predictions out of fold with the outcome, None of others.
    """

    measured_on: DecidedOn
    accumulator: PredictionAccumulator
    association: float | None = None

    @cached_property
    def summary(self) -> PredictionSummary:
        """The rows, or bins of them."""
        return self.accumulator.summary()

    @cached_property
    def result(self) -> MetricsResult:
        """The metrics, and the gain over the base rate, whose spread training rows do not tell."""
        result = self.accumulator.result()
        if self.measured_on != "train":
            return result
        low, high = -math.inf, math.inf
        skill = replace(result.skill, low=low, high=high, better_than_base_rate=False)
        return replace(result, skill=skill)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.summary.rows.sum())

    @property
    def are_enough(self) -> bool:
        """Whether these rows alone show what the model is worth."""
        positive = float(self.summary.rows @ self.summary.label)
        rarer = min(positive, self.rows - positive)
        enough = self.rows >= LEAST_HELD_OUT and rarer >= LEAST_OF_OUTCOME
        return self.measured_on == "test" and enough


def measured_rows(result: FitAndTestResult) -> MeasuredRows:
    """Return the rows that a model was measured on: held out, or else those that trained it."""
    return MeasuredRows("train" if result.prepared.test is None else "test", result.accumulator)


def out_of_fold(result: FitAndTestResult) -> MeasuredRows | None:
    """Return all rows, each predicted by a model of the other folds.

    None where an outcome is in one fold only, so that it cannot be spared.
    """
    prepared, config = result.prepared, result.prepared.config
    table, group = prepared.table, group_of(prepared.table, config)
    folds = assign_folds(table, config.seed, FOLDS, group=group)
    if folds is None:
        return None
    predicted, calibrated = result.out_of_fold, result.recalibration
    if not predicted or prepared.test is not None or prepared.validation is not None:
        predicted, calibrated = predict_training_rows(prepared, folds), None
    if calibrated is None and config.calibrate != "none":
        calibrated = calibrate(config.calibrate, predicted, config.seed)
    accumulator = PredictionAccumulator(seed=config.seed)
    if calibrated is not None:
        accumulator = calibrated.accumulator
    else:
        for fold in predicted:
            fold.add_to(accumulator)
    related = association(
        (fold.probability.whole(), fold.label.whole(), fold.weight.whole(), fold.clusters)
        for fold in predicted
    )
    return MeasuredRows("out_of_fold", accumulator, related)


def verdict_of(deciding: MeasuredRows, held_out: int) -> Verdict:
    """Return the verdict of the deciding rows; `held_out` counts those held out."""
    skill, related = deciding.result.skill, deciding.association
    name = decide(skill, related)
    auc = deciding.result.metrics.roc_auc
    return Verdict(name, deciding.measured_on, deciding.rows, held_out, skill, related, auc)
