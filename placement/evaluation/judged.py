"""Predictions beside what happened, gathered piece by piece: row by row while they are few.

Beyond 100,000 rows they are summed up in bins of the logit, which are narrow, many, and merge. Then
the log-loss, the Brier score, the counts at the threshold and the gain over the base rate are still
exact; what depends on the order of rows within a bin is off by no more than a stated bound.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from placement.errors import DataError
from placement.evaluation.baselines import Skill, row_log_loss, skill
from placement.evaluation.bootstrap import EXACT_ROWS
from placement.evaluation.calibration import BINS as CALIBRATION_BINS
from placement.evaluation.calibration import ece_of_sums
from placement.evaluation.metrics import Metrics, metrics, ratio

Floats = npt.NDArray[np.float64]

BINS = 1 << 18
_Z = 1.959963984540054  # of a 95 % interval


@dataclass(frozen=True)
class Measured:
    """Rows, or bins of them: `probability`, `label`, `weight` and `rows`, all (m,).

    A bin has the mean probability, the share that was positive, the total weight and number of its
    rows.
    """

    probability: Floats
    label: Floats
    weight: Floats
    rows: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Judged:
    """The figures of some rows, and their gain over the base rate.

    `method` says in words how figures of many rows were made; None where nothing needs saying.
    """

    metrics: Metrics
    skill: Skill
    method: str | None = None


class Judge:
    """Takes in predictions and outcomes; `judged` sums them up. Rows of weight 0 do not count."""

    def __init__(self, threshold: float = 0.5, seed: int = 0) -> None:
        self._threshold, self._seed = threshold, seed
        self._parts: list[tuple[Floats, ...]] = []
        self._kept = 0
        self._sums: _Sums | None = None

    def add(self, p: Floats, y: Floats, w: Floats, base: Floats | float) -> None:
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

    def measured(self) -> Measured:
        """Return what was taken in: rows, or bins of them."""
        if self._sums is not None:
            self._sum_up(self._sums)
            return self._sums.bins
        p, y, w, _ = self._rows()
        return Measured(p, y, w, np.ones(len(p), dtype=np.int64))

    def judged(self) -> Judged:
        """Sum up what was taken in."""
        if self._sums is not None:
            self._sum_up(self._sums)
            return self._sums.judged()
        p, y, w, base = self._rows()
        found = skill(p, y, base, w, seed=self._seed)
        return Judged(metrics(p, y, w, self._threshold), found)

    def _rows(self) -> tuple[Floats, ...]:
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

    def add(self, p: Floats, y: Floats, w: Floats, base: Floats, threshold: float) -> None:
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
        reach = _Z * math.sqrt(max(variance, 0.0)) / self.weight
        low, high = mean - reach, mean + reach
        return Skill(self.base / self.weight, mean, low, high, low > 0)


class _Sums:
    """Sums over all rows, and over those in each bin of the logit."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._totals = _Totals()
        # By bin: weight of the negative and the positive, weight · probability, and rows.
        self._bins = np.zeros((4, BINS))

    def add(self, p: Floats, y: Floats, w: Floats, base: Floats) -> None:
        self._totals.add(p, y, w, base, self._threshold)
        bins = bin_of(p)
        for line, amounts in enumerate((w * (1 - y), w * y, w * p, np.ones(len(p)))):
            self._bins[line] += np.bincount(bins, amounts, minlength=BINS)

    @property
    def bins(self) -> Measured:
        negative, positive, score, rows = self._bins[:, self._bins[3] > 0]
        weight = negative + positive
        return Measured(score / weight, positive / weight, weight, rows.astype(np.int64))

    def judged(self) -> Judged:
        bins, known = self.bins, self._totals
        positive = self._bins[1, self._bins[3] > 0]
        ordered = _ordered(bins.probability, bins.weight - positive, positive)
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
        within = ", ".join(f"{name} within {bound:.1g}" for name, bound in ordered.bounds.items())
        return Judged(
            figures,
            known.skill,
            f"of {int(bins.rows.sum()):,} rows in {BINS:,} bins of the logit: {within}; "
            "the others are exact",
        )


@dataclass(frozen=True)
class _Ordered:
    """The figures that depend on the order of rows, and how far each may be off."""

    roc_auc: float | None
    average_precision: float | None
    ece: float
    bounds: Mapping[str, float]


def bin_of(p: Floats) -> npt.NDArray[np.int64]:
    """Return the bin (n,) of each probability: of the logit, the narrower the nearer to 0 it is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logit = np.log(p) - np.log1p(-p)
        share = logit / (2 + np.abs(logit))  # from -1 to 1
    share = np.where(np.isnan(share), np.sign(p - 0.5), share)
    return np.minimum(((share + 1) * (BINS / 2)).astype(np.int64), BINS - 1)


def _ordered(score: Floats, negative: Floats, positive: Floats) -> _Ordered:
    """Return the figures of bins by rising score.

    Within a bin the order is not known: ties count half, and both extremes are tried.
    """
    total = negative + positive
    all_positive, all_negative = float(positive.sum()), float(negative.sum())
    whole = bool((total == np.floor(total)).all())
    ece = float(ece_of_sums(score, positive, total, whole=whole))
    reached = np.cumsum(total) / total.sum()
    cut = np.searchsorted(reached, np.arange(1, CALIBRATION_BINS) / CALIBRATION_BINS)
    # A border falls into a bin; if all of its positives came first, this much would change sides.
    cut = np.unique(np.minimum(cut, len(total) - 1))
    moved = float((positive[cut] * negative[cut] / total[cut]).sum())
    bounds = {"ECE": 2 * moved / float(total.sum())}
    if not all_positive or not all_negative:
        return _Ordered(None, None, ece, bounds)
    hits = np.cumsum(positive[::-1])[::-1]  # from the highest score downwards, this bin included
    alarms = np.cumsum(negative[::-1])[::-1]
    pairs = all_positive * all_negative
    area = float(negative @ (hits - positive / 2)) / pairs
    open_area = float(negative @ positive) / 2 / pairs
    before, above = hits - positive, alarms - negative
    with np.errstate(invalid="ignore"):
        half = before + positive / 2
        shares = (
            half / (half + above + negative / 2),
            before / (before + alarms),
            hits / (hits + above),
        )
    middle, least, most = (float(positive @ np.nan_to_num(s)) / all_positive for s in shares)
    open_precision = max(middle - least, most - middle)
    bounds = {"ROC AUC": open_area, "average precision": open_precision, **bounds}
    return _Ordered(area, middle, ece, bounds)
