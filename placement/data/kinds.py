"""Numbers or categories, grade scales, and cells that do not fit the column they stand in."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from placement.data.raw import Objects, Places, RawColumn
from placement.data.schema import Kind, means_grade
from placement.errors import DataError
from placement.model.scorer import fold, words

NUMBER_SHARE = 0.95  # a column with at least this share of numbers is a number
SCALES = (4.0, 5.0, 10.0, 20.0, 100.0)
SCALE_SHARE = 0.95  # share of grades a scale must hold

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """A column and what it was taken for.

    `levels` are its distinct numbers, or words each once whatever the case; `level_of` gives the
    level of each of `raw.texts`, -1 where missing. `forced`: `--categorical` made it a category.
    """

    raw: RawColumn
    kind: Kind
    levels: npt.NDArray[Any]
    level_of: npt.NDArray[np.int64]
    forced: bool = False

    @property
    def name(self) -> str:
        """The file's name of the column."""
        return self.raw.name

    def take(self, rows: npt.NDArray[np.intp]) -> "Column":
        """The same column at some rows."""
        return replace(self, raw=self.raw.take(rows))

    def cells(self) -> Floats | Objects:
        """Return the cells (n,): float64 with NaN, or text with None, where missing."""
        if self.kind == "number":
            return self.raw.numbers[self.raw.codes]
        return _spelled(self.raw, self.forced)[self.raw.codes]

    def codes(self) -> npt.NDArray[np.int64]:
        """Return the level of each row (n,), -1 where missing."""
        return self.level_of[self.raw.codes]

    def missing(self) -> npt.NDArray[np.bool_]:
        """Return which rows (n,) have no value here."""
        return self.codes() < 0

    def tally(self) -> tuple[npt.NDArray[np.int64], int]:
        """Return the rows of each level, and of missing cells."""
        counts = np.bincount(self.codes() + 1, minlength=len(self.levels) + 1)
        return counts[1:], int(counts[0])


def _spelled(raw: RawColumn, forced: bool) -> Objects:
    """Return what each text says as a word; `--categorical rank` has `2`, not `2.0`."""
    return words(raw.numbers if forced else raw.texts)


def _of_kind(raw: RawColumn, kind: Kind, *, forced: bool = False) -> Column:
    if kind == "number":
        seen = ~np.isnan(raw.numbers)
        levels, inverse = np.unique(raw.numbers[seen], return_inverse=True)
        level_of = np.full(len(raw.numbers), -1, dtype=np.int64)
        level_of[seen] = inverse
        return Column(raw, kind, levels, level_of)
    number: dict[str, int] = {}
    level_of = np.array(
        [
            -1 if word is None else number.setdefault(fold(word), len(number))
            for word in _spelled(raw, forced)
        ],
        dtype=np.int64,
    )
    return Column(raw, kind, np.array(list(number), dtype=object), level_of, forced)


def understand(raw: RawColumn, *, categorical: bool = False) -> Column:
    """Decide the kind: numbers where at least 95 % of the cells that say something are numbers."""
    counts = raw.counts
    numbers = int(counts[~np.isnan(raw.numbers)].sum())
    others = int(counts[raw.bad].sum())
    if others and numbers < NUMBER_SHARE * (numbers + others):
        return _of_kind(raw, "category")
    return _of_kind(raw, "category" if categorical else "number", forced=categorical)


def warn_of_words(column: Column, places: Places) -> list[str]:
    """Name the cells of a number column that are no numbers and count as missing."""
    if column.kind != "number" and not column.forced:
        return []
    rows = column.raw.where(column.raw.bad)
    if not len(rows):
        return []
    example = column.raw.text(int(rows[0]))
    said = (
        f"{places.files[places.file_of[rows[0]]]}, {places.several(rows)}, column {column.name}: "
        f"{example!r} is not a number and counts as missing ({count_cells(len(rows))}; correct it "
        f"or use --categorical {column.name})"
    )
    return [said]


def refuse_infinity(columns: Iterable[Column], places: Places) -> None:
    """Raise `DataError` at the first infinite cell of the number columns given."""
    for column in columns:
        if column.kind != "number":
            continue
        rows = column.raw.where(np.isinf(column.raw.numbers))
        if len(rows):
            text = column.raw.text(int(rows[0]))
            raise DataError(
                f"{places.of(int(rows[0]))}, column {column.name}: {text} is not a finite number "
                f"({count_cells(len(rows))}); correct it, leave it blank, or --drop {column.name}"
            )


def infer_scale(column: Column) -> float | None:
    """Return the grade scale (4, 5, 10, 20 or 100) of a grade-named number column, else None."""
    if column.kind != "number" or not means_grade(column.name):
        return None
    numbers, counts = column.raw.numbers, column.raw.counts
    seen = np.isfinite(numbers) & (counts > 0)
    numbers, counts = numbers[seen], counts[seen]
    if not len(numbers) or numbers.max() <= 1:  # shares of 1 are on none of these scales
        return None
    for scale in SCALES:
        if counts[numbers <= scale].sum() >= SCALE_SHARE * counts.sum():
            # Grades of 4.3 among 3s mean a scale of 5, not a scale of 4 with slips.
            return 5.0 if scale == 4.0 and 4.0 < numbers.max() <= 5.0 else scale
    return None


def warn_off_scale(column: Column, scale: float, places: Places) -> list[str]:
    """Name the cells outside the inferred scale."""
    numbers = column.raw.numbers
    with np.errstate(invalid="ignore"):
        rows = column.raw.where((numbers < 0) | (numbers > scale))
    if not len(rows):
        return []
    worst = numbers[column.raw.codes[rows[0]]]
    cure = "a percentage? " if scale < worst <= 100 and scale <= 10 else ""
    said = (
        f"{places.files[places.file_of[rows[0]]]}, {places.several(rows)}, column {column.name}: "
        f"{worst:g} is off the inferred scale of {scale:g} ({count_cells(len(rows))}; "
        f"{cure}correct it or --drop {column.name})"
    )
    return [said]


def count_cells(count: int) -> str:
    """Return `1 cell` or `3 cells`."""
    return f"{count:,} cell{'' if count == 1 else 's'}"
