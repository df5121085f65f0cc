"""Tell which rows of a table are no students, and why: always by the whole row.

A word decides nothing by itself: a student may be called Max, a branch Average. It counts where it
is the first text of its row and the cells that tell a student are blank.
"""

from collections.abc import Callable, Iterable, Sequence

from placement.data.formats.blocks import SECOND_TABLE
from placement.data.formats.students.figures import (
    FilledCells,
    is_figure,
    is_level,
    tells_student,
)
from placement.data.formats.students.headings import is_heading_of, moved_column
from placement.data.formats.students.phrases import HEADING_WORDS, NOTES, TITLES
from placement.data.formats.students.usual_rows import UsualRows, is_filled, is_number, repeats
from placement.data.names.phrases import name_words

HEADING = "the heading again"
FIGURE = "a total or another figure of the table"
TITLE = "a title or a note"
NOTE = "a note or a signature"
OTHER_TABLE = "another table below"
NUMBERED = "the numbers of the columns"

_LIKE_A_STUDENT = 0.6  # so many cells of a row like those above make it a student's

Cells = Sequence[str]


def find_not_students(
    usual: UsualRows, rows: int, to_check: Iterable[int], cells_of: Callable[[int], Cells]
) -> dict[int, str]:
    """Return which of some rows in order (0-based) are no students, and why.

    `to_check` are those to look at, in order; what stands below one that is none is looked at too.
    `cells_of` returns the trimmed cells of a row.
    """
    reasons: dict[int, str] = {}
    last_row = heading = -1
    for first in to_check:
        row, above = first, ""
        while last_row < row < rows:
            cells, last_row = cells_of(row), row
            by_cells = _reason(usual, cells)
            reason = by_cells or _below(usual, cells, above)
            if not reason:
                if heading == row - 1 >= 0:
                    reasons[heading] = SECOND_TABLE
                break
            if by_cells == OTHER_TABLE and 2 * sum(map(is_filled, cells)) >= usual.filled:
                heading = row
            reasons[row] = reason
            goes_on = above == OTHER_TABLE and reason != HEADING
            above, row = OTHER_TABLE if goes_on else reason, row + 1
    return reasons


def _reason(usual: UsualRows, cells: Cells) -> str:
    """Say why a row is no student, by its own cells; "" where nothing says so."""
    pairs = zip(cells, usual.columns, strict=False)
    filled = [(cell, column) for cell, column in pairs if is_filled(cell)]
    if repeats(cells, [column.name for column in usual.columns]):
        return moved_column(usual, cells) or HEADING
    if [*cells] == [str(number + 1) for number in range(len(cells))] and len(cells) > 2:
        return NUMBERED
    if is_figure(usual, filled):
        return FIGURE
    # A number may be that of the row; another code, or an outcome, is a student's.
    if not filled or any(c.identifies(cell) and not c.is_number for cell, c in filled):
        return ""
    if is_heading_of(usual, cells):
        return moved_column(usual, cells)
    tests = ((NOTE, _is_note), (TITLE, _is_title), (OTHER_TABLE, _is_other_heading))
    return next((reason for reason, test in tests if test(usual, filled)), "")


def _is_note(_usual: UsualRows, filled: FilledCells) -> bool:
    """Whether the first text is that of a note or a signature, and no cell is a student's."""
    rest = [(cell, column) for cell, column in filled[1:] if not column.is_identifier]
    numbers = any(column.is_number and is_number(cell) for cell, column in rest)
    said = NOTES.fullmatch(filled[0][0]) is not None
    return said and not numbers and not any(is_level(*pair) for pair in filled)


def _is_title(usual: UsualRows, filled: FilledCells) -> bool:
    """Whether next to nothing of the row is filled, and that as no student's cells are."""
    cell, at = filled[0]
    width = len(usual.columns)
    many = width < 2 or len(filled) > max(1, usual.filled // 3)
    if many or is_number(cell) or any(is_level(*pair) for pair in filled):
        return False
    says_so = any(TITLES.fullmatch(cell) for cell, _ in filled)
    if any(column.is_person for _, column in filled) or width == 2:
        return says_so or (at.is_number and not at.is_identifier)
    return True


def _is_other_heading(usual: UsualRows, filled: FilledCells) -> bool:
    """Whether the cells are words as no student has them: other names of columns."""
    words = {cell.casefold() for cell, _ in filled}
    if len(filled) < 2 or len(words) < len(filled) or any(is_number(cell) for cell, _ in filled):
        return False
    if any(is_level(*pair) for pair in filled):
        return False
    marks = [c for c in usual.columns if c.is_number and c.is_filled and not c.is_identifier]
    over_numbers = sum(column in marks for _, column in filled)
    names = sum(not HEADING_WORDS.isdisjoint(name_words(cell)) for cell, _ in filled)
    return over_numbers >= 2 or (bool(marks) and names >= 2) or (over_numbers > 0 and names > 0)


def _below(usual: UsualRows, cells: Cells, above: str) -> str:
    """Say whether a row belongs to what stands above it rather than to the table of students."""
    pairs = list(zip(cells, usual.columns, strict=False))
    if not above or above == HEADING or any(c.identifies(x) and not c.is_number for x, c in pairs):
        return ""
    usually = [column.fits(cell) for cell, column in pairs if column.is_filled]
    if above == OTHER_TABLE:
        return OTHER_TABLE if sum(usually) < _LIKE_A_STUDENT * len(usually) else ""
    identified = any(is_filled(cell) and tells_student(cell, column) for cell, column in pairs)
    return "" if identified or sum(usually) * 3 >= len(usually) else OTHER_TABLE
