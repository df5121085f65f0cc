"""Where rows stand in their files, so that a message can name them."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from placement.data.blocks import Block

SHOWN = 3


@dataclass(frozen=True)
class Found:
    """Some rows of a table: how many, and the 0-based positions of the first of them."""

    count: int = 0
    first: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return self.count > 0

    @staticmethod
    def at(positions: npt.NDArray[np.integer]) -> "Found":
        """The rows at these positions (n,)."""
        return Found(len(positions), tuple(positions[:SHOWN].tolist()))

    @staticmethod
    def among(masks: Iterable[npt.NDArray[np.bool_]]) -> "Found":
        """Find the rows marked in masks (n,) of consecutive pieces."""
        count, before = 0, 0
        first: list[int] = []
        for mask in masks:
            here = int(np.count_nonzero(mask))
            if here and len(first) < SHOWN:
                places = np.flatnonzero(mask)[: SHOWN - len(first)]
                first += (places + before).tolist()
            count, before = count + here, before + len(mask)
        return Found(count, tuple(first))


@dataclass(frozen=True)
class _Origin:
    """Where a piece of a table is from. `lines`: (n,), or the first of consecutive ones."""

    file: int
    first_row: int
    rows: int
    lines: npt.NDArray[np.int64] | int | None

    def line(self, offset: int) -> int | None:
        if self.lines is None:
            return None
        return self.lines + offset if isinstance(self.lines, int) else int(self.lines[offset])


@dataclass(frozen=True)
class Places:
    """Where each row of a table stands: its file, its 1-based data row there, its line."""

    files: list[str] = field(default_factory=list)
    origins: list[_Origin] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])

    def add(self, block: Block) -> None:
        """Take in the place of a piece's rows."""
        if block.file not in self.files:
            self.files.append(block.file)
        lines: npt.NDArray[np.int64] | int | None = block.lines
        if block.lines is not None and block.lines[-1] - block.lines[0] == block.rows - 1:
            lines = int(block.lines[0])
        file = self.files.index(block.file)
        self.origins.append(_Origin(file, block.first_row, block.rows, lines))
        self.starts.append(self.starts[-1] + block.rows)

    def __len__(self) -> int:
        return self.starts[-1]

    def find(self, position: int) -> tuple[int, int]:
        """Return the piece of a row, and its place there."""
        piece = bisect_right(self.starts, position) - 1
        return piece, position - self.starts[piece]

    def file(self, position: int) -> str:
        """Return the name of the row's file."""
        return self.files[self.origins[self.find(position)[0]].file]

    def of(self, position: int) -> str:
        """Return `may.csv, row 812 (line 815)`."""
        return f"{self.file(position)}, {self.row(position)}"

    def row(self, position: int) -> str:
        """Return `row 812 (line 815)`."""
        piece, offset = self.find(position)
        origin = self.origins[piece]
        line = origin.line(offset)
        return f"row {origin.first_row + offset}" + ("" if line is None else f" (line {line})")

    def several(self, found: Found) -> str:
        """Return `rows 3, 8, 12 and 5 more`, with the file where there are several."""
        named = [self.of(p) if len(self.files) > 1 else self.row(p) for p in found.first]
        more = found.count - len(named)
        return ", ".join(named) + (f" and {more:,} more" if more > 0 else "")

    def numbers(self, place: int) -> npt.NDArray[np.int64]:
        """Return the 1-based data rows (n,) of a piece's rows."""
        origin = self.origins[place]
        return np.arange(origin.first_row, origin.first_row + origin.rows, dtype=np.int64)
