"""How far would the figures move, had other students been asked? Bootstrap intervals.

Resampling rows is the same as giving them random weights. So the scores are sorted once and every
replicate is a row of weighted cumulative sums; scikit-learn is not called 200 times.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from placement.arrays import BoolArray, FloatArray, IndexArray
from placement.evaluation.calibration.reliability import ece_of_sums, expected_calibration_error
from placement.evaluation.metrics.metrics import checked
from placement.stats.figures import NAMES

Intervals = dict[str, tuple[float, float] | None]

REPLICATES = 200
EXACT_ROWS = 100_000
HISTOGRAM_BINS = 4096
_OF_ECE = "that of the ECE is shifted to its figure"
_BLOCK_CELLS = 2_000_000  # Bounds the memory of a block of replicates to some tens of MB.


@dataclass(frozen=True)
class Scored:
    """Scores in ascending order, summed up over equal ones (or over the bins of a histogram).

    All (m,): `score` the mean probability, `loss_positive` and `loss_negative` the mean log-loss of
    a positive and a negative row there, `square_*` the squared error, `predicted` whether the score
    reaches the threshold. `whole`: all weights are whole numbers.
    """

    score: FloatArray
    loss_positive: FloatArray
    loss_negative: FloatArray
    square_positive: FloatArray
    square_negative: FloatArray
    predicted: BoolArray
    whole: bool


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
    drawn["ece"] = _unbiased(drawn["ece"], expected_calibration_error(p, y, w))
    return {name: _interval(values) for name, values in drawn.items()}


def replicated(
    p: FloatArray,
    y: FloatArray,
    w: FloatArray,
    threshold: float,
    replicates: int,
    rng: np.random.Generator,
) -> dict[str, FloatArray]:
    """Return each metric of each replicate, (replicates,), NaN where undefined."""
    draw = _exact if len(p) <= EXACT_ROWS else _histogram
    blocks = [figures(*block) for block in draw(p, y, w, threshold, replicates, rng)]
    return {name: np.concatenate([block[name] for block in blocks]) for name in NAMES}


def _unbiased(values: FloatArray, estimate: float) -> FloatArray:
    """Shift replicates of the ECE to its estimate: resampling adds noise to every bin's gap.

    Unshifted, the interval of a well calibrated model lies above the figure it belongs to.
    """
    return np.maximum(values - np.mean(values) + estimate, 0.0)


def describe_method(rows: int, replicates: int = REPLICATES) -> str:
    """Say in words how the intervals of so many rows were made."""
    if rows <= EXACT_ROWS:
        return f"95 % percentile bootstrap, {replicates} replicates of the rows; {_OF_ECE}"
    return (
        f"95 % percentile bootstrap, {replicates} replicates with Poisson weights on a histogram "
        f"of the scores (about {HISTOGRAM_BINS} bins; more than {EXACT_ROWS:,} rows); {_OF_ECE}"
    )


def figures(
    scored: Scored, positive: FloatArray, negative: FloatArray, spread: FloatArray
) -> dict[str, FloatArray]:
    """Compute the nine metrics of each replicate, NaN where undefined.

    `positive`, `negative`: (r, m) sums of weights; `spread`: (r,) sum of weight · y(1 - y), which
    the Brier score of fractional labels does not count.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        total = positive + negative
        all_positive, all_negative = positive.sum(axis=1), negative.sum(axis=1)
        weight = all_positive + all_negative
        loss = positive @ scored.loss_positive + negative @ scored.loss_negative
        square = positive @ scored.square_positive + negative @ scored.square_negative - spread
        tp = positive[:, scored.predicted].sum(axis=1)
        fp = negative[:, scored.predicted].sum(axis=1)
        # From the highest score downwards, as a threshold is lowered.
        hits = np.cumsum(positive[:, ::-1], axis=1)
        alarms = np.cumsum(negative[:, ::-1], axis=1)
        found = hits - positive[:, ::-1] / 2  # Ties count half.
        area = np.einsum("rm,rm->r", negative[:, ::-1], found) / (all_positive * all_negative)
        precision = np.where(positive[:, ::-1] > 0, hits / (hits + alarms), 0.0)
        average_precision = np.einsum("rm,rm->r", positive[:, ::-1], precision) / all_positive
        return {
            "log_loss": loss / weight,
            "brier": square / weight,
            "roc_auc": area,
            "average_precision": np.where(all_negative > 0, average_precision, np.nan),
            "accuracy": (tp + all_negative - fp) / weight,
            "precision": tp / (tp + fp),
            "recall": tp / all_positive,
            "f1": 2 * tp / (tp + fp + all_positive),
            "ece": np.array(
                [
                    ece_of_sums(scored.score, hit, count, whole=scored.whole)
                    for hit, count in zip(positive, total, strict=True)
                ]
            ),
        }


Block = tuple[Scored, FloatArray, FloatArray, FloatArray]


