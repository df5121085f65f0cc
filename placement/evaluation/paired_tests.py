"""Two tests for two models on the same rows: DeLong's of the ROC areas, McNemar's of the answers.

Shapes: `first` and `other: (n,)` are probabilities of the positive class, `label: (n,)` is 0 or 1,
`weight: (n,)` of 0 or more are frequencies: a whole weight stands for so many equal rows.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from placement.arrays import FloatArray
from placement.stats.intervals import Z95
from placement.stats.metrics import checked

FEW_DISCORDANT = 25
_NOTHING = 1e-12  # below it, a standard error of areas is the rounding of sums


@dataclass(frozen=True)
class DeLong:
    """The ROC areas of two models and their difference, `other` minus `first`.

    `standard_error`, `low` and `high` (95 %) are None with a single row of an outcome. Models that
    order the rows the same way have difference 0 and p 1; where areas differ but the variance is 0
    (both models divide the outcomes perfectly, one the wrong way round) z and p are None.
    """

    first_area: float
    other_area: float
    difference: float
    standard_error: float | None = None
    z: float | None = None
    p_value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class McNemar:
    """Rows that only one of two models answers rightly (sums of weights), and how odd that is.

    `statistic` is chi-square on one degree of freedom, None for the exact test; `method` names
    the convention.
    """

    first_only: float
    other_only: float
    statistic: float | None
    p_value: float
    method: str


def delong(
    first: npt.ArrayLike,
    other: npt.ArrayLike,
    label: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
) -> DeLong | None:
    """Test whether two correlated ROC areas differ; None where all rows have one outcome.

    DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837-845, with the structural components
    from ranks rather than from all pairs, as Sun and Xu, IEEE Signal Processing Letters 21 (2014).

    >>> delong([0.1, 0.4, 0.8, 0.9], [0.1, 0.4, 0.8, 0.9], [0, 1, 0, 1]).p_value
    1.0
    """
    p, y, w = binary(first, label, weight)
    q, _, _ = binary(other, label, weight)
    yes, no = y == 1, y == 0
    if not yes.any() or not no.any():
        return None
    # A positive row's component is the share of negatives below it, a negative's that above it.
    above, below = (
        np.stack([_shares_below(s[one], s[rest], w[rest]) for s in (p, q)])
        for one, rest in ((yes, no), (no, yes))
    )
    areas = np.average(above, axis=1, weights=w[yes])
    gap = above[1] - above[0]
    difference = float(np.average(gap, weights=w[yes]))
    variance = _variance_of_mean(gap, w[yes]) + _variance_of_mean(below[0] - below[1], w[no])
    return _tested(float(areas[0]), float(areas[1]), difference, math.sqrt(variance))


def mcnemar(
    first: npt.ArrayLike,
    other: npt.ArrayLike,
    label: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    thresholds: tuple[float, float] = (0.5, 0.5),
) -> McNemar:
    """Test whether two models, each at its own threshold, are right equally often.

    With fewer than 25 discordant rows the exact binomial test, else chi-square with Edwards'
    continuity correction; weights that are not whole have no exact test.

    >>> mcnemar([0.9, 0.9, 0.1], [0.1, 0.9, 0.1], [1, 1, 0]).p_value
    1.0
    """
    p, y, w = binary(first, label, weight)
    q, _, _ = binary(other, label, weight)
    right = (p >= thresholds[0]) == (y == 1), (q >= thresholds[1]) == (y == 1)
    counts = float(w[right[0] & ~right[1]].sum()), float(w[right[1] & ~right[0]].sum())
    total = sum(counts)
    if total == 0:
        return McNemar(*counts, None, 1.0, "no row on which only one of them is right")
    if total < FEW_DISCORDANT and all(count.is_integer() for count in counts):
        from scipy.stats import binomtest

        exact = float(binomtest(int(min(counts)), int(total), 0.5).pvalue)
        return McNemar(*counts, None, exact, f"exact binomial, {total:g} discordant rows")
    from scipy.stats import chi2

    # No further than to 0, so that as many on either side are no evidence at all.
    statistic = max(abs(counts[0] - counts[1]) - 1, 0.0) ** 2 / total
    how = f"chi-square with continuity correction, {total:g} discordant rows"
    return McNemar(*counts, statistic, float(chi2.sf(statistic, 1)), how)


def binary(
    probability: npt.ArrayLike, label: npt.ArrayLike, weight: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the three as `checked` does; raises ValueError for a label other than 0 and 1."""
    p, y, w = checked(probability, label, weight)
    if not np.isin(y, (0.0, 1.0)).all():
        raise ValueError("label must be 0 or 1 where models are compared")
    return p, y, w


def _shares_below(values: FloatArray, among: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the share of `among` below each value (m,), half of those that equal it included."""
    order = np.argsort(among, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(weight[order])])
    sides = (np.searchsorted(among[order], values, side=side) for side in ("left", "right"))
    low, high = (sums[indices] for indices in sides)
    return np.asarray((low + high) / (2 * sums[-1]))


def _variance_of_mean(values: FloatArray, weight: FloatArray) -> float:
    """Return the sample variance of the mean of weighted values, NaN for a single row."""
    total = float(weight.sum())
    if total <= 1:
        return math.nan
    mean = np.average(values, weights=weight)
    return float(weight @ (values - mean) ** 2) / (total - 1) / total


def _tested(first: float, other: float, difference: float, error: float) -> DeLong:
    if math.isnan(error):
        return DeLong(first, other, difference)
    if error < _NOTHING:
        same = abs(difference) < _NOTHING
        z, p_value = (0.0, 1.0) if same else (None, None)
        return DeLong(first, other, difference, 0.0, z, p_value, difference, difference)
    from scipy.stats import norm

    z = difference / error
    p_value = float(2 * norm.sf(abs(z)))
    low, high = difference - Z95 * error, difference + Z95 * error
    return DeLong(first, other, difference, error, z, p_value, low, high)
