"""Have the counts of two tables moved apart? PSI, Kolmogorov-Smirnov, chi-square, missing rates.

Everything here is on counts: `train: (b,)` and `now: (b,)` rows in the same bins.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from placement.arrays import BoolArray, IndexArray, IntArray
from placement.stats.intervals import wilson

Test = tuple[float | None, float | None]  # statistic and p-value, None where there is none
Level = Literal["stable", "moderate", "large", "within chance", "too few rows"]

# The convention of credit scoring (N. Siddiqi, Credit Risk Scorecards, 2006).
MODERATE, LARGE = 0.10, 0.25
LEAST_EXPECTED = 5  # rows of a bin, below which neither PSI nor chi-square means much
LEAST_ROWS = 10  # on either side, below which there is no PSI
_NOISE = 0.05  # the PSI by chance alone that bins of numbers are merged down to, if they can be
SURE = 0.05  # of unchanged files, the share at most that any column of is called changed


@dataclass(frozen=True)
class Psi:
    """The population stability index, and what chance alone would give.

    `value` is Σ (q - p)·ln(q / p) over `bins` bins, p and q being the shares in training and now;
    an empty bin counts as half a row. Had nothing changed, it would be `expected` on average, and
    below `chance` in 95 of 100 files: (1/n + 1/N) times a chi-square of bins - 1 degrees of freedom
    (B. Yurdakul, Statistical Properties of Population Stability Index, 2018).
    """

    value: float
    expected: float
    chance: float
    bins: int


def level_of(psi: Psi | None, p_adjusted: float | None) -> Level:
    """What the size of a PSI is called; one that chance may have made is not called a change.

    `p_adjusted` is that of all columns of a file at once. Where chance alone may look like a large
    change, a small one is no sign of stability.
    """
    if psi is None:
        return "too few rows"
    if psi.value > MODERATE and beyond_chance(p_adjusted):
        return "moderate" if psi.value <= LARGE else "large"
    if psi.chance > LARGE:
        return "too few rows"
    return "stable" if psi.value <= MODERATE else "within chance"


def beyond_chance(p_adjusted: float | None) -> bool:
    """Whether fewer than 5 in 100 unchanged files have any column with so small a p-value."""
    return p_adjusted is not None and p_adjusted < SURE


def psi(train: IntArray, now: IntArray) -> Psi | None:
    """Return the PSI of counts (b,), bins that are empty in both left out; None below two bins."""
    from scipy.stats import chi2

    filled = train + now > 0
    train, now = train[filled], now[filled]
    bins, total, rows = len(train), float(train.sum()), float(now.sum())
    if bins < 2 or not total or not rows:
        return None
    p, q = np.maximum(train, 0.5) / total, np.maximum(now, 0.5) / rows
    noise = 1 / rows + 1 / total
    return Psi(
        value=float(((q - p) * np.log(q / p)).sum()),
        expected=(bins - 1) * noise,
        chance=float(chi2.ppf(1 - SURE, bins - 1)) * noise,
        bins=bins,
    )


def merged_bins(train: IntArray, rows: int) -> IndexArray:
    """Return where the ordered bins (b,) begin that are left when too small ones are merged.

    Of so many `rows` as are to be compared, each is expected to hold at least 5; and as far as that
    leaves two bins, so many that the PSI by chance stays below 0.05. It depends on the training
    counts alone, never on where the rows went.
    """
    total = int(train.sum())
    noise = 1 / rows + 1 / total
    least = max(LEAST_EXPECTED / min(rows, total), min(noise / _NOISE, 0.4)) * total
    starts, size, rest = [0], 0, total
    for index, count in enumerate(train.tolist()):
        if size >= least and rest >= least:
            starts.append(index)
            size = 0
        size += count
        rest -= count
    return np.array(starts, dtype=np.intp)


def merged_levels(train: IntArray, rows: int) -> BoolArray:
    """Mark the levels (k,) that are expected to hold at least 5 of so many rows."""
    total = max(int(train.sum()), 1)
    return train * (min(rows, total) / total) >= LEAST_EXPECTED


def kolmogorov_smirnov(train: IntArray, now: IntArray) -> Test:
    """Return the largest gap between two distribution functions at the bins' edges, and its p.

    Within a bin the gap may be larger: the statistic is a lower bound and the p-value (asymptotic,
    two-sided, as scipy's `ks_2samp` has it) an upper bound. None without rows on either side.
    """
    from scipy.stats import kstwo

    total, rows = float(train.sum()), float(now.sum())
    if not total or not rows:
        return None, None
    gap = float(np.abs(np.cumsum(train) / total - np.cumsum(now) / rows).max())
    # As scipy gets one sample size from two.
    return gap, float(np.clip(kstwo.sf(gap, max(round(total * rows / (total + rows)), 1)), 0, 1))


def chi_square(train: IntArray, now: IntArray) -> Test:
    """Return Pearson's statistic of two rows of counts (k,) and its p-value; None below two."""
    from scipy.stats import chi2_contingency

    filled = train + now > 0
    if filled.sum() < 2 or not train.sum() or not now.sum():
        return None, None
    result = chi2_contingency(np.stack([train[filled], now[filled]]), correction=False)
    return float(result.statistic), float(result.pvalue)


@dataclass(frozen=True)
class MissingRates:
    """A share in training and now; the 95 % interval of its change, and Fisher's exact p-value."""

    train: float
    now: float
    low: float
    high: float
    p_value: float


def rates(train: int, total: int, now: int, rows: int) -> MissingRates:
    """Compare a share of training with one of now: counts of so many rows each, both above 0.

    The interval is Newcombe's, from the Wilson limits of both shares.
    """
    from scipy.stats import fisher_exact

    before, after = train / total, now / rows
    (before_low, before_high), (after_low, after_high) = wilson(before, total), wilson(after, rows)
    low = after - before - math.hypot(after - after_low, before_high - before)
    high = after - before + math.hypot(after_high - after, before - before_low)
    test = fisher_exact(np.array([[train, total - train], [now, rows - now]]))
    return MissingRates(before, after, low, high, float(test.pvalue))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return Holm's p-values for as many tests as were made at once, whatever their dependence.

    Of files in which nothing changed, at most a share p have any below p (S. Holm 1979).
    """
    adjusted, largest = list(p_values), 0.0
    rising = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    for rank, (p, index) in enumerate(rising):
        largest = max(largest, min((len(rising) - rank) * p, 1.0))
        adjusted[index] = largest
    return adjusted
