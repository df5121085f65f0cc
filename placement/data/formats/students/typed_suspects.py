"""Suspect rows of a table that comes in columns with types: Parquet, frames."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from placement.data.formats.arrow_arrays import matches, null_mask
from placement.data.formats.students.suspects import Suspicion

if TYPE_CHECKING:
    import pyarrow as pa

_LOOKED_AT = 2  # filled cells of a row: a number, and the word behind it


def suspects_among(suspicion: Suspicion, columns: Sequence["pa.Array"]) -> list[int]:
    """Return the indices of the suspect rows."""
    rows = len(columns[0])
    filled = np.zeros(rows, dtype=np.int64)
    suspect, undecided = np.zeros(rows, dtype=bool), np.ones(rows, dtype=bool)
    for index, cells in enumerate(map(_trimmed, columns)):
        if cells is None:
            null = null_mask(columns[index])
            filled += True if null is None else ~null
            continue
        undecided &= filled < _LOOKED_AT
        if undecided.any():
            suspect |= undecided & matches(cells, f"(?is)^{suspicion.pattern}$")
            undecided &= ~matches(cells, r"^\D")
        filled += matches(cells, ".")
        if index in suspicion.number_columns[:1]:
            suspect |= matches(cells, r"^\pL")
    suspect |= filled <= suspicion.few
    return [int(row) for row in np.flatnonzero(suspect)]


def _trimmed(column: "pa.Array") -> "pa.Array | None":
    """Return text without the blanks round it, None for anything but text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return pc.utf8_trim_whitespace(column) if is_text else None
