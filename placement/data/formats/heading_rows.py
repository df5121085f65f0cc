"""Which of the first rows of a sheet hold the column names: one row, or several joined."""

import re
from collections import Counter
from collections.abc import Sequence

from placement.data.formats.delimited.dialect import is_missing, is_number, usual_width
from placement.data.names.identifiers import means_identifier, means_person
from placement.data.schema import means_grade

Cells = Sequence[str]

_MOST = 0.8
_MOST_TITLES = 20
_ROMAN_OR_ORDINAL = re.compile(r"[ivxlcdm]+|st|nd|rd|th", re.IGNORECASE)
_USUAL = re.compile(
    r"\b(?:placed|status|score|branch|stream|gender|age|aptitude|backlogs?|iq)\b", re.IGNORECASE
)
_UNIT = re.compile(r"[(\[{].*[)\]}]|%|/\s*\d+")


def find_heading(cells: Sequence[Cells]) -> list[int]:
    """Return the positions of the rows that hold the column names; titles may stand above.

    Where none does, the first row is returned.
    """
    width, row, joined = usual_width(cells), 0, list[int]()
    while (step := _next_heading(cells, row, width)) is not None:
        row, joins = step
        if joins:
            joined.append(row - 1)
        else:
            joined.clear()
    if not joined and row and _is_group_row(cells[row - 1], cells[row], width):
        joined.append(row - 1)
    return [*joined, row]


def _next_heading(cells: Sequence[Cells], row: int, width: int) -> tuple[int, bool] | None:
    """Return a row further down that rather has the names, and whether it goes on with these."""
    last = min(len(cells), row + 1 + _MOST_TITLES, 2 * _MOST_TITLES)
    if row + 1 < last and _goes_on(cells[row], cells[row + 1], cells[row + 2 :]):
        return row + 1, True
    for below in range(row + 1, last):
        if _is_better(cells[row], cells[below], cells[below + 1 :], width):
            return below, False
    return None


def _is_better(row: Cells, candidate: Cells, rest: Sequence[Cells], width: int) -> bool:
    """Whether a row is a title, seen from a fuller row further down that looks like names."""
    filled, words = sum(map(bool, row)), not any(map(is_number, filter(None, candidate)))
    if width < 2 or not words or sum(map(bool, candidate)) < 2:
        return False
    named = names_over_numbers(candidate, rest)
    if filled * 2 <= width or len(row) < width:
        single_title = filled == 1 and bool(row[0]) and len(candidate) > 2
        fuller = sum(map(bool, candidate)) > filled
        return fuller and (named or (single_title and not is_data(candidate, rest)))
    if len(candidate) != width or not named or not _are_new(candidate, rest):
        return False
    if len(row) != width:
        return True
    # A title row may have as many cells as the table.
    over_numbers = [i for i, column in enumerate(_columns(width, rest)) if _mostly_numbers(column)]
    return (
        all(candidate)
        and all(not is_missing(candidate[i]) for i in over_numbers)
        and not any(map(_is_name, row))
        and any(map(_is_name, candidate))
    )


def _is_name(cell: str) -> bool:
    """Whether a cell reads like the name of a usual column."""
    named = means_grade(cell) or means_identifier(cell) or means_person(cell)
    return named or bool(_USUAL.search(cell))


def _are_new(candidate: Cells, rest: Sequence[Cells]) -> bool:
    """Whether no cell comes again below itself: names do not, levels do."""
    columns = _columns(len(candidate), rest)
    return not any(cell and cell in column for cell, column in zip(candidate, columns, strict=True))


def _goes_on(row: Cells, candidate: Cells, rest: Sequence[Cells]) -> bool:
    """Whether names are written in two rows: groups above, and below them what they consist of.

    The second row is blank where cells are merged downwards: there students have cells.
    """
    width = len(candidate)
    above = [*row, *[""] * (width - len(row))][:width]
    below_blank = [i for i in range(width) if above[i] and not candidate[i]]
    filled = [i for i in range(width) if candidate[i]]
    new = [i for i in filled if not above[i]]
    if any(map(is_number, filter(None, row))) or not rest or _is_title(row):
        return False
    if filled and all(_UNIT.fullmatch(candidate[i]) and above[i] for i in filled):
        return True
    if not new:
        return False
    parts = all(not above[i] or (i + 1 in new) or _UNIT.fullmatch(candidate[i]) for i in filled)
    columns = _columns(width, rest)
    students = [i for i in below_blank if len(columns[i]) >= _MOST * len(rest)]
    numbers = sum(is_number(candidate[i]) for i in filled)
    if not parts or (not _are_new(candidate, rest) and numbers):
        return False
    if numbers:
        return len(students) > 1
    return bool(students) or names_over_numbers(candidate, rest)


def _is_title(row: Cells) -> bool:
    return not any(row[1:])


def _is_group_row(row: Cells, names: Cells, width: int) -> bool:
    """Whether a row above the names has groups of them, and is no title."""
    filled = [index for index, cell in enumerate(row) if cell]
    words = not any(is_number(row[index]) for index in filled)
    return (
        not _is_title(row)
        and words
        and len(row) <= max(width, len(names))
        and len(filled) < len(names)
    )


def joined_names(rows: Sequence[Cells]) -> list[str]:
    """Return the names that rows of names make together, groups above their parts.

    A part that has no word to itself, such as XII, or that comes twice, is named by its group too;
    units are no parts.
    """
    names = list(rows[-1])
    for groups in reversed(rows[:-1]):
        names += [""] * (len(groups) - len(names))
        counts = Counter(names)
        group = ""
        for index, name in enumerate(names):
            inside = index < len(groups)
            group = (groups[index] or (group if name else "")) if inside else ""
            if inside and groups[index] and _UNIT.fullmatch(name):
                names[index] = group
            elif group and (not name or counts[name] > 1 or _is_fragment(name)):
                names[index] = f"{group}: {name}" if name else group
    return names


def _is_fragment(name: str) -> bool:
    words = re.findall(r"[^\W\d_]+", name)
    return all(_ROMAN_OR_ORDINAL.fullmatch(word) for word in words)


def _columns(width: int, body: Sequence[Cells]) -> list[list[str]]:
    """The non-missing cells below each header cell."""
    return [
        [row[i] for row in body if i < len(row) and not is_missing(row[i])] for i in range(width)
    ]


def _mostly_numbers(column: list[str]) -> bool:
    return bool(column) and sum(map(is_number, column)) >= _MOST * len(column)


def names_over_numbers(row: Cells, body: Sequence[Cells]) -> bool:
    """Whether some cell of a row is a word above numbers."""
    columns = _columns(len(row), body)
    pairs = zip(row, columns, strict=True)
    return any(cell and not is_number(cell) and _mostly_numbers(column) for cell, column in pairs)


def is_data(row: Cells, body: Sequence[Cells]) -> bool:
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
