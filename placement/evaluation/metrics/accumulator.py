"""Predictions beside what happened, gathered piece by piece: row by row while they are few.

Beyond 100,000 rows they are summed up in bins of the logit, which are narrow, many, and merge. Then
the log-loss, the Brier score, the counts at the threshold and the gain over the base rate are still
exact; what depends on the order of rows within a bin is off by no more than a stated bound.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from itertools import cycle
from typing import Any

import numpy as np

from placement.arrays import BoolArray, FloatArray, IntArray, UInt64Array
from placement.errors import DataError
from placement.evaluation.metrics.skill import skill
from placement.runtime import ranks
from placement.stats.calibration_error import BINS as CALIBRATION_BINS
from placement.stats.calibration_error import all_whole, bin_borders
from placement.stats.figures import Skill
from placement.stats.intervals import Z95
from placement.stats.log_loss import row_log_loss
from placement.stats.metrics import (
    Metrics,
    average_precision,
    metrics,
    metrics_of_sums,
    totals_of_rows,
)
from placement.stats.resampling import EXACT_ROWS, square_weights

BINS = 1 << 18


@dataclass(frozen=True)
class PredictionSummary:
    """Rows, or bins of them: `probability`, `label`, `weight` and `rows`, all (m,).

    A bin has the mean probability, the share that was positive, the total weight and number of its
    rows.
    """

    probability: FloatArray
    label: FloatArray
    weight: FloatArray
    rows: IntArray


@dataclass(frozen=True)
class MetricsResult:
    """The metrics of some rows, and their gain over the base rate.

    `bounds` says how far metrics of many rows may be off, and `method` in words how they were
    computed; none where nothing needs saying.
    """

    metrics: Metrics
    skill: Skill
    bounds: Mapping[str, float] = field(default_factory=dict)
    method: str | None = None


class PredictionAccumulator:
    """Takes in predictions and outcomes; `result` sums them up. Rows of weight 0 do not count.

    `shared`: all ranks of a training take in the same rows, and sum them up by turns; `complete`
    has to be called in between.
    """

    def __init__(self, threshold: float = 0.5, seed: int = 0, *, shared: bool = False) -> None:
        self._threshold, self._seed = threshold, seed
        self._turns = cycle(ranks.share_in_turn() if shared else [True])
        self._pieces: list[tuple[Any, ...]] = []
        self._rows = 0  # in the pieces
        self._sums: _BinSums | None = None

    def add(
        self,
        p: FloatArray,
        y: FloatArray,
        w: FloatArray,
        base: FloatArray | float,
        clusters: UInt64Array | None = None,
    ) -> None:
        """Take in rows (n,): probability, label in [0, 1], weight, base rate in training.

        `clusters` tell which rows are of one student, of all rows or of none; beyond 100,000 rows
        each counts on its own.
        """
        bases = np.broadcast_to(np.asarray(base, dtype=np.float64), p.shape)
        columns = (p, y, w, bases) if clusters is None else (p, y, w, bases, clusters)
        counted = w > 0
        self._pieces.append(tuple(np.asarray(column[counted]) for column in columns))
        self._rows += len(self._pieces[-1][0])
        if self._rows > EXACT_ROWS:
            self._sums = self._sums or _BinSums(self._threshold)
            self._sum_up(self._sums)

    def _sum_up(self, sums: "_BinSums") -> None:
        if self._rows and next(self._turns):
            sums.add(*self._columns()[:4])
        self._pieces, self._rows = [], 0

    def complete(self) -> None:
        """Add up what the ranks have summed up by turns."""
        if self._sums is not None:
            self._sum_up(self._sums)
            self._sums.add_up()

    def summary(self) -> PredictionSummary:
        """Return what was taken in: rows, or bins of them."""
        if self._sums is not None:
            self._sum_up(self._sums)
            return self._sums.summary()
        p, y, w = self._columns()[:3]
        return PredictionSummary(p, y, w, np.ones(len(p), dtype=np.int64))

    def result(self) -> MetricsResult:
        """Compute the metrics and the skill of what was taken in."""
        if self._sums is not None:
            self._sum_up(self._sums)
            return self._sums.result()
        p, y, w, base, *clusters = self._columns()
        gain = skill(p, y, base, w, *clusters, seed=self._seed)
        return MetricsResult(metrics(p, y, w, self._threshold), gain)

    def _columns(self) -> tuple[Any, ...]:
        if not self._rows:
            raise DataError("no labelled row to evaluate on: give rows whose outcome is known")
        return tuple(np.concatenate(column) for column in zip(*self._pieces, strict=True))


class _BinSums:
    """Sums over all rows, and over those in each bin of the logit."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._totals, self._gains = np.zeros(6), np.zeros(6)
        # By bin: weight, that of the positive, weight · probability, and rows.
        self._bins = np.zeros((4, BINS))
        self._least, self._most = np.ones(BINS), np.zeros(BINS)  # the probabilities in each
        self._whole = True  # all weights so far are whole numbers

    def add(self, p: FloatArray, y: FloatArray, w: FloatArray, base: FloatArray) -> None:
        loss, base_loss = row_log_loss(p, y), row_log_loss(base, y)
        gain = base_loss - loss
        self._totals += totals_of_rows(p, y, w, loss, self._threshold)
        square = square_weights(w)
        gains = (
            w.sum(), square.sum(), w @ base_loss, w @ gain, square @ gain, square @ gain**2,
        )  # fmt: skip
        self._gains += np.array(gains)
        bins = bin_of(p)
        for line, amounts in enumerate((w, w * y, w * p, np.ones(len(p)))):
            self._bins[line] += np.bincount(bins, amounts, minlength=BINS)
        self._whole = self._whole and all_whole(w)
        np.minimum.at(self._least, bins, p)
        np.maximum.at(self._most, bins, p)

    def add_up(self) -> None:
        """Add the sums of all ranks up."""
        group = ranks.current()
        self._totals, self._gains, self._bins = group.add_up(self._totals, self._gains, self._bins)
        least, most, whole = zip(
            *group.exchange((self._least, self._most, self._whole)), strict=True
        )
        self._least, self._most = np.min(least, axis=0), np.max(most, axis=0)
        self._whole = all(whole)

    def summary(self) -> PredictionSummary:
        weight, positive, score, rows = self._bins[:, self._bins[3] > 0]
        return PredictionSummary(score / weight, positive / weight, weight, rows.astype(np.int64))

    def result(self) -> MetricsResult:
        filled = self._bins[3] > 0
        weight, positive, score, rows = self._bins[:, filled]
        tied = self._least[filled] == self._most[filled]
        score, negative = score / weight, np.maximum(weight - positive, 0.0)
        # Where the rows of a bin are not tied, their order is not known: it is taken to be mixed.
        share = np.where(tied, 1.0, 0.5)
        figures = Metrics.of(
            metrics_of_sums(self._totals, score, negative, positive, whole=self._whole, share=share)
        )
        bounds = _bounds(figures, negative, positive, tied, whole=self._whole)
        return MetricsResult(figures, self._skill(), bounds, _method(int(rows.sum()), bounds))

    def _skill(self) -> Skill:
        """Return the gain with the interval of its standard error, as resampling would have it."""
        weight, square, base, gain, square_gain, gain_squared = self._gains.tolist()
        mean = gain / weight
        variance = gain_squared - 2 * mean * square_gain + mean**2 * square
        reach = Z95 * math.sqrt(max(variance, 0.0)) / weight
        return Skill(base / weight, mean, mean - reach, mean + reach, mean - reach > 0)


