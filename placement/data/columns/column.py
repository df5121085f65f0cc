"""Numbers or categories, grade scales, and cells that do not fit the column they stand in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from placement.arrays import BoolArray, FloatArray, IntArray, ObjectArray
from placement.data.columns.column_store import ChunkedArray
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.columns.raw_column import (
    MAX_TEXTS,
    NUMBER_SHARE,
    CategoricalColumn,
    HashedColumn,
    NumericColumn,
    RawColumn,
    is_unparsable,
)
from placement.data.columns.row_locations import MatchingRows, RowLocations
from placement.data.schema import Kind, means_grade
from placement.errors import DataError
from placement.model.scorer import Coded, fold, words

SCALES = (4.0, 5.0, 10.0, 20.0, 100.0)
SCALE_SHARE = 0.95  # share of grades a scale must hold


@dataclass(frozen=True, eq=False)
class Column:
    """A column and what it was taken for.

    `forced`: `--categorical` made a category of numbers.
    """

    read: RawColumn
    kind: Kind
    forced: bool = False

    @property
    def name(self) -> str:
        """The file's name of the column."""
        return self.read.name

    def __len__(self) -> int:
        return len(self.read)

    @property
    def is_hashed(self) -> bool:
        """Whether it is free text, of which only hashes are known."""
        return isinstance(self.read, HashedColumn)

    @property
    def array(self) -> ChunkedArray:
        """The cells as they are kept."""
        return self.read.array

    def with_array(self, array: ChunkedArray) -> "Column":
        """The same column over other rows."""
        return replace(self, read=replace(self.read, array=array))

    def piece(self, place: int) -> FloatArray | Coded:
        """Return the cells (n,) of a piece: float64 with NaN, or coded words with None."""
        own = self.array.piece(place)
        if isinstance(self.read, NumericColumn):
            return np.asarray(own, dtype=np.float64)
        if isinstance(self.read, HashedColumn):
            raise TypeError(f"{self.name}: of free text only hashes are known")
        if self.kind == "number":
            return np.asarray(self.read.numbers[own], dtype=np.float64)
        return Coded(own, self.words)

    def as_numbers(self, place: int) -> FloatArray:
        """Return what the cells (n,) of a piece are as numbers, whatever the column's kind."""
        if isinstance(self.read, CategoricalColumn):
            return np.asarray(self.read.numbers[self.array.piece(place)])
        if isinstance(self.read, HashedColumn):
            return np.full(self.array.sizes[place], np.nan)
        return np.asarray(self.array.piece(place))

    def cells(self) -> FloatArray | ObjectArray:
        """Return all cells (n,): float64 with NaN, or text with None, where missing."""
        if self.kind == "number":
            pieces = [np.asarray(self.piece(place)) for place in range(len(self.array))]
            return np.concatenate([np.empty(0), *pieces])
        return Coded(self.array.whole(), self.words).to_numpy()

    @cached_property
    def words(self) -> ObjectArray:
        """What each text says, (k,), None where it is blank."""
        if not isinstance(self.read, CategoricalColumn):
            raise TypeError(f"{self.name} has no words")
        texts = words(self.read.texts)
        if not self.forced:
            return texts
        # `--categorical rank` has "2", not "2.0"; what is no number stays as it is written.
        return np.where(self.read.bad, texts, words(self.read.numbers))

    @cached_property
    def level_of(self) -> IntArray:
        """The level of each text, (k,): the same whatever the case; -1 where it is blank."""
        number: dict[str, int] = {}
        return np.array(
            [
                -1 if word is None else number.setdefault(fold(word), len(number))
                for word in self.words
            ],
            dtype=np.int64,
        )

    def count_levels(self) -> int:
        """Count the levels of a category that are there."""
        seen = np.zeros(len(self.words), dtype=bool)
        for own in self.array:
            seen[own] = True
        return len(set(self.level_of[seen].tolist()) - {-1})

    def missing(self, place: int) -> BoolArray:
        """Return which rows (n,) of a piece have no value."""
        own = self.array.piece(place)
        if self.is_hashed:
            return np.asarray(own == 0, dtype=bool)
        if self.kind == "number":
            return np.isnan(np.asarray(self.piece(place), dtype=np.float64))
        return np.asarray((self.level_of < 0)[own], dtype=bool)

    def strays(self) -> Iterator[BoolArray]:
        """Yield for each piece which cells of a number column are words."""
        for own in self.array:
            if isinstance(self.read, NumericColumn):
                yield is_unparsable(own)
            elif isinstance(self.read, CategoricalColumn):
                yield self.read.bad[own]

    def number(self, position: int, places: RowLocations) -> float:
        """Return one cell of a number column."""
        place, offset = places.find(position)
        return float(np.asarray(self.piece(place))[offset])

    def text(self, position: int, places: RowLocations) -> str:
        """Return a cell's text for a message."""
        place, offset = places.find(position)
        own = self.array.piece(place)[offset]
        if isinstance(self.read, CategoricalColumn):
            return str(self.read.texts[own])
        if isinstance(self.read, NumericColumn) and position in self.read.examples:
            return self.read.examples[position]
        return "" if np.isnan(own) else str(words([own])[0])


