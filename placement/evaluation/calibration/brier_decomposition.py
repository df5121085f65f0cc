"""The parts of the Brier score: calibration, discrimination, and how uncertain the outcome is.

Murphy (1973) splits the score over bins of the probability; Stephenson, Coelho and Jolliffe (2008)
add what probabilities that differ within a bin bring in, so that the parts add up to the score.
"""

from collections.abc import Sequence

import numpy as np

from placement.arrays import FloatArray, IndexArray
from placement.stats.figures import BrierParts


def brier_parts(
    p: FloatArray,
    y: FloatArray,
    weight: FloatArray,
    groups: Sequence[IndexArray],
    squares: FloatArray | None = None,
) -> BrierParts:
    """Split the Brier score of rows (n,) over `groups`, the indices of the rows of each bin.

    `squares` (n,) are the mean squares of the labels where an entry stands for many rows; y² unless
    given. Every row must be in one group, and every weight above 0.
    """
    square = y * y if squares is None else squares
    bin_of = np.empty(len(p), dtype=np.intp)
    for number, rows in enumerate(groups):
        bin_of[rows] = number
    mass = np.bincount(bin_of, weight)
    total = float(mass.sum())
    mean_p, mean_y = (np.bincount(bin_of, weight * values) / mass for values in (p, y))
    overall = float((weight * y).sum()) / total
    off_p, off_y = p - mean_p[bin_of], y - mean_y[bin_of]
    return BrierParts(
        score=float((weight * (p * p - 2 * p * y + square)).sum()) / total,
        reliability=float((mass * (mean_p - mean_y) ** 2).sum()) / total,
        resolution=float((mass * (mean_y - overall) ** 2).sum()) / total,
        uncertainty=float((weight * square).sum()) / total - overall**2,
        within_variance=float((weight * off_p * off_p).sum()) / total,
        within_covariance=2 * float((weight * off_p * off_y).sum()) / total,
    )
