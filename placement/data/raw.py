"""A whole file as read, before anything is decided: coded columns and where each row stands.

A column keeps each distinct text once, so a decision costs its distinct cells, not its rows.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from placement.data.blocks import Wanted
from placement.errors import DataError
from placement.model.scorer import Coded, parse_numbers, words

if TYPE_CHECKING:
    from placement.data.tables import Reader

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RawColumn:
    """Cells as `texts[codes]`; "" is blank. `numbers` and `bad` read each text as a number.

    `spelled` is None where the source had numbers, whose texts are seldom asked for.
    """

    name: str
    codes: Codes
    spelled: Objects | None
    numbers: Floats
    bad: Mask

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def texts(self) -> Objects:
        """The distinct texts."""
        return self.spelled if self.spelled is not None else _texts_of(self.numbers)

    def text(self, row: int) -> str:
        """The text of one row."""
        code = self.codes[row]
        texts = self.spelled if self.spelled is not None else _texts_of(self.numbers[[code]])
        return str(texts[code if self.spelled is not None else 0])

    def take(self, rows: npt.NDArray[Any]) -> "RawColumn":
        """The same column at some rows."""
        return replace(self, codes=self.codes[rows])

    @property
    def counts(self) -> Codes:
        """Rows of each text."""
        return np.bincount(self.codes, minlength=len(self.numbers))

    def where(self, chosen: Mask) -> npt.NDArray[np.intp]:
        """Positions of the rows whose text is one of the chosen."""
        return np.flatnonzero(chosen[self.codes])


def _texts_of(numbers: Floats) -> Objects:
    spelled = words(numbers)
    return np.where(np.isnan(numbers), "", spelled)


@dataclass(frozen=True)
class Places:
    """Where each row stands: its file, 1-based data row there, and physical line (-1 unknown)."""

    files: tuple[str, ...]
    file_of: Codes
    rows: Codes
    lines: Codes

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: npt.NDArray[Any]) -> "Places":
        """The places of some rows."""
        return replace(
            self, file_of=self.file_of[rows], rows=self.rows[rows], lines=self.lines[rows]
        )

    def of(self, position: int) -> str:
        """Return `may.csv, row 812 (line 815)`."""
        return f"{self.files[self.file_of[position]]}, {self.row(position)}"

    def row(self, position: int) -> str:
        """Return `row 812 (line 815)`."""
        line = int(self.lines[position])
        return f"row {self.rows[position]}" + (f" (line {line})" if line >= 0 else "")

    def several(self, positions: npt.NDArray[np.intp], most: int = 3) -> str:
        """Return `rows 3, 8, 12 and 5 more`, with the file where there are several."""
        named = [self.of(p) if len(self.files) > 1 else self.row(p) for p in positions[:most]]
        more = len(positions) - len(named)
        return ", ".join(named) + (f" and {more:,} more" if more > 0 else "")


@dataclass(frozen=True)
class RawTable:
    """Every row and column of a source."""

    name: str
    columns: dict[str, RawColumn]
    places: Places
    decimal: str
    blank_lines: int = 0


def gather(reader: "Reader") -> RawTable:
    """Read all blocks of a reader."""
    coders = {name: _Coder() for name in reader.names}
    files: dict[str, int] = {}
    file_of, rows, lines, blank = [], [], [], 0
    for block in reader.blocks(Wanted(words=frozenset(reader.names))):
        size, blank = len(block), blank + block.blank_lines
        for name in reader.names:
            coders[name].add(block.columns[name])
        file_of.append(np.full(size, files.setdefault(block.file, len(files)), dtype=np.int64))
        rows.append(np.arange(block.first_row, block.first_row + size, dtype=np.int64))
        known = block.lines is not None
        lines.append(np.asarray(block.lines, dtype=np.int64) if known else np.full(size, -1))
    if not sum(map(len, rows)):
        raise DataError(f"{reader.name}: has a header but no rows below it; add the students' rows")
    places = Places(tuple(files), *map(np.concatenate, (file_of, rows, lines)))
    columns = {name: coder.column(name, reader.decimal) for name, coder in coders.items()}
    return RawTable(reader.name, columns, places, reader.decimal, blank)


def raw_column(name: str, cells: Any, decimal: str = ".") -> RawColumn:
    """Make one coded column of any cells."""
    coder = _Coder()
    coder.add(np.asarray(cells))
    return coder.column(name, decimal)


class _Coder:
    """Codes the cells of one column, block after block."""

    def __init__(self) -> None:
        self._known: defaultdict[str | None, int] = defaultdict()
        self._known.default_factory = self._known.__len__
        self._pieces: list[Codes] = []
        self._numbers: list[Floats] = []

    def add(self, cells: Any) -> None:
        if isinstance(cells, Coded):
            self._pieces.append(self._code(words(cells.texts))[cells.codes])
            return
        if cells.dtype.kind in "fiu" and not self._pieces:
            # float32 is widened, as it is when the model scores it.
            self._numbers.append(cells.astype(np.float64))
            return
        waiting, self._numbers = self._numbers, []
        self._pieces += [self._code(words(numbers)) for numbers in waiting]
        self._pieces.append(self._code(cells if _all_text(cells) else words(cells)))

    def _code(self, cells: npt.NDArray[Any]) -> Codes:
        return np.fromiter(map(self._known.__getitem__, cells), dtype=np.int64, count=len(cells))

    def column(self, name: str, decimal: str) -> RawColumn:
        if self._numbers:
            numbers, inverse = np.unique(np.concatenate(self._numbers), return_inverse=True)
            return RawColumn(name, inverse, None, numbers, np.zeros(len(numbers), dtype=bool))
        found: list[str | None] = list(self._known)
        # Spellings of blank ("", None, padding) become one text.
        first: dict[str, int] = {}
        renamed = [first.setdefault((text or "").strip(), len(first)) for text in found]
        codes = np.concatenate(self._pieces) if self._pieces else np.zeros(0, dtype=np.int64)
        if len(first) < len(found):
            codes = np.array(renamed, dtype=np.int64)[codes]
        texts = np.empty(len(first), dtype=object)
        texts[:] = list(first)
        return RawColumn(name, codes, texts, *parse_numbers(texts, decimal))


def _all_text(cells: npt.NDArray[Any]) -> bool:
    return cells.dtype.kind == "O" and set(map(type, cells)) <= {str}
