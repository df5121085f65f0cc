"""Cross-validate the L2 path: each fold is encoded once, and each fit starts from its neighbour."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

import numpy as np

from placement.arrays import FloatArray
from placement.config.train_config import TrainConfig
from placement.data.columns.column_store import ChunkedArray
from placement.data.encoding.chunks import Chunks
from placement.data.table.table import Table
from placement.training.passes.chunk_threads import one_thread
from placement.training.prepare import Prepared
from placement.training.problem.problem import Problem
from placement.training.solver.solution import Solution
from placement.training.solver.training_loop import solve
from placement.training.validation.cross_predict import without_each_fold
from placement.training.validation.l2_path import PenaltyPath, path_of

FEW_COLUMNS = 200  # up to which their Hessian is factorised faster by one thread


def path_config(config: TrainConfig) -> TrainConfig:
    """Return the settings in which a path is followed: by Newton's method, to the optimum.

    Every optimizer has the same one; the penalty is only that of the start.
    """
    return replace(
        config, optimizer="newton", epochs=None, lr=None, batch_size=None, momentum=None,
        patience=None, l2=1.0,
    )  # fmt: skip


def tune(
    prepared: Prepared,
    foldings: Sequence[ChunkedArray],
    l2: Sequence[float],
    on_progress: Callable[[str], None] = lambda _what: None,
) -> PenaltyPath:
    """Try penalties `l2`, strong to weak, on the training rows, in each of the foldings.

    These are as `assign_folds` makes them. `prepared`, in the settings of `path_config`, gives the
    rows and the weights at each penalty. `on_progress` is called after every fit.
    """
    weights = np.empty((len(l2), len(prepared.encoder.names)))
    losses, sizes = [], []
    with one_thread() if weights.shape[1] <= FEW_COLUMNS else nullcontext():
        for index, solution in enumerate(follow_path(prepared.problem, l2)):
            weights[index] = solution.weights
            on_progress("all training rows")
        for repeat, folds in enumerate(foldings):
            done = partial(on_progress, f"repeat {repeat + 1} of {len(foldings)}")
            of_fold = list(_losses(prepared.table, prepared.config, folds, l2, done))
            losses.append([loss for loss, _ in of_fold])
            sizes.append([size for _, size in of_fold])
    rows, names = prepared.problem.source.rows, prepared.encoder.names
    return path_of(l2, np.array(losses), np.array(sizes), rows=rows, names=names, weights=weights)


def follow_path(problem: Problem, l2: Sequence[float]) -> Iterator[Solution]:
    """Yield the solution at each penalty, each begun where the one before ended."""
    width = len(problem.names)
    weights, intercept = np.zeros(width), 0.0
    for penalty in l2:
        solution = solve(problem.with_penalty(penalty, weights, intercept))
        weights, intercept = solution.weights, solution.intercept
        yield solution


def _losses(
    table: Table,
    config: TrainConfig,
    folds: ChunkedArray,
    l2: Sequence[float],
    on_progress: Callable[[], None],
) -> Iterator[tuple[FloatArray, float]]:
    """Yield the held-out mean log-loss (m,) at each penalty and Σ weight, fold by fold."""
    for prepared in without_each_fold(table, config, folds):
        if prepared.test is None:
            raise ValueError("a fold without rows")
        fits = []
        for solution in follow_path(prepared.problem, l2):
            fits.append(np.append(solution.weights, solution.intercept))
            on_progress()
        yield held_out_losses(prepared.test, np.array(fits))


def held_out_losses(source: Chunks, fits: FloatArray) -> tuple[FloatArray, float]:
    """Return the mean log-loss (m,) of rows under parameters (m, d + 1), and Σ weight."""
    total, size = np.zeros(len(fits)), 0.0
    for chunk in source:
        y, w = np.asarray(chunk.y, dtype=np.float64), np.asarray(chunk.weight, dtype=np.float64)
        z = chunk.x.dot(fits[:, :-1].T) + fits[:, -1]
        total += w @ (np.logaddexp(0.0, z) - y[:, None] * z)
        size += float(w.sum())
    return total / size, size


def weight_sums(source: Chunks) -> tuple[float, float]:
    """Return Σ weight of all rows, and of the positive."""
    total = np.zeros(2)
    for chunk in source:
        w = np.asarray(chunk.weight, dtype=np.float64)
        total += w.sum(), w @ chunk.y
    return float(total[0]), float(total[1])
