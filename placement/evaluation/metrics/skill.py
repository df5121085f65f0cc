"""Is the model better than no model at all? The base rate, and a paired test against it.

The base rate gives every student the training share of the placed. Both log-losses are taken on the
same held-out rows, and their difference is resampled row by row: what makes a row hard for both
cancels out.
"""

import numpy as np
import numpy.typing as npt

from placement.arrays import UInt64Array
from placement.stats.figures import Skill
from placement.stats.intervals import clustered_mean
from placement.stats.log_loss import row_log_loss
from placement.stats.metrics import checked
from placement.stats.resampling import mean_interval


def base_rate(label: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Return the weighted share of the positive class."""
    y = np.asarray(label, dtype=np.float64)
    _, y, w = checked(np.zeros_like(y), y, weight)
    return float(np.average(y, weights=w))


def skill(
    probability: npt.ArrayLike,
    label: npt.ArrayLike,
    base_rate: float | npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    clusters: UInt64Array | None = None,
    *,
    seed: int = 0,
) -> Skill:
    """Compare held-out probabilities with the training base rate by a paired bootstrap.

    `base_rate` may be (n,), one rate a row, where folds had different training rows. Rows of one of
    the `clusters` (n,) count together: then the interval is that of a cluster-robust error.

    >>> skill([0.9, 0.8, 0.1] * 20, [1, 1, 0] * 20, 0.6).better_than_base_rate
    True
    """
    p, y, w = checked(probability, label, weight)
    counted = slice(None) if weight is None else np.asarray(weight, dtype=np.float64) > 0
    rates = np.broadcast_to(np.asarray(base_rate, dtype=np.float64), np.shape(label))[counted]
    base = row_log_loss(rates, y)
    gain = base - row_log_loss(p, y)
    if clusters is None:
        low, high = mean_interval(gain, w, seed=seed)
    else:
        low, high = clustered_mean(gain, w, clusters[counted])
    base_log_loss, mean = (float(np.average(values, weights=w)) for values in (base, gain))
    return Skill(base_log_loss, mean, low, high, better_than_base_rate=low > 0)
