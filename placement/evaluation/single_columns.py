"""Rankings of students by one column alone: the best of them, and by branch.

What any list by a model is to be compared with: a rank by CGPA needs no score per student.
"""

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from placement.arrays import FloatArray, IndexArray
from placement.data.encoding.chunks import SAMPLED, Chunks
from placement.data.encoding.encoder import Encoder
from placement.data.names.equivalents import means
from placement.model.figures import ColumnRanking, DecisionFigures
from placement.model.scorer import InteractionColumn, TableLike
from placement.stats.capture import Capture, capture
from placement.stats.roc_area import roc_area_of_rows

if TYPE_CHECKING:
    from placement.model.fitted import Fitted

SEATS = 0.2  # of the students there are, where nobody has said how many can be called in
_MOST_CELLS = 1 << 19  # that are looked at; of more, an even sample of the rows
_MOST_LISTED = 1 << 18  # rows whose lists are compared; of more, an even sample
_MOST_ENCODED = 100  # columns of one of the file: nobody ranks by a column of more levels
_STEPS, _RIDGE = 25, 1.0


def learn_rankings(
    source: Chunks, encoder: Encoder, columns: IndexArray
) -> tuple[ColumnRanking, ...]:
    """Return the ranking by the best single column of training rows, and by branch if another.

    `columns` says which of the encoded columns `source` has. The best has the largest ROC area on
    each half of the rows when the other half has said how to rank by it.
    """
    if source.rows * source.columns > SAMPLED * _MOST_CELLS:
        source = source.sample()
    every = -(-source.rows * source.columns // _MOST_CELLS)
    if every > 1:
        source = source.take(np.arange(0, source.rows, every))
    y, weight = (
        np.concatenate([np.asarray(getattr(chunk, part), np.float64) for chunk in source])
        for part in ("y", "weight")
    )
    names = np.array(encoder.source_columns)
    products = {c.column for c in encoder.columns if isinstance(c, InteractionColumn)}
    areas, rankings = dict[str, float](), dict[str, ColumnRanking]()
    for name in sorted(set(names.tolist()) - products):
        indices = np.flatnonzero(names == name)
        used = np.flatnonzero(np.isin(columns, indices))
        if not 0 < len(used) <= _MOST_ENCODED:
            continue
        chosen = source.select(used)
        x = np.concatenate([chunk.x.to_dense() for chunk in chosen]).astype(np.float64)
        weights = np.zeros(len(indices))
        weights[np.isin(indices, columns)] = _fit(x, y, weight)
        rankings[name] = ColumnRanking(name, tuple(weights.tolist()))
        areas[name] = _crossed_area(x, y, weight)
    ranked = sorted(areas, key=lambda name: -areas[name])
    chosen_names = [*ranked[:1], *(name for name in ranked if means(name, "branch"))][:2]
    return tuple(rankings[name] for name in dict.fromkeys(chosen_names))


def score_by(ranking: ColumnRanking, encoder: Encoder, cells: TableLike) -> FloatArray:
    """Return the score (n,) of each student by that column alone."""
    encoded = [
        array
        for column in encoder.columns
        if not isinstance(column, InteractionColumn) and column.column == ranking.column
        for array in column.encode(cells[ranking.column])[0]
    ]
    return np.asarray(np.array(ranking.weights) @ np.array(encoded))


def compare_lists(
    fitted: "Fitted",
    parts: Iterable[tuple[TableLike, FloatArray, FloatArray]],
    seats: float | None = None,
) -> Capture | None:
    """Compare the list of those a model sees most at risk with lists by single columns.

    `parts` are cells by file column, labels (n,) and weights (n,) of some students; without
    `seats`, so many of them are called in as the model's `--threshold capacity=N` was chosen for,
    or one in five. None where fewer than 5 are without the outcome. Of very many students an even
    sample is looked at: the counts are of all, the shares and their intervals those of the sample.
    """
    rankings, sample = fitted.figures.rankings, EvenSample(_MOST_LISTED)
    for cells, label, weight in parts:
        some = sample.rows(label, weight)
        chosen = {name: column[some] for name, column in cells.items()}
        by_column = [score_by(one, fitted.encoder, chosen) for one in rankings]
        sample.add([fitted.predict_proba(chosen), *by_column, label[some], weight[some]])
    if not sample.total:
        return None
    model, *others, label, weight = sample.arrays()
    if seats is None:
        evaluation = fitted.figures.evaluation
        share = seats_share(None if evaluation is None else evaluation.decision)
        seats = share * sample.total
    by_name = dict(zip((ranking.column for ranking in rankings), others, strict=True))
    of_sample = float(weight.sum()) / sample.total
    found = capture(model, by_name, label, weight, seats * of_sample)
    if found is None or sample.every == 1:
        return found
    rows, missed = sample.total, sample.missed
    return replace(found, rows=rows, seats=min(seats, rows), missed=missed)


class EvenSample:
    """Every k-th row of rows that come in parts, so that between half of `most` and all are kept.

    `total` is the weight of all rows, `missed` that of those without the outcome.
    """

    def __init__(self, most: int) -> None:
        self.every, self.total, self.missed = 1, 0.0, 0.0
        self._most, self._rows = most, 0
        self._kept: list[list[FloatArray]] = []

    def rows(self, label: FloatArray, weight: FloatArray) -> slice:
        """Count the next rows (n,), and return which of them to look at."""
        start = -self._rows % self.every
        self._rows += len(label)
        self.total += float(weight.sum())
        self.missed += float(weight @ (1 - label))
        return slice(start, None, self.every)

    def add(self, arrays: list[FloatArray]) -> None:
        """Keep arrays (k,) of the rows to look at, and fewer of all where these are too many."""
        self._kept.append(arrays)
        while sum(len(part[0]) for part in self._kept) > self._most:
            self._kept = [[array[::2].copy() for array in self.arrays()]]
            self.every *= 2

    def arrays(self) -> list[FloatArray]:
        """Return the arrays of all rows that are kept."""
        return [np.concatenate(column) for column in zip(*self._kept, strict=True)]


def seats_share(decision: DecisionFigures | None) -> float:
    """Return which share of the students can be called in, as far as the threshold says it."""
    if decision is None or decision.trade_off is None or decision.confusion is None:
        return SEATS
    seats = decision.trade_off.seats
    return SEATS if seats is None else seats / sum(decision.confusion.as_dict().values())


def _crossed_area(x: FloatArray, y: FloatArray, weight: FloatArray) -> float:
    """Return the mean ROC area of each half of rows (n, k) by the fit of the other."""
    even, areas = np.arange(len(y)) % 2 == 0, []
    for half in (even, ~even):
        score = x[half] @ _fit(x[~half], y[~half], weight[~half])
        negative, positive = weight[half] * (1 - y[half]), weight[half] * y[half]
        areas.append(roc_area_of_rows(score, negative, positive))
    return 0.0 if any(math.isnan(area) for area in areas) else sum(areas) / 2


def _fit(x: FloatArray, y: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the weights (k,) of a ridge logistic regression on the columns of x (n, k)."""
    ones = np.column_stack([x, np.ones(len(x))])
    penalty = np.append(np.full(x.shape[1], _RIDGE), 1e-9)
    beta = np.zeros(x.shape[1] + 1)
    for _ in range(_STEPS):
        p = expit(ones @ beta)
        gradient = ones.T @ (weight * (y - p)) - penalty * beta
        hessian = (ones.T * (weight * p * (1 - p))) @ ones + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        beta += step / max(1.0, float(np.abs(step).max()) / 4)
        if float(np.abs(step).max()) < 1e-8:
            break
    return np.asarray(beta[:-1])
