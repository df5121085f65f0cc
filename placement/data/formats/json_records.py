"""Records in JSON: an object a line, a list of objects, or one named list of them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from placement.config.file_options import FileOptions
from placement.data.formats.blocks import tidy_names
from placement.data.formats.delimited.encoding import read_text
from placement.data.formats.header import Header
from placement.data.formats.sources import Source
from placement.data.formats.workbooks.choose_sheets import WantsSheet
from placement.data.formats.workbooks.sheet_part import Sheet, SheetPart, sheet_part
from placement.errors import DataError

_SPACE = re.compile(r"[\s,]*")
_PLAIN = (str, int, float, bool, type(None))

Record = dict[str, Any]


@dataclass(frozen=True)
class _Location:
    """Where a record begins: the file, and its line."""

    file: str
    line: int

    def error(self, what: str) -> DataError:
        return DataError(f"{self.file}, line {self.line}: {what}")


def open_json(
    source: Source, options: FileOptions, _wants: WantsSheet | None
) -> tuple[SheetPart, ...]:
    """Open the records of a file; a key that some lack is blank there."""
    if options.names or options.header_row is not None:
        option = "--names" if options.names else "--header-row"
        raise DataError(f"{source.name}: {option} is for sheets; in JSON each cell has its name")
    text, notes = read_text(source, options.encoding)
    records = list(_records(source.name, text))
    if not records:
        raise DataError(f"{source.name}: holds no records")
    names = list(dict.fromkeys(name for _, record in records for name in record))
    rows = [[record.get(name) for name in names] for _, record in records]
    tidy = tidy_names(names)
    header = Header(tidy.names, tidy.unnamed, tidy.notes, None)
    lines = [location.line for location, _ in records]
    part = sheet_part(source, Sheet("records", rows, lines=lines, header=header))
    kind = ("records of a JSON file, a column a key",)
    return (replace(part, notes=(*kind, *notes, *part.notes)),)


def _records(file: str, text: str) -> Iterator[tuple[_Location, Record]]:
    """Yield each record and where it begins."""
    decoder = json.JSONDecoder(object_pairs_hook=_once)
    at, start, line = 0, 0, 1
    is_list = text.lstrip().startswith("[")
    if is_list:
        at = text.index("[") + 1
    while (at := _behind_space(text, at)) < len(text) and text[at] != "]":
        location = _Location(file, line + text.count("\n", start, at))
        line, start = location.line, at
        try:
            record, at = decoder.raw_decode(text, at)
        except ValueError as error:
            raise location.error(f"not readable as JSON ({error})") from error
        yield from _rows_of(location, record)
    if is_list and not text[at:].startswith("]"):
        raise DataError(f"{file}: cut short: the list has no end; fetch it again")


def _behind_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()


def _once(pairs: list[tuple[str, Any]]) -> Record:
    names = [name for name, _ in pairs]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"the key {twice!r} stands twice in one record")
    return dict(pairs)


def _rows_of(location: _Location, record: Any) -> Iterator[tuple[_Location, Record]]:
    """Yield a record; of an object with one list of records, those."""
    if not isinstance(record, dict):
        raise location.error("a record that is no object: write one object a student")
    lists = [value for value in record.values() if isinstance(value, list)]
    if len(lists) == 1 and lists[0] and all(isinstance(row, dict) for row in lists[0]):
        for row in lists[0]:
            yield from _rows_of(location, row)
        return
    nested = next((name for name, value in record.items() if not isinstance(value, _PLAIN)), None)
    if nested is not None:
        raise location.error(
            f"{nested!r} holds an object or a list: write one value a key, or convert it to CSV"
        )
    yield location, record
