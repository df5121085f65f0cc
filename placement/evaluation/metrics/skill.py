"""Is the model better than no model at all? The base rate, and a paired test against it.

The base rate gives every student the training share of the placed. Both log-losses are taken on the
same held-out rows, and their difference is resampled row by row: what makes a row hard for both
cancels out.
"""

import numpy as np
import numpy.typing as npt

from placement.arrays import FloatArray
from placement.evaluation.metrics.bootstrap import (
    EXACT_ROWS,
    block_sizes,
    draw_counts,
    draw_masses,
    equal_count_starts,
)
from placement.evaluation.metrics.metrics import checked
from placement.stats.figures import Skill

REPLICATES = 2000


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
    *,
    seed: int = 0,
    replicates: int = REPLICATES,
) -> Skill:
    """Compare held-out probabilities with the training base rate by a paired bootstrap.

    `base_rate` may be (n,), one rate a row, where folds had different training rows.

    >>> skill([0.9, 0.8, 0.1] * 20, [1, 1, 0] * 20, 0.6).better_than_base_rate
    True
    """
    p, y, w = checked(probability, label, weight)
    counted = slice(None) if weight is None else np.asarray(weight, dtype=np.float64) > 0
    rates = np.broadcast_to(np.asarray(base_rate, dtype=np.float64), np.shape(label))[counted]
    base = row_log_loss(rates, y)
    gain = base - row_log_loss(p, y)
    low, high = mean_interval(gain, w, seed=seed, replicates=replicates)
    return Skill(
        base_log_loss=float(np.average(base, weights=w)),
        gain=float(np.average(gain, weights=w)),
        low=low,
        high=high,
        better_than_base_rate=low > 0,
    )


def mean_interval(
    values: FloatArray,
    weight: FloatArray,
    *,
    seed: int = 0,
    replicates: int = REPLICATES,
    outside: float = 0.05,
) -> tuple[float, float]:
    """Return a percentile bootstrap interval of the mean of values (n,) of weight (n,) above 0.

    `outside` is the chance left out, half on each side; by default the interval is one of 95 %.
    It is infinite where one row says nothing of spread.
    """
    if len(values) < 2:
        return -np.inf, np.inf
    means = _resampled_means(values, weight, replicates, np.random.default_rng(seed))
    low, high = np.quantile(means, [outside / 2, 1 - outside / 2])
    return float(low), float(high)


def row_log_loss(p: FloatArray, y: FloatArray) -> FloatArray:
    """Return the log-loss of each row, with the probability kept off 0 and 1."""
    epsilon = np.finfo(np.float64).eps
    clipped = np.clip(p, epsilon, 1 - epsilon)
    return -(y * np.log(clipped) + (1 - y) * np.log1p(-clipped))


def _resampled_means(
    values: FloatArray, w: FloatArray, replicates: int, rng: np.random.Generator
) -> FloatArray:
    """Return (replicates,) weighted means of resampled rows."""
    if len(values) > EXACT_ROWS // 10:
        return _resampled_bins(values, w, replicates, rng)
    means = []
    for size in block_sizes(replicates, len(values)):
        counts = draw_counts(len(values), size, rng)
        means.append(counts @ (w * values) / (counts @ w))
    return np.concatenate(means)


def _resampled_bins(
    values: FloatArray, w: FloatArray, replicates: int, rng: np.random.Generator
) -> FloatArray:
    """Do the same for many rows: Poisson weights on a histogram of the sorted values."""
    order = np.argsort(values, kind="stable")
    values, w = values[order], w[order]
    starts = equal_count_starts(values)
    mass = np.add.reduceat(w, starts)
    mean = np.add.reduceat(w * values, starts) / mass
    means = []
    for size in block_sizes(replicates, len(starts)):
        drawn = draw_masses(w, starts, size, rng)
        means.append(drawn @ mean / drawn.sum(axis=1))
    return np.concatenate(means)
