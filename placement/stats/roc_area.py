"""The area under the ROC curve: one formula for rows, for bins of rows, and for replicates."""

import numpy as np

from placement.arrays import CellArray, FloatArray, IndexArray


def roc_area(negative: FloatArray, positive: FloatArray) -> FloatArray:
    """Return the area (…) of weights (…, m) of each outcome by rising score; NaN for one outcome.

    Each entry is a score or a bin of scores: a pair within one counts half.
    """
    below = np.cumsum(negative, axis=-1)
    below -= negative / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        pairs = positive.sum(axis=-1) * negative.sum(axis=-1)
        area = np.einsum("...m,...m->...", positive, below) / pairs
    return np.asarray(np.minimum(area, 1.0))  # sums of fractions may give a little more


def roc_area_of_rows(score: CellArray, negative: FloatArray, positive: FloatArray) -> float:
    """Return the same of rows (n,) in any order, equal scores among them."""
    return float(roc_area(*sum_ties(score, negative, positive)[1:]))


def sum_ties(
    score: CellArray, negative: FloatArray, positive: FloatArray
) -> tuple[CellArray, FloatArray, FloatArray]:
    """Return the distinct scores (m,) ascending, and the weights (n,) summed up over each."""
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    starts = tie_starts(ordered)
    below, above = (
        sum_from(starts, weight[order].astype(np.float64)) for weight in (negative, positive)
    )
    return ordered[starts], below, above


def sum_from(starts: IndexArray, weight: FloatArray) -> FloatArray:
    """Return the sums (…, m) of weights (…, n) from each start to the next."""
    return weight if len(starts) == weight.shape[-1] else np.add.reduceat(weight, starts, axis=-1)


def tie_starts(ordered: CellArray) -> IndexArray:
    """Return where each different value of a sorted array begins."""
    return np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
