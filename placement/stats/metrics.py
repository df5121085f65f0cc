"""The nine metrics of yes/no predictions and the confusion table: of rows, of bins, of replicates.

Rows: `probability: (n,)` of the positive class, `label: (n,)` in [0, 1], `weight: (n,)` of 0 or
more. A label between 0 and 1 counts as that share of a positive row and the rest of a negative one;
only the Brier score takes it as it is, (p - y)². Sums: weights `negative` and `positive` (…, m) by
ascending score, each of a score or of a bin of scores.

A metric without a meaning (the ROC area of a single class, the precision where nothing was
predicted positive) is NaN, or None in `Metrics`, never 0.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import SupportsFloat

import numpy as np
import numpy.typing as npt

from placement.arrays import FloatArray
from placement.errors import DataError
from placement.stats.calibration_error import all_whole, calibration_error
from placement.stats.log_loss import row_log_loss
from placement.stats.roc_area import roc_area, sum_ties


@dataclass(frozen=True)
class Confusion:
    """Sums of weights (counts where all weights are 1) of the four outcomes at a threshold."""

    tp: float
    fp: float
    fn: float
    tn: float

    def as_dict(self) -> dict[str, float]:
        """Return the four sums by name."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class Metrics:
    """The figures by the names of `train --json`; None where one is undefined.

    A new one has the default None, so that a bundle without it can be read.
    """

    log_loss: float | None
    brier: float | None
    roc_auc: float | None
    average_precision: float | None
    accuracy: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    ece: float | None

    @classmethod
    def of(cls, values: Mapping[str, SupportsFloat]) -> "Metrics":
        """Take in one number a metric, NaN where it is undefined."""
        floats = {name: float(values[name]) for name in NAMES}
        return cls(**{name: None if math.isnan(value) else value for name, value in floats.items()})

    def as_dict(self) -> dict[str, float | None]:
        """Return the figures by name, in the order of the contract."""
        return {name: getattr(self, name) for name in NAMES}


NAMES = tuple(field.name for field in dataclasses.fields(Metrics))


def checked(
    probability: npt.ArrayLike, label: npt.ArrayLike, weight: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the three as float64 of one length, without the rows of weight 0."""
    p = np.asarray(probability, dtype=np.float64)
    y = np.asarray(label, dtype=np.float64)
    w = np.ones_like(p) if weight is None else np.asarray(weight, dtype=np.float64)
    if p.ndim != 1 or y.shape != p.shape or w.shape != p.shape:
        raise ValueError(
            f"shapes probability {p.shape}, label {y.shape}, weight {w.shape}: expected (n,) each"
        )
    for name, values, high in (("probability", p, 1.0), ("label", y, 1.0), ("weight", w, np.inf)):
        if not (np.isfinite(values) & (values >= 0) & (values <= high)).all():
            raise ValueError(f"{name} must be finite and lie in [0, {high:g}]")
    counted = w > 0
    if not counted.any():
        raise DataError("no labelled row to evaluate on: give rows whose outcome is known")
    return (p, y, w) if counted.all() else (p[counted], y[counted], w[counted])


def confusion(
    probability: npt.ArrayLike,
    label: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    threshold: float = 0.5,
) -> Confusion:
    """Count the outcomes where a probability of `threshold` or more predicts the positive class."""
    p, y, w = checked(probability, label, weight)
    tp, fn, fp, tn = (float(part.sum()) for part in _parts(p, y, w, threshold))
    return Confusion(tp, fp, fn, tn)


def _parts(p: FloatArray, y: FloatArray, w: FloatArray, threshold: float) -> tuple[FloatArray, ...]:
    """Return the weights of true positives, false negatives, false positives, true negatives."""
    positive, negative, chosen = w * y, w * (1 - y), p >= threshold
    return positive[chosen], positive[~chosen], negative[chosen], negative[~chosen]


def metrics(
    probability: npt.ArrayLike,
    label: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    threshold: float = 0.5,
) -> Metrics:
    """Compute the nine metrics of rows; the log-loss is finite even for probabilities of 0 and 1.

    >>> metrics([0.9, 0.2, 0.6], [1, 0, 0]).accuracy
    0.6666666666666666
    """
    p, y, w = checked(probability, label, weight)
    totals = totals_of_rows(p, y, w, row_log_loss(p, y), threshold)
    sums = sum_ties(p, w * (1 - y), w * y)
    return Metrics.of(metrics_of_sums(totals, *sums, whole=all_whole(w)))


def totals_of_rows(
    p: FloatArray, y: FloatArray, w: FloatArray, log_loss: FloatArray, threshold: float
) -> FloatArray:
    """Return the sums (6,) that metrics are made of, of rows (n,) whose log-losses are given.

    True positives, false negatives, false positives, true negatives; weight times log-loss, and
    times squared error.
    """
    parts = (*_parts(p, y, w, threshold), w * log_loss, w * (p - y) ** 2)
    return np.array([part.sum() for part in parts])


def metrics_of_sums(
    totals: FloatArray,
    score: FloatArray,
    negative: FloatArray,
    positive: FloatArray,
    *,
    whole: bool,
    share: float | FloatArray = 1.0,
) -> dict[str, FloatArray]:
    """Return the nine metrics by name, each a number or one a replicate (r,).

    `totals` (6,) or (6, r) are sums as of `totals_of_rows`; `negative` and `positive` (m,) or
    (r, m) are weights, of scores (m,). `share`, a number or (m,), is that of an entry's rows that
    come before or with one of them: 1 where they are ties, 1/2 where they are mixed. `whole`: all
    weights are whole numbers.
    """
    tp, fn, fp, tn, log_loss, square = totals
    weight = tp + fn + fp + tn
    rows = zip(np.atleast_2d(negative), np.atleast_2d(positive), strict=True)
    errors = [calibration_error(score, one, zero + one, whole=whole) for zero, one in rows]
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "log_loss": log_loss / weight,
            "brier": square / weight,
            "roc_auc": roc_area(negative, positive),
            "average_precision": average_precision(negative, positive, share, share),
            "accuracy": (tp + tn) / weight,
            "precision": tp / (tp + fp),
            "recall": tp / (tp + fn),
            "f1": 2 * tp / (2 * tp + fp + fn),
            "ece": np.array(errors).reshape(positive.shape[:-1]),
        }


def average_precision(
    negative: FloatArray,
    positive: FloatArray,
    negative_share: float | FloatArray = 1.0,
    positive_share: float | FloatArray = 1.0,
) -> FloatArray:
    """Return the mean precision (…) at the positive rows of weights (…, m); NaN for one outcome.

    The shares, numbers or (m,), of an entry's rows come before or with one of its positives: both
    are 1 where they are ties.
    """
    hits = _at_or_above(positive, positive_share)
    chosen = hits + _at_or_above(negative, negative_share)
    precision = np.divide(hits, chosen, out=np.zeros_like(hits), where=chosen > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.einsum("...m,...m->...", positive, precision) / positive.sum(axis=-1)
    # Weights that are fractions, added up in two orders, may give a little more than 1.
    return np.where(negative.sum(axis=-1) > 0, np.minimum(mean, 1.0), np.nan)


def _at_or_above(weight: FloatArray, share: float | FloatArray) -> FloatArray:
    """Return the weight of all higher scores, and a share of that of the score itself."""
    sums = np.cumsum(weight[..., ::-1], axis=-1)[..., ::-1]
    return sums if np.ndim(share) == 0 and share == 1 else sums - (1 - share) * weight
