"""Which rows of columns with types (Parquet, frames) may be no students."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from placement.data.formats.arrow_arrays import matches, null_mask
from placement.data.formats.students.row_filter import RowFilter

if TYPE_CHECKING:
    import pyarrow as pa

_LOOKED_AT = 2  # filled cells of a row: a number, and the word behind it


def rows_to_check(row_filter: RowFilter, columns: Sequence["pa.Array"]) -> list[int]:
    """Return the indices of the rows to look at."""
    rows = len(columns[0])
    filled = np.zeros(rows, dtype=np.int64)
    to_check, undecided = np.zeros(rows, dtype=bool), np.ones(rows, dtype=bool)
    for index, cells in enumerate(map(_trimmed, columns)):
        if cells is None:
            null = null_mask(columns[index])
            filled += True if null is None else ~null
            continue
        undecided &= filled < _LOOKED_AT
        if undecided.any():
            to_check |= undecided & matches(cells, f"(?is)^{row_filter.pattern}$")
            undecided &= ~matches(cells, r"^\D")
        filled += matches(cells, ".")
        if index in row_filter.number_columns[:1]:
            to_check |= matches(cells, r"^\pL")
    to_check |= filled <= row_filter.few
    return [int(row) for row in np.flatnonzero(to_check)]


def _trimmed(column: "pa.Array") -> "pa.Array | None":
    """Return text without the blanks round it, None for anything but text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return pc.utf8_trim_whitespace(column) if is_text else None
