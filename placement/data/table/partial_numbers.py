"""Columns of which some cells are numbers and others are not: said, or refused where marks are."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from placement.data.columns.column import Column
from placement.data.columns.raw_column import CategoricalColumn
from placement.data.columns.row_locations import MatchingRows, RowLocations
from placement.data.schema import means_mark, quoted
from placement.errors import DataError

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


def refuse_partial_marks(columns: Iterable[Column], locations: RowLocations) -> None:
    """Raise `DataError` where a column named like a mark is only partly one of numbers."""
    for column in columns:
        partial, raw = partial_numbers(column), column.raw
        if partial is None or not means_mark(column.name) or not isinstance(raw, CategoricalColumn):
            continue
        rows = MatchingRows.from_masks(raw.unparsable[codes] for codes in raw.array)
        name = quoted(column.name)
        raise DataError(
            f"{locations.file(rows.first[0])}, {locations.describe_rows(rows)}, column "
            f"{column.name}: {partial}: correct those or leave them blank; or --drop {name}, or "
            f"--categorical {name} where each of them is a level"
        )