def _exact(
    p: FloatArray,
    y: FloatArray,
    w: FloatArray,
    threshold: float,
    replicates: int,
    rng: np.random.Generator,
) -> Iterator[Block]:
    """Resample the rows themselves: each replicate draws n of n with replacement."""
    order = np.argsort(p, kind="stable")
    p, y, w = p[order], y[order], w[order]
    starts = np.flatnonzero(np.concatenate([[True], np.diff(p) > 0]))
    scored = sum_scores(p, starts, threshold, whole=_all_whole(w))
    tied = len(starts) < len(p)
    for size in block_sizes(replicates, len(p)):
        counts = draw_counts(len(p), size, rng)
        positive, negative = counts * (w * y), counts * (w * (1 - y))
        spread = counts @ (w * y * (1 - y))
        if tied:
            positive = np.add.reduceat(positive, starts, axis=1)
            negative = np.add.reduceat(negative, starts, axis=1)
        yield scored, positive, negative, spread


def _histogram(
    p: FloatArray,
    y: FloatArray,
    w: FloatArray,
    threshold: float,
    replicates: int,
    rng: np.random.Generator,
) -> Iterator[Block]:
    """Draw the content of each bin of a histogram of scores from a Poisson distribution.

    The sum of n Poisson(1) weights is Poisson(n); with weights w, a scaled Poisson of the same mean
    Σw and variance Σw².
    """
    order = np.argsort(p, kind="stable")
    p, y, w = p[order], y[order], w[order]
    # No bin straddles the threshold, so the confusion counts are exact.
    starts = equal_count_starts(p, np.searchsorted(p, threshold))
    scored = sum_scores(p, starts, threshold, whole=bool(np.all(w == 1)))
    for size in block_sizes(replicates, len(starts)):
        positive = draw_masses(w * y, starts, size, rng, square=w * w * y)
        negative = draw_masses(w * (1 - y), starts, size, rng, square=w * w * (1 - y))
        yield scored, positive, negative, np.full(size, float(w @ (y * (1 - y))))


def equal_count_starts(values: FloatArray, *also: np.intp) -> IndexArray:
    """Return where the bins of a histogram of sorted values begin: equal values in one bin.

    A bin begins at each position of `also` too.
    """
    edges = np.unique(values[:: max(1, len(values) // HISTOGRAM_BINS)])
    starts = np.append(np.searchsorted(values, edges), also).astype(np.intp)
    return np.unique(starts[starts < len(values)])


def draw_masses(
    mass: FloatArray,
    starts: IndexArray,
    replicates: int,
    rng: np.random.Generator,
    *,
    square: FloatArray | None = None,
) -> FloatArray:
    """Draw (replicates, m) sums of `mass` over each bin, every row with a Poisson(1) weight.

    The sum of n Poisson(1) weights is Poisson(n); for unequal masses a scaled Poisson of the same
    mean (the sum) and variance (the sum of `square`, of the squared masses by default).
    """
    mean = np.add.reduceat(mass, starts)
    variance = np.add.reduceat(mass * mass if square is None else square, starts)
    scale = np.divide(variance, mean, out=np.ones_like(mean), where=mean > 0)
    drawn = rng.poisson(mean / scale, size=(replicates, len(starts)))
    return np.asarray(drawn * scale, dtype=np.float64)


def sum_scores(p: FloatArray, starts: IndexArray, threshold: float, *, whole: bool) -> Scored:
    """Average what depends on the score alone over groups of sorted rows that begin at `starts`."""
    sizes = np.diff(np.append(starts, len(p)))
    clipped = np.clip(p, np.finfo(np.float64).eps, 1 - np.finfo(np.float64).eps)

    def mean(values: FloatArray) -> FloatArray:
        if len(starts) == len(values):
            return values
        return np.asarray(np.add.reduceat(values, starts) / sizes)

    return Scored(
        score=mean(p),
        loss_positive=mean(-np.log(clipped)),
        loss_negative=mean(-np.log1p(-clipped)),
        square_positive=mean((1 - p) ** 2),
        square_negative=mean(p**2),
        predicted=p[starts] >= threshold,
        whole=whole,
    )


def draw_counts(n: int, replicates: int, rng: np.random.Generator) -> FloatArray:
    """Return (replicates, n): how often each of n rows is drawn in n draws."""
    drawn = rng.integers(0, n, size=(replicates, n))
    drawn += np.arange(replicates)[:, None] * n
    counts = np.bincount(drawn.ravel(), minlength=replicates * n)
    return counts.reshape(replicates, n).astype(np.float64)


def block_sizes(replicates: int, rows: int) -> Iterator[int]:
    """Cut the replicates into blocks of bounded memory; yield how many each holds."""
    size = max(1, _BLOCK_CELLS // rows)
    for start in range(0, replicates, size):
        yield min(size, replicates - start)


def _all_whole(w: FloatArray) -> bool:
    return bool(np.all(w == np.floor(w)))


def _interval(values: FloatArray) -> tuple[float, float] | None:
    defined = values[np.isfinite(values)]
    if len(defined) == 0:
        return None
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)
