"""The tables of an HTML page, as portals give them out under the name of .xls."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from placement.config.file_options import FileOptions
from placement.data.formats.delimited.encoding import read_text
from placement.data.formats.sources import Source
from placement.data.formats.workbooks.choose_sheets import WantsSheet, choose_sheets
from placement.data.formats.workbooks.extent import Cell, Extent, refuse_sparse
from placement.data.formats.workbooks.sheet_part import Sheet, SheetPart
from placement.data.formats.workbooks.xlsx_sheets import SheetFacts
from placement.data.schema import word_set
from placement.errors import DataError

if TYPE_CHECKING:
    from lxml.etree import _Element

_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_HEAD_BYTES = 4096
_MOST_COLUMNS, _MOST_ROWS = 1000, 65_534  # of a span, as browsers have it
_MEANT = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "big5": "cp950",
}  # as browsers take them
_SILENT = frozenset({"script", "style", "template", "select", "table"})
_INLINE = word_set("a abbr b bdi bdo big cite code em font i mark nobr q s small span strong")


def open_html(
    source: Source, options: FileOptions, wants: WantsSheet | None
) -> tuple[SheetPart, ...]:
    """Open the only table of a page that is wanted, else the largest."""
    text, notes = _page(source, options.encoding)
    grids = [_Grid(table) for table in _tables(text)]
    tables = [(f"table {n}", grid) for n, grid in enumerate(grids, start=1) if grid.is_table]
    if not tables:
        raise DataError(f"{source.name}: an HTML page without a table: download the file itself")
    tables.sort(key=lambda item: -item[1].extent.cells)
    sheets = [grid.sheet(source, title) for title, grid in tables]
    parts = choose_sheets(source, sheets, options, wants)
    note = "an HTML page, whatever its name: its table is read"
    return (replace(parts[0], notes=(note, *notes, *parts[0].notes)), *parts[1:])


def _page(source: Source, encoding: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the text of a page, in the encoding that it says it has if it can be read so."""
    said = _CHARSET.search(source.sample()[:_HEAD_BYTES])
    if encoding is None and said is not None:
        charset = said[1].decode().casefold()
        with suppress(LookupError, DataError):
            return read_text(source, _MEANT.get(charset, charset), said_by="the page")
    return read_text(source, encoding)


def _tables(text: str) -> "Iterator[_Element]":
    from lxml import etree

    # The page may say another encoding than it had before it was decoded.
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(text.encode("utf-8", "surrogatepass"), parser)
    if root is not None:
        yield from root.iter("table")


@dataclass
class _Grid:
    """The cells of a table, laid out: a cell over several columns stands in the first of them.

    One over several rows is of each of them, except in the heading.
    """

    table: "_Element"
    extent: Extent = field(default_factory=Extent)
    _cells: dict[Cell, str] = field(default_factory=dict)
    _rows: int = 0
    _hidden: set[int] = field(default_factory=set)
    # Of a column with a cell from above: the first row that it does not reach, and its text.
    _from_above: dict[int, tuple[int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.table.iter("tr"):
            if next(row.iterancestors("table")) is self.table:
                self._rows += 1
                self._add_row(row, self._rows)

    @property
    def is_table(self) -> bool:
        return self.extent.bottom > self.extent.top and self.extent.right > self.extent.left

    def sheet(self, source: Source, title: str) -> Sheet:
        """Return the cells as a sheet has them."""
        refuse_sparse(f"{source.name}, {title}", self.extent)
        rows, columns = range(1, self._rows + 1), range(1, self.extent.right + 1)
        grid = [[self._cells.get((row, column), "") for column in columns] for row in rows]
        return Sheet(title, grid, facts=SheetFacts(hidden_rows=self._hidden))

    def _add_row(self, row: "_Element", number: int) -> None:
        if "display:none" in row.get("style", "").replace(" ", "").lower():
            self._hidden.add(number)
        self._from_above = {c: above for c, above in self._from_above.items() if number < above[0]}
        for column, (_, text) in self._from_above.items():
            self._put((number, column), text)
        in_heading = number == 1 or next(row.iterancestors("thead"), None) is not None
        column = 1
        for cell in row.iterchildren("td", "th"):
            while column in self._from_above:
                column += 1
            text, width = _text(cell), _span(cell, "colspan", _MOST_COLUMNS)
            self._put((number, column), text)
            end = number + _span(cell, "rowspan", _MOST_ROWS)
            if end > number + 1:
                below = "" if in_heading or cell.tag == "th" else text
                self._from_above |= dict.fromkeys(range(column, column + width), (end, ""))
                self._from_above[column] = (end, below)
            column += width

    def _put(self, cell: Cell, text: str) -> None:
        if text:
            self._cells[cell] = text
            self.extent.add(cell)


def _span(cell: "_Element", name: str, most: int) -> int:
    digits = re.match(r"\s*(\d{1,9})", cell.get(name, ""))
    return min(max(1, int(digits[1])), most) if digits else 1


def _text(cell: "_Element") -> str:
    return " ".join("".join(_pieces(cell)).split())


def _pieces(element: "_Element") -> Iterator[str]:
    """Yield the text of a cell, not that of tables within it, and what stands in its fields."""
    yield element.text or ""
    for child in element:
        if child.tag == "input" and child.get("type", "text") in {"text", "number"}:
            yield child.get("value", "")
        elif child.tag not in _SILENT:
            # In-line markup may begin amid a word, everything else ends it.
            space = "" if child.tag in _INLINE else " "
            yield space
            yield from _pieces(child)
            yield space
        yield child.tail or ""
