"""Bootstrap replicates as weights of the rows, or of bins of them where they are many."""

from collections.abc import Iterator

import numpy as np

from placement.arrays import FloatArray, IndexArray
from placement.stats.calibration_error import all_whole
from placement.stats.intervals import Interval, percentile_interval

EXACT_ROWS = 100_000
HISTOGRAM_BINS = 4096
MEAN_REPLICATES = 2000
_BLOCK_CELLS = 2_000_000  # Bounds the memory of a block of replicates to some tens of MB.


def block_sizes(replicates: int, rows: int) -> Iterator[int]:
    """Cut the replicates into blocks of bounded memory; yield how many each holds."""
    size = max(1, _BLOCK_CELLS // rows)
    for start in range(0, replicates, size):
        yield min(size, replicates - start)


def draw_counts(n: int, replicates: int, rng: np.random.Generator) -> FloatArray:
    """Return (replicates, n): how often each of n rows is drawn in n draws."""
    drawn = rng.integers(0, n, size=(replicates, n))
    drawn += np.arange(replicates)[:, None] * n
    counts = np.bincount(drawn.ravel(), minlength=replicates * n)
    return counts.reshape(replicates, n).astype(np.float64)


def equal_count_starts(values: FloatArray) -> IndexArray:
    """Return where the bins of a histogram of sorted values begin: equal values in one bin."""
    edges = np.unique(values[:: max(1, len(values) // HISTOGRAM_BINS)])
    return np.searchsorted(values, edges)


def draw_masses(
    mass: FloatArray,
    variance: FloatArray,
    starts: IndexArray,
    replicates: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Draw (replicates, m) sums of `mass` over each bin, every row with a Poisson(1) weight.

    The sum of n Poisson(1) weights is Poisson(n); of unequal masses it is nearly a scaled Poisson
    of the same mean and `variance`, the sums of what rows (n,) add to it.
    """
    mean, square = np.add.reduceat(mass, starts), np.add.reduceat(variance, starts)
    scale = np.divide(square, mean, out=np.ones_like(mean), where=mean > 0)
    drawn = rng.poisson(mean / scale, size=(replicates, len(starts)))
    return np.asarray(drawn * scale, dtype=np.float64)


def rows_of_weights(weight: FloatArray) -> FloatArray:
    """Return how many rows each weight (n,) stands for: so many as it says where it is whole.

    Another goes with one row.
    """
    return np.where(weight == np.floor(weight), weight, 1.0)


def square_weights(weight: FloatArray) -> FloatArray:
    """Return what weights (n,) above 0 add to the variance of their sum, each row on its own."""
    return np.asarray(weight * weight / rows_of_weights(weight))


def mean_interval(
    values: FloatArray,
    weight: FloatArray,
    *,
    seed: int = 0,
    replicates: int = MEAN_REPLICATES,
    outside: float = 0.05,
) -> Interval:
    """Return a percentile bootstrap interval of the mean of values (n,) of weight (n,) above 0.

    `outside` is the chance left out, half on each side; by default the interval is one of 95 %.
    It is infinite for a single row, whose spread is not known. A whole weight stands for so many
    rows, one after the other; another goes with its row.
    """
    whole = all_whole(weight)
    rows = float(weight.sum()) if whole else len(values)
    if rows < 2:
        return -np.inf, np.inf
    rng = np.random.default_rng(seed)
    if rows > EXACT_ROWS // 10:
        means = _mean_of_bins(values, weight, replicates, rng)
    elif whole:
        values = np.repeat(values, weight.astype(np.int64))
        means = _mean_of_rows(values, np.ones_like(values), replicates, rng)
    else:
        means = _mean_of_rows(values, weight, replicates, rng)
    return percentile_interval(means, outside) or (-np.inf, np.inf)


def _mean_of_rows(
    values: FloatArray, w: FloatArray, replicates: int, rng: np.random.Generator
) -> FloatArray:
    """Return (replicates,) weighted means of resampled rows."""
    means = []
    for size in block_sizes(replicates, len(values)):
        counts = draw_counts(len(values), size, rng)
        means.append(counts @ (w * values) / (counts @ w))
    return np.concatenate(means)


def _mean_of_bins(
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
        drawn = draw_masses(w, square_weights(w), starts, size, rng)
        means.append(drawn @ mean / drawn.sum(axis=1))
    return np.concatenate(means)
