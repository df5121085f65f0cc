"""Some rows of a table as they stand in their file, and the names of its columns."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[Any]

_PANDAS_UNNAMED = re.compile(r"Unnamed: \d+(_level_\d+)?$")


@dataclass(frozen=True)
class Block:
    """Some consecutive rows of one file.

    `columns` maps a name to its (n,) cells: for text and workbooks objects of trimmed,
    unquoted text ("" where blank), for Parquet and frames float64, or objects of text | None.
    `first_row` is the 1-based data row, within its file, of the first row here. `lines` are the
    physical lines (rows of the sheet, for a workbook) on which the rows start. `records` are the
    rows exactly as they stand, without line ends (text only). `raw` keeps a typed source as it
    came: a `RecordBatch`, a `DataFrame`, or the native values of a sheet's rows.
    `blank_lines` counts the blank lines dropped before, between and (in the file's last block)
    after these rows.
    """

    names: tuple[str, ...]
    columns: dict[str, Cells]
    first_row: int
    lines: npt.NDArray[np.int64] | None
    records: list[str] | None
    file: str
    raw: Any = None
    blank_lines: int = 0

    def __len__(self) -> int:
        return len(self.columns[self.names[0]]) if self.names else 0

    def where(self, position: int) -> str:
        """Say where a row stands: `"may.csv, row 812 (line 815)"`."""
        line = "" if self.lines is None else f" (line {self.lines[position]})"
        return f"{self.file}, row {self.first_row + position}{line}"


class Part(Protocol):
    """One opened file of a table."""

    @property
    def name(self) -> str:
        """The file's name for messages."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its column names, in order."""

    def blocks(self, block_rows: int) -> Iterator[Block]:
        """Walk its rows from the first; may be called again."""


def join_blocks(blocks: Sequence[Block]) -> Block:
    """Return one block with the rows of all of them, for callers that sort.

    Row and line numbers of the result are those of a single run only; keep them beforehand.
    """
    first = blocks[0]
    if len(blocks) == 1:
        return first
    columns = {n: np.concatenate([block.columns[n] for block in blocks]) for n in first.names}
    records: list[str] | None = []
    for block in blocks:
        records = None if records is None or block.records is None else records + block.records
    return replace(
        first,
        columns=columns,
        lines=None,
        records=records,
        raw=_join_raw([block.raw for block in blocks]),
        blank_lines=sum(block.blank_lines for block in blocks),
    )


def _join_raw(raws: list[Any]) -> Any:
    if any(raw is None for raw in raws):
        return None
    if isinstance(raws[0], list):
        return [row for raw in raws for row in raw]
    if type(raws[0]).__module__.startswith("pyarrow"):
        import pyarrow as pa

        return pa.Table.from_batches(raws).combine_chunks().to_batches()[0]
    import pandas as pd

    return pd.concat(raws)


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
    wanted = [" ".join(unquote(cell).split()) for cell in cells]
    taken = {name for name in wanted if name}
    names: list[str] = []
    unnamed, duplicates = [], []
    for position, name in enumerate(wanted, start=1):
        final = name or f"unnamed_{position}"
        copy = 1
        while final in names or (final in taken and final != name):
            copy += 1
            final = f"{name or f'unnamed_{position}'}.{copy}"
        if name and final != name:
            duplicates.append(final)
        if not name or _PANDAS_UNNAMED.match(name):
            unnamed.append(final)
        names.append(final)
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
