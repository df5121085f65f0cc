"""Groups of rows that belong together, such as a college's students, by a keyed hash."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from placement.arrays import BoolArray, IntArray, ObjectArray, UInt64Array
from placement.data.columns.column import Column
from placement.data.columns.column_summary import mix_bits
from placement.data.schema import matching_columns
from placement.data.splits.row_hashes import column_hashes, word_hashes
from placement.data.table.table import Table
from placement.errors import DataError
from placement.model.scorer import words

MOST_GROUPS = 1_000_000


@dataclass(frozen=True)
class RowGroups:
    """The groups of a column by rising hash (g,), and how many rows are `reached` with each.

    `of(place)` gives the hashes (n,) of a piece's rows.
    """

    name: str
    hashes: UInt64Array
    reached: IntArray
    of: Callable[[int], UInt64Array]


def group_rows(
    table: Table, group: str, seed: int, rows: Callable[[int], BoolArray] | None = None
) -> RowGroups:
    """Hash the groups of a column; only those rows are counted that `rows` marks."""
    name = matching_columns(table.chunked_columns, [group], option="--group", file=table.name)[
        group
    ]
    group_of = _group_hashes(table.chunked_columns[name], seed)
    counts: dict[int, int] = {}
    for place in range(table.pieces):
        own = group_of(place) if rows is None else group_of(place)[rows(place)]
        for value, count in zip(*np.unique(own, return_counts=True), strict=True):
            counts[int(value)] = counts.get(int(value), 0) + int(count)
        if len(counts) > MOST_GROUPS:
            raise DataError(
                f"{table.name}, column {name}: more than {MOST_GROUPS:,} groups; choose another "
                "--group"
            )
    hashes = np.array(sorted(counts), dtype=np.uint64)
    reached = np.cumsum([counts[int(value)] for value in hashes])
    return RowGroups(name, hashes, reached, group_of)


def _group_hashes(column: Column, seed: int) -> Callable[[int], UInt64Array]:
    """Return what hashes a piece's groups; rows without a group are one more group."""
    if column.is_hashed:
        return lambda place: mix_bits(column_hashes(column, seed)(place) ^ np.uint64(seed))
    if column.kind == "number":

        def of_numbers(place: int) -> UInt64Array:
            distinct, inverse = np.unique(np.asarray(column.piece(place)), return_inverse=True)
            return np.asarray(word_hashes(_without_none(words(distinct)), seed)[inverse])

        return of_numbers
    # As None they would always hash to the smallest.
    of_text = word_hashes(_without_none(column.texts), seed)
    return lambda place: np.asarray(of_text[column.array.piece(place)])


def _without_none(cells: ObjectArray) -> ObjectArray:
    return np.array([word or "" for word in cells], dtype=object)
