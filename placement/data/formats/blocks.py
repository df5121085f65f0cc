"""Some rows of a table as they stand in their file, and the names of its columns."""

import datetime as dt
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from placement.arrays import BoolArray, CellArray, IntArray
from placement.data.formats.sources import Source
from placement.errors import DataError
from placement.model.scorer import Coded, plain

Cells = CellArray | Coded

_PANDAS_UNNAMED = re.compile(r"Unnamed: \d+(_level_\d+)?$")


@dataclass(frozen=True)
class BlockRequest:
    """What to read of a table's rows.

    `columns`: the columns to read, None for all; those in `as_text` come as they are written even
    where they are numbers. `records`: the raw rows as well. `block_rows` limits the rows of a
    block; without it, blocks are as large as is fast: of large text, `piece_bytes`. `once`: no
    other columns are read of the same rows, so a row need be certain in these columns alone.
    `shared`: all ranks of a training walk the rows together.
    """

    columns: frozenset[str] | None = None
    as_text: frozenset[str] = frozenset()
    records: bool = False
    block_rows: int | None = None
    piece_bytes: int = 1 << 20
    once: bool = False
    shared: bool = False


NO_STUDENT = "no student"
SECOND_TABLE = "a second heading, with other columns"


@dataclass(frozen=True)
class LeftOutRow:
    """A row that is left out: its line in the file, why, and its text."""

    line: int | None
    reason: str
    text: str
    file: str = ""


@dataclass(frozen=True)
class Block:
    """Some consecutive rows of one file.

    `columns` maps a name to its (n,) cells: numbers as float64 (NaN where missing), text coded,
    or as objects of trimmed, unquoted text ("" where blank); objects of text | None for frames.
    `first_row` is the 1-based data row, within its file, of the first row here. `lines` are the
    physical lines (rows of the sheet, for a workbook) on which the rows start: a range where each
    row has one line. `records` are the
    rows exactly as they stand, without line ends (text only): a list, or an Arrow array of text in
    UTF-8. `raw` keeps a typed source as it came: a `RecordBatch`, a `DataFrame`, or the native
    values of a sheet's rows. `blank_lines` counts the blank lines dropped from among these rows;
    `left_out` are the faulty rows dropped from there, whose cells cannot be told apart.
    `not_students` says of rows here (0-based), such as totals, why they are no students; rows are
    numbered without them.
    """

    names: tuple[str, ...]
    columns: dict[str, Cells]
    rows: int
    file: str
    first_row: int = 0
    lines: IntArray | range | None = None
    records: Any = None
    raw: Any = None
    blank_lines: int = 0
    left_out: tuple[LeftOutRow, ...] = ()
    not_students: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.rows

    def where(self, row: int) -> str:
        """Say where a row stands: `"may.csv, row 812 (line 815)"`."""
        line = "" if self.lines is None else f" (line {self.lines[row]})"
        return f"{self.file}, row {self.row_numbers[row]}{line}"

    @cached_property
    def row_numbers(self) -> IntArray:
        """The 1-based data row (n,) of each student's row within its file."""
        return self.first_row + np.cumsum(self.is_student) - 1

    @cached_property
    def is_student(self) -> BoolArray:
        """Which rows (n,) are students."""
        mask: BoolArray = np.ones(self.rows, dtype=bool)
        mask[list(self.not_students)] = False
        return mask

    def students(self) -> "Block":
        """Return the columns and lines of the rows that are students."""
        if not self.not_students:
            return self
        self.refuse_second_table()
        mask = self.is_student
        return replace(
            self,
            columns={name: _taken(cells, mask) for name, cells in self.columns.items()},
            rows=int(mask.sum()),
            lines=None if self.lines is None else np.asarray(self.lines)[mask],
            records=None,
            raw=None,
            not_students={},
        )

    def refuse_second_table(self) -> None:
        """Raise `DataError` where a second table, with other columns, begins among the rows."""
        for row, reason in self.not_students.items():
            if reason.startswith(SECOND_TABLE):
                line = "" if self.lines is None else f", line {self.lines[row]}"
                raise DataError(
                    f"{self.file}{line}: {reason}: put the columns below it in the order and under "
                    "the names of the first heading, or move them to a file of their own"
                )

    def others(self) -> Iterator[LeftOutRow]:
        """Yield the rows that are no students, as they stand or with their filled cells."""
        for row, reason in self.not_students.items():
            yield self.left_out_row(row, f"{NO_STUDENT}: {reason}")

    def left_out_row(self, row: int, reason: str) -> LeftOutRow:
        """Return a row (0-based) as one that is left out."""
        line = None if self.lines is None else int(self.lines[row])
        if self.records is not None:
            text = str(self.records[row])
        else:
            cells = (text_of(cells[[row]].tolist()[0]) for cells in self.columns.values())
            text = ", ".join(filter(None, cells))
        return LeftOutRow(line, reason, text, self.file)