def infer_kind(read: RawColumn, *, categorical: bool = False) -> Column:
    """Decide the kind: numbers where at least 95 % of the cells that say something are numbers."""
    if isinstance(read, HashedColumn):
        return Column(read, "category")
    if isinstance(read, NumericColumn):
        known, stray = read.known, read.stray
    else:
        known = int(read.counts[~np.isnan(read.numbers)].sum())
        stray = int(read.counts[read.bad].sum())
    if stray and known < NUMBER_SHARE * (known + stray):
        return Column(read, "category")
    if not categorical:
        return Column(read, "number")
    if isinstance(read, NumericColumn):
        raise DataError(
            f"--categorical {read.name}: more than {MAX_TEXTS:,} different numbers are too many "
            "for a category"
        )
    return Column(read, "category", forced=True)


def warn_of_words(column: Column, outcome: OutcomeCodes, places: RowLocations) -> list[str]:
    """Name the cells of a number column that are no numbers and count as missing."""
    if column.kind != "number":
        return []
    found = MatchingRows.among(a & b for a, b in zip(column.strays(), outcome.used(), strict=True))
    if not found:
        return []
    first = found.first[0]
    said = (
        f"{places.file(first)}, {places.several(found)}, column {column.name}: "
        f"{column.text(first, places)!r} is not a number and counts as missing "
        f"({count_cells(found.count)}; correct it or use --categorical {column.name})"
    )
    return [said]


def refuse_infinity(column: Column, outcome: OutcomeCodes, places: RowLocations) -> None:
    """Raise `DataError` at the first infinite cell of a number column."""
    found = _where(column, outcome, np.isinf)
    if found:
        text = column.text(found.first[0], places)
        raise DataError(
            f"{places.of(found.first[0])}, column {column.name}: {text} is not a finite number "
            f"({count_cells(found.count)}; correct it, leave it blank, or --drop {column.name})"
        )


def infer_scale(column: Column, within: Sequence[int], high: float) -> float | None:
    """Return the grade scale (4, 5, 10, 20 or 100) of a grade-named number column, else None.

    `within` counts its finite cells up to each of `SCALES` and all of them; `high` is the largest.
    """
    if column.kind != "number" or not means_grade(column.name):
        return None
    *up_to, known = within
    if not known or high <= 1:  # shares of 1 are on none of these scales
        return None
    for scale, count in zip(SCALES, up_to, strict=True):
        if count >= SCALE_SHARE * known:
            # Grades of 4.3 among 3s mean a scale of 5, not a scale of 4 with slips.
            return 5.0 if scale == 4.0 and 4.0 < high <= 5.0 else scale
    return None


def warn_off_scale(
    column: Column, scale: float, outcome: OutcomeCodes, places: RowLocations
) -> list[str]:
    """Name the cells outside the inferred scale."""
    found = _where(column, outcome, lambda values: (values < 0) | (values > scale))
    if not found:
        return []
    first = found.first[0]
    worst = column.number(first, places)
    cure = "a percentage? " if scale < worst <= 100 and scale <= 10 else ""
    said = (
        f"{places.file(first)}, {places.several(found)}, column {column.name}: "
        f"{worst:g} is off the inferred scale of {scale:g} ({count_cells(found.count)}; "
        f"{cure}correct it or --drop {column.name})"
    )
    return [said]


def _where(
    column: Column, outcome: OutcomeCodes, test: Callable[[FloatArray], BoolArray]
) -> MatchingRows:
    """Find the used rows whose number passes a test; NaN passes none."""

    def masks() -> Iterator[BoolArray]:
        for place, used in enumerate(outcome.used()):
            with np.errstate(invalid="ignore"):
                yield test(np.asarray(column.piece(place))) & used

    return MatchingRows.among(masks())


def count_cells(count: int) -> str:
    """Return `1 cell` or `3 cells`."""
    return f"{count:,} cell{'' if count == 1 else 's'}"
