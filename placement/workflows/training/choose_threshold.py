"""Choose a threshold on predictions for training rows that the model has not seen."""

from collections.abc import Sequence

import numpy as np

from placement.arrays import FloatArray
from placement.config.threshold import DEFAULT_THRESHOLD, parse_threshold
from placement.config.train_config import TrainConfig
from placement.errors import DataError
from placement.evaluation.thresholds import ThresholdPolicy, choose_threshold
from placement.model.figures import DecisionFigures
from placement.model.scorer import Calibration
from placement.training.prepare import Prepared
from placement.workflows.training.calibrate import calibrated
from placement.workflows.training.out_of_fold import OutOfFoldPredictions


def policy_of(config: TrainConfig) -> ThresholdPolicy | None:
    """Return the policy of `--threshold`; None without the option."""
    if config.threshold is None:
        return None
    kind, numbers = parse_threshold(config.threshold)
    if kind == "cost":
        return ThresholdPolicy(kind, cost_fp=numbers[0], cost_fn=numbers[1])
    return ThresholdPolicy(kind, *numbers)


def decision_of(
    prepared: Prepared,
    out_of_fold: Sequence[OutOfFoldPredictions],
    calibration: Calibration | None = None,
) -> DecisionFigures:
    """Choose the threshold by the policy of `--threshold`.

    `out_of_fold` are the training rows; their probabilities are calibrated as the model's are.
    Raises DataError where it is to be chosen and no row can be predicted out of fold.
    """
    asked, name = policy_of(prepared.config), prepared.table.name
    policy = asked or ThresholdPolicy(value=DEFAULT_THRESHOLD)
    if asked is None or (not out_of_fold and policy.kind == "fixed"):
        return DecisionFigures(policy.kind, str(policy), policy.value)
    if not out_of_fold:
        raise DataError(
            f"{name}: an outcome has too few training rows to choose a threshold on some that the "
            "model has not seen: give more rows, or the threshold itself (--threshold F)"
        )
    try:
        return choose_threshold(policy, *_rows(out_of_fold, calibration))
    except DataError as fault:
        raise DataError(f"{name}: {fault}") from fault


def _rows(
    out_of_fold: Sequence[OutOfFoldPredictions], calibration: Calibration | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return probability, label and weight (n,) of the rows of all folds."""
    p, y, w = (
        np.concatenate([cells for fold in out_of_fold for cells in getattr(fold, name)])
        for name in ("probability", "label", "weight")
    )
    return calibrated(calibration, p), y, w
