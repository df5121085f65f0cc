"""A sheet of a workbook as a table: its cells as text, with their native values."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from placement.config.file_options import PLAIN_FILE, FileOptions
from placement.data.formats.blocks import Block, BlockRequest, Cells, FilePart, text_of, unquote
from placement.data.formats.header import Header, find_header
from placement.data.formats.sources import Source
from placement.data.formats.students.row_filter import not_students_among
from placement.data.formats.workbooks.extent import Cell
from placement.data.formats.workbooks.merged_cells import fill_merged
from placement.data.formats.workbooks.xlsx_sheets import SheetFacts
from placement.data.schema import PREDICTED_NAMES
from placement.errors import DataError, counted
from placement.model.scorer import fold

_HEADER_ROWS = 500
_BLOCK_ROWS = 65_536
_SHOWN = 5
_QUOTES = frozenset("\"'")


@dataclass(frozen=True)
class Sheet:
    """The cells of a sheet from its first filled row and column on, and what was seen of it.

    `lines`: where each row stands, if not one below the other. `header`: the names, if these are
    not among the rows. `merged`: the first and the last of cells that are one, from 0 in the grid.
    """

    title: str
    grid: list[list[Any]]
    rows_above: int = 0
    columns_left: int = 0
    is_hidden: bool = False
    facts: SheetFacts = field(default_factory=SheetFacts)
    lines: Sequence[int] | None = None
    header: Header | None = None
    merged: tuple[tuple[Cell, Cell], ...] = ()

    def grid_position(self, cell: Cell) -> Cell:
        """Return where a cell, which counts from 1, stands in the grid."""
        return cell[0] - 1 - self.rows_above, cell[1] - 1 - self.columns_left

    def has(self, cell: Cell) -> bool:
        """Whether a cell is in the grid."""
        row, column = self.grid_position(cell)
        return 0 <= row < len(self.grid) and 0 <= column < len(self.grid[row])

    def line(self, index: int) -> int:
        """Return where a row of the grid stands in the sheet, or in the file."""
        return self.rows_above + index + 1 if self.lines is None else self.lines[index]


@dataclass(frozen=True)
class SheetPart(FilePart):
    """One sheet, in memory. `positions`: the row of the sheet each data row stands on.

    `origin` has the name of the sheet. `never_calculated`: why it cannot be used, or None.
    `error_cells` counts those of each column; `not_students` says of data rows (0-based) why they
    are no students.
    """

    sheet: str
    columns: dict[str, Cells]
    raw: list[list[Any]]
    positions: list[int]
    blank: int
    never_calculated: str | None
    error_cells: dict[str, int]
    not_students: dict[int, str]

    def tasks(self, request: BlockRequest) -> Iterator[Callable[[], Block]]:
        """Yield functions that read the blocks."""
        for start in range(0, len(self.raw), request.block_rows or _BLOCK_ROWS):
            yield partial(self._block, start, request)

    def _block(self, start: int, request: BlockRequest) -> Block:
        piece = slice(start, start + (request.block_rows or _BLOCK_ROWS))
        raw = self.raw[piece]
        columns = {
            name: cells[piece]
            for name, cells in self.columns.items()
            if request.columns is None or name in request.columns
        }
        return Block(
            self.names,
            columns,
            len(raw),
            self.name,
            lines=np.array(self.positions[piece], dtype=np.int64),
            raw=raw,
            blank_lines=0 if start else self.blank,
            not_students={
                row - start: reason
                for row, reason in self.not_students.items()
                if start <= row < start + len(raw)
            },
        )


def sheet_part(source: Source, sheet: Sheet, options: FileOptions = PLAIN_FILE) -> SheetPart:
    """Find the header of a sheet and the rows below it."""
    texts = _texts(sheet)
    filled_rows = [i for i, row in enumerate(texts) if any(row)]
    if not filled_rows:
        raise DataError(f"{source.name}: sheet {sheet.title!r} is empty")
    header = sheet.header
    if header is None:
        top = filled_rows[:_HEADER_ROWS]
        lines = [sheet.line(i) for i in top]
        header = find_header([texts[i] for i in top], lines, options, source.name)
    first = 0 if header.row is None else header.row + 1
    data = filled_rows[first:]
    merged = fill_merged([(i, texts[i]) for i in data], sheet.merged, header.names)
    columns: dict[str, Cells] = {
        name: np.array([texts[i][index] for i in data], dtype=object)
        if fold(name) not in PREDICTED_NAMES
        # Shown as a percentage by us: the number itself is what was written.
        else np.array([_text(sheet.grid[i][index]) for i in data], dtype=object)
        for index, name in enumerate(header.names)
    }
    positions = [sheet.line(i) for i in data]
    for cell, word in sheet.facts.errors.items():
        if sheet.has(cell):  # where calamine has a blank, so that it is written back
            row, column = sheet.grid_position(cell)
            sheet.grid[row][column] = word
    peculiar = _Peculiar(sheet, header, frozenset(positions))
    return SheetPart(
        name=source.name,
        names=header.names,
        likely_rows=len(data),
        origin=replace(source, name=sheet.title),
        sheet=sheet.title,
        columns=columns,
        raw=[sheet.grid[i][: len(header.names)] for i in data],
        positions=positions,
        blank=data[-1] - data[0] + 1 - len(data) if data else 0,
        never_calculated=peculiar.never_calculated,
        error_cells=peculiar.error_cells,
        not_students=not_students_among(header.names, [texts[i] for i in data]),
        unnamed=header.unnamed,
        notes=(*peculiar.notes, *merged, *header.notes),
        warnings=(*peculiar.warnings, *header.warnings),
    )


def _texts(sheet: Sheet) -> list[list[str]]:
    """Return each cell's text; 0.772 that Excel shows as a percentage is 77.2%."""
    texts = [[_text(cell) for cell in row] for row in sheet.grid]
    for row, column in map(sheet.grid_position, filter(sheet.has, sheet.facts.percents)):
        cell = sheet.grid[row][column]
        if isinstance(cell, (int, float)):
            texts[row][column] = f"{100 * cell:.12g}%"
    return texts


