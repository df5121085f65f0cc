"""Which fold of a cross-validation each row is in, by a keyed hash of what the model sees of it.

Rows are equal here where their features are, whatever became of them. Were the outcome hashed too,
those placed of some equal students might be tested on while the others train: to a model that can
learn such a cell by heart it would be taught the opposite of what is asked.
"""

from collections.abc import Callable

import numpy as np

from placement.arrays import BoolArray, IndexArray, UInt64Array
from placement.data.columns.column_store import ChunkedArray
from placement.data.splits.row_groups import group_rows
from placement.data.splits.row_hashes import hash_rows
from placement.data.splits.split import TRAIN, RowMask, Split, break_ties, class_of
from placement.data.table.table import Table


def assign_folds(
    table: Table, seed: int, number: int, *, group: str | None = None, split: Split | None = None
) -> ChunkedArray | None:
    """Number each row's fold 0 … number - 1, and -1 where it takes no part.

    The folds are stratified by outcome and keep rows of equal features together (unless these are
    more than 5 % of the rows), or else are made of whole groups of the column `group`. With
    `split`, only the rows that train take part. None where an outcome would be in one fold only.
    """

    def taking_part(place: int) -> BoolArray:
        own = None if split is None else split.subsets.piece(place) == TRAIN
        return np.ones(table.labels.sizes[place], dtype=bool) if own is None else np.asarray(own)

    fold_of = (
        _stratified(table, seed, number, taking_part)
        if group is None
        else _grouped(table, seed, number, group, taking_part)
    )
    made, seen = table.store.new_array(np.int8), np.zeros((2, number), dtype=bool)
    for place in range(table.pieces):
        there, fold = taking_part(place), fold_of(place)
        seen[class_of(table, place)[there], fold[there]] = True
        made.append(np.where(there, fold, -1).astype(np.int8))
    return made if (seen.sum(axis=1) >= 2).all() else None


def _stratified(
    table: Table, seed: int, number: int, taking_part: RowMask
) -> Callable[[int], IndexArray]:
    hashed = hash_rows(table, table.schema.feature_names, seed)
    keys, _ = break_ties(table, hashed, leaving=lambda place: ~taking_part(place))
    rows, hashes = keys.ranking.rows, keys.hashes
    wanted = [[-(-k * int(n) // number) for k in range(1, number)] if n else [] for n in rows]
    limits = keys.ranking.nth_smallest(wanted)

    def folds_by_class(place: int) -> tuple[IndexArray, IndexArray]:
        # A row's fold is the number of borders below its hash.
        below, above = (np.searchsorted(limits[k], hashes.piece(place)) for k in (0, 1))
        return below, above

    # Equal rows of both outcomes, where the borders of the outcomes disagree about them.
    found: list[list[UInt64Array]] = [[], []]
    for place in range(table.pieces):
        below, above = folds_by_class(place)
        classes, doubtful = class_of(table, place), taking_part(place) & (below != above)
        for k in (0, 1):
            found[k].append(hashes.piece(place)[doubtful & (classes == k)])
    torn = np.intersect1d(np.concatenate(found[0]), np.concatenate(found[1]))

    def fold_of(place: int) -> IndexArray:
        below, above = folds_by_class(place)
        together = (class_of(table, place) == 1) | np.isin(hashes.piece(place), torn)
        return np.where(together, above, below)

    return fold_of


def _grouped(
    table: Table, seed: int, number: int, group: str, taking_part: RowMask
) -> Callable[[int], IndexArray]:
    found = group_rows(table, group, seed, taking_part)
    # A group belongs where the middle of its rows lies, the groups laid in the order of the hash.
    middle = found.reached - np.diff(found.reached, prepend=0) / 2
    folds = np.minimum((middle * number / found.reached[-1]).astype(np.intp), number - 1)

    def fold_of(place: int) -> IndexArray:
        places = np.searchsorted(found.hashes, found.of(place))
        return np.asarray(folds[np.minimum(places, len(folds) - 1)])

    return fold_of
