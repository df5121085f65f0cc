"""Which training rows are no independent students: those of one student, and copies of a row."""

from dataclasses import dataclass

import numpy as np

from placement.arrays import IntArray, UInt64Array
from placement.config.train_config import NO_GROUP, TrainConfig
from placement.data.splits.repeated_rows import LEAST_STUDENTS, multiplied_rows
from placement.data.splits.row_groups import group_rows
from placement.data.splits.split import TRAIN, Split
from placement.data.table.table import Table


@dataclass(frozen=True, eq=False)
class RowClusters:
    """The cluster of each training row, `index` (n,) from 0 to `count` - 1.

    `column` tells the clusters, None where they are the different rows of a multiplied table.
    """

    column: str | None
    index: IntArray
    count: int


def row_clusters(table: Table, split: Split, config: TrainConfig) -> RowClusters | None:
    """Return the clusters of the training rows, None where each is on its own, or they are few."""
    hashes = cluster_hashes(table, config)
    if hashes is None:
        return None
    train = np.concatenate([subset == TRAIN for subset in split.subsets])
    distinct, index = np.unique(hashes[train], return_inverse=True)
    if not LEAST_STUDENTS <= len(distinct) < len(index):
        return None
    return RowClusters(_column(table, config), index, len(distinct))


def cluster_hashes(table: Table, config: TrainConfig) -> UInt64Array | None:
    """Return a hash of each row's student or group (n,), or of the row where these are copies.

    None where every row is on its own.
    """
    column = _column(table, config)
    if column is None:
        return None if config.weight else multiplied_rows(table, config.seed)
    return _hashes(table, column, config.seed)


def student_hashes(table: Table) -> UInt64Array | None:
    """Return a hash of each row's student (n,), None where none has several rows."""
    return None if table.students is None else _hashes(table, table.students, 0)


def _hashes(table: Table, column: str, seed: int) -> UInt64Array:
    hashes_of = group_rows(table, column, seed).hashes_of
    return np.concatenate([hashes_of(piece) for piece in range(table.pieces)])


def _column(table: Table, config: TrainConfig) -> str | None:
    is_grouped = config.group is not None and config.group != NO_GROUP
    return config.group if is_grouped else table.students
