"""Where rows stand in their files, so that a message can name them."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from placement.arrays import BoolArray, CellArray, Document, IntArray
from placement.data.columns.column_store import PIECE_ROWS, downcast
from placement.data.formats.blocks import Block

SHOWN = 3


@dataclass(frozen=True)
class MatchingRows:
    """Some rows of a table: how many, and the 0-based positions of the first of them."""

    count: int = 0
    first: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return self.count > 0

    @staticmethod
    def at(positions: npt.NDArray[np.integer]) -> "MatchingRows":
        """The rows at these positions (n,)."""
        return MatchingRows(len(positions), tuple(positions[:SHOWN].tolist()))

    @staticmethod
    def from_masks(masks: Iterable[BoolArray]) -> "MatchingRows":
        """Find the rows marked in masks (n,) of consecutive pieces."""
        count, before = 0, 0
        first: list[int] = []
        for mask in masks:
            matches = int(np.count_nonzero(mask))
            if matches and len(first) < SHOWN:
                rows = np.flatnonzero(mask)[: SHOWN - len(first)]
                first += (rows + before).tolist()
            count, before = count + matches, before + len(mask)
        return MatchingRows(count, tuple(first))


@dataclass(frozen=True)
class _BlockLocation:
    """Where the rows of a block stand: their file, the first row and its line, lines between rows.

    `first_line` is None where the file has no lines, `line_steps` where each row has one line.
    """

    file: int
    first_row: int
    first_line: int | None
    line_steps: CellArray | None  # a byte a row: rows of several lines may be very many

    @staticmethod
    def of(file: int, block: Block) -> "_BlockLocation":
        if block.lines is None:
            return _BlockLocation(file, block.first_row, None, None)
        steps = None
        if not isinstance(block.lines, range):
            line_steps = np.diff(block.lines)
            steps = None if (line_steps == 1).all() else downcast(line_steps)
        return _BlockLocation(file, block.first_row, int(block.lines[0]), steps)

    def line(self, offset: int) -> int | None:
        if self.first_line is None:
            return None
        lines = offset if self.line_steps is None else self.line_steps[:offset].sum(dtype=np.int64)
        return self.first_line + int(lines)

    def to_json(self) -> list[Any]:
        steps = self.line_steps
        encoded = None if steps is None else [steps.dtype.str, steps.tobytes().hex()]
        return [self.file, self.first_row, self.first_line, encoded]

    @staticmethod
    def from_json(data: list[Any]) -> "_BlockLocation":
        file, first_row, first_line, encoded = data
        steps = None if encoded is None else np.frombuffer(bytes.fromhex(encoded[1]), encoded[0])
        return _BlockLocation(file, first_row, first_line, steps)


@dataclass(frozen=True)
class RowLocations:
    """Where each row of a table stands: its file, its 1-based data row there, its line."""

    piece_rows: int = PIECE_ROWS
    files: list[str] = field(default_factory=list)
    _blocks: list[_BlockLocation] = field(default_factory=list)
    _starts: list[int] = field(default_factory=lambda: [0])
    _ends_of_files: list[int] = field(default_factory=list)

    def add(self, block: Block) -> None:
        """Append the locations of a block's rows."""
        if not self.files or self.files[-1] != block.file:
            self.files.append(block.file)
            self._ends_of_files.append(len(self))
        self._blocks.append(_BlockLocation.of(len(self.files) - 1, block))
        self._starts.append(self._starts[-1] + block.rows)
        self._ends_of_files[-1] = len(self)

    def __len__(self) -> int:
        return self._starts[-1]

    def to_json(self) -> Document:
        """Return what JSON can hold."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return values | {"_blocks": [block.to_json() for block in self._blocks]}

    @staticmethod
    def from_json(data: Document) -> "RowLocations":
        """Return the locations that `to_json` wrote."""
        blocks = [_BlockLocation.from_json(block) for block in data["_blocks"]]
        return RowLocations(**{**data, "_blocks": blocks})

    @cached_property
    def pieces(self) -> list[tuple[int, int, int]]:
        """The file, the 1-based first data row and the rows of each piece of the table."""
        file_start = 0
        pieces: list[tuple[int, int, int]] = []
        for file, end in enumerate(self._ends_of_files):
            pieces += [
                (file, start - file_start + 1, min(self.piece_rows, end - start))
                for start in range(file_start, end, self.piece_rows)
            ]
            file_start = end
        return pieces

    @cached_property
    def _piece_starts(self) -> list[int]:
        return [0, *accumulate(rows for _, _, rows in self.pieces)]

    def find(self, row: int) -> tuple[int, int]:
        """Return the piece of a row, and its index within the piece."""
        piece = bisect_right(self._piece_starts, row) - 1
        return piece, row - self._piece_starts[piece]

    def row_numbers(self, piece: int) -> IntArray:
        """Return the 1-based data rows (n,) of a piece's rows."""
        _, first, rows = self.pieces[piece]
        return np.arange(first, first + rows, dtype=np.int64)

    def describe(self, row: int) -> str:
        """Return `may.csv, row 812 (line 815)`."""
        return f"{self.file(row)}, {self.describe_row(row)}"

    def file(self, row: int) -> str:
        """Return the name of the row's file."""
        return self.files[self._block_of(row)[0].file]

    def line(self, row: int) -> int | None:
        """Return the line of a row in its file, None where that has none."""
        block, offset = self._block_of(row)
        return block.line(offset)

    def describe_row(self, row: int) -> str:
        """Return `row 812 (line 815)`."""
        block, offset = self._block_of(row)
        line = block.line(offset)
        return f"row {block.first_row + offset}" + ("" if line is None else f" (line {line})")

    def _block_of(self, row: int) -> tuple[_BlockLocation, int]:
        index = bisect_right(self._starts, row) - 1
        return self._blocks[index], row - self._starts[index]

    def describe_rows(self, rows: MatchingRows) -> str:
        """Return `rows 3, 8, 12 and 5 more`, with the file where there are several."""
        describe = self.describe if len(self.files) > 1 else self.describe_row
        named = [describe(row) for row in rows.first]
        more = rows.count - len(named)
        return ", ".join(named) + (f" and {more:,} more" if more > 0 else "")
