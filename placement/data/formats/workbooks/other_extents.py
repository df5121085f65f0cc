"""How far the cells of an .xlsb or .ods workbook stand apart, from a walk through its sheets."""

import zipfile
from collections.abc import Iterator

from placement.data.formats.workbooks.extent import Extent

_ROW, _LAST_CELL, _RICH_TEXT = 0, 11, 62  # records of an .xlsb; 1 is a blank cell


def xlsb_extents(path: str) -> dict[str, Extent]:
    """Return the extent of each sheet, by the file it is in."""
    extents = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if member.startswith("xl/worksheets/") and member.endswith(".bin"):
                extents[member] = _xlsb_extent(archive.read(member))
    return extents


def _xlsb_extent(data: bytes) -> Extent:
    extent, row = Extent(), 0
    for kind, start in _records(data):
        if kind == _ROW:
            row = int.from_bytes(data[start : start + 4], "little") + 1
        elif 1 < kind <= _LAST_CELL or kind == _RICH_TEXT:
            extent.add((row, int.from_bytes(data[start : start + 4], "little") + 1))
    return extent


def _records(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the kind of each record, and where its content starts."""
    at = 0
    while at < len(data) - 1:
        kind, at = _number(data, at, 2)
        size, at = _number(data, at, 4)
        yield kind, at
        at += size


def _number(data: bytes, at: int, most: int) -> tuple[int, int]:
    """Read a number of seven bits a byte, the lowest first; return what stands behind it too."""
    number = 0
    for index, byte in enumerate(data[at : at + most]):
        number |= (byte & 0x7F) << (7 * index)
        at += 1
        if byte < 0x80:
            break
    return number, at


def ods_extents(path: str) -> dict[str, Extent]:
    """Return the extent of each sheet, by its name."""
    from lxml import etree

    extents: dict[str, Extent] = {}
    extent, row, column, height = Extent(), 0, 0, 1
    tags = ("{*}table", "{*}table-row", "{*}table-cell", "{*}covered-table-cell")
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as stream:
        for event, element in etree.iterparse(stream, ("start", "end"), tag=tags):
            name = etree.QName(element).localname
            about = {etree.QName(key).localname: value for key, value in element.items()}
            if name == "table" and event == "start":
                extent, row = extents.setdefault(about.get("name", ""), Extent()), 0
            elif name == "table-row" and event == "start":
                height, column = int(about.get("number-rows-repeated", 1)), 0
            elif name == "table-row":
                row += height
                element.clear()
            elif name != "table" and event == "end":
                width = int(about.get("number-columns-repeated", 1))
                if "value-type" in about:
                    extent.add((row + 1, column + 1))
                    extent.add((row + height, column + width))
                    extent.cells += height * width - 2
                column += width
    return extents
