"""Groups of rows that belong together, such as a college's students, by a keyed hash."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from placement.arrays import BoolArray, IntArray, ObjectArray, UInt64Array
from placement.config.train_config import NO_GROUP, TrainConfig
from placement.data.columns.column import Column
from placement.data.columns.column_summary import mix_bits
from placement.data.schema import matching_column
from placement.data.splits.row_hashes import column_hashes, word_hashes
from placement.data.table.table import Table
from placement.errors import DataError
from placement.model.scorer import words

MOST_GROUPS = 1_000_000


@dataclass(frozen=True)
class RowGroups:
    """The groups of a column by rising hash (g,), and the cumulative rows of these groups (g,).

    `hashes_of(piece)` gives the hashes (n,) of a piece's rows.
    """

    name: str
    hashes: UInt64Array
    cumulative_rows: IntArray
    hashes_of: Callable[[int], UInt64Array]


def group_of(table: Table, config: TrainConfig) -> str | None:
    """Return the column whose groups stay together: `--group`, else students on several rows."""
    if config.group is None:
        return table.students
    return None if config.group == NO_GROUP else config.group


def group_rows(
    table: Table, group: str, seed: int, mask: Callable[[int], BoolArray] | None = None
) -> RowGroups:
    """Hash the groups of a column; only the rows that `mask` marks are counted."""
    name = matching_column(table.chunked_columns, group, option="--group", file=table.name)
    group_of = _group_hashes(table.chunked_columns[name], seed)
    counts: dict[int, int] = {}
    for piece in range(table.pieces):
        group_hashes = group_of(piece) if mask is None else group_of(piece)[mask(piece)]
        for value, count in zip(*np.unique(group_hashes, return_counts=True), strict=True):
            counts[int(value)] = counts.get(int(value), 0) + int(count)
        if len(counts) > MOST_GROUPS:
            raise DataError(
                f"{table.name}, column {name}: more than {MOST_GROUPS:,} groups; choose another "
                "--group"
            )
    hashes = np.array(sorted(counts), dtype=np.uint64)
    cumulative_rows = np.cumsum([counts[int(value)] for value in hashes])
    return RowGroups(name, hashes, cumulative_rows, group_of)


def _group_hashes(column: Column, seed: int) -> Callable[[int], UInt64Array]:
    """Return a function that hashes a piece's groups; rows without a group are one more group."""
    if column.is_hashed:
        return lambda piece: mix_bits(column_hashes(column, seed)(piece) ^ np.uint64(seed))
    if column.kind == "number":

        def of_numbers(piece: int) -> UInt64Array:
            distinct, inverse = np.unique(np.asarray(column.piece(piece)), return_inverse=True)
            return np.asarray(word_hashes(_without_none(words(distinct)), seed)[inverse])

        return of_numbers
    # As None they would always hash to the smallest.
    hash_of_text = word_hashes(_without_none(column.texts), seed)
    return lambda piece: np.asarray(hash_of_text[column.array.piece(piece)])


def _without_none(cells: ObjectArray) -> ObjectArray:
    return np.array([word or "" for word in cells], dtype=object)
