"""What is summed up of each group: weights by outcome and prediction, and what its ROC area needs.

Rows come piece by piece. Up to 100,000 of them are stored for the ROC areas; beyond, they are
summed up in bins of the logit. All other figures are exact either way.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement.arrays import FloatArray, IntArray
from placement.evaluation.metrics.accumulator import BINS as FINE_BINS
from placement.evaluation.metrics.accumulator import bin_of
from placement.stats.resampling import EXACT_ROWS, rows_of_weights, square_weights
from placement.stats.roc_area import roc_area, roc_area_of_rows

BINS = 1 << 14


@dataclass(frozen=True)
class GroupTotals:
    """The sums of g groups.

    `rows` (g,) counts those with a weight above 0, as often as a whole weight says,
    `positive_rows` (g,) those of the positive outcome. `mass` and `square` (g, 2, 2) are the sums
    of the weights and of their `square_weights` by outcome (negative, positive) and prediction;
    `score` (g,) is that of weight · probability.
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
    """Takes in rows with the index of their group in `names`; `totals` gives the sums."""

    def __init__(self, names: Sequence[str], threshold: float) -> None:
        self.names, self._threshold = tuple(names), threshold
        count = len(self.names)
        self._rows = np.zeros(count, dtype=np.int64)
        # By line: positive rows, weight · probability.
        self._lines = np.zeros((2, count))
        self._mass, self._square = np.zeros((count, 2, 2)), np.zeros((count, 2, 2))
        self._pieces: list[tuple[IntArray, FloatArray, FloatArray, FloatArray]] = []
        self._piece_rows = 0
        self._bins: FloatArray | None = None  # (group, outcome, bin)

    def add(self, codes: IntArray, p: FloatArray, y: FloatArray, w: FloatArray) -> None:
        """Take in rows (n,): group, probability, label in [0, 1], weight (0: does not count)."""
        counted = w > 0
        if not counted.all():
            codes, p, y, w = codes[counted], p[counted], y[counted], w[counted]
        count = len(self.names)
        rows, square = rows_of_weights(w), square_weights(w)
        self._rows += np.bincount(codes, rows, count).astype(np.int64)
        for line, amounts in enumerate((rows * y, w * p)):
            self._lines[line] += np.bincount(codes, amounts, count)
        cells = codes * 2 + (p >= self._threshold)
        for outcome, share in enumerate((1 - y, y)):
            for sums, weights in ((self._mass, w), (self._square, square)):
                sums[:, outcome] += np.bincount(cells, weights * share, 2 * count).reshape(-1, 2)
        self._pieces.append((codes, p, y, w))
        self._piece_rows += len(p)
        if self._piece_rows > EXACT_ROWS:
            self._bins = np.zeros((count, 2, BINS)) if self._bins is None else self._bins
            self._sum_up(self._bins)

    def _sum_up(self, bins: FloatArray) -> None:
        for codes, p, y, w in self._pieces:
            cells = codes * BINS + bin_of(p) // (FINE_BINS // BINS)
            for outcome, share in enumerate((1 - y, y)):
                sums = np.bincount(cells, w * share, bins[:, 0].size)
                bins[:, outcome] += sums.reshape(len(bins), BINS)
        self._pieces, self._piece_rows = [], 0

    def totals(self, pool_below: int = 0, pool: str = "") -> GroupTotals:
        """Return the sums of the groups that have rows; those of too few are one group, `pool`.

        Where they are too few even together, the next larger group joins them: else they would be
        what all rows have beyond those of the others.
        """
        present = np.flatnonzero(self._rows)
        present = present[np.argsort(self._rows[present], kind="stable")]
        few = present[: np.count_nonzero(self._rows[present] < pool_below)]
        if len(few) and self._rows[few].sum() < pool_below:
            few = present[: len(few) + 1]
        present = np.sort(present)
        groups = [np.array([group]) for group in present if group not in few]
        names = [self.names[int(group[0])] for group in groups]
        if len(few):
            groups, names = [*groups, few], [*names, pool]
        if self._bins is not None:
            self._sum_up(self._bins)
        areas = [self._area(group) for group in groups]
        return GroupTotals(
            names=tuple(names),
            rows=np.array([self._rows[group].sum() for group in groups], dtype=np.int64),
            positive_rows=np.array([self._lines[0, group].sum() for group in groups]),
            mass=_stacked([self._mass[group].sum(axis=0) for group in groups]),
            square=_stacked([self._square[group].sum(axis=0) for group in groups]),
            score=np.array([self._lines[1, group].sum() for group in groups]),
            roc_auc=tuple(area for area, _ in areas),
            bound=max((bound for _, bound in areas), default=0.0),
        )

    def _area(self, group: IntArray) -> tuple[float | None, float]:
        """Return the ROC area of some groups together, and how far it may be off."""
        if not self._mass[group].sum(axis=(0, 2)).all():
            return None, 0.0
        if self._bins is not None:
            # Within a bin the order of the rows is taken to be mixed.
            negative, positive = self._bins[group].sum(axis=0)
            bound = float(negative @ positive) / 2 / float(negative.sum() * positive.sum())
            return float(roc_area(negative, positive)), bound
        codes, p, y, w = (np.concatenate(column) for column in zip(*self._pieces, strict=True))
        rows = np.isin(codes, group)
        p, y, w = p[rows], y[rows], w[rows]
        return roc_area_of_rows(p, w * (1 - y), w * y), 0.0


def _stacked(cells: list[FloatArray]) -> FloatArray:
    return np.array(cells).reshape(len(cells), 2, 2)