def _text(cell: Any) -> str:
    if type(cell) is not str:
        return text_of(cell)
    cell = cell.strip()
    return unquote(cell) if cell[:1] in _QUOTES else cell


@dataclass(frozen=True)
class _Peculiar:
    """What is said of the cells and rows of a table that are not as they seem."""

    sheet: Sheet
    header: Header
    positions: frozenset[int]

    def _by_column(self, cells: Iterable[Cell]) -> dict[str, list[int]]:
        """Return the rows of those of the cells that stand in the table, by column."""
        rows: dict[str, list[int]] = defaultdict(list)
        for row, column in sorted(cells):
            index = column - 1 - self.sheet.columns_left
            if row in self.positions and 0 <= index < len(self.header.names):
                rows[self.header.names[index]].append(row)
        return rows

    @property
    def error_cells(self) -> dict[str, int]:
        errors = self._by_column(self.sheet.facts.errors)
        return {name: len(rows) for name, rows in errors.items()}

    @property
    def warnings(self) -> tuple[str, ...]:
        errors = self.sheet.facts.errors
        of_word = {
            word: self._by_column(cell for cell, other in errors.items() if other == word)
            for word in sorted(set(errors.values()))
        }
        return tuple(
            f"column {name!r} holds {counted(number, 'Excel error')} ("
            + "; ".join(f"{w} in {_rows(r[name])}" for w, r in of_word.items() if name in r)
            + "), read as blank"
            for name, number in self.error_cells.items()
        )

    @property
    def notes(self) -> tuple[str, ...]:
        hidden = len(self.sheet.facts.hidden_rows & self.positions)
        if not hidden:
            return ()
        rows, are, them = ("row", "is", "it") if hidden == 1 else ("rows", "are", "them")
        by = "a filter" if self.sheet.facts.has_filter else "the sheet"
        return (
            f"{hidden:,} {rows} that {by} hides {are} used too: delete {them} to leave {them} out",
        )

    @property
    def never_calculated(self) -> str | None:
        rows = self._by_column(self.sheet.facts.never_calculated)
        if not rows:
            return None
        columns = ", ".join(f"{name} ({counted(len(r), 'cell')})" for name, r in rows.items())
        return (
            f"sheet {self.sheet.title!r}: formulas that were never calculated in {columns}: open "
            "the workbook in Excel or LibreOffice and save it"
        )


def _rows(rows: list[int]) -> str:
    shown = ", ".join(map(str, rows[:_SHOWN]))
    more = f" and {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else ""
    return f"sheet {'row' if len(rows) == 1 else 'rows'} {shown}{more}"
