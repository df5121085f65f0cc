"""The nine metrics of yes/no predictions, from sums of weights: of rows, of bins, of replicates.

Weights `negative` and `positive` (…, m) are by ascending score, each of a score or of a bin of
scores. A metric without a meaning (the ROC area of a single class, the precision where nothing was
predicted positive) is NaN, never 0.
"""

import numpy as np

from placement.arrays import FloatArray
from placement.stats.calibration_error import all_whole, calibration_error
from placement.stats.figures import Metrics
from placement.stats.log_loss import row_log_loss
from placement.stats.roc_area import roc_area, sum_ties


def totals_of_rows(
    p: FloatArray, y: FloatArray, w: FloatArray, log_loss: FloatArray, threshold: float
) -> FloatArray:
    """Return the sums (6,) that metrics are made of, of rows (n,) whose log-losses are given.

    Weights of the positive and the negative rows, then of those at or above the threshold; weight
    times log-loss, and times squared error.
    """
    positive, negative, chosen = w * y, w * (1 - y), p >= threshold
    hits, alarms = positive[chosen], negative[chosen]
    columns = (positive, negative, hits, alarms, w * log_loss, w * (p - y) ** 2)
    return np.array([column.sum() for column in columns])


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
    all_positive, all_negative, tp, fp, log_loss, square = totals
    weight = all_positive + all_negative
    rows = zip(np.atleast_2d(negative), np.atleast_2d(positive), strict=True)
    errors = [calibration_error(score, one, zero + one, whole=whole) for zero, one in rows]
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "log_loss": log_loss / weight,
            "brier": square / weight,
            "roc_auc": roc_area(negative, positive),
            "average_precision": average_precision(negative, positive, share, share),
            "accuracy": (tp + all_negative - fp) / weight,
            "precision": tp / (tp + fp),
            "recall": tp / all_positive,
            "f1": 2 * tp / (tp + fp + all_positive),
            "ece": np.array(errors).reshape(positive.shape[:-1]),
        }


def metrics_of_rows(p: FloatArray, y: FloatArray, w: FloatArray, threshold: float) -> Metrics:
    """Return the metrics of rows (n,): probability, label in [0, 1] and weight above 0."""
    totals = totals_of_rows(p, y, w, row_log_loss(p, y), threshold)
    sums = sum_ties(p, w * (1 - y), w * y)
    return Metrics.of(metrics_of_sums(totals, *sums, whole=all_whole(w)))


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
    return np.where(negative.sum(axis=-1) > 0, mean, np.nan)


def _at_or_above(weight: FloatArray, share: float | FloatArray) -> FloatArray:
    """Return the weight of all higher scores, and a share of that of the score itself."""
    sums = np.cumsum(weight[..., ::-1], axis=-1)[..., ::-1]
    return sums if np.ndim(share) == 0 and share == 1 else sums - (1 - share) * weight
