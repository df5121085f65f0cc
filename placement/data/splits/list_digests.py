"""Digests of a list that somebody may have opened, sorted and saved in between: one a column.

They tell whether a cell is still that of the student it was written for. The order of the rows does
not matter, nor in which file format they stand, nor how a number is written.
"""

from collections.abc import Mapping

import numpy as np

from placement.arrays import ObjectArray, UInt64Array
from placement.data.columns.column_summary import mix_bits
from placement.data.formats.blocks import text_of
from placement.data.splits.row_hashes import combine_hashes, word_hashes
from placement.model.scorer import Coded, ColumnLike, fold

_DIGITS = 12  # of a number, which survive a spreadsheet


def cell_hashes(cells: ColumnLike) -> UInt64Array:
    """Return the hash (n,) of each cell, whatever its case and however a number is written."""
    if isinstance(cells, Coded):
        return np.asarray(word_hashes(_normalized(cells.texts), 0)[cells.codes])
    return word_hashes(_normalized(np.asarray(cells)), 0)


def _normalized(cells: ObjectArray) -> ObjectArray:
    return np.array([_normalize(text_of(cell)) for cell in cells.tolist()], dtype=object)


def _normalize(text: str) -> str:
    try:
        return f"{float(text):.{_DIGITS}g}"
    except ValueError:
        return fold(text)


def row_digests(hashes: Mapping[str, UInt64Array]) -> UInt64Array:
    """Return the digest (n,) of each row, from the hashes of its cells by column."""
    return combine_hashes(hashes.items(), 0)


def column_digests(hashes: Mapping[str, UInt64Array], student: UInt64Array) -> dict[str, str]:
    """Return a digest of each column; `student` (n,) is the hash that tells whose a cell is."""
    return {
        name: f"{int(mix_bits(cells ^ mix_bits(student.copy())).sum(dtype=np.uint64)):016x}"
        for name, cells in hashes.items()
    }


def table_digest(rows: UInt64Array) -> str:
    """Return a digest of a table from those of its rows (n,), in whatever order."""
    return f"{len(rows)}-{int(mix_bits(rows.copy()).sum(dtype=np.uint64)):016x}"
