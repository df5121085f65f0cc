"""Probabilities of rows piece by piece: of some rows by a model, of all rows out of fold."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from placement.arrays import FloatArray, IntArray
from placement.config.train_config import TrainConfig
from placement.data.columns.column_store import ChunkedArray
from placement.data.profiles.sensitive_groups import SensitiveGroups
from placement.data.splits.split import TEST, TRAIN, UNUSED, make_split
from placement.data.table.table import Table
from placement.errors import DataError
from placement.model.fitted import Fitted
from placement.runtime.parallel_map import usable_processors
from placement.runtime.ranks import shared_in_order
from placement.training.fit import build_fitted
from placement.training.prepare import Prepared, prepare
from placement.training.solver.training_loop import solve


class ScoredRows(NamedTuple):
    """Some rows that a model scored, (n,) each, with the base rate of those it was trained on.

    `groups` are the indices of the rows' groups, (n,) for each of some columns.
    """

    probability: FloatArray
    label: FloatArray
    weight: FloatArray
    base_rate: float
    groups: tuple[IntArray, ...] = ()


def score_tested(
    prepared: Prepared, fitted: Fitted, groups: Sequence[SensitiveGroups] = ()
) -> Iterator[ScoredRows]:
    """Score the rows to measure on, piece by piece."""
    tested, table = prepared.test_rows, prepared.test_rows.table

    def score_piece(piece: int) -> ScoredRows:
        rows = np.flatnonzero(tested.rows(piece))
        cells = table.piece(piece, fitted.schema.feature_names)
        return ScoredRows(
            fitted.predict_proba({name: column[rows] for name, column in cells.items()}),
            table.labels.piece(piece)[rows],
            table.weights.piece(piece)[rows],
            prepared.base_rate,
            tuple(column.codes(piece)[rows] for column in groups),
        )

    pieces = [piece for piece in range(table.pieces) if tested.rows(piece).any()]
    yield from shared_in_order(pieces, score_piece, usable_processors())


def predict_out_of_fold(
    table: Table, config: TrainConfig, folds: ChunkedArray, groups: Sequence[SensitiveGroups] = ()
) -> Iterator[ScoredRows]:
    """Score every row by a model of the other folds, fold by fold and piece by piece."""
    return chain.from_iterable(predict_each_fold(table, config, folds, groups))


def predict_each_fold(
    table: Table, config: TrainConfig, folds: ChunkedArray, groups: Sequence[SensitiveGroups] = ()
) -> Iterator[Iterator[ScoredRows]]:
    """Yield the same as one iterator a fold, to be exhausted before the next."""
    for prepared in without_each_fold(table, replace(config, patience=None), folds):
        solution = solve(prepared.problem.without_descent())  # nobody looks at its curve
        yield score_tested(prepared, build_fitted(prepared, solution), groups)


def without_each_fold(table: Table, config: TrainConfig, folds: ChunkedArray) -> Iterator[Prepared]:
    """Yield for each fold the others prepared for training, with the fold as the rows to test on.

    `folds` number the rows as `assign_folds` does; rows of -1 neither train nor test. The encoded
    rows are discarded when the next fold is asked for.

    Where the rest of a fold is separable at `--l2 0`, though the whole is not, it is prepared with
    the default penalty: it has no unpenalised optimum.
    """
    for number in fold_numbers(folds):
        prepared = _without_fold(table, config, folds, number)
        try:
            yield prepared
        finally:
            prepared.discard()


def fold_numbers(folds: ChunkedArray) -> list[int]:
    """Return the numbers of the folds that have rows."""
    return sorted({int(fold) for piece in folds for fold in np.unique(piece) if fold >= 0})


def _without_fold(table: Table, config: TrainConfig, folds: ChunkedArray, number: int) -> Prepared:
    def part(piece: int) -> npt.NDArray[np.integer]:
        fold = folds.piece(piece)
        return np.where(fold == number, TEST, np.where(fold < 0, UNUSED, TRAIN))

    split = make_split(table, part, "a fold")
    # With a penalty nobody asks whether a fold is separable: of many columns it takes seconds.
    try:
        return prepare(table, config, split=split, find_separation=not config.l2)
    except DataError:
        penalised = replace(config, l2=TrainConfig().l2)
        return prepare(table, penalised, split=split, find_separation=False)
