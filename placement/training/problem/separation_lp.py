"""Hyperplanes through the origin with signed rows on one side: linear programmes on few rows.

A signed row is s·(x, 1) with s = 1 for the positive outcome and -1 for the negative, so that a
hyperplane β separates the classes where every s·(x, 1)ᵀβ, the row's margin, is 0 or more. Rows are
iterated over, never held: a programme is solved on a few of them.
"""

from collections.abc import Callable, Iterator

import numpy as np

from placement.arrays import FloatArray

RowIterator = Callable[[], Iterator[FloatArray]]  # over signed rows, some (n, d + 1) at a time

_WORKING_ROWS = 1_000
_MOST_TRIED_COLUMNS = 40
_MARGIN = 1e-6  # of a separating hyperplane: the solver's tolerance is 1e-7
_NEWTON_STEPS, _FAR = 12, 30.0
_CLEARLY = 1e-9  # of the largest eigenvalue of the products: far above their rounding


def row_iterator(signed: FloatArray) -> RowIterator:
    """Return an iterator over rows in memory."""
    return lambda: iter([signed])


def classes_overlap(sample: FloatArray) -> bool:
    """Whether some rows overlap for sure, and with them all rows of the same columns."""
    if not is_of_full_rank(sample):
        return False
    return has_optimum(sample) or separating_hyperplane(row_iterator(sample)) is None


def has_optimum(signed: FloatArray) -> bool:
    """Whether a finite optimum without penalty was found, which proves that the classes overlap.

    There Σ pᵢsᵢxᵢ = 0 with every pᵢ = sigmoid(−sᵢxᵢᵀβ) above 0. A β with all margins ≥ 0 has
    the same sum of pᵢ·margin, so each margin is 0. With a gradient g left over, none is above
    |g|/min pᵢ.
    False says nothing: full steps of Newton may not get there. Rows must be of full rank.
    """
    beta = np.zeros(signed.shape[1])
    for _ in range(_NEWTON_STEPS):
        wrong = 1 / (1 + np.exp(np.minimum(signed @ beta, _FAR)))
        gradient = wrong @ signed
        if np.abs(gradient).sum() <= _MARGIN / 10 * wrong.min():
            return True
        hessian = (signed * (wrong * (1 - wrong))[:, None]).T @ signed
        try:
            beta = beta + np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            return False
        if not np.abs(beta).max() < _FAR:
            return False
    return False


def separating_hyperplane(rows: RowIterator) -> FloatArray | None:
    """Return β with |β| ≤ 1, all margins ≥ 0 and one above, or None.

    Solved on a few rows, to which those that its answer violates are added until none is: an
    answer for fewer rows that none violates is one for all. Without an answer, rows are added that
    these few do not span.
    """
    work = np.unique(_some_rows(rows), axis=0)
    while True:
        beta = _solve(work)
        added = _outside_span(rows, work) if beta is None else _violated(rows, beta)
        grown = np.unique(np.concatenate([work, added]), axis=0)
        if len(grown) == len(work):
            return beta
        work = grown


def _solve(signed: FloatArray) -> FloatArray | None:
    from scipy.optimize import linprog

    objective, bounds = -signed.sum(axis=0), (-1, 1)
    answer = linprog(objective, -signed, np.zeros(len(signed)), bounds=bounds, method="highs")
    if answer.x is None:
        return None
    beta = np.asarray(answer.x, dtype=np.float64)
    margins = signed @ beta
    # Feasible β form a cone, so a true one is scaled up to the bounds; the solver's
    # tolerance of 1e-7 alone is not.
    separates = (
        np.abs(beta).max(initial=0.0) > 0.5 and margins.min() > -_MARGIN and margins.max() > _MARGIN
    )
    return beta if separates else None


def is_completely_separable(rows: RowIterator) -> bool:
    """Return whether some β gives every row a margin above 0: max t with all margins ≥ t."""
    from scipy.optimize import linprog

    work = np.unique(_some_rows(rows), axis=0)
    size = work.shape[1]
    objective, bounds = np.append(np.zeros(size), -1.0), [(-1, 1)] * size + [(0, 1)]
    while True:
        constraints = np.column_stack([-work, np.ones(len(work))])
        answer = linprog(objective, constraints, np.zeros(len(work)), bounds=bounds, method="highs")
        if answer.x is None or answer.x[-1] <= _MARGIN:
            return False
        grown = np.unique(np.concatenate([work, _violated(rows, answer.x[:-1])]), axis=0)
        if len(grown) == len(work):
            return True
        work = grown


