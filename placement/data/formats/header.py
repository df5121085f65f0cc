"""Which row of a sheet of text holds the column names, if any does."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from placement.data.formats.blocks import Names, tidy_names, unquote
from placement.data.formats.delimited.dialect import is_missing, is_number
from placement.errors import DataError

_MOST = 0.8
_MOST_TITLES = 20
_LETTERS = 26


@dataclass(frozen=True)
class Header(Names):
    """The header of a table.

    `row`: its position among the rows given, None where the names came from the user.
    `width`: how many fields it has once empty ones that no row has are cut off.
    """

    row: int | None
    width: int
    warnings: tuple[str, ...] = ()


def find_header(rows: Sequence[Sequence[str]], names: tuple[str, ...], file: str) -> Header:
    """Find the header among the first non-blank rows of a file, or put `names` in its place."""
    cells = [[unquote(cell) for cell in row] for row in rows]
    if names:
        return _header_of_names(cells, names, file)
    row = _title_rows(cells)
    header, body = cells[row], cells[row + 1 :]
    if _is_data(header, body):
        shown = ", ".join(map(repr, header[:3])) + (", …" if len(header) > 3 else "")
        raise DataError(
            f"{file}: the first row ({shown}) is data, not column names: {_hint(len(header))}"
        )
    width = max([len(row) for row in body] or [len(header)])
    while len(header) > width and not header[-1]:
        header = header[:-1]
    if not any(header):
        raise DataError(f"{file}: the header row is blank: write the column names into it")
    tidy = tidy_names(header)
    notes = tidy.notes
    if row:
        rows_above = "1 title row" if row == 1 else f"{row} title rows"
        notes = (f"{rows_above} above the header skipped", *notes)
    return Header(tidy.names, tidy.unnamed, notes, row, len(header))


def _header_of_names(cells: list[list[str]], names: tuple[str, ...], file: str) -> Header:
    width = Counter(map(len, cells)).most_common(1)[0][0]
    filled = max((i + 1 for row in cells for i, c in enumerate(row) if c), default=width)
    if len(names) != width and not filled <= len(names) < width:
        raise DataError(
            f"{file}: --names gives {_count(len(names), 'name')}, "
            f"but the file has {_count(width, 'column')}: {_hint(width)}"
        )
    tidy = tidy_names(names)
    warnings: tuple[str, ...] = ()
    if not _is_data(cells[0], cells[1:]) and _names_over_numbers(cells[0], cells[1:]):
        shown = ", ".join(cells[0][:3])
        warnings = (f"{file}: the first row ({shown} …) looks like a header; leave out --names",)
    return Header(tidy.names, tidy.unnamed, tidy.notes, None, len(names), warnings)


def _title_rows(cells: list[list[str]]) -> int:
    """Count the rows above the header: few cells, above a fuller row that looks like names."""
    counts = Counter(map(len, cells))
    width = max(counts, key=lambda count: (counts[count], count))
    for index, row in enumerate(cells[:_MOST_TITLES]):
        below = cells[index + 1 :]
        filled = sum(map(bool, row))
        sparse = filled * 2 <= width or len(row) < width
        if width < 2 or not sparse or not _header_follows(row, filled, below):
            return index
    return 0


def _header_follows(row: list[str], filled: int, below: list[list[str]]) -> bool:
    for index, candidate in enumerate(below[:_MOST_TITLES]):
        rest = below[index + 1 :]
        has_more = sum(map(bool, candidate)) > filled
        words = not any(is_number(cell) for cell in candidate if cell)
        if not (has_more and words):
            continue
        single_title = filled == 1 and bool(row[0]) and len(candidate) > 2
        return (single_title and not _is_data(candidate, rest)) or _names_over_numbers(
            candidate, rest
        )
    return False


def _columns(width: int, body: list[list[str]]) -> list[list[str]]:
    """The non-missing cells below each header cell."""
    return [
        [row[i] for row in body if i < len(row) and not is_missing(row[i])] for i in range(width)
    ]


def _mostly_numbers(column: list[str]) -> bool:
    return bool(column) and sum(map(is_number, column)) >= _MOST * len(column)


def _names_over_numbers(row: list[str], body: list[list[str]]) -> bool:
    columns = _columns(len(row), body)
    pairs = zip(row, columns, strict=True)
    return any(cell and not is_number(cell) and _mostly_numbers(column) for cell, column in pairs)


def _is_data(row: list[str], body: list[list[str]]) -> bool:
    """Whether a first row is of the same kind as the rows below it."""
    cells = [(cell, i) for i, cell in enumerate(row) if not is_missing(cell)]
    if not cells:
        return False
    if all(is_number(cell) for cell, _ in cells):
        return True
    columns = _columns(len(row), [other for other in body if other != row])
    if not any(columns):
        return False
    if any(is_number(cell) for cell, _ in cells):
        return all(
            is_number(cell) == _mostly_numbers(columns[i]) for cell, i in cells if columns[i]
        )
    # Words only: names do not come again below themselves, levels do.
    return all(cell in columns[i] for cell, i in cells)


def _hint(width: int) -> str:
    return f"give its {_count(width, 'name')} with --names {','.join(map(_letter, range(width)))}"


def _letter(position: int) -> str:
    """A, B … Z, AA, AB: columns as spreadsheets call them."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, _LETTERS)
        letters = chr(ord("A") + rest) + letters
    return letters


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
