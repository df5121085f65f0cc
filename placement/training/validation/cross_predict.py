"""Probabilities of rows piece by piece: of some rows by a model, of all rows out of fold."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from placement.arrays import FloatArray, IntArray
from placement.config import TrainConfig
from placement.data.columns.column_store import ChunkedArray
from placement.data.profiles.sensitive_groups import SensitiveGroups
from placement.data.splits.split import TEST, TRAIN, UNUSED, make_split
from placement.data.table.table import Table
from placement.errors import DataError
from placement.model.fitted import Fitted
from placement.runtime.ordered_map import in_order, usable_processors
from placement.training.fit import build_fitted
from placement.training.prepare import Prepared, TestRows, prepare
from placement.training.solver.training_loop import solve

InGroups = tuple[FloatArray, FloatArray, FloatArray, tuple[IntArray, ...]]


def scored(tested: TestRows, fitted: Fitted) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
    """Yield probability, label and weight (n,) of the rows of each piece."""
    for p, y, w, _ in scored_in_groups(tested, fitted, ()):
        yield p, y, w


def scored_in_groups(
    tested: TestRows, fitted: Fitted, groups: Sequence[SensitiveGroups]
) -> Iterator[InGroups]:
    """Yield the same, and for each of some columns the place of every row's group (n,)."""
    table = tested.table

    def of_piece(place: int) -> InGroups:
        rows = np.flatnonzero(tested.rows(place))
        cells = table.piece(place, fitted.schema.feature_names)
        p = fitted.predict_proba({name: column[rows] for name, column in cells.items()})
        codes = tuple(own.codes(place)[rows] for own in groups)
        return p, table.labels.piece(place)[rows], table.weights.piece(place)[rows], codes

    places = [place for place in range(table.pieces) if tested.rows(place).any()]
    yield from in_order(places, of_piece, usable_processors())


def cross_scored(
    table: Table, config: TrainConfig, folds: ChunkedArray
) -> Iterator[tuple[FloatArray, FloatArray, FloatArray, float]]:
    """Yield out-of-fold probability, label and weight (n,) with their base rate, fold by fold.

    `folds` number the rows as `folds_of` does; rows of -1 are neither trained on nor scored.

    Where the rest of a fold is separable at `--l2 0`, though the whole is not, the fold is fitted
    with the default penalty: it has no unpenalised optimum.
    """
    for number in fold_numbers(folds):
        yield from fold_scored(table, config, folds, number)


def cross_scored_in_groups(
    table: Table, config: TrainConfig, folds: ChunkedArray, groups: Sequence[SensitiveGroups]
) -> Iterator[InGroups]:
    """Yield out-of-fold probability, label, weight and groups (n,), fold by fold."""
    for number in fold_numbers(folds):
        with _fold_model(table, config, folds, number) as (prepared, fitted):
            yield from scored_in_groups(prepared.test_rows, fitted, groups)


@contextmanager
def _fold_model(
    table: Table, config: TrainConfig, folds: ChunkedArray, number: int
) -> Iterator[tuple[Prepared, Fitted]]:
    """Yield the model of all rows but a fold's, with the fold as its rows to test on."""
    prepared = without_fold(table, replace(config, patience=None), folds, number)
    yield prepared, build_fitted(prepared, solve(prepared.problem))
    prepared.discard()


def fold_numbers(folds: ChunkedArray) -> list[int]:
    """Return the numbers of the folds that have rows."""
    return sorted({int(fold) for own in folds for fold in np.unique(own) if fold >= 0})


def fold_scored(
    table: Table, config: TrainConfig, folds: ChunkedArray, number: int
) -> Iterator[tuple[FloatArray, FloatArray, FloatArray, float]]:
    """Yield the same of one fold, by the model of the other folds."""
    with _fold_model(table, config, folds, number) as (prepared, fitted):
        for p, y, w in scored(prepared.test_rows, fitted):
            yield p, y, w, prepared.base_rate


def without_fold(table: Table, config: TrainConfig, folds: ChunkedArray, number: int) -> Prepared:
    """Prepare a table for training without one of its folds, which is what is held out."""

    def part(place: int) -> npt.NDArray[np.integer]:
        own = folds.piece(place)
        return np.where(own == number, TEST, np.where(own < 0, UNUSED, TRAIN))

    split = make_split(table, part, "a fold")
    try:
        return prepare(table, config, split=split)
    except DataError:
        return prepare(table, replace(config, l2=TrainConfig().l2), split=split)
