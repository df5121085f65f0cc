"""What is summed up of each group: weights by outcome and prediction, and what its ROC area needs.

Rows come piece by piece. Up to 100,000 of them are kept for the ROC areas; beyond, they are summed
up in bins of the logit. All other figures are exact either way.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement.arrays import FloatArray, IntArray
from placement.evaluation.metrics.accumulator import BINS as FINE_BINS
from placement.evaluation.metrics.accumulator import bin_of
from placement.evaluation.metrics.bootstrap import EXACT_ROWS
from placement.evaluation.metrics.metrics import split_labels

BINS = 1 << 14


@dataclass(frozen=True)
class GroupTotals:
    """The sums of g groups.

    `rows` (g,) counts those with a weight above 0, `positive_rows` (g,) those of the positive
    outcome. `mass` and `square` (g, 2, 2) are the sums of the weights and of their squares by
    outcome (negative, positive) and prediction; `score` (g,) is that of weight · probability.
    `roc_auc` is None where a group has one outcome only, and `bound` how far each may be off.
    """

    names: tuple[str, ...]
    rows: IntArray
    positive_rows: FloatArray
    mass: FloatArray
    square: FloatArray
    score: FloatArray
    roc_auc: tuple[float | None, ...]
    bound: float


class GroupCounter:
    """Takes in rows with the place of their group in `names`; `summed` gives the sums."""

    def __init__(self, names: Sequence[str], threshold: float) -> None:
        self.names, self._threshold = tuple(names), threshold
        count = len(self.names)
        self._rows = np.zeros(count, dtype=np.int64)
        # By line: positive rows, weight · probability.
        self._lines = np.zeros((2, count))
        self._mass, self._square = np.zeros((count, 2, 2)), np.zeros((count, 2, 2))
        self._parts: list[tuple[IntArray, FloatArray, FloatArray, FloatArray]] = []
        self._kept = 0
        self._bins: FloatArray | None = None  # (group, outcome, bin)

    def add(self, codes: IntArray, p: FloatArray, y: FloatArray, w: FloatArray) -> None:
        """Take in rows (n,): group, probability, label in [0, 1], weight (0: does not count)."""
        there = w > 0
        if not there.all():
            codes, p, y, w = codes[there], p[there], y[there], w[there]
        count = len(self.names)
        self._rows += np.bincount(codes, minlength=count)
        for line, amounts in enumerate((y, w * p)):
            self._lines[line] += np.bincount(codes, amounts, count)
        cells = codes * 2 + (p >= self._threshold)
        for outcome, share in enumerate((1 - y, y)):
            for sums, weights in ((self._mass, w), (self._square, w * w)):
                sums[:, outcome] += np.bincount(cells, weights * share, 2 * count).reshape(-1, 2)
        self._parts.append((codes, p, y, w))
        self._kept += len(p)
        if self._kept > EXACT_ROWS:
            self._bins = np.zeros((count, 2, BINS)) if self._bins is None else self._bins
            self._sum_up(self._bins)

    def _sum_up(self, bins: FloatArray) -> None:
        for codes, p, y, w in self._parts:
            places = codes * BINS + bin_of(p) // (FINE_BINS // BINS)
            for outcome, share in enumerate((1 - y, y)):
                counted = np.bincount(places, w * share, bins[:, 0].size)
                bins[:, outcome] += counted.reshape(len(bins), BINS)
        self._parts, self._kept = [], 0

    def summed(self, pool_below: int = 0, pool: str = "") -> GroupTotals:
        """Return the sums of the groups that have rows; those of too few are one group, `pool`."""
        there = np.flatnonzero(self._rows)
        few = there[self._rows[there] < pool_below]
        own = [np.array([place]) for place in there if place not in few]
        names = [self.names[int(places[0])] for places in own]
        if len(few):
            own, names = [*own, few], [*names, pool]
        if self._bins is not None:
            self._sum_up(self._bins)
        areas = [self._area(places) for places in own]
        return GroupTotals(
            names=tuple(names),
            rows=np.array([self._rows[places].sum() for places in own], dtype=np.int64),
            positive_rows=np.array([self._lines[0, places].sum() for places in own]),
            mass=_stacked([self._mass[places].sum(axis=0) for places in own]),
            square=_stacked([self._square[places].sum(axis=0) for places in own]),
            score=np.array([self._lines[1, places].sum() for places in own]),
            roc_auc=tuple(area for area, _ in areas),
            bound=max((bound for _, bound in areas), default=0.0),
        )

    def _area(self, places: IntArray) -> tuple[float | None, float]:
        """Return the ROC area of some groups together, and how far it may be off."""
        negative, positive = self._mass[places].sum(axis=(0, 2))
        if not negative or not positive:
            return None, 0.0
        if self._bins is not None:
            return _area_of_bins(*self._bins[places].sum(axis=0))
        from sklearn.metrics import roc_auc_score

        parts = [tuple(np.asarray(a[np.isin(c, places)]) for a in r) for c, *r in self._parts]
        p, y, w = (np.concatenate(part) for part in zip(*parts, strict=True))
        score, outcome, share = split_labels(p, y, w)
        return float(roc_auc_score(outcome, score, sample_weight=share)), 0.0


def _stacked(cells: list[FloatArray]) -> FloatArray:
    return np.array(cells).reshape(len(cells), 2, 2)


def _area_of_bins(negative: FloatArray, positive: FloatArray) -> tuple[float, float]:
    """Return the ROC area of sums by rising score; within a bin the order is taken to be mixed."""
    pairs = float(negative.sum() * positive.sum())
    above = np.cumsum(positive[::-1])[::-1] - positive
    area = float(negative @ (above + positive / 2)) / pairs
    return area, float(negative @ positive) / 2 / pairs
