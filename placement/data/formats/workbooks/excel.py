"""Sheets of a workbook as tables of text, with their native values for writing back."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from placement.config.file_options import FileOptions
from placement.data.formats.blocks import Block, BlockRequest, Cells, FilePart, text_of, unquote
from placement.data.formats.header import find_header
from placement.data.formats.sources import Source, reading
from placement.errors import DataError, PlacementError, did_you_mean

WantsSheet = Callable[[tuple[str, ...], Mapping[str, Cells]], bool]

# How many sheet rows are above the first row that is not empty, and the rows from there.
Grid = tuple[int, list[list[Any]]]

_HEADER_ROWS = 500
_BLOCK_ROWS = 65_536


@dataclass(frozen=True)
class SheetPart(FilePart):
    """One sheet, in memory. `positions`: the row of the sheet each data row stands on.

    `origin` has the name of the sheet, `name` that of the file.
    """

    sheet: str
    columns: dict[str, Cells]
    raw: list[list[Any]]
    positions: list[int]
    blank: int

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
        )


def open_workbook(source: Source, options: FileOptions, wants: WantsSheet | None) -> SheetPart:
    """Open the requested sheet, the only one that `wants` accepts, or else the first filled one."""
    grids, names = _read_grids(source), options.names
    for sheet in options.sheet:
        title = _named(source.name, sheet, list(grids))
        if not grids[title][1]:
            raise DataError(f"{source.name}: sheet {title!r} is empty")
        return _sheet(source, title, grids[title], names)
    filled = {title: grid for title, grid in grids.items() if grid[1]}
    if not filled:
        raise DataError(f"{source.name}: the workbook is empty")
    if len(filled) == 1:
        title, grid = next(iter(filled.items()))
        return _sheet(source, title, grid, names)
    return _choose(source, filled, names, wants)


def _choose(
    source: Source, filled: dict[str, Grid], names: tuple[str, ...], wants: WantsSheet | None
) -> SheetPart:
    sheets = ", ".join(map(repr, filled))
    matching = []
    for title, grid in filled.items() if wants is not None else ():
        note = f"sheet {title!r} chosen among {sheets}"
        try:
            part = _sheet(source, title, grid, names, note)
        except PlacementError:
            continue  # a cover page need not be a table
        if wants is not None and wants(part.names, part.columns):
            matching.append(part)
    if len(matching) > 1:
        titles = ", ".join(repr(part.sheet) for part in matching)
        raise DataError(
            f"{source.name}: sheets {titles} could each be meant: "
            f"choose one with --sheet {matching[0].sheet!r}"
        )
    if matching:
        return matching[0]
    title, grid = next(iter(filled.items()))
    note = f"sheet {title!r}, the first of {sheets}, is read"
    return _sheet(source, title, grid, names, note)


def _named(file: str, sheet: str, titles: list[str]) -> str:
    if sheet in titles:
        return sheet
    folded = {title.strip().casefold(): title for title in titles}
    if match := folded.get(sheet.strip().casefold()):
        return match
    raise DataError(
        f"{file}: no sheet {sheet!r}{did_you_mean(sheet, titles)}; "
        f"it has {', '.join(map(repr, titles))}"
    )


def _read_grids(source: Source) -> dict[str, Grid]:
    """Return the cells of each sheet."""
    import python_calamine

    with reading(source.name):
        try:
            book = python_calamine.CalamineWorkbook.from_path(str(source.path))
            grids = {}
            for title in book.sheet_names:
                try:
                    sheet = book.get_sheet_by_name(title)
                except python_calamine.WorksheetNotFound:
                    continue  # a sheet that is a chart has no cells
                grids[title] = ((sheet.start or (0, 0))[0], sheet.to_python())
        except python_calamine.CalamineError as error:
            raise DataError(
                f"{source.name}: a workbook that cannot be read ({error}): save it again as .xlsx"
            ) from error
    return grids


def _sheet(
    source: Source, title: str, sheet_grid: Grid, names: tuple[str, ...], *notes: str
) -> SheetPart:
    rows_above, grid = sheet_grid
    texts = [[unquote(text_of(cell)) for cell in row] for row in grid]
    filled_rows = [i for i, row in enumerate(texts) if any(row)]
    if not filled_rows:
        raise DataError(f"{source.name}: sheet {title!r} is empty")
    header = find_header([texts[i] for i in filled_rows[:_HEADER_ROWS]], names, source.name)
    first = 0 if header.row is None else header.row + 1
    data = filled_rows[first:]
    columns: dict[str, Cells] = {
        name: np.array([texts[i][index] for i in data], dtype=object)
        for index, name in enumerate(header.names)
    }
    return SheetPart(
        name=source.name,
        names=header.names,
        likely_rows=len(data),
        origin=replace(source, name=title),
        sheet=title,
        columns=columns,
        raw=[grid[i][: len(header.names)] for i in data],
        positions=[rows_above + i + 1 for i in data],
        blank=data[-1] - data[0] + 1 - len(data) if data else 0,
        unnamed=header.unnamed,
        notes=(*notes, *header.notes),
        warnings=header.warnings,
    )
