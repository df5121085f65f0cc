"""Predictions beside what happened, gathered piece by piece: row by row while they are few.

Beyond 100,000 rows they are summed up in bins of the logit, which are narrow, many, and merge. Then
the log-loss, the Brier score, the counts at the threshold and the gain over the base rate are still
exact; what depends on the order of rows within a bin is off by no more than a stated bound.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal

import numpy as np

from placement.arrays import BoolArray, FloatArray, IntArray
from placement.errors import DataError
from placement.evaluation.calibration.reliability import BINS as CALIBRATION_BINS
from placement.evaluation.calibration.reliability import borders, ece_of_sums
from placement.evaluation.metrics.bootstrap import EXACT_ROWS
from placement.evaluation.metrics.metrics import metrics, ratio
from placement.evaluation.metrics.skill import row_log_loss, skill
from placement.model.scorer import Z95
from placement.stats.figures import Metrics, Skill

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
    """The figures of some rows, and their gain over the base rate.

    `bounds` says how far figures of many rows may be off, and `method` in words how they were made;
    none where nothing needs saying.
    """

    metrics: Metrics
    skill: Skill
    bounds: Mapping[str, float] = field(default_factory=dict)
    method: str | None = None


class PredictionAccumulator:
    """Takes in predictions and outcomes; `judged` sums them up. Rows of weight 0 do not count."""

    def __init__(self, threshold: float = 0.5, seed: int = 0) -> None:
        self._threshold, self._seed = threshold, seed
        self._parts: list[tuple[FloatArray, ...]] = []
        self._kept = 0
        self._sums: _Sums | None = None

    def add(self, p: FloatArray, y: FloatArray, w: FloatArray, base: FloatArray | float) -> None:
        """Take in rows (n,): probability, label in [0, 1], weight, base rate in training."""
        bases = np.broadcast_to(np.asarray(base, dtype=np.float64), p.shape)
        there = w > 0
        self._parts.append(tuple(np.asarray(own[there]) for own in (p, y, w, bases)))
        self._kept += len(self._parts[-1][0])
        if self._kept > EXACT_ROWS:
            self._sums = self._sums or _Sums(self._threshold)
            self._sum_up(self._sums)

    def _sum_up(self, sums: "_Sums") -> None:
        if self._parts:
            sums.add(*(np.concatenate(part) for part in zip(*self._parts, strict=True)))
        self._parts, self._kept = [], 0

    def measured(self) -> PredictionSummary:
        """Return what was taken in: rows, or bins of them."""
        if self._sums is not None:
            self._sum_up(self._sums)
            return self._sums.bins
        p, y, w, _ = self._rows()
        return PredictionSummary(p, y, w, np.ones(len(p), dtype=np.int64))

    def judged(self) -> MetricsResult:
        """Sum up what was taken in."""
        if self._sums is not None:
            self._sum_up(self._sums)
            return self._sums.judged()
        p, y, w, base = self._rows()
        found = skill(p, y, base, w, seed=self._seed)
        return MetricsResult(metrics(p, y, w, self._threshold), found)

    def _rows(self) -> tuple[FloatArray, ...]:
        if not self._kept:
            raise DataError("no labelled row to evaluate on: give rows whose outcome is known")
        return tuple(np.concatenate(part) for part in zip(*self._parts, strict=True))


@dataclass
class _Totals:
    """Sums over all rows: weight w, and w times loss, squared error, base loss, gain, and so on."""

    weight: float = 0.0
    square: float = 0.0
    loss: float = 0.0
    brier: float = 0.0
    base: float = 0.0
    gain: float = 0.0
    gain_squared: float = 0.0
    square_gain: float = 0.0
    hits: float = 0.0
    alarms: float = 0.0
    positive: float = 0.0

    def add(
        self, p: FloatArray, y: FloatArray, w: FloatArray, base: FloatArray, threshold: float
    ) -> None:
        loss, of_base, chosen = row_log_loss(p, y), row_log_loss(base, y), p >= threshold
        gain = of_base - loss
        self.weight += float(w.sum())
        self.square += float(w @ w)
        self.loss += float(w @ loss)
        self.brier += float(w @ (p - y) ** 2)
        self.base += float(w @ of_base)
        self.gain += float(w @ gain)
        self.square_gain += float(w**2 @ gain)
        self.gain_squared += float(w**2 @ gain**2)
        self.hits += float((w * y) @ chosen)
        self.alarms += float((w * (1 - y)) @ chosen)
        self.positive += float(w @ y)

    @property
    def skill(self) -> Skill:
        """The gain with the interval of its standard error, which resampling would only repeat."""
        mean = self.gain / self.weight
        variance = self.gain_squared - 2 * mean * self.square_gain + mean**2 * self.square
        reach = Z95 * math.sqrt(max(variance, 0.0)) / self.weight
        low, high = mean - reach, mean + reach
        return Skill(self.base / self.weight, mean, low, high, low > 0)


class _Sums:
    """Sums over all rows, and over those in each bin of the logit."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._totals = _Totals()
        # By bin: weight, that of the positive, weight · probability, and rows.
        self._bins = np.zeros((4, BINS))
        self._least, self._most = np.ones(BINS), np.zeros(BINS)  # the probabilities in each
        self._whole = True  # all weights so far are whole numbers

    def add(self, p: FloatArray, y: FloatArray, w: FloatArray, base: FloatArray) -> None:
        self._totals.add(p, y, w, base, self._threshold)
        bins = bin_of(p)
        for line, amounts in enumerate((w, w * y, w * p, np.ones(len(p)))):
            self._bins[line] += np.bincount(bins, amounts, minlength=BINS)
        self._whole = self._whole and bool((w == np.floor(w)).all())
        np.minimum.at(self._least, bins, p)
        np.maximum.at(self._most, bins, p)

    @property
    def bins(self) -> PredictionSummary:
        weight, positive, score, rows = self._bins[:, self._bins[3] > 0]
        return PredictionSummary(score / weight, positive / weight, weight, rows.astype(np.int64))

    def judged(self) -> MetricsResult:
        known, there = self._totals, self._bins[3] > 0
        weight, positive, score, rows = self._bins[:, there]
        tied = self._least[there] == self._most[there]
        ordered = _ordered(score / weight, weight, positive, tied, whole=self._whole)
        missed = known.positive - known.hits
        figures = Metrics(
            log_loss=known.loss / known.weight,
            brier=known.brier / known.weight,
            roc_auc=ordered.roc_auc,
            average_precision=ordered.average_precision,
            accuracy=(known.weight - missed - known.alarms) / known.weight,
            precision=ratio(known.hits, known.hits + known.alarms),
            recall=ratio(known.hits, known.positive),
            f1=ratio(2 * known.hits, known.hits + known.alarms + known.positive),
            ece=ordered.ece,
        )
        return MetricsResult(
            figures, known.skill, ordered.bounds, _method(int(rows.sum()), ordered)
        )


