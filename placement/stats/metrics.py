"""The nine metrics of yes/no predictions, from sums of weights: of rows, of bins, of replicates.

A metric without a meaning (the ROC area of a single class, the precision where nothing was
predicted positive) is NaN, never 0.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

from placement.arrays import FloatArray
from placement.stats.calibration_error import all_whole, calibration_error
from placement.stats.figures import Metrics
from placement.stats.log_loss import row_log_loss
from placement.stats.roc_area import roc_area, sum_ties

Sums = float | FloatArray


@dataclass(frozen=True, eq=False)
class Totals:
    """Sums over all rows, each a number or one a replicate (r,).

    Weights of the positive and the negative rows, of those at or above the threshold (`tp`, `fp`);
    weight times log-loss and times squared error.
    """

    positive: Sums
    negative: Sums
    tp: Sums
    fp: Sums
    log_loss: Sums
    square: Sums

    @classmethod
    def of_rows(
        cls, p: FloatArray, y: FloatArray, w: FloatArray, log_loss: FloatArray, threshold: float
    ) -> "Totals":
        """Sum up rows (n,), whose log-losses are given."""
        positive, negative, chosen = w * y, w * (1 - y), p >= threshold
        return cls(
            positive=float(positive.sum()),
            negative=float(negative.sum()),
            tp=float(positive[chosen].sum()),
            fp=float(negative[chosen].sum()),
            log_loss=float((w * log_loss).sum()),
            square=float((w * (p - y) ** 2).sum()),
        )

    def __add__(self, other: "Totals") -> "Totals":
        names = (own.name for own in dataclasses.fields(self))
        return Totals(**{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass(frozen=True, eq=False)
class ScoreSums:
    """Sums of weights by ascending score: `score` (m,), `negative` and `positive` (m,) or (r, m).

    Each entry is a score or a bin of scores. `counted`, a number or (m,), is the share of an entry
    that comes before or with one of its rows: 1 where they are ties, 1/2 where they are mixed.
    `whole`: all weights are whole numbers.
    """

    score: FloatArray
    negative: FloatArray
    positive: FloatArray
    whole: bool
    counted: float | FloatArray = 1.0


def metrics_of_sums(totals: Totals, sums: ScoreSums) -> dict[str, FloatArray]:
    """Return the nine metrics by name, each a number or one a replicate (r,)."""
    positive, negative, tp, fp = totals.positive, totals.negative, totals.tp, totals.fp
    weight = positive + negative
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "log_loss": np.divide(totals.log_loss, weight),
            "brier": np.divide(totals.square, weight),
            "roc_auc": roc_area(sums.negative, sums.positive),
            "average_precision": average_precision(
                sums.negative, sums.positive, sums.counted, sums.counted
            ),
            "accuracy": np.divide(tp + negative - fp, weight),
            "precision": np.divide(tp, tp + fp),
            "recall": np.divide(tp, positive),
            "f1": np.divide(2 * tp, tp + fp + positive),
            "ece": _calibration_errors(sums),
        }


def metrics_of_rows(p: FloatArray, y: FloatArray, w: FloatArray, threshold: float) -> Metrics:
    """Return the metrics of rows (n,): probability, label in [0, 1] and weight above 0."""
    totals = Totals.of_rows(p, y, w, row_log_loss(p, y), threshold)
    score, negative, positive = sum_ties(p, w * (1 - y), w * y)
    sums = ScoreSums(score, negative, positive, whole=all_whole(w))
    return Metrics.of(metrics_of_sums(totals, sums))


def average_precision(
    negative: FloatArray,
    positive: FloatArray,
    positive_share: float | FloatArray = 1.0,
    negative_share: float | FloatArray = 1.0,
) -> FloatArray:
    """Return the mean precision (…) at the positive rows of weights (…, m) by rising score.

    The shares (m,) of an entry's rows are counted before or with one of its positives: both 1 where
    they are ties. NaN for one outcome.
    """
    hits = _above(positive, positive_share)
    chosen = _above(negative, negative_share)
    chosen += hits
    precision = np.divide(hits, chosen, out=np.zeros_like(hits), where=chosen > 0)
    all_positive, all_negative = positive.sum(axis=-1), negative.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.einsum("...m,...m->...", positive, precision) / all_positive
    return np.where(all_negative > 0, mean, np.nan)


def _above(weight: FloatArray, share: float | FloatArray) -> FloatArray:
    """Return the weight of all higher scores, and a share of that of the score itself."""
    sums = np.cumsum(weight[..., ::-1], axis=-1)[..., ::-1]
    if not (isinstance(share, float) and share == 1):
        sums -= (1 - share) * weight
    return sums


def _calibration_errors(sums: ScoreSums) -> FloatArray:
    width = len(sums.score)
    rows = zip(sums.negative.reshape(-1, width), sums.positive.reshape(-1, width), strict=True)
    errors = [
        calibration_error(sums.score, positive, negative + positive, whole=sums.whole)
        for negative, positive in rows
    ]
    return np.array(errors).reshape(sums.positive.shape[:-1])
