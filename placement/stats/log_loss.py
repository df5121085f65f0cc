"""Log-loss and logit of probabilities, clipped off 0 and 1 so that both are finite."""

import numpy as np

from placement.arrays import FloatArray

EPSILON = float(np.finfo(np.float64).eps)


def clip_probability(p: FloatArray) -> FloatArray:
    """Return probabilities in [2.2e-16, 1 - 2.2e-16]."""
    return np.clip(p, EPSILON, 1 - EPSILON)


def logit_of(p: FloatArray) -> FloatArray:
    """Return log(p / (1 - p)), from -36 to 36."""
    clipped = clip_probability(p)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))


def row_log_loss(p: FloatArray, y: FloatArray) -> FloatArray:
    """Return the log-loss of each row for labels in [0, 1]."""
    clipped = clip_probability(p)
    return -(y * np.log(clipped) + (1 - y) * np.log1p(-clipped))
