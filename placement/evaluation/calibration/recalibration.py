"""Learn what probability a logit stands for, from predictions of rows that the model did not see.

Platt (1999) lays a sigmoid through the outcomes, two numbers; isotonic regression any line that
never falls, which needs many rows: below about 1,000 it learns their accidents (Niculescu-Mizil and
Caruana 2005).
"""

import numpy as np

from placement.arrays import FloatArray, IntArray
from placement.evaluation.calibration.reliability import LEAST_ROWS
from placement.model.scorer import Isotonic, Platt
from placement.stats.univariate_logistic import fit_logit_slope

FEWEST_FOR_ISOTONIC = 1_000


def fit_platt(logit: FloatArray, y: FloatArray, weight: FloatArray) -> Platt | None:
    """Fit a sigmoid of the logit (n,) to labels y in [0, 1]; None where it would not rise.

    As in Platt (1999) the outcomes count as (n₊ + 1)/(n₊ + 2) and 1/(n₋ + 2), n₊ and n₋ being their
    weights: so there is an optimum even where a logit parts them.
    """
    positive, negative = float((weight * y).sum()), float((weight * (1 - y)).sum())
    high, low = (positive + 1) / (positive + 2), 1 / (negative + 2)
    line = fit_logit_slope(logit, y * high + (1 - y) * low, weight)
    return None if line is None or line.slope <= 0 else Platt(line.slope, line.intercept)


def fit_isotonic(
    logit: FloatArray, y: FloatArray, weight: FloatArray, rows: IntArray | None = None
) -> Isotonic | None:
    """Fit a rising line to labels y (n,) in [0, 1] by the logit; None where it would be level.

    Pool-adjacent-violators, then steps of fewer than 5 `rows` (one an entry, unless given) join the
    next one. Each step stands at the mean logit of its rows with straight lines between (the
    centred form of Oron and Flournoy, 2017): students of one step keep their order, and no logit
    is a student's. Probabilities stay within 1/(n + 2) of 0 and 1, n being the weight of all rows.
    """
    from scipy.optimize import isotonic_regression

    counted = weight > 0
    counts = np.ones(len(logit), dtype=np.int64) if rows is None else rows
    x, y, w, counts = logit[counted], y[counted], weight[counted], counts[counted]
    order = np.argsort(x, kind="stable")
    starts = np.flatnonzero(np.diff(x[order], prepend=-np.inf) > 0)  # of each different logit
    sums = np.stack(
        [np.add.reduceat(a[order], starts) for a in (w, w * x, w * y, counts.astype(float))]
    )
    pooled = isotonic_regression(sums[2] / sums[0], weights=sums[0])
    steps = np.add.reduceat(sums, pooled.blocks[:-1], axis=1)
    mass, at, positive, _ = np.add.reduceat(steps, _filled(steps[3]), axis=1)
    edge = 1 / (float(mass.sum()) + 2)
    chance = np.clip(positive / mass, edge, 1 - edge)
    if not chance[-1] > chance[0]:
        return None
    return Isotonic(tuple((at / mass).tolist()), tuple(chance.tolist()))


def _filled(counts: FloatArray) -> list[int]:
    """Return where groups of neighbours begin, of 5 rows at least; the last takes the rest."""
    starts, size = [0], 0.0
    for index, count in enumerate(counts.tolist()):
        if size >= LEAST_ROWS:
            starts.append(index)
            size = 0.0
        size += count
    return starts[:-1] if size < LEAST_ROWS and len(starts) > 1 else starts
