"""95 % intervals: of a share, of a mean of clustered rows, of the replicates of a statistic."""

import math

import numpy as np

from placement.arrays import FloatArray, UInt64Array

Interval = tuple[float, float]

Z95 = 1.959963984540054


def wilson(share: float, count: float, z: float = Z95) -> Interval:
    """Return the Wilson limits of a share observed in `count` rows; they stay inside [0, 1]."""
    shrunk = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2) / (1 + z * z / count)
    return max(0.0, float(shrunk - half)), min(1.0, float(shrunk + half))


def clopper_pearson(hits: int, count: int) -> Interval:
    """Return the exact limits of a share of `hits` among `count` rows: few rows leave much open."""
    from scipy.special import betaincinv

    low = 0.0 if hits == 0 else float(betaincinv(hits, count - hits + 1, 0.025))
    high = 1.0 if hits == count else float(betaincinv(hits + 1, count - hits, 0.975))
    return low, high


def clustered_mean(values: FloatArray, weight: FloatArray, clusters: UInt64Array) -> Interval:
    """Return the limits of the mean of values (n,) of weight (n,), by a cluster-robust error.

    They are infinite for a single cluster, whose spread is not known.
    """
    _, cluster = np.unique(clusters, return_inverse=True)
    total, count = float(weight.sum()), int(cluster.max(initial=0)) + 1
    if count < 2:
        return -math.inf, math.inf
    mean = float(weight @ values) / total
    sums = np.bincount(cluster, weight * (values - mean))
    reach = Z95 * math.sqrt(count / (count - 1) * float(sums @ sums)) / total
    return mean - reach, mean + reach


def percentile_interval(values: FloatArray, outside: float = 0.05) -> Interval | None:
    """Return the quantiles of replicates (r,) that leave out `outside`, half on each side.

    Replicates without a figure are left out; None where all are.
    """
    defined = values[np.isfinite(values)]
    if not len(defined):
        return None
    low, high = np.quantile(defined, [outside / 2, 1 - outside / 2])
    return float(low), float(high)
