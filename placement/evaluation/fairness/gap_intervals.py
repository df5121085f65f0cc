"""How far apart may the groups really be? Bootstrap intervals of the largest gap among them.

The largest of several gaps is above 0 even where all groups are treated equally, and more so in
each replicate: a percentile interval would accuse a fair model. So each pair of groups has an
interval, all of them so wide that they hold together in 95 of 100 samples (Westfall and Young);
the largest gap lies between the largest of their lower and the largest of their upper limits.
"""

import numpy as np

from placement.arrays import FloatArray
from placement.stats.intervals import Interval

REPLICATES = 1000
_LEVEL = 0.95
_PSEUDO = 0.5  # rows of each kind added to a group: a rate of 0 of 6 is not certain to be 0

METHOD = (
    f"95 % bootstrap intervals, {REPLICATES:,} replicates with Poisson weights, simultaneous over "
    "all pairs of groups; half a row of each kind is added to every group"
)


def gap_intervals(
    mass: FloatArray, square: FloatArray, rng: np.random.Generator
) -> dict[str, Interval]:
    """Return the intervals of the four measures of two or more groups; sums as of `GroupTotals`."""
    unit = square.sum(axis=(1, 2)) / mass.sum(axis=(1, 2))  # weight of a typical row, (g,)
    added = np.broadcast_to(_PSEUDO * unit[:, None, None], mass.shape)
    smooth = mass + added
    scale = (square + added * unit[:, None, None]) / smooth
    # The sum of n Poisson(1) weights is Poisson(n); of unequal ones, one of the same variance.
    drawn = rng.poisson(smooth / scale, size=(REPLICATES, *mass.shape)) * scale
    rates = dict(zip(("selection", "tpr", "fpr"), _rates(smooth), strict=True))
    # So little is added to what was drawn that it only keeps the divisors from being 0.
    replicates = dict(zip(rates, _rates(drawn + added / 10), strict=True))
    selection, drawn_selection = rates["selection"], replicates["selection"]
    difference = _largest([selection], [drawn_selection])
    low, high = _largest([np.log(selection)], [np.log(drawn_selection)])
    opportunity = _largest([rates["tpr"]], [replicates["tpr"]])
    odds = _largest([rates["tpr"], rates["fpr"]], [replicates["tpr"], replicates["fpr"]])
    return {
        "demographic_parity_difference": _within_one(difference),
        "demographic_parity_ratio": (float(np.exp(-high)), float(np.exp(-low))),
        "equalized_odds_difference": _within_one(odds),
        "equal_opportunity_difference": _within_one(opportunity),
    }


def _rates(mass: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return selection rate, true- and false-positive rate (…, g) of sums (…, g, 2, 2)."""
    selected = mass[..., 1].sum(axis=-1) / mass.sum(axis=(-2, -1))
    by_outcome = mass[..., 1] / mass.sum(axis=-1)
    return selected, by_outcome[..., 1], by_outcome[..., 0]


def _largest(rates: list[FloatArray], replicates: list[FloatArray]) -> Interval:
    """Return the limits of the largest difference of any two groups in any of the rates.

    `rates`: (g,) each, `replicates`: (r, g) each.
    """
    one, other = np.triu_indices(len(rates[0]), k=1)
    gaps = np.concatenate([rate[one] - rate[other] for rate in rates])
    drawn = np.concatenate([rate[:, one] - rate[:, other] for rate in replicates], axis=1)
    error = drawn.std(axis=0)
    farthest = np.max(np.abs(drawn - drawn.mean(axis=0)) / error, axis=1)
    reach = np.quantile(farthest, _LEVEL) * error
    least = np.max(np.abs(gaps) - reach)
    return max(0.0, float(least)), float(np.max(np.abs(gaps) + reach))


def _within_one(interval: Interval) -> Interval:
    return interval[0], min(1.0, interval[1])