def _method(rows: int, bounds: Mapping[str, float]) -> str:
    off = [f"{name} within {_rounded_up(bound)}" for name, bound in bounds.items() if bound]
    accuracy = f"{', '.join(off)}; the others are exact" if off else "exact, as its rows are ties"
    return f"of {rows:,} rows in {BINS:,} bins of the logit: {accuracy}"


def _rounded_up(bound: float) -> str:
    """Write one digit, that of a number not below the bound."""
    step = Decimal(1).scaleb(Decimal(bound).adjusted())
    return f"{float(Decimal(bound).quantize(step, ROUND_CEILING)):.1g}"


def bin_of(p: FloatArray) -> IntArray:
    """Return the bin (n,) of each probability: of the logit, the narrower the nearer to 0 it is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logit = np.log(p) - np.log1p(-p)
        share = logit / (2 + np.abs(logit))  # from -1 to 1
    share = np.where(np.isnan(share), np.sign(p - 0.5), share)
    return np.minimum(((share + 1) * (BINS / 2)).astype(np.int64), BINS - 1)


def _bounds(
    figures: Metrics, negative: FloatArray, positive: FloatArray, tied: BoolArray, *, whole: bool
) -> dict[str, float]:
    """Return how far each metric may be off that depends on the order of rows within bins (m,)."""
    bounds = {}
    if figures.roc_auc is not None and figures.average_precision is not None:
        pairs = float(positive.sum()) * float(negative.sum())
        open_area = float(negative[~tied] @ positive[~tied]) / 2 / pairs
        # Both extremes: all negative rows of a bin first, or all positive ones.
        none_or_all = np.where(tied, 1.0, 0.0)
        least = float(average_precision(negative, positive, 1.0, none_or_all))
        most = float(average_precision(negative, positive, none_or_all, 1.0))
        precision = figures.average_precision
        bounds["ROC AUC"] = _within(figures.roc_auc, open_area)
        open_precision = max(precision - least, most - precision)
        bounds["average precision"] = _within(precision, open_precision)
    # A border falls into a bin; if all of its positives came first, this much would change sides.
    total = negative + positive
    inner = bin_borders(float(total.sum()), CALIBRATION_BINS, whole=whole)[1:-1]
    cut = np.minimum(np.searchsorted(np.cumsum(total), inner), len(total) - 1)
    moved = np.where(tied, 0.0, positive * negative / total)[cut].sum()
    bounds["ECE"] = _within(figures.ece or 0.0, float(2 * moved / total.sum()))
    return bounds


def _within(figure: float, bound: float) -> float:
    """Return how far a figure from 0 to 1 may be off."""
    return min(bound, max(figure, 1 - figure))
