"""How far would the metrics move, had other students been asked? Bootstrap intervals.

Resampling rows is the same as giving them random weights. So the scores are sorted once and every
replicate is a row of weighted cumulative sums.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from placement.arrays import FloatArray
from placement.evaluation.metrics.metrics import checked
from placement.stats import resampling
from placement.stats.calibration_error import all_whole
from placement.stats.figures import NAMES
from placement.stats.intervals import Interval, percentile_interval
from placement.stats.log_loss import losses_of_outcomes
from placement.stats.metrics import ScoreSums, Totals, metrics_of_rows, metrics_of_sums
from placement.stats.roc_area import tie_starts

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
    drawn["ece"] = _unbiased(drawn["ece"], metrics_of_rows(p, y, w, threshold).ece)
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
    rows = p[order], y[order], w[order]
    draw = _rows_drawn if len(p) <= resampling.EXACT_ROWS else _bins_drawn
    blocks = [_metrics(block) for block in draw(*rows, threshold, replicates, rng)]
    return {name: np.concatenate([block[name] for block in blocks]) for name in NAMES}


def _unbiased(values: FloatArray, estimate: float | None) -> FloatArray:
    """Shift replicates of the ECE to its estimate: resampling adds noise to every bin's gap.

    Unshifted, the interval of a well calibrated model lies above the figure it belongs to.
    """
    return np.maximum(values - np.mean(values) + (estimate or 0.0), 0.0)


def describe_method(rows: int, replicates: int = REPLICATES) -> str:
    """Say in words how the intervals of so many rows were made."""
    if rows <= resampling.EXACT_ROWS:
        return f"95 % percentile bootstrap, {replicates} replicates of the rows; {_OF_ECE}"
    return (
        f"95 % percentile bootstrap, {replicates} replicates with Poisson weights on a histogram "
        f"of the scores (about {resampling.HISTOGRAM_BINS} bins; more than "
        f"{resampling.EXACT_ROWS:,} rows); {_OF_ECE}"
    )


@dataclass(frozen=True, eq=False)
class _Block:
    """Some replicates: weights (r, m) by ascending score, each of a row's or the bins' `losses`.

    `losses` (4, m) are the mean log-losses and squared errors of `losses_of_outcomes`. From
    `first_chosen` on, scores reach the threshold. `spread`: (r,) sum of weight · y(1 - y), which
    the Brier score of fractional labels does not count.
    """

    sums: ScoreSums
    losses: FloatArray
    first_chosen: int
    spread: FloatArray


def _metrics(block: _Block) -> dict[str, FloatArray]:
    positive, negative = block.sums.positive, block.sums.negative
    loss_1, loss_0, square_1, square_0 = block.losses
    totals = Totals(
        positive=positive.sum(axis=1),
        negative=negative.sum(axis=1),
        tp=positive[:, block.first_chosen :].sum(axis=1),
        fp=negative[:, block.first_chosen :].sum(axis=1),
        log_loss=positive @ loss_1 + negative @ loss_0,
        square=positive @ square_1 + negative @ square_0 - block.spread,
    )
    return metrics_of_sums(totals, block.sums)


def _rows_drawn(
    p: FloatArray,
    y: FloatArray,
    w: FloatArray,
    threshold: float,
    replicates: int,
    rng: np.random.Generator,
) -> Iterator[_Block]:
    """Resample sorted rows themselves: each replicate draws n of n with replacement."""
    starts, whole = tie_starts(p), all_whole(w)
    score = p[starts]
    losses, first_chosen = losses_of_outcomes(score), int(np.searchsorted(score, threshold))
    for size in resampling.block_sizes(replicates, len(p)):
        counts = resampling.draw_counts(len(p), size, rng)
        positive, negative = counts * (w * y), counts * (w * (1 - y))
        spread = counts @ (w * y * (1 - y))
        if len(starts) < len(p):
            positive = np.add.reduceat(positive, starts, axis=1)
            negative = np.add.reduceat(negative, starts, axis=1)
        yield _Block(ScoreSums(score, negative, positive, whole), losses, first_chosen, spread)


def _bins_drawn(
    p: FloatArray,
    y: FloatArray,
    w: FloatArray,
    threshold: float,
    replicates: int,
    rng: np.random.Generator,
) -> Iterator[_Block]:
    """Draw the content of each bin of a histogram of sorted scores from a Poisson distribution.

    The sum of n Poisson(1) weights is Poisson(n); with weights w, a scaled Poisson of the same mean
    Σw and variance Σw².
    """
    # No bin straddles the threshold, so the confusion counts are exact.
    cut = np.searchsorted(p, threshold)
    starts, whole = resampling.equal_count_starts(p, cut), bool(np.all(w == 1))
    means = np.add.reduceat(np.vstack([p, losses_of_outcomes(p)]), starts, axis=1)
    means /= np.diff(np.append(starts, len(p)))
    first_chosen, spread = int(np.searchsorted(starts, cut)), float(w @ (y * (1 - y)))
    for size in resampling.block_sizes(replicates, len(starts)):
        positive, negative = (
            resampling.draw_masses(w * share, starts, size, rng, square=w * w * share)
            for share in (y, 1 - y)
        )
        sums = ScoreSums(means[0], negative, positive, whole)
        yield _Block(sums, means[1:], first_chosen, np.full(size, spread))