def _taken(cells: Cells, mask: BoolArray) -> Cells:
    """Return some cells; of coded ones, without the texts that only others have."""
    if not isinstance(cells, Coded):
        return cells[mask]
    texts, codes = np.unique(cells.codes[mask], return_inverse=True)
    return Coded(codes, cells.texts[texts])


@dataclass(frozen=True)
class Part(ABC):
    """One file of a table: its name for messages, and the names of its columns, in order.

    `likely_rows`: the number of its rows, where the kind of file tells it; else an estimate.
    `origin`: the file on the disk; None where there is none.
    """

    name: str
    names: tuple[str, ...]
    likely_rows: int
    origin: Source | None

    @abstractmethod
    def tasks(self, request: BlockRequest) -> Iterator[Callable[[], Block]]:
        """Yield functions that read its blocks, in order; any thread may call them.

        The blocks do not know yet which row is their first.
        """


@dataclass(frozen=True)
class FilePart(Part):
    """A file as it was opened. `unnamed`: the names of columns whose header was empty."""

    unnamed: frozenset[str]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def unquote(cell: str) -> str:
    """Trim a cell and take away matching quotes round it: `" 'Yes' "` → `"Yes"`."""
    cell = cell.strip()
    while len(cell) > 1 and cell[0] in "\"'" and cell[-1] == cell[0] and cell[0] not in cell[1:-1]:
        cell = cell[1:-1].strip()
    return cell


@dataclass(frozen=True)
class Names:
    """The column names of a table and what was done to get them."""

    names: tuple[str, ...]
    unnamed: frozenset[str]
    notes: tuple[str, ...]


def tidy_names(cells: Iterable[str]) -> Names:
    """Trim and unquote header cells, number duplicates, name the unnamed by position."""
    cleaned = [" ".join(plain(unquote(cell)).split()) for cell in cells]
    taken = {name for name in cleaned if name}
    names: dict[str, None] = {}  # in order
    unnamed, duplicates = [], []
    for position, name in enumerate(cleaned, start=1):
        final = name or f"unnamed_{position}"
        copy = 1
        while final in names or (final in taken and final != name):
            copy += 1
            final = f"{name or f'unnamed_{position}'}.{copy}"
        if name and final != name:
            duplicates.append(final)
        if not name or _PANDAS_UNNAMED.match(name):
            unnamed.append(final)
        names[final] = None
    notes: tuple[str, ...] = ()
    if duplicates:
        notes = (f"duplicate column names were numbered: {', '.join(duplicates)}",)
    return Names(tuple(names), frozenset(unnamed), notes)


def text_of(value: object) -> str:
    """Write a typed cell as a person would: 21.0 → "21", a date in ISO form, missing → ""."""
    if value is None or value != value:  # noqa: PLR0124 - only NaN and NaT differ from themselves
        return ""
    if isinstance(value, (float, np.floating)):
        number = float(value)
        return str(int(number)) if number.is_integer() else repr(number)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time() and value.tzinfo is None
        return (value.date() if midnight else value).isoformat()
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, np.bool_):
        return str(bool(value))
    text = str(value)
    return "" if text in {"NaT", "<NA>"} else text
