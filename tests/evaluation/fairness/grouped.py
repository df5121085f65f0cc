"""Fairness of rows whose groups are given as words."""

import numpy as np

from placement.evaluation.fairness.fairness import FairnessAccumulator


def fairness(probability, label, weight, groups, *, threshold=0.5, **tolerances):
    """Compare groups, (n,) words for each column."""
    names, codes = {}, []
    for column, words in groups.items():
        distinct, code = np.unique(np.asarray(words).astype(str), return_inverse=True)
        names[column] = [str(word) for word in distinct]
        codes.append(code.astype(np.int64))
    accumulator = FairnessAccumulator(names, threshold)
    w = np.ones(len(codes[0])) if weight is None else weight
    p, y, w = (np.asarray(own, dtype=float) for own in (probability, label, w))
    accumulator.add(codes, p, y, w)
    return accumulator.result(**tolerances)
