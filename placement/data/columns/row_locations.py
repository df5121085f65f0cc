"""Where rows stand in their files, so that a message can name them."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from placement.arrays import BoolArray, CellArray, IntArray
from placement.data.columns.column_store import PIECE_ROWS, compact
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
    def among(masks: Iterable[BoolArray]) -> "MatchingRows":
        """Find the rows marked in masks (n,) of consecutive pieces."""
        count, before = 0, 0
        first: list[int] = []
        for mask in masks:
            here = int(np.count_nonzero(mask))
            if here and len(first) < SHOWN:
                places = np.flatnonzero(mask)[: SHOWN - len(first)]
                first += (places + before).tolist()
            count, before = count + here, before + len(mask)
        return MatchingRows(count, tuple(first))


@dataclass(frozen=True)
class _Origin:
    """Where some rows of a file are from: the first of them, its line, and how far apart they are.

    `first_line` is None where the file has no lines, `steps` where each row has one line.
    """

    file: int
    first_row: int
    first_line: int | None
    steps: CellArray | None  # a byte a row: rows with line ends in their cells may be very many

    @staticmethod
    def of(file: int, block: Block) -> "_Origin":
        if block.lines is None:
            return _Origin(file, block.first_row, None, None)
        steps = np.diff(block.lines)
        plain = bool((steps == 1).all())
        return _Origin(
            file, block.first_row, int(block.lines[0]), None if plain else compact(steps)
        )

    def line(self, offset: int) -> int | None:
        if self.first_line is None:
            return None
        lower = offset if self.steps is None else self.steps[:offset].sum(dtype=np.int64)
        return self.first_line + int(lower)

    def as_data(self) -> list[Any]:
        steps = None if self.steps is None else [self.steps.dtype.str, self.steps.tobytes().hex()]
        return [self.file, self.first_row, self.first_line, steps]

    @staticmethod
    def of_data(data: list[Any]) -> "_Origin":
        file, first_row, first_line, told = data
        steps = None if told is None else np.frombuffer(bytes.fromhex(told[1]), told[0])
        return _Origin(file, first_row, first_line, steps)


@dataclass(frozen=True)
class RowLocations:
    """Where each row of a table stands: its file, its 1-based data row there, its line."""

    piece_rows: int = PIECE_ROWS
    files: list[str] = field(default_factory=list)
    _origins: list[_Origin] = field(default_factory=list)
    _starts: list[int] = field(default_factory=lambda: [0])
    _ends_of_files: list[int] = field(default_factory=list)

    def add(self, block: Block) -> None:
        """Take in the places of a block's rows."""
        if not self.files or self.files[-1] != block.file:
            self.files.append(block.file)
            self._ends_of_files.append(len(self))
        self._origins.append(_Origin.of(len(self.files) - 1, block))
        self._starts.append(self._starts[-1] + block.rows)
        self._ends_of_files[-1] = len(self)

    def __len__(self) -> int:
        return self._starts[-1]

    def as_data(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        known = {item.name: getattr(self, item.name) for item in fields(self)}
        return known | {"_origins": [origin.as_data() for origin in self._origins]}

    @staticmethod
    def of_data(data: dict[str, Any]) -> "RowLocations":
        """Return the places of what `as_data` returned."""
        origins = [_Origin.of_data(origin) for origin in data["_origins"]]
        return RowLocations(**{**data, "_origins": origins})

    @cached_property
    def pieces(self) -> list[tuple[int, int, int]]:
        """The file, the 1-based first data row and the rows of each piece of the table."""
        begin = 0
        found: list[tuple[int, int, int]] = []
        for file, end in enumerate(self._ends_of_files):
            found += [
                (file, start - begin + 1, min(self.piece_rows, end - start))
                for start in range(begin, end, self.piece_rows)
            ]
            begin = end
        return found

    @cached_property
    def _piece_starts(self) -> list[int]:
        return [0, *accumulate(rows for _, _, rows in self.pieces)]

    def find(self, position: int) -> tuple[int, int]:
        """Return the piece of a row, and its place there."""
        piece = bisect_right(self._piece_starts, position) - 1
        return piece, position - self._piece_starts[piece]

    def numbers(self, place: int) -> IntArray:
        """Return the 1-based data rows (n,) of a piece's rows."""
        _, first, rows = self.pieces[place]
        return np.arange(first, first + rows, dtype=np.int64)

    def of(self, position: int) -> str:
        """Return `may.csv, row 812 (line 815)`."""
        return f"{self.file(position)}, {self.row(position)}"

    def file(self, position: int) -> str:
        """Return the name of the row's file."""
        return self.files[self._origin(position)[0].file]

    def row(self, position: int) -> str:
        """Return `row 812 (line 815)`."""
        origin, offset = self._origin(position)
        line = origin.line(offset)
        return f"row {origin.first_row + offset}" + ("" if line is None else f" (line {line})")

    def _origin(self, position: int) -> tuple[_Origin, int]:
        block = bisect_right(self._starts, position) - 1
        return self._origins[block], position - self._starts[block]

    def several(self, found: MatchingRows) -> str:
        """Return `rows 3, 8, 12 and 5 more`, with the file where there are several."""
        named = [self.of(p) if len(self.files) > 1 else self.row(p) for p in found.first]
        more = found.count - len(named)
        return ", ".join(named) + (f" and {more:,} more" if more > 0 else "")
