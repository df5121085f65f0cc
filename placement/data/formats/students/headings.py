"""Headings below the first one: the columns under them may stand in another order."""

from collections.abc import Sequence

from placement.data.formats.blocks import SECOND_TABLE
from placement.data.formats.students.usual_rows import UsualRows, is_filled, parts_of, plain
from placement.data.names.equivalents import may_be_same

_MOST = 0.6


def is_heading_of(usual: UsualRows, cells: Sequence[str]) -> bool:
    """Whether most of a row's cells are names of columns, wherever these stand."""
    names = _plain_names(usual)
    filled = [cell for cell in cells if is_filled(cell)]
    named = len({plain(cell) for cell in filled} & names)
    return named >= max(2, _MOST * len(filled)) and 2 * named >= len(usual.columns)


def moved_column(usual: UsualRows, cells: Sequence[str]) -> str:
    """Say where a heading has another column than the first heading has; "" if nowhere."""
    names = _plain_names(usual)
    for cell, column in zip(cells, usual.columns, strict=False):
        if not is_filled(cell) or plain(cell) in parts_of(column.name):
            continue
        is_mark = column.is_number and not column.is_identifier
        if plain(cell) in names or (is_mark and not may_be_same(cell, column.name)):
            return f"{SECOND_TABLE}: {cell!r} where the first has {column.name!r}"
    return ""


def _plain_names(usual: UsualRows) -> set[str]:
    return {part for column in usual.columns for part in parts_of(column.name)}
