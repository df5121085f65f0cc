"""Is one model better than another on the same rows, or may it be luck? Paired intervals and tests.

Shapes: `first` and `other: (n,)` are two models' probabilities of the positive class, `label: (n,)`
is 0 or 1, `weight: (n,)` of 0 or more are frequencies: a whole weight stands for so many equal
rows. Every difference is that of `other` minus that of `first`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from placement.arrays import FloatArray
from placement.evaluation.paired_tests import DeLong, McNemar, binary, delong, mcnemar
from placement.stats.calibration_error import all_whole
from placement.stats.intervals import Z95, percentile_interval
from placement.stats.log_loss import row_log_loss
from placement.stats.resampling import EXACT_ROWS, block_sizes, draw_counts
from placement.stats.roc_area import roc_area, sum_from, tie_starts

ComparisonVerdict = Literal["better", "worse", "no difference beyond chance"]

REPLICATES = 2000
_BY_RANKS = "DeLong's for the ROC area"
_UNKNOWN = (-np.inf, np.inf)


@dataclass(frozen=True)
class PairedDifference:
    """A difference with its 95 % interval, which is infinite for a single row."""

    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """How `other` differs from `first` on the same `rows` (their total weight).

    `roc_auc` and `delong` are None where all rows have one outcome. `method` says in words how the
    intervals of the three differences were made.
    """

    rows: float
    log_loss: PairedDifference
    brier: PairedDifference
    roc_auc: PairedDifference | None
    delong: DeLong | None
    mcnemar: McNemar
    method: str

    @property
    def verdict(self) -> ComparisonVerdict:
        """What the interval of the log-loss says of `other`: less is better."""
        if self.log_loss.high < 0:
            return "better"
        return "worse" if self.log_loss.low > 0 else "no difference beyond chance"


def compare(
    first: npt.ArrayLike,
    other: npt.ArrayLike,
    label: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    *,
    thresholds: tuple[float, float] = (0.5, 0.5),
    seed: int = 0,
    replicates: int = REPLICATES,
    on_progress: Callable[[int], None] = lambda _done: None,
) -> Comparison:
    """Compare two models on the same rows; `thresholds` are where each predicts the positive class.

    Rows are resampled as pairs: what makes a row hard for both cancels out. A weight that is not
    whole goes with its row. `on_progress` hears how many replicates are done. Raises ValueError
    for labels other than 0 and 1, DataError without any row.
    """
    p, y, w = binary(first, label, weight)
    q, _, _ = binary(other, label, weight)
    pairs = _Pairs(p, q, y, w)
    ranks = delong(p, q, y, w)
    if pairs.units > EXACT_ROWS:
        low, high = _by_standard_error(pairs)
        of_area = _UNKNOWN
        if ranks is not None and ranks.low is not None and ranks.high is not None:
            of_area = ranks.low, ranks.high
        method = f"95 % from the standard error of the paired differences, {_BY_RANKS}"
    else:
        drawn = _resampled(pairs.repeated(), replicates, np.random.default_rng(seed), on_progress)
        intervals = [percentile_interval(column) or _UNKNOWN for column in drawn.T]
        low, high = np.transpose(intervals[:2])
        of_area = intervals[2]
        method = f"95 % percentile bootstrap, {replicates} replicates of the rows as pairs"
    if pairs.units < 2:
        low, high = np.full(2, -np.inf), np.full(2, np.inf)
    means = np.average(pairs.gaps, axis=0, weights=w)
    log_loss, brier = map(PairedDifference, means.tolist(), low.tolist(), high.tolist())
    return Comparison(
        rows=float(w.sum()),
        log_loss=log_loss,
        brier=brier,
        roc_auc=None if ranks is None else PairedDifference(ranks.difference, *of_area),
        delong=ranks,
        mcnemar=mcnemar(p, q, y, w, thresholds),
        method=method,
    )


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Rows with both probabilities, (n,) each, all of a weight above 0."""

    first: FloatArray
    other: FloatArray
    label: FloatArray
    weight: FloatArray

    @property
    def whole(self) -> bool:
        return all_whole(self.weight)

    @property
    def units(self) -> float:
        """How many rows are drawn: each as often as a whole weight says, else once."""
        return float(self.weight.sum()) if self.whole else float(len(self.label))

    @property
    def gaps(self) -> FloatArray:
        """The difference in log-loss and in squared error of each row, (n, 2)."""
        p, q, y = self.first, self.other, self.label
        losses = row_log_loss(q, y) - row_log_loss(p, y)
        return np.stack([losses, (q - y) ** 2 - (p - y) ** 2], axis=1)

    def repeated(self) -> "_Pairs":
        """The same with each row as often as a whole weight says."""
        if not self.whole or bool((self.weight == 1).all()):
            return self
        rows = np.repeat(np.arange(len(self.label)), self.weight.astype(np.int64))
        return _Pairs(self.first[rows], self.other[rows], self.label[rows], np.ones(len(rows)))


def _by_standard_error(pairs: _Pairs) -> tuple[FloatArray, FloatArray]:
    """Return the limits (2,) for many rows, where resampling would only repeat them."""
    w = pairs.weight
    mean = np.average(pairs.gaps, axis=0, weights=w)
    spread = w if pairs.whole else w**2
    reach = Z95 * np.sqrt(spread @ (pairs.gaps - mean) ** 2) / w.sum()
    return mean - reach, mean + reach


def _resampled(
    pairs: _Pairs, replicates: int, rng: np.random.Generator, on_progress: Callable[[int], None]
) -> FloatArray:
    """Return (replicates, 3) differences: log-loss, Brier score, ROC area (NaN for one outcome)."""
    rows, gaps, blocks, done = len(pairs.label), pairs.gaps, [], 0
    roc_areas = [_roc_areas(score, pairs.label) for score in (pairs.other, pairs.first)]
    for size in block_sizes(replicates, rows):
        mass = draw_counts(rows, size, rng) * pairs.weight
        means = mass @ gaps / mass.sum(axis=1, keepdims=True)
        areas = [roc_area_of(mass) for roc_area_of in roc_areas]
        blocks.append(np.column_stack([means, areas[0] - areas[1]]))
        done += size
        on_progress(done)
    return np.concatenate(blocks)


def _roc_areas(score: FloatArray, label: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """Return what gives the ROC area (r,) of scores (n,) under weights (r, n) of the rows."""
    order = np.argsort(score, kind="stable")
    starts, is_positive = tie_starts(score[order]), label[order] == 1

    def areas(mass: FloatArray) -> FloatArray:
        ordered = mass[:, order]
        positive, negative = ordered * is_positive, ordered * ~is_positive
        return roc_area(sum_from(starts, negative), sum_from(starts, positive))

    return areas
