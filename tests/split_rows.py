"""Which rows of a table a split gives to training, validation or test, for tests that look."""

import numpy as np


def rows_of(split, subset):
    """Return the positions of the rows of a subset, such as TRAIN."""
    return np.flatnonzero(split.subsets.whole() == subset)