@dataclass(frozen=True)
class _Ordered:
    """The figures that depend on the order of rows, and how far each may be off."""

    roc_auc: float | None
    average_precision: float | None
    ece: float
    bounds: Mapping[str, float]


def _method(rows: int, ordered: "_Ordered") -> str:
    off = [f"{name} within {_rounded_up(off)}" for name, off in ordered.bounds.items() if off]
    bounds = f"{', '.join(off)}; the others are exact" if off else "exact, as its rows are ties"
    return f"of {rows:,} rows in {BINS:,} bins of the logit: {bounds}"


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


def _ordered(
    score: FloatArray, total: FloatArray, positive: FloatArray, tied: BoolArray, *, whole: bool
) -> _Ordered:
    """Return the figures of bins by rising score.

    Within a bin whose rows are not tied the order is not known: it is taken to be mixed, and both
    extremes are tried.
    """
    negative = np.maximum(total - positive, 0.0)
    ece = float(ece_of_sums(score, positive, total, whole=whole))
    # A border falls into a bin; if all of its positives came first, this much would change sides.
    inner = borders(float(total.sum()), CALIBRATION_BINS, whole=whole)[1:-1]
    cut = np.minimum(np.searchsorted(np.cumsum(total), inner), len(total) - 1)
    moved = np.where(tied, 0.0, positive * negative / total)[cut].sum()
    bounds = {"ECE": _within(ece, float(2 * moved / total.sum()))}
    all_positive, all_negative = float(positive.sum()), float(negative.sum())
    if not all_positive or not all_negative:
        return _Ordered(None, None, ece, bounds)
    hits = np.cumsum(positive[::-1])[::-1]  # from the highest score downwards, this bin included
    alarms = np.cumsum(negative[::-1])[::-1]
    pairs = all_positive * all_negative
    area = float(negative @ (hits - positive / 2)) / pairs
    open_area = float(negative[~tied] @ positive[~tied]) / 2 / pairs
    precision, least, most = (
        float(positive @ shares) / all_positive
        for shares in _precisions(negative, positive, hits, alarms, tied)
    )
    open_precision = max(precision - least, most - precision)
    bounds = {
        "ROC AUC": _within(area, open_area),
        "average precision": _within(precision, open_precision),
        **bounds,
    }
    return _Ordered(area, precision, ece, bounds)


def _within(figure: float, bound: float) -> float:
    """Return how far a figure from 0 to 1 may be off."""
    return min(bound, max(figure, 1 - figure))


def _precisions(
    negative: FloatArray,
    positive: FloatArray,
    hits: FloatArray,
    alarms: FloatArray,
    tied: BoolArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the mean precision (m,) at the positives of each bin: likely, at least, at most."""
    before, above = hits - positive, alarms - negative
    half = before + positive / 2
    with np.errstate(invalid="ignore"):
        at_end = hits / (hits + alarms)
        mixed = half / (half + above + negative / 2)
        least, most = before / (before + alarms), hits / (hits + above)
    likely, low, high = (np.where(tied, at_end, own) for own in (mixed, least, most))
    return np.nan_to_num(likely), np.nan_to_num(low), np.nan_to_num(high)
