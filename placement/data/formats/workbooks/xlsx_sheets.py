"""What calamine does not tell of an .xlsx: errors, formulas, percents, hidden rows, extent.

A sheet's XML is searched for signs of them first, which takes a tenth of the time of reading it;
only where there is one is it parsed.
"""

import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from placement.data.formats.workbooks.extent import Cell, Extent

if TYPE_CHECKING:
    from lxml.etree import _Element

_PIECE_BYTES = 1 << 23
_SIGNS = (b't="e"', b"t='e'", b"r='", b'hidden="', b"hidden='", b"/></c>")
_NEVER_CALCULATED = re.compile(rb"</f>\s*(?:</c>|<v\s*/>|<v>\s*</v>)")
_PERCENT_FORMATS = frozenset({"9", "10"})  # which every workbook has
_LITERAL = re.compile(r'"[^"]*"|\\.')
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


@dataclass
class SheetFacts:
    """What is peculiar of a sheet: cells by row and column, rows, from 1."""

    extent: Extent = field(default_factory=Extent)
    errors: dict[Cell, str] = field(default_factory=dict)
    never_calculated: set[Cell] = field(default_factory=set)
    percents: set[Cell] = field(default_factory=set)
    hidden_rows: set[int] = field(default_factory=set)
    has_filter: bool = False


def read_facts(path: str) -> dict[str, SheetFacts]:
    """Return what is peculiar of each sheet, by its name; of a sheet without anything, nothing."""
    with zipfile.ZipFile(path) as archive:
        members, is_stale = _sheets(archive)
        percents = _percent_styles(archive)
        signs = (*_SIGNS, *(f' s="{style}"'.encode() for style in percents))
        return {
            title: _parse(archive, member, percents, is_stale=is_stale)
            for title, member in members.items()
            if _is_peculiar(archive, member, signs, is_stale=is_stale)
        }


def _percent_styles(archive: zipfile.ZipFile) -> frozenset[str]:
    """Return the styles of cells, as these name them, that show 0.772 as 77.2 %."""
    from lxml import etree

    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    parser = etree.XMLParser(resolve_entities=False)
    styles = etree.fromstring(archive.read("xl/styles.xml"), parser)
    formats = _PERCENT_FORMATS | {
        item.get("numFmtId")
        for item in styles.iterfind("{*}numFmts/{*}numFmt")
        if "%" in _LITERAL.sub("", item.get("formatCode", ""))
    }
    cells = enumerate(styles.iterfind("{*}cellXfs/{*}xf"))
    return frozenset(str(index) for index, style in cells if style.get("numFmtId") in formats)


def _sheets(archive: zipfile.ZipFile) -> tuple[dict[str, str], bool]:
    """Return the member of each sheet, and whether formulas are yet to be calculated at opening."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False)
    relations = etree.fromstring(archive.read("xl/_rels/workbook.xml.rels"), parser)
    targets = {
        item.get("Id"): posixpath.join("xl", item.get("Target", "")).lstrip("/")
        for item in relations.iterfind("{*}Relationship")
        if item.get("Type", "").endswith("/worksheet")
    }
    book, present = etree.fromstring(archive.read("xl/workbook.xml"), parser), archive.namelist()
    members = {}
    for sheet in book.iterfind(".//{*}sheet"):
        # The prefix of the attribute `r:id` stands for another address in the strict format.
        number = next((value for name, value in sheet.items() if name.endswith("}id")), None)
        member = posixpath.normpath(targets.get(number, ""))
        if member in present:
            members[sheet.get("name", "")] = member
    calculation = book.find(".//{*}calcPr")
    stale = calculation is not None and calculation.get("fullCalcOnLoad") in {"1", "true"}
    return members, stale


def _is_peculiar(
    archive: zipfile.ZipFile, member: str, signs: tuple[bytes, ...], *, is_stale: bool
) -> bool:
    """Whether the XML of a sheet has a sign of anything peculiar, or is not as Excel writes it."""
    extent, rows_begun = Extent(), False
    with archive.open(member) as stream:
        for piece in _pieces(stream):
            begin = 0 if rows_begun else piece.find(b"<sheetData")
            if begin < 0:
                return True  # another prefix, or very much above the rows
            rows_begun = True
            if any(piece.find(sign, begin) >= 0 for sign in signs):
                return True
            if is_stale and piece.find(b"<f", begin) >= 0:
                return True
            if _NEVER_CALCULATED.search(piece, begin):
                return True
            cells = extent.cells + piece.count(b"<c ", begin) + piece.count(b"<c>", begin)
            _add_references(extent, np.frombuffer(piece, dtype=np.uint8))
            if extent.cells < cells:
                return True  # some cell does not say where it stands
    return extent.is_sparse


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the XML in pieces that end before a cell or a row begins."""
    rest = b""
    while chunk := stream.read(_PIECE_BYTES):
        data = rest + chunk
        end = max(data.rfind(b"<c "), data.rfind(b"<row"))
        if end > 0:
            yield data[:end]
        rest = data[max(end, 0) :]
    yield rest


