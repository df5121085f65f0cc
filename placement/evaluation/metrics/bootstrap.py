"""How far would the metrics move, had other students been asked? Bootstrap intervals.

Resampling rows is the same as giving them random weights. So the scores are sorted once and every
replicate is a row of weighted cumulative sums.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from placement.arrays import FloatArray, IndexArray
from placement.stats import resampling
from placement.stats.calibration_error import all_whole
from placement.stats.intervals import Interval, percentile_interval
from placement.stats.log_loss import losses_of_outcomes
from placement.stats.metrics import NAMES, checked, metrics, metrics_of_sums
from placement.stats.roc_area import sum_from, tie_starts

Intervals = dict[str, Interval | None]

REPLICATES = 200
_OF_ECE = "that of the ECE is shifted to its figure"


def bootstrap_intervals(
    probability: npt.ArrayLike,
    label: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    *,
    threshold: float = 0.5,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Intervals:
    """Return the 95 % percentile interval of each metric, None where it is undefined."""
    p, y, w = checked(probability, label, weight)
    drawn = replicated(p, y, w, threshold, replicates, np.random.default_rng(seed))
    # Resampling adds noise to every bin's gap: unshifted, the interval of a well calibrated model
    # lies above the figure it belongs to.
    ece, estimate = drawn["ece"], metrics(p, y, w).ece or 0.0
    drawn["ece"] = np.maximum(ece - np.mean(ece) + estimate, 0.0)
    return {name: percentile_interval(values) for name, values in drawn.items()}


def replicated(
    p: FloatArray,
    y: FloatArray,
    w: FloatArray,
    threshold: float,
    replicates: int,
    rng: np.random.Generator,
) -> dict[str, FloatArray]:
    """Return each metric of each replicate, (replicates,), NaN where undefined."""
    order = np.argsort(p, kind="stable")
    p, y, w = p[order], y[order], w[order]
    exact = len(p) <= resampling.EXACT_ROWS
    # No bin straddles the threshold, so the confusion counts are exact.
    cut = np.searchsorted(p, threshold)
    starts = tie_starts(p) if exact else resampling.equal_count_starts(p, cut)
    draw = (_draw_rows if exact else _draw_bins)(y, w, starts, rng)
    whole = all_whole(w) if exact else bool(np.all(w == 1))
    first_chosen = int(np.searchsorted(starts, cut))
    means = np.add.reduceat(np.vstack([p, losses_of_outcomes(p)]), starts, axis=1)
    score, loss_1, loss_0, square_1, square_0 = means / np.diff(np.append(starts, len(p)))
    blocks = []
    for size in resampling.block_sizes(replicates, len(p) if exact else len(starts)):
        negative, positive, spread = draw(size)
        totals = [
            positive[:, first_chosen:].sum(axis=1),
            positive[:, :first_chosen].sum(axis=1),
            negative[:, first_chosen:].sum(axis=1),
            negative[:, :first_chosen].sum(axis=1),
            positive @ loss_1 + negative @ loss_0,
            positive @ square_1 + negative @ square_0 - spread,
        ]
        blocks.append(metrics_of_sums(np.array(totals), score, negative, positive, whole=whole))
    return {name: np.concatenate([block[name] for block in blocks]) for name in NAMES}


# Returns replicates (r): weights (r, m) of the negative and the positive rows, and (r,) sums of
# weight · y(1 - y), which the Brier score of fractional labels does not count.
Draw = Callable[[int], tuple[FloatArray, FloatArray, FloatArray]]


def _draw_rows(y: FloatArray, w: FloatArray, starts: IndexArray, rng: np.random.Generator) -> Draw:
    """Resample sorted rows themselves: each replicate draws n of n with replacement."""

    def draw(size: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        counts = resampling.draw_counts(len(y), size, rng)
        negative, positive = (sum_from(starts, counts * (w * share)) for share in (1 - y, y))
        return negative, positive, counts @ (w * y * (1 - y))

    return draw


def _draw_bins(y: FloatArray, w: FloatArray, starts: IndexArray, rng: np.random.Generator) -> Draw:
    """Draw the content of each bin of a histogram of sorted scores from a Poisson distribution.

    The sum of n Poisson(1) weights is Poisson(n); with weights w, a scaled Poisson of the same mean
    Σw and variance Σw².
    """
    spread = float(w @ (y * (1 - y)))

    def draw(size: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        positive, negative = (
            resampling.draw_masses(w * share, starts, size, rng, square=w * w * share)
            for share in (y, 1 - y)
        )
        return negative, positive, np.full(size, spread)

    return draw


def describe_method(rows: int, replicates: int = REPLICATES) -> str:
    """Say in words how the intervals of so many rows were made."""
    if rows <= resampling.EXACT_ROWS:
        return f"95 % percentile bootstrap, {replicates} replicates of the rows; {_OF_ECE}"
    return (
        f"95 % percentile bootstrap, {replicates} replicates with Poisson weights on a histogram "
        f"of the scores (about {resampling.HISTOGRAM_BINS} bins; more than "
        f"{resampling.EXACT_ROWS:,} rows); {_OF_ECE}"
    )
