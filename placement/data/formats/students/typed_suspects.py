"""Suspect rows of a table that comes in columns with types: Parquet, frames."""

from collections.abc import Callable, Sequence

import numpy as np

from placement.arrays import BoolArray
from placement.data.formats.blocks import Cells
from placement.data.formats.students.suspects import Suspicion
from placement.model.scorer import Coded

_LOOKED_AT = 2  # filled cells of a row: a number, and the word behind it


def suspects_among(suspicion: Suspicion, columns: Sequence[Cells]) -> list[int]:
    """Return the indices of the suspect rows; text is coded, and its first characters suffice."""
    rows = len(columns[0])
    filled = np.zeros(rows, dtype=np.int64)
    suspect, undecided = np.zeros(rows, dtype=bool), np.ones(rows, dtype=bool)
    for index, cells in enumerate(columns):
        if not isinstance(cells, Coded):
            filled += ~np.isnan(cells)
            continue
        undecided &= filled < _LOOKED_AT
        if undecided.any():
            suspect |= undecided & _test(cells, suspicion.begins)
            undecided &= ~_test(cells, lambda text: bool(text) and not text[0].isdigit())
        filled += _test(cells, bool)
        if index in suspicion.number_columns[:1]:
            suspect |= _test(cells, lambda text: text[:1].isalpha())
    suspect |= filled <= suspicion.few
    return [int(row) for row in np.flatnonzero(suspect)]


def _test(cells: Coded, test: Callable[[str], bool]) -> BoolArray:
    """Test each distinct text, and return what it gave for the cells (n,)."""
    passed = np.array([test(text or "") for text in cells.texts.tolist()], dtype=bool)
    return np.asarray(passed[cells.codes])