def _add_references(extent: Extent, xml: npt.NDArray[np.uint8]) -> None:
    """Take in where the cells of some XML stand: at each `r="` with letters and digits."""
    letter_r, quote, a, z, zero, nine = (ord(c) for c in 'r"AZ09')
    equals = np.flatnonzero(xml == ord("="))
    equals = equals[(equals > 0) & (equals < len(xml) - 12)]
    at = equals[(xml[equals - 1] == letter_r) & (xml[equals + 1] == quote)] + 2
    column, row = np.zeros((2, len(at)), dtype=np.int64)
    for _ in range(3):
        byte = xml[at]
        is_letter = (byte >= a) & (byte <= z)
        column = np.where(is_letter, column * 26 + (byte - a + 1), column)
        at = at + is_letter
    for _ in range(7):
        byte = xml[at]
        is_digit = (byte >= zero) & (byte <= nine)
        row = np.where(is_digit, row * 10 + (byte - zero), row)
        at = at + is_digit
    is_cell = (column > 0) & (row > 0)
    if is_cell.any():
        extent.add_all(row[is_cell], column[is_cell])


def _parse(
    archive: zipfile.ZipFile, member: str, percents: frozenset[str], *, is_stale: bool
) -> SheetFacts:
    """Walk the XML of a sheet, cell by cell."""
    from lxml import etree

    facts, zeros, formulas = SheetFacts(), set[Cell](), Counter[int]()
    row, column = 0, 0
    tags = ("{*}row", "{*}c", "{*}filterColumn")
    with archive.open(member) as stream:
        for event, element in etree.iterparse(stream, ("start", "end"), tag=tags):
            name = etree.QName(element).localname
            if name == "filterColumn":
                facts.has_filter = True
            elif name == "row" and event == "start":
                row, column = int(element.get("r", row + 1)), 0
                if element.get("hidden") in {"1", "true"}:
                    facts.hidden_rows.add(row)
            elif name == "row":
                _forget(element)
            elif event == "end":
                row, column = _cell_of(element, row, column)
                _note_cell(facts, element, (row, column), zeros, formulas)
                if element.get("s") in percents and element.get("t", "n") == "n":
                    facts.percents.add((row, column))
    if is_stale:
        # XlsxWriter writes 0 for the value of each formula.
        count = Counter(column for _, column in zeros)
        facts.never_calculated |= {cell for cell in zeros if count[cell[1]] == formulas[cell[1]]}
    return facts


def _cell_of(element: "_Element", row: int, column: int) -> Cell:
    """Return where a cell stands: as it says, else behind the one before it."""
    match = _REFERENCE.fullmatch(element.get("r", "").upper())
    if match is None:
        return row, column + 1
    number = 0
    for letter in match[1]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return int(match[2]), number


def _note_cell(
    facts: SheetFacts, element: "_Element", cell: Cell, zeros: set[Cell], formulas: Counter[int]
) -> None:
    value, formula = element.find("{*}v"), element.find("{*}f")
    text = "" if value is None else (value.text or "").strip()
    kind = element.get("t", "n")
    if formula is not None:
        formulas[cell[1]] += 1
        if text == "0":
            zeros.add(cell)
        # A formula of the value "" is of the type `str`.
        if not text and kind != "str":
            facts.never_calculated.add(cell)
    if text or element.find("{*}is") is not None:
        facts.extent.add(cell)
    if kind == "e":
        facts.errors[cell] = text


def _forget(element: "_Element") -> None:
    """Free what was parsed."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
