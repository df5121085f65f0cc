"""Which row of a sheet of text holds the column names, if any does."""

from collections.abc import Sequence
from dataclasses import dataclass

from placement.config.file_options import FileOptions
from placement.data.formats.blocks import Names, tidy_names, unquote
from placement.data.formats.delimited.dialect import usual_width
from placement.data.formats.heading_rows import (
    find_heading,
    is_data,
    joined_names,
    names_over_numbers,
)
from placement.data.formats.workbooks.extent import column_letters
from placement.data.names.identifiers import means_identifier, means_person
from placement.errors import DataError, counted

_IN_A_ROW = 2  # so many names come again where a second table stands beside the first


@dataclass(frozen=True)
class Header(Names):
    """The header of a table.

    `row`: its position among the rows given, None where the names came from the user.
    """

    row: int | None
    warnings: tuple[str, ...] = ()

    def with_row_names(self) -> "Header":
        """Return the header of a table whose first field, the name of its row, has no name."""
        tidy = tidy_names(("", *self.names))
        unnamed = frozenset({tidy.names[0], *self.unnamed})
        note = "each row has one field more than the heading: the first column is unnamed"
        return Header(tidy.names, unnamed, (*self.notes, note), self.row, self.warnings)


def find_header(
    rows: Sequence[Sequence[str]], lines: Sequence[int], options: FileOptions, file: str
) -> Header:
    """Find the header among the first non-blank rows of a file, or take what the user says.

    `lines`: where each of the rows stands.
    """
    cells = [[unquote(cell) for cell in row] for row in rows]
    if options.names:
        return _header_of_names(cells, options.names, file)
    if options.header_row is None:
        rows_of_names = find_heading(cells)
    else:
        rows_of_names = [_position(options.header_row, lines, file)]
    row = rows_of_names[-1]
    header, body = joined_names([cells[index] for index in rows_of_names]), cells[row + 1 :]
    if options.header_row is None and len(rows_of_names) == 1 and is_data(header, body):
        shown = ", ".join(map(repr, header[:3])) + (", …" if len(header) > 3 else "")
        raise DataError(
            f"{file}: the first row ({shown}) is data, not column names: {_hint(len(header))}"
        )
    width = usual_width(body) if body else len(header)
    while len(header) > width and not header[-1]:
        header = header[:-1]
    if not any(header):
        raise DataError(f"{file}: the header row is blank: write the column names into it")
    _refuse_side_by_side(cells[row], body, file)
    tidy = tidy_names(header)
    joined = header != cells[row][: len(header)]
    notes = (*_said(rows_of_names if joined else [row]), *tidy.notes)
    return Header(tidy.names, tidy.unnamed, notes, row)


def _position(header_row: int, lines: Sequence[int], file: str) -> int:
    """Return which of the rows stands on a line that the user named."""
    if header_row not in lines:
        first = ", ".join(map(str, lines[:5]))
        raise DataError(
            f"{file}: row {header_row} (--header-row) is blank, or too far down; "
            f"the first rows with cells are {first}"
        )
    return lines.index(header_row)


def _refuse_side_by_side(names: Sequence[str], body: Sequence[Sequence[str]], file: str) -> None:
    """Raise `DataError` where the same names come again with other students below them."""
    for again, name in enumerate(names):
        first = names.index(name)
        left, right = (slice(at, at + _IN_A_ROW) for at in (first, again))
        identifies = means_identifier(name) or means_person(name)
        if first == again or not identifies or names[left] != names[right]:
            continue
        pairs = [(row[left], row[right]) for row in body]
        if any(one != other for one, other in pairs if all(one) and all(other)):
            letters = [column_letters(index + 1) for index in (first, again)]
            raise DataError(
                f"{file}: two tables stand side by side: {name!r} is the heading of column "
                f"{letters[0]} and of column {letters[1]}, with other students below it; put the "
                "second table below the first, or into a file of its own"
            )


def _said(rows_of_names: Sequence[int]) -> tuple[str, ...]:
    titles, joined = rows_of_names[0], len(rows_of_names)
    notes = []
    if titles:
        notes.append(f"{counted(titles, 'title row')} above the header skipped")
    if joined > 1:
        notes.append(f"{joined} rows of column names joined")
    return tuple(notes)


def _header_of_names(cells: list[list[str]], names: tuple[str, ...], file: str) -> Header:
    width = usual_width(cells)
    filled = max((i + 1 for row in cells for i, c in enumerate(row) if c), default=width)
    if len(names) != width and not filled <= len(names) < width:
        raise DataError(
            f"{file}: --names gives {counted(len(names), 'name')}, "
            f"but the file has {counted(width, 'column')}: {_hint(width)}"
        )
    tidy = tidy_names(names)
    warnings: tuple[str, ...] = ()
    if not is_data(cells[0], cells[1:]) and names_over_numbers(cells[0], cells[1:]):
        shown = ", ".join(cells[0][:3])
        warnings = (f"{file}: the first row ({shown} …) looks like a header; leave out --names",)
    return Header(tidy.names, tidy.unnamed, tidy.notes, None, warnings)


def _hint(width: int) -> str:
    letters = ",".join(map(column_letters, range(1, width + 1)))
    return f"give its {counted(width, 'name')} with --names {letters}"
