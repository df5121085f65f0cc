"""Which rectangle the cells of a sheet span, and the refusal of one that is nearly empty.

calamine stores the whole rectangle, and aborts the process where the memory does not suffice.
"""

from dataclasses import dataclass

from placement.arrays import IntArray
from placement.errors import DataError

Cell = tuple[int, int]

_MAX_CELLS, _MAX_BLANKS, _MAX_FILLED = 1 << 22, 50, 1 << 27


@dataclass
class Extent:
    """The first and the last row and column (from 1) that have a cell, and how many cells."""

    cells: int = 0
    top: int = 1 << 62
    left: int = 1 << 62
    bottom: int = 0
    right: int = 0
    furthest: Cell = (0, 0)

    def add(self, cell: Cell) -> None:
        """Take in a cell."""
        row, column = cell
        self.cells += 1
        self.top, self.left = min(self.top, row), min(self.left, column)
        if row > self.bottom or column > self.right:
            self.furthest = cell
        self.bottom, self.right = max(self.bottom, row), max(self.right, column)

    def add_all(self, rows: IntArray, columns: IntArray) -> None:
        """Take in cells by their rows (n,) and columns (n,)."""
        cells = self.cells + len(rows)
        for index in {rows.argmin(), columns.argmin(), rows.argmax(), columns.argmax()}:
            self.add((int(rows[index]), int(columns[index])))
        self.cells = cells

    @property
    def area(self) -> int:
        """How many cells the rectangle has."""
        return max(0, self.bottom - self.top + 1) * max(0, self.right - self.left + 1)

    @property
    def is_sparse(self) -> bool:
        """Whether hardly any cell of the rectangle is there, and it is large."""
        return self.area > _MAX_CELLS and self.area > _MAX_BLANKS * self.cells


def refuse_sparse(where: str, extent: Extent) -> None:
    """Raise `DataError` where the cells of a sheet stand too far apart to be read."""
    if extent.is_sparse:
        row, column = extent.furthest
        raise DataError(
            f"{where}: cell {column_letters(column)}{row} stands far from the table, with next to "
            "nothing between: delete that row and column, and save"
        )
    if extent.area > _MAX_FILLED:
        raise DataError(f"{where}: {extent.area:,} cells are more than can be read: save it as CSV")


def column_letters(column: int) -> str:
    """Return the letters of a column: 1 is A, 27 is AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
