"""Does 70 % mean 70 %? Bins of the predicted probability against what happened.

Bins hold equal counts, not equal widths: no bin stands on two rows.
"""

import numpy as np

from placement.arrays import FloatArray, IndexArray, IntArray
from placement.stats.calibration_error import BINS
from placement.stats.figures import ReliabilityBin
from placement.stats.intervals import wilson

LEAST_ROWS = 5  # No picture or table shows fewer students than this in one bin.


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
    counted = w > 0
    p, y, w, counts = p[counted], y[counted], w[counted], counts[counted]
    groups = equal_count_groups(p, bins, counts)
    return tuple(_bin(p[at], y[at], w[at], int(counts[at].sum())) for at in groups)


def equal_count_groups(
    values: FloatArray, bins: int = BINS, rows: IntArray | None = None
) -> list[IndexArray]:
    """Return the indices of ascending values (n,) in groups of about equal count, 5 rows at least.

    Equal values stay together; fewer than 5 rows in all give no group. Each value stands for one
    row, or for so many `rows` (n,).
    """
    order = np.argsort(values, kind="stable")
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


def _bin(p: FloatArray, y: FloatArray, w: FloatArray, rows: int) -> ReliabilityBin:
    predicted, observed = (float(np.average(values, weights=w)) for values in (p, y))
    weight = float(w.sum())
    return ReliabilityBin(rows, weight, predicted, observed, *wilson(observed, weight))
