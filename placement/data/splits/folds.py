"""Which fold of a cross-validation each row is in, by a keyed hash of its features.

Rows are equal here where their features are, whatever their outcome. Were the outcome hashed too,
those placed of some equal students might be tested on while the others train: to a model that can
memorise such a cell it would be taught the opposite of what is tested.
"""

from collections.abc import Callable

import numpy as np

from placement.arrays import BoolArray, IndexArray, UInt64Array
from placement.data.columns.column_store import ChunkedArray
from placement.data.splits.row_groups import group_rows
from placement.data.splits.row_hashes import hash_rows
from placement.data.splits.split import TRAIN, RowMask, Split, break_ties, classes_of
from placement.data.table.table import Table


def assign_folds(
    table: Table, seed: int, fold_count: int, group: str | None = None, split: Split | None = None
) -> ChunkedArray | None:
    """Number each row's fold 0 … fold_count - 1, and -1 where it takes no part.

    The folds are stratified by outcome and keep rows of equal features together (unless these are
    more than 5 % of the rows), or else are made of whole groups of the column `group`. With
    `split`, only the rows that train take part. None where an outcome would be in one fold only.
    """

    def takes_part(piece: int) -> BoolArray:
        if split is None:
            return np.ones(table.labels.sizes[piece], dtype=bool)
        return np.asarray(split.subsets.piece(piece) == TRAIN)

    if group is None:
        fold_of = _stratified(table, seed, fold_count, takes_part)
    else:
        fold_of = _grouped(table, seed, fold_count, group, takes_part)
    folds, has_class = table.store.new_array(np.int8), np.zeros((2, fold_count), dtype=bool)
    for piece in range(table.pieces):
        included, fold = takes_part(piece), fold_of(piece)
        has_class[classes_of(table, piece)[included], fold[included]] = True
        folds.append(np.where(included, fold, -1).astype(np.int8))
    return folds if (has_class.sum(axis=1) >= 2).all() else None


def _stratified(
    table: Table, seed: int, fold_count: int, takes_part: RowMask
) -> Callable[[int], IndexArray]:
    row_hashes = hash_rows(table, table.schema.feature_names, seed)
    order, _ = break_ties(table, row_hashes, excluded=lambda piece: ~takes_part(piece))
    rows, hashes = order.histogram.class_counts, order.hashes
    ranks = [
        [-(-k * int(n) // fold_count) for k in range(1, fold_count)] if n else [] for n in rows
    ]
    limits = order.histogram.nth_smallest(ranks)

    def folds_by_class(piece: int) -> tuple[IndexArray, IndexArray]:
        # A row's fold is the number of borders below its hash.
        below, above = (np.searchsorted(limits[k], hashes.piece(piece)) for k in (0, 1))
        return below, above

    # Equal rows of both outcomes, where the borders of the outcomes disagree about them.
    doubtful_hashes: list[list[UInt64Array]] = [[], []]
    for piece in range(table.pieces):
        below, above = folds_by_class(piece)
        classes, differs = classes_of(table, piece), takes_part(piece) & (below != above)
        for k in (0, 1):
            doubtful_hashes[k].append(hashes.piece(piece)[differs & (classes == k)])
    negatives, positives = doubtful_hashes
    split_hashes = np.intersect1d(np.concatenate(negatives), np.concatenate(positives))

    def fold_of(piece: int) -> IndexArray:
        below, above = folds_by_class(piece)
        together = (classes_of(table, piece) == 1) | np.isin(hashes.piece(piece), split_hashes)
        return np.where(together, above, below)

    return fold_of


def _grouped(
    table: Table, seed: int, fold_count: int, group: str, takes_part: RowMask
) -> Callable[[int], IndexArray]:
    groups = group_rows(table, group, seed, takes_part)
    # A group belongs where the middle of its rows lies, the groups laid in the order of the hash.
    middle = groups.cumulative_rows - np.diff(groups.cumulative_rows, prepend=0) / 2
    folds = (middle * fold_count / groups.cumulative_rows[-1]).astype(np.intp)
    folds = np.minimum(folds, fold_count - 1)

    def fold_of(piece: int) -> IndexArray:
        group_index = np.searchsorted(groups.hashes, groups.hashes_of(piece))
        return np.asarray(folds[np.minimum(group_index, len(folds) - 1)])

    return fold_of
