"""Probabilities of rows piece by piece: of some rows by a model, of all rows out of fold."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from placement.config import TrainConfig
from placement.data.sensitive import Groups
from placement.data.ordered import in_order, usable_processors
from placement.data.shelf import Vector
from placement.data.split import TEST, TRAIN, split_of
from placement.data.table import Table
from placement.errors import DataError
from placement.model.fitted import Fitted
from placement.training.fitting import solve
from placement.training.preparation import Prepared, Tested, finish, prepare

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
InGroups = tuple[Floats, Floats, Floats, tuple[Codes, ...]]


def scored(tested: Tested, fitted: Fitted) -> Iterator[tuple[Floats, Floats, Floats]]:
    """Yield probability, label and weight (n,) of the rows of each piece."""
    for p, y, w, _ in scored_in_groups(tested, fitted, ()):
        yield p, y, w


def scored_in_groups(
    tested: Tested, fitted: Fitted, groups: Sequence[Groups]
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
    table: Table, config: TrainConfig, folds: Vector
) -> Iterator[tuple[Floats, Floats, Floats, float]]:
    """Yield out-of-fold probability, label and weight (n,) with their base rate, fold by fold.

    Where the rest of a fold is separable at `--l2 0`, though the whole is not, the fold is fitted
    with the default penalty: it has no unpenalised optimum.
    """
    for prepared, fitted in _fold_models(table, config, folds):
        for p, y, w in scored(prepared.tested, fitted):
            yield p, y, w, prepared.base_rate


def cross_scored_in_groups(
    table: Table, config: TrainConfig, folds: Vector, groups: Sequence[Groups]
) -> Iterator[InGroups]:
    """Yield out-of-fold probability, label, weight and groups (n,), fold by fold."""
    for prepared, fitted in _fold_models(table, config, folds):
        yield from scored_in_groups(prepared.tested, fitted, groups)


def _fold_models(
    table: Table, config: TrainConfig, folds: Vector
) -> Iterator[tuple[Prepared, Fitted]]:
    """Yield for each fold the model of the other rows, with the fold as its rows to test on."""
    config = replace(config, patience=None)
    numbers = sorted({int(fold) for own in folds for fold in np.unique(own)})
    for number in numbers:
        prepared = _without(table, config, folds, number)
        yield prepared, finish(prepared, solve(prepared.problem))
        prepared.discard()


def _without(table: Table, config: TrainConfig, folds: Vector, number: int) -> Prepared:
    """Prepare a table for training without one of its folds."""
    split = split_of(
        table, lambda place: np.where(folds.piece(place) == number, TEST, TRAIN), "a fold"
    )
    try:
        return prepare(table, config, split=split)
    except DataError:
        return prepare(table, replace(config, l2=TrainConfig().l2), split=split)
