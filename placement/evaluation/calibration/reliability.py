"""Does 70 % mean 70 %? Bins of the predicted probability against what happened.

Bins hold equal counts, not equal widths: no bin stands on two rows. A group of equal probabilities
that a border cuts is shared out in proportion, so the order of the rows never matters.
"""

import numpy as np

from placement.arrays import FloatArray, IndexArray, IntArray
from placement.model.scorer import Z95
from placement.stats.figures import ReliabilityBin

BINS = 10
LEAST_ROWS = 5  # No picture or table shows fewer students than this in one bin.


def expected_calibration_error(
    p: FloatArray, y: FloatArray, weight: FloatArray, bins: int = BINS
) -> float:
    """Return the mean |predicted - observed| over bins of equal count, weighted by the rows."""
    order = np.argsort(p, kind="stable")
    score, sums = _by_score(p[order], (weight * y)[order], weight[order])
    positive, total = sums
    whole = bool(np.all(weight == np.floor(weight)))
    return float(ece_of_sums(score, positive, total, whole=whole, bins=bins))


def ece_of_sums(
    score: FloatArray, positive: FloatArray, total: FloatArray, *, whole: bool, bins: int = BINS
) -> float:
    """Return the same from sums by ascending score: `score`, `positive`, `total` are (m,)."""
    reached = np.concatenate([[0.0], np.cumsum(total)])
    # What happened minus what was predicted, cumulated; a bin's part is a difference of two.
    excess = np.concatenate([[0.0], np.cumsum(positive - total * score)])
    cuts = borders(reached[-1], bins, whole=whole)
    return float(np.abs(np.diff(np.interp(cuts, reached, excess))).sum() / reached[-1])


def borders(total: float, bins: int, *, whole: bool) -> FloatArray:
    """Return the (bins + 1,) cumulated counts at which bins of equal count begin and end.

    Whole counts are cut between rows, where scikit-learn's `strategy="quantile"` cuts them.
    """
    steps = np.arange(1, bins)
    inner = (round(total) - 1) * steps // bins + 1.0 if whole else total * steps / bins
    return np.concatenate([[0.0], inner, [total]])


def reliability_bins(
    p: FloatArray,
    y: FloatArray,
    weight: FloatArray | None = None,
    bins: int = BINS,
    rows: IntArray | None = None,
) -> tuple[ReliabilityBin, ...]:
    """Return up to `bins` bins of equal count, fewer where one would hold less than 5 rows.

    Rows of equal probability stay in one bin here, since a bin is shown with its count. Each entry
    stands for one row, or for so many `rows` (n,) of the same kind.
    """
    w = np.ones_like(p) if weight is None else weight
    counts = np.ones(len(p), dtype=np.int64) if rows is None else rows
    there = w > 0
    p, y, w, counts = p[there], y[there], w[there], counts[there]
    order = np.argsort(p, kind="stable")
    groups = equal_count_groups(p, order, bins, counts)
    return tuple(_summary(p[own], y[own], w[own], int(counts[own].sum())) for own in groups)


def equal_count_groups(
    values: FloatArray,
    order: IndexArray,
    bins: int = BINS,
    rows: IntArray | None = None,
) -> list[IndexArray]:
    """Cut `order` (which sorts `values`) into groups of about equal count and at least 5 rows.

    Equal values stay together; fewer than 5 rows in all give no group. Each value stands for one
    row, or for so many `rows` (n,).
    """
    counts = np.ones(len(order), dtype=np.int64) if rows is None else rows[order]
    reached = np.cumsum(counts)
    n = int(reached[-1]) if len(reached) else 0
    count = min(bins, n // LEAST_ROWS)
    if count == 0:
        return []
    ordered = values[order]
    targets = np.searchsorted(reached, np.round(np.arange(1, count) * n / count))
    cuts = [0]
    for end in np.searchsorted(ordered, ordered[targets], side="right"):
        before = reached[cuts[-1] - 1] if cuts[-1] else 0
        if reached[end - 1] - before >= LEAST_ROWS and n - reached[end - 1] >= LEAST_ROWS:
            cuts.append(int(end))
    return [order[start:end] for start, end in zip(cuts, [*cuts[1:], len(order)], strict=True)]


def _summary(p: FloatArray, y: FloatArray, w: FloatArray, rows: int) -> ReliabilityBin:
    observed = float(np.average(y, weights=w))
    low, high = wilson(observed, float(w.sum()))
    return ReliabilityBin(
        rows=rows,
        weight=float(w.sum()),
        predicted=float(np.average(p, weights=w)),
        observed=observed,
        low=low,
        high=high,
    )


def wilson(share: float, count: float, z: float = Z95) -> tuple[float, float]:
    """Return the Wilson limits of a share seen in `count` rows; they stay inside [0, 1]."""
    shrunk = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2) / (1 + z * z / count)
    return max(0.0, float(shrunk - half)), min(1.0, float(shrunk + half))


def _by_score(score: FloatArray, *columns: FloatArray) -> tuple[FloatArray, tuple[FloatArray, ...]]:
    """Add up the columns over equal scores; the score is sorted."""
    starts = np.flatnonzero(np.concatenate([[True], np.diff(score) > 0]))
    return score[starts], tuple(np.add.reduceat(column, starts) for column in columns)
