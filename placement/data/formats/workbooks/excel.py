"""The sheets of a workbook: .xlsx, .xlsm, .xlsb, .xls and .ods, as calamine reads them."""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from placement.config.file_options import FileOptions
from placement.data.formats.sources import Source, reading
from placement.data.formats.workbooks.choose_sheets import WantsSheet, choose_sheets
from placement.data.formats.workbooks.extent import Extent, refuse_sparse
from placement.data.formats.workbooks.other_extents import ods_extents, xlsb_extents
from placement.data.formats.workbooks.probe import can_be_read
from placement.data.formats.workbooks.sheet_part import Sheet, SheetPart
from placement.data.formats.workbooks.xlsx_sheets import SheetFacts, read_facts
from placement.errors import DataError

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook


def open_workbook(
    source: Source, options: FileOptions, wants: WantsSheet | None
) -> tuple[SheetPart, ...]:
    """Open the requested sheets, the only one that `wants` accepts, or else the first filled."""
    with reading(source.name):
        kind = _kind(source)
        facts = _facts(source, kind)
        # Of an .xlsx the extent is known, which is what calamine fails at there.
        if kind != ".xlsx" and not can_be_read(source.path):
            raise _unreadable(source, ValueError("damaged"))
        sheets = _read_sheets(source, facts)
    parts = choose_sheets(source, sheets, options, wants)
    if kind == ".xlsx":
        return parts
    note = (
        f"of an {kind} file, hidden rows, error cells and formulas never calculated cannot be "
        "seen: save it as .xlsx where it may have some"
    )
    return (replace(parts[0], notes=(*parts[0].notes, note)), *parts[1:])


def _kind(source: Source) -> str:
    if not zipfile.is_zipfile(source.path):
        return ".xls"
    with zipfile.ZipFile(source.path) as archive:
        members = set(archive.namelist())
    if "xl/workbook.xml" in members:
        return ".xlsx"
    return ".xlsb" if "xl/workbook.bin" in members else ".ods"


def _facts(source: Source, kind: str) -> dict[str, SheetFacts]:
    """Return what is peculiar of each sheet, and refuse one that calamine could not store."""
    from lxml.etree import XMLSyntaxError

    path, facts = str(source.path), dict[str, SheetFacts]()
    extents: dict[str, Extent] = {}
    try:
        if kind == ".xlsx":
            facts = read_facts(path)
            extents = {title: sheet.extent for title, sheet in facts.items()}
        elif kind == ".xlsb":
            extents = xlsb_extents(path)
        elif kind == ".ods":
            extents = ods_extents(path)
    except (XMLSyntaxError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise _unreadable(source, error) from error
    for title, extent in extents.items():
        refuse_sparse(f"{source.name}, sheet {title!r}", extent)
    return facts


def sheet_titles(path: Path) -> tuple[str, ...]:
    """Return the names of a workbook's sheets; none where it is no workbook that can be read."""
    import python_calamine

    try:
        with path.open("rb") as stream:
            book = python_calamine.CalamineWorkbook.from_filelike(stream)
            return tuple(about.name for about in book.sheets_metadata)
    except python_calamine.CalamineError:
        return ()


def _read_sheets(source: Source, facts: dict[str, SheetFacts]) -> list[Sheet]:
    import python_calamine

    try:
        with source.path.open("rb") as stream:
            book = python_calamine.CalamineWorkbook.from_filelike(stream)
            return list(_sheets(source, book, facts))
    except python_calamine.PasswordError as error:
        raise DataError(f"{source.name}: protected by a password: save it without one") from error
    except python_calamine.CalamineError as error:
        raise _unreadable(source, error) from error


def _sheets(
    source: Source, book: "CalamineWorkbook", facts: dict[str, SheetFacts]
) -> Iterator[Sheet]:
    import python_calamine

    visible = python_calamine.SheetVisibleEnum.Visible
    for about in book.sheets_metadata:
        try:
            cells = book.get_sheet_by_name(about.name)
        except python_calamine.WorksheetNotFound:
            continue  # a sheet that is a chart has no cells
        (rows_above, columns_left), grid = cells.start or (0, 0), cells.to_python()
        corner = rows_above + len(grid), columns_left + (len(grid[0]) if grid else 0)
        extent = Extent(0, rows_above + 1, columns_left + 1, *corner, corner)
        if extent.is_sparse:  # of an .xls, which is never too large to be read
            extent.cells = sum(len(row) - row.count("") for row in grid)
            refuse_sparse(f"{source.name}, sheet {about.name!r}", extent)
        yield Sheet(
            about.name,
            grid,
            rows_above,
            columns_left,
            is_hidden=about.visible != visible,
            facts=facts.get(about.name, SheetFacts()),
            merged=tuple(
                (
                    (top - rows_above, left - columns_left),
                    (bottom - rows_above, right - columns_left),
                )
                for (top, left), (bottom, right) in cells.merged_cell_ranges or ()
            ),
        )


def _unreadable(source: Source, error: Exception) -> DataError:
    return DataError(
        f"{source.name}: a workbook that cannot be read ({error}): save it again as .xlsx"
    )
