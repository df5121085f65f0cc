"""A line of whole weight w as w rows, so that whatever counts, splits or draws rows is right of it.

A table of counts and the table it was counted from then hold out the same students, and every
interval, group and fold is that of the students, not of the lines.
"""

from dataclasses import dataclass

import numpy as np

from placement.arrays import CellArray, FloatArray, IntArray
from placement.data.columns.column_store import ChunkedArray, ColumnStore, ConstantArray

MOST_ROWS = 2_000_000  # of copies; where there are more, each row stands for several


@dataclass(frozen=True, eq=False)
class RowCopies:
    """How often each line is repeated (n,), piece by piece, and the rows that each copy stands for.

    `unit` is 1 but where the copies would be more than `MOST_ROWS`: then a line becomes copies of
    `unit` rows and one of what is left.
    """

    repeats: tuple[IntArray, ...]
    weights: tuple[FloatArray, ...]
    unit: int
    store: ColumnStore

    def of(self, array: ChunkedArray) -> ChunkedArray:
        """Return the cells of every copy, in the order of the lines."""
        repeated = self.store.new_array(array.dtype)
        for cells, repeats in zip(array, self.repeats, strict=True):
            repeated.append(np.repeat(cells, repeats))
        return repeated

    def describe(self, column: str) -> str:
        """Say how many lines stand for how many rows."""
        lines = sum(map(len, self.weights))
        rows = sum(int(weights.sum()) for weights in self.weights)
        return f"{lines:,} lines stand for {rows:,} rows, as {column} counts them"

    @property
    def weight(self) -> ChunkedArray:
        """How many rows each copy stands for."""
        if self.unit == 1:
            return ConstantArray(1.0, [int(repeats.sum()) for repeats in self.repeats])
        array = self.store.new_array(np.float64)
        for repeats, weights in zip(self.repeats, self.weights, strict=True):
            array.append(_weights_of_copies(repeats, weights, self.unit))
        return array


def row_copies(weights: ChunkedArray, store: ColumnStore) -> RowCopies | None:
    """Return the copies that the lines of these weights stand for; None where some is not whole."""
    pieces = tuple(np.asarray(piece, dtype=np.float64) for piece in weights)
    if not all((piece == np.floor(piece)).all() for piece in pieces):
        return None
    unit = max(1, -(-int(sum(float(piece.sum()) for piece in pieces)) // MOST_ROWS))
    repeats = tuple(np.ceil(piece / unit).astype(np.int64) for piece in pieces)
    return RowCopies(repeats, pieces, unit, store)


def _weights_of_copies(repeats: IntArray, weights: FloatArray, unit: int) -> CellArray:
    copies = np.full(int(repeats.sum()), float(unit))
    last = (np.cumsum(repeats) - 1)[repeats > 0]
    copies[last] = (weights - (repeats - 1) * unit)[repeats > 0]
    return copies
