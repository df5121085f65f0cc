"""The expected calibration error: mean |predicted - observed| over bins of equal count.

A group of equal probabilities that a border cuts is shared out in proportion, so the order of the
rows never matters.
"""

import numpy as np

from placement.arrays import FloatArray

BINS = 10


def calibration_error(
    score: FloatArray, positive: FloatArray, total: FloatArray, *, whole: bool
) -> float:
    """Return the error from sums of weights (m,) by ascending score, each a score or a bin of them.

    `whole`: all weights are whole numbers.
    """
    reached = np.concatenate([[0.0], np.cumsum(total)])
    # What happened minus what was predicted, cumulated; a bin's part is a difference of two.
    excess = np.concatenate([[0.0], np.cumsum(positive - total * score)])
    cuts = bin_borders(reached[-1], BINS, whole=whole)
    return float(np.abs(np.diff(np.interp(cuts, reached, excess))).sum() / reached[-1])


def bin_borders(total: float, bins: int, *, whole: bool) -> FloatArray:
    """Return the (bins + 1,) cumulated counts at which bins of equal count begin and end.

    Whole counts are cut between rows, where scikit-learn's `strategy="quantile"` cuts them.
    """
    steps = np.arange(1, bins)
    inner = (round(total) - 1) * steps // bins + 1.0 if whole else total * steps / bins
    return np.concatenate([[0.0], inner, [total]])


def all_whole(weight: FloatArray) -> bool:
    """Whether all weights are whole numbers."""
    return bool(np.all(weight == np.floor(weight)))
