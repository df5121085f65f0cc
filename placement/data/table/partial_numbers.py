"""Columns of which some cells are numbers and others are not: said, or refused where marks are."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from placement.data.columns.column import Column
from placement.data.columns.raw_column import CategoricalColumn
from placement.data.columns.row_locations import MatchingRows, RowLocations
from placement.data.names.identifiers import means_identifier, means_person
from placement.data.names.quantities import means_date
from placement.data.schema import means_mark, quoted
from placement.errors import DataError

_BEGINS_WITH_NUMBER = re.compile(r"[^\w]*\d")
_LEAST_ROWS = 20
_MOST_LEVELS = 20
_LEAST_SHARE = 0.1  # of numbers: fewer are odd words of a category


@dataclass(frozen=True)
class PartialNumbers:
    """How many cells of a column of words are numbers, and how many are not, such as `example`."""

    numbers: int
    others: int
    example: str

    def __str__(self) -> str:
        return f"{self.numbers:,} cells are numbers, {self.others:,} are not ('{self.example}' …)"


def partial_numbers(column: Column) -> PartialNumbers | None:
    """Count the numbers of a column of words; None where there are hardly any."""
    raw = column.raw
    if column.kind == "number" or column.forced or not isinstance(raw, CategoricalColumn):
        return None
    others = np.where(raw.unparsable, raw.counts, 0)
    numbers, count = int(raw.counts[~np.isnan(raw.numbers)].sum()), int(others.sum())
    if not count or numbers < _LEAST_SHARE * (numbers + count):
        return None
    return PartialNumbers(numbers, count, str(raw.texts[int(others.argmax())]))


def decorated_number(column: Column) -> str | None:
    """Return the first cell of a column of words where each of them begins with a number.

    A few words are levels, such as `1st` and `2nd`; codes and dates begin with numbers, too.
    """
    raw, name = column.raw, column.name
    if column.kind == "number" or column.forced or not isinstance(raw, CategoricalColumn):
        return None
    if means_identifier(name) or means_person(name) or means_date(name):
        return None
    filled = (raw.counts > 0) & (raw.texts != "")
    rows, texts = int(raw.counts[filled].sum()), raw.texts[filled].tolist()
    begin = rows >= _LEAST_ROWS and all(map(_BEGINS_WITH_NUMBER.match, texts))
    return str(texts[0]) if begin else None


def _is_decorated_mark(column: Column) -> bool:
    raw = column.raw
    if not isinstance(raw, CategoricalColumn) or not means_mark(column.name):
        return False
    many = (raw.counts > 0).sum() > _MOST_LEVELS
    return bool(many) and decorated_number(column) is not None


def refuse_partial_marks(columns: Iterable[Column], locations: RowLocations) -> None:
    """Raise `DataError` where a column named like a mark is only partly one of numbers.

    Or where each cell has something behind its number, so that it would be a word.
    """
    for column in columns:
        partial, raw = partial_numbers(column), column.raw
        if not isinstance(raw, CategoricalColumn) or not means_mark(column.name):
            continue
        if partial is None and not _is_decorated_mark(column):
            continue
        what = partial or f"'{decorated_number(column)}' and all other cells are words"
        rows = MatchingRows.from_masks(raw.unparsable[codes] for codes in raw.array)
        name = quoted(column.name)
        raise DataError(
            f"{locations.file(rows.first[0])}, {locations.describe_rows(rows)}, column "
            f"{column.name}: {what}: correct those or leave them blank; or --drop {name}, or "
            f"--categorical {name} where each of them is a level"
        )