def _some_rows(rows: RowIterator) -> FloatArray:
    draw = np.random.default_rng(0)
    return _lowest(rows, lambda signed: draw.random(len(signed)))


def _violated(rows: RowIterator, beta: FloatArray) -> FloatArray:
    return _lowest(rows, lambda signed: signed @ beta, -_MARGIN)


def _outside_span(rows: RowIterator, work: FloatArray) -> FloatArray:
    """Return rows that are no combination of those given."""
    _, size, right = np.linalg.svd(work)
    negligible = size.max(initial=0.0) * max(work.shape) * np.finfo(np.float64).eps
    null = right[np.count_nonzero(size > negligible) :].T
    if not null.size:
        return work[:0]
    return _lowest(rows, lambda signed: -np.abs(signed @ null).max(axis=1), -_MARGIN)


def _lowest(
    rows: RowIterator, score: Callable[[FloatArray], FloatArray], below: float = np.inf
) -> FloatArray:
    """Return the rows of the lowest scores below a bound, a thousand at most."""
    lowest, scores = np.empty((0, 0)), np.empty(0)
    for signed in rows():
        new_scores = score(signed)
        low = new_scores < below
        lowest = np.concatenate([lowest.reshape(-1, signed.shape[1]), signed[low]])
        scores = np.concatenate([scores, new_scores[low]])
        order = np.argsort(scores, kind="stable")[:_WORKING_ROWS]
        lowest, scores = lowest[order], scores[order]
    return lowest


def is_of_full_rank(signed: FloatArray) -> bool:
    """Whether no column of signed rows is a combination of the others."""
    if len(signed) < signed.shape[1]:
        return False
    # Eigenvalues of the products are the squares of singular values: where the least of them is
    # far above rounding, the decomposition of all rows, which takes much longer, is not needed.
    eigenvalues = np.linalg.eigvalsh(signed.T @ signed)
    if eigenvalues[0] > _CLEARLY * eigenvalues[-1]:
        return True
    return bool(np.linalg.matrix_rank(signed) == signed.shape[1])


def columns_that_separate(rows: RowIterator, beta: FloatArray) -> list[int]:
    """Return few columns that suffice: each that does alone, else what no other can replace."""
    columns = len(beta) - 1
    alone = _separate_alone(rows)
    if alone:
        return alone
    if not _separates_with(rows, []) and columns <= _MOST_TRIED_COLUMNS:
        needed = [j for j in range(columns) if abs(beta[j]) > 1e-6]
        for j in list(needed):
            fewer = [k for k in needed if k != j]
            if _separates_with(rows, fewer):
                needed = fewer
        return needed
    return [j for j in range(columns) if abs(beta[j]) > 1e-6 and columns > _MOST_TRIED_COLUMNS]


def _separates_with(rows: RowIterator, columns: list[int]) -> bool:
    some = [*columns, -1]  # the intercept too
    return separating_hyperplane(lambda: (signed[:, some] for signed in rows())) is not None


def _separate_alone(rows: RowIterator) -> list[int]:
    """Return the columns of which one side of a value has one outcome, the other the other."""
    low: list[FloatArray] = [np.array(np.inf), np.array(np.inf)]  # of the negative and the positive
    high: list[FloatArray] = [np.array(-np.inf), np.array(-np.inf)]
    for signed in rows():
        for side, some in enumerate((-signed[signed[:, -1] < 0], signed[signed[:, -1] > 0])):
            low[side] = np.minimum(low[side], some.min(axis=0, initial=np.inf))
            high[side] = np.maximum(high[side], some.max(axis=0, initial=-np.inf))
    varies = np.minimum(*low) < np.maximum(*high)
    disjoint = (low[1] >= high[0]) | (high[1] <= low[0])
    both = np.isfinite(low[0]) & np.isfinite(low[1])  # there are rows of both outcomes
    return np.flatnonzero((varies & disjoint & both)[:-1]).tolist()
