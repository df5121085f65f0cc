"""How far would the metrics move, had other students been asked? 95 % intervals in closed form.

- Shares of rows (accuracy, precision, recall) have Wilson's limits. Of the rows that are positive
  or called so, F1 counts a share J as 2J / (1 + J): its limits are those of J, carried over.
- Mean losses have a t-interval that allows for the skewness of the losses: P. Hall's cubic
  transformation (On the removal of skewness by transformation, JRSS B 54, 1992).
- The two areas have a t-interval on the logit scale, with the standard error of their influence
  function: for the ROC area that is DeLong's.
- The calibration error has none: a model whose chances can be believed has 0, the border, in truth.

`scripts/intervals.py` counts how often they hold the truth. Weights are frequencies.
"""

import math

import numpy as np
import numpy.typing as npt

from placement.arrays import FloatArray
from placement.stats.intervals import Interval, wilson
from placement.stats.log_loss import row_log_loss
from placement.stats.metrics import NAMES, checked, confusion
from placement.stats.roc_area import sum_ties

Intervals = dict[str, Interval | None]

METHOD = (
    "95 %: Wilson's limits of shares; of the losses with Hall's correction for skewness, of the "
    "areas by standard errors on the logit scale; none of the ECE, whose truth may be 0, its border"
)


def metric_intervals(
    probability: npt.ArrayLike,
    label: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    *,
    threshold: float = 0.5,
) -> Intervals:
    """Return the 95 % interval of each metric of rows (n,), None where there is none."""
    p, y, w = checked(probability, label, weight)
    counts = confusion(p, y, w, threshold)
    tp, wrong = counts.tp, counts.fp + counts.fn
    _, negative, positive = sum_ties(p, w * (1 - y), w * y)
    jaccard = _share(tp, tp + wrong)
    limits: Intervals = {
        "log_loss": _mean(row_log_loss(p, y), w),
        "brier": _mean((p - y) ** 2, w),
        "roc_auc": _roc_area(negative, positive),
        "average_precision": _average_precision(negative, positive),
        "accuracy": _share(tp + counts.tn, w.sum()),
        "precision": _share(tp, tp + counts.fp),
        "recall": _share(tp, tp + counts.fn),
        "f1": jaccard and (2 * jaccard[0] / (1 + jaccard[0]), 2 * jaccard[1] / (1 + jaccard[1])),
        "ece": None,
    }
    return {name: limits[name] for name in NAMES}


def _share(hits: float, rows: float) -> Interval | None:
    return wilson(hits / rows, rows) if rows > 0 else None


def _mean(values: FloatArray, w: FloatArray) -> Interval | None:
    """Return the limits of the mean of values (n,) of 0 or more; None with fewer than two rows."""
    rows = float(w.sum())
    if rows < 2:
        return None
    mean = float(w @ values) / rows
    deviations = values - mean
    variance = float(w @ deviations**2) / rows
    if variance == 0:
        return mean, mean
    skewness = float(w @ deviations**3) / rows / variance**1.5
    if rows > 2:  # that of the population, as far as a sample shows it
        skewness *= math.sqrt(rows * (rows - 1)) / (rows - 2)
    error, slant = math.sqrt(variance / (rows - 1)), skewness / math.sqrt(rows)
    reach = _t95(rows - 1)
    low, high = (mean - error * _skewed(side, slant) for side in (reach, -reach))
    return max(low, 0.0), high


def _skewed(reach: float, slant: float) -> float:
    """Return where the t-statistic of a skewed mean is, when its transform is at `reach`."""
    if abs(slant) < 1e-8:
        return reach
    return float(3 / slant * (np.cbrt(1 + slant * (reach - slant / 6)) - 1))


def _roc_area(negative: FloatArray, positive: FloatArray) -> Interval | None:
    """Return the limits of the area of weights (m,) of each outcome by rising score."""
    no, yes = negative.sum(), positive.sum()
    if min(no, yes) <= 1:
        return None
    below = (np.cumsum(negative) - negative / 2) / no
    above = 1 - (np.cumsum(positive) - positive / 2) / yes
    area = float(positive @ below / yes)
    variance = positive @ (below - area) ** 2 / (yes * (yes - 1))
    variance += negative @ (above - area) ** 2 / (no * (no - 1))
    return _on_logit_scale(area, float(variance), min(no, yes))


def _average_precision(negative: FloatArray, positive: FloatArray) -> Interval | None:
    """Return the limits of the mean precision at the positive of weights (m,) by rising score.

    A row more of a score moves the precision at each score that is not above it.
    """
    yes = positive.sum()
    if yes <= 1 or not negative.sum():
        return None
    hits, chosen = (np.cumsum(part[::-1])[::-1] for part in (positive, positive + negative))
    precision = hits / chosen
    mean = float(positive @ precision / yes)
    if_negative = -np.cumsum(positive * precision / chosen)
    if_positive = precision - mean + np.cumsum(positive / chosen) + if_negative
    variance = (positive @ if_positive**2 + negative @ if_negative**2) / yes**2
    return _on_logit_scale(mean, float(variance), yes)


def _on_logit_scale(value: float, variance: float, rows: float) -> Interval:
    """Return limits that stay inside (0, 1); of a 0 or 1, which has no variance, Wilson's.

    `rows` is the count of the rows that are fewest.
    """
    if not 0 < value < 1:
        return wilson(value, rows)
    logit = math.log(value / (1 - value))
    reach = _t95(rows - 1) * math.sqrt(variance) / (value * (1 - value))
    low, high = (
        1 / (1 + math.exp(-min(max(z, -700), 700))) for z in (logit - reach, logit + reach)
    )
    return low, high


def _t95(freedom: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975))
