"""Rankings of students by one column alone: the best of them, and by branch.

What any list by a model is to be compared with: a rank by CGPA needs no score per student.
"""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from placement.arrays import FloatArray, IndexArray
from placement.data.encoding.chunks import SAMPLED, Chunks
from placement.data.encoding.encoder import Encoder
from placement.data.names.equivalents import means
from placement.model.figures import ColumnRanking, DecisionFigures
from placement.model.scorer import InteractionColumn, TableLike
from placement.runtime.parallel_map import usable_processors
from placement.runtime.ranks import shared_in_order
from placement.stats.capture import Capture, capture
from placement.stats.roc_area import roc_area_of_rows

if TYPE_CHECKING:
    from placement.model.fitted import Fitted
    from placement.training.prepare import TestRows

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

    def ranking_by(name: str) -> tuple[ColumnRanking, float] | None:
        indices = np.flatnonzero(names == name)
        used = np.flatnonzero(np.isin(columns, indices))
        if not 0 < len(used) <= _MOST_ENCODED:
            return None
        chosen = source.select(used)
        x = np.concatenate([chunk.x.to_dense() for chunk in chosen]).astype(np.float64)
        weights = np.zeros(len(indices))
        weights[np.isin(indices, columns)] = _fit(x, y, weight)
        return ColumnRanking(name, tuple(weights.tolist())), _crossed_area(x, y, weight)

    by_column = sorted(set(names.tolist()) - products)
    found = list(filter(None, shared_in_order(by_column, ranking_by, usable_processors())))
    rankings = {ranking.column: ranking for ranking, _ in found}
    areas = {ranking.column: area for ranking, area in found}
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
    fitted: "Fitted", tested: "TestRows", seats: float | None = None
) -> Capture | None:
    """Compare the list of those a model sees most at risk with lists by single columns.

    Without `seats`, so many of the rows are called in as the model's `--threshold capacity=N` was
    chosen for, or one in five. None where fewer than 5 are without the outcome. Of very many an
    even sample is looked at: the counts are of all, the shares and their intervals those of the
    sample.
    """
    rankings, table = fitted.figures.rankings, tested.table
    counts = [np.count_nonzero(tested.rows(piece)) for piece in range(table.pieces)]
    before = np.cumsum([0, *counts]).tolist()
    every = sampling_step(before[-1], _MOST_LISTED)

    def of_piece(piece: int) -> _Listed:
        rows = np.flatnonzero(tested.rows(piece))
        label, weight = table.labels.piece(piece)[rows], table.weights.piece(piece)[rows]
        some = slice(-before[piece] % every, None, every)
        cells = table.piece(piece, fitted.schema.feature_names)
        chosen = {name: column[rows[some]] for name, column in cells.items()}
        by_column = [score_by(one, fitted.encoder, chosen) for one in rankings]
        scores = [fitted.predict_proba(chosen), *by_column]
        total, missed = float(weight.sum()), float(weight @ (1 - label))
        some_only = label[some].copy(), weight[some].copy()  # a view would hold all of the piece
        return _Listed([*scores, *some_only], total, missed)

    pieces = [piece for piece in range(table.pieces) if counts[piece]]
    listed = list(shared_in_order(pieces, of_piece, usable_processors()))
    total, missed = sum(part.total for part in listed), sum(part.missed for part in listed)
    if not total:
        return None
    columns = zip(*(part.arrays for part in listed), strict=True)
    model, *others, label, weight = map(np.concatenate, columns)
    if seats is None:
        evaluation = fitted.figures.evaluation
        share = seats_share(None if evaluation is None else evaluation.decision)
        seats = share * total
    by_name = dict(zip((ranking.column for ranking in rankings), others, strict=True))
    of_sample = float(weight.sum()) / total
    found = capture(model, by_name, label, weight, seats * of_sample)
    if found is None or every == 1:
        return found
    return replace(found, rows=total, seats=min(seats, total), missed=missed)


@dataclass(frozen=True)
class _Listed:
    """Some rows of a piece: scores by the model and by columns, labels and weights, (m,) each.

    `total` is the weight of all its rows, `missed` that of those without the outcome.
    """

    arrays: list[FloatArray]
    total: float
    missed: float


def sampling_step(rows: int, most: int) -> int:
    """Return the least power of two k such that every k-th of so many rows are `most` at most."""
    every = 1
    while -(-rows // every) > most:
        every *= 2
    return every


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
