"""A column with its kind, number or category; its grade scale; warnings about its cells."""

from collections.abc import Callable, Iterator
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
from placement.data.columns.same_levels import SameLevels
from placement.data.schema import Kind, means_mark, quoted
from placement.errors import CellsInDoubt, DataError, counted
from placement.model.scorer import PLAIN, Coded, NumberFormat, are_codes, fold_level, words

SCALES = (4.0, 5.0, 10.0, 20.0, 100.0)


@dataclass(frozen=True, eq=False)
class Column:
    """A column and its kind. `forced`: `--categorical` made a category of numbers.

    `same` tells which of its levels are one.
    """

    raw: RawColumn
    kind: Kind
    forced: bool = False
    same: SameLevels | None = None

    @property
    def name(self) -> str:
        """The file's name of the column."""
        return self.raw.name

    def __len__(self) -> int:
        return len(self.raw)

    @property
    def written(self) -> NumberFormat:
        """How its numbers are written."""
        return PLAIN if isinstance(self.raw, HashedColumn) else self.raw.form

    @property
    def is_hashed(self) -> bool:
        """Whether it is free text, of which only hashes are known."""
        return isinstance(self.raw, HashedColumn)

    @property
    def array(self) -> ChunkedArray:
        """The cells as they are stored."""
        return self.raw.array

    def with_array(self, array: ChunkedArray) -> "Column":
        """The same column over other rows."""
        return replace(self, raw=replace(self.raw, array=array))

    def piece(self, piece: int) -> FloatArray | Coded:
        """Return the cells (n,) of a piece: float64 with NaN, or coded words with None."""
        cells = self.array.piece(piece)
        if isinstance(self.raw, NumericColumn):
            return np.asarray(cells, dtype=np.float64)
        if isinstance(self.raw, HashedColumn):
            raise TypeError(f"{self.name}: of free text only hashes are known")
        if self.kind == "number":
            return np.asarray(self.raw.numbers[cells], dtype=np.float64)
        return Coded(cells, self.texts)

    def as_numbers(self, piece: int) -> FloatArray:
        """Return what the cells (n,) of a piece are as numbers, whatever the column's kind."""
        if isinstance(self.raw, CategoricalColumn):
            return np.asarray(self.raw.numbers[self.array.piece(piece)])
        if isinstance(self.raw, HashedColumn):
            return np.full(self.array.sizes[piece], np.nan)
        return np.asarray(self.array.piece(piece))

    def cells(self) -> FloatArray | ObjectArray:
        """Return all cells (n,): float64 with NaN, or text with None, where missing."""
        if self.kind == "number":
            pieces = [np.asarray(self.piece(piece)) for piece in range(len(self.array))]
            return np.concatenate([np.empty(0), *pieces])
        return Coded(self.array.whole(), self.texts).to_numpy()

    @cached_property
    def texts(self) -> ObjectArray:
        """The text of each code (k,), None where blank; `forced` numbers in shortest form."""
        if not isinstance(self.raw, CategoricalColumn):
            raise TypeError(f"{self.name} has no words")
        texts = words(self.raw.texts)
        if self.same is not None:
            texts = np.array([self.same.level(text) for text in texts], dtype=object)
        if not self.forced:
            return texts
        # `--categorical rank` has "2", not "2.0"; what is no number stays as it is written.
        return np.where(self.raw.unparsable, texts, words(self.raw.numbers))

    @property
    def same_pairs(self) -> tuple[tuple[str, str], ...]:
        """Spellings with the level that each of them is, as a model remembers them."""
        return () if self.same is None else tuple(sorted(self.same.level_of.items()))

    @cached_property
    def level_names(self) -> list[str]:
        """The most frequent spelling of each level, in the order of `level_of`."""
        counts = self.raw.counts if isinstance(self.raw, CategoricalColumn) else np.empty(0)
        order = sorted(range(len(self.texts)), key=lambda k: (-counts[k], str(self.texts[k])))
        names: dict[int, str] = {}
        for index in order:
            names.setdefault(int(self.level_of[index]), str(self.texts[index]))
        return [names[level] for level in range(len(names) - (-1 in names))]

    @cached_property
    def level_of(self) -> IntArray:
        """The level of each text, (k,): whatever its case and dots; -1 where it is blank."""
        code_of: dict[str, int] = {}
        levels = [
            -1 if word is None else code_of.setdefault(fold_level(word), len(code_of))
            for word in self.texts
        ]
        return np.array(levels, dtype=np.int64)

    def count_levels(self) -> int:
        """Count the levels of a category that some row has."""
        used = np.zeros(len(self.texts), dtype=bool)
        for codes in self.array:
            used[codes] = True
        return len(set(self.level_of[used].tolist()) - {-1})

    def missing(self, piece: int) -> BoolArray:
        """Return which rows (n,) of a piece have no value."""
        cells = self.array.piece(piece)
        if self.is_hashed:
            return np.asarray(cells == 0, dtype=bool)
        if self.kind == "number":
            return np.isnan(np.asarray(self.piece(piece), dtype=np.float64))
        return np.asarray((self.level_of < 0)[cells], dtype=bool)

    def unparsable(self) -> Iterator[BoolArray]:
        """Yield for each piece which cells (n,) of a number column are no numbers."""
        for cells in self.array:
            if isinstance(self.raw, NumericColumn):
                yield is_unparsable(cells)
            elif isinstance(self.raw, CategoricalColumn):
                yield self.raw.unparsable[cells]

    def number_at(self, row: int, locations: RowLocations) -> float:
        """Return one cell of a number column."""
        piece, offset = locations.find(row)
        return float(np.asarray(self.piece(piece))[offset])

    def text_at(self, row: int, locations: RowLocations) -> str:
        """Return a cell's text for a message."""
        piece, offset = locations.find(row)
        cells = self.array.piece(piece)[offset]
        if isinstance(self.raw, CategoricalColumn):
            return str(self.raw.texts[cells])
        if isinstance(self.raw, NumericColumn) and row in self.raw.examples:
            return self.raw.examples[row]
        return "" if np.isnan(cells) else str(words([cells])[0])


def infer_kind(raw: RawColumn, *, categorical: bool = False) -> Column:
    """Decide the kind: numbers where at least 95 % of the non-missing cells are numbers."""
    if isinstance(raw, HashedColumn) or (
        isinstance(raw, CategoricalColumn)
        and not means_mark(raw.name)
        and are_codes(raw.texts[raw.counts > 0])
    ):
        return Column(raw, "category")
    if isinstance(raw, NumericColumn):
        numbers, unparsable = raw.number_count, raw.unparsable_count
    else:
        numbers = int(raw.counts[~np.isnan(raw.numbers)].sum())
        unparsable = int(raw.counts[raw.unparsable].sum())
    if unparsable and numbers < NUMBER_SHARE * (numbers + unparsable):
        return Column(raw, "category")
    if not categorical:
        return Column(raw, "number")
    if isinstance(raw, NumericColumn):
        raise DataError(
            f"--categorical {raw.name}: more than {MAX_TEXTS:,} different numbers are too many "
            "for a category"
        )
    return Column(raw, "category", forced=True)


def with_same_levels(column: Column, same: SameLevels) -> Column:
    """Return a column of words some of which are one; `DataError` for any other column."""
    if column.kind == "number" or column.is_hashed:
        what = (
            "numbers; read them as categories by --categorical"
            if column.kind == "number"
            else ("free text, which has no levels")
        )
        raise DataError(f"--same {column.name}:…: the column holds {what}")
    return replace(column, same=same)


def warn_unparsable(
    column: Column, outcome: OutcomeCodes, locations: RowLocations
) -> list[CellsInDoubt]:
    """Name the cells of a number column that are no numbers and count as missing."""
    if column.kind != "number":
        return []
    matching = MatchingRows.from_masks(
        a & b for a, b in zip(column.unparsable(), outcome.used_masks(), strict=True)
    )
    if not matching:
        return []
    first = matching.first[0]
    warning = (
        f"{locations.file(first)}, {locations.describe_rows(matching)}, column {column.name}: "
        f"{column.text_at(first, locations)!r} is not a number and counts as missing "
        f"({counted(matching.count, 'cell')}; correct it or use "
        f"--categorical {quoted(column.name)})"
    )
    return [CellsInDoubt(warning, column.name, matching.count)]


def refuse_infinity(column: Column, outcome: OutcomeCodes, locations: RowLocations) -> None:
    """Raise `DataError` at the first infinite cell of a number column."""
    matching = rows_where(column, outcome, np.isinf)
    if matching:
        text = column.text_at(matching.first[0], locations)
        raise DataError(
            f"{locations.describe(matching.first[0])}, column {column.name}: {text} is not a "
            f"finite number ({counted(matching.count, 'cell')}; correct it, leave it blank, or "
            f"--drop {quoted(column.name)})"
        )


def rows_where(
    column: Column, outcome: OutcomeCodes, test: Callable[[FloatArray], BoolArray]
) -> MatchingRows:
    """Find the used rows whose number passes a test; NaN passes none."""

    def masks() -> Iterator[BoolArray]:
        for piece, used in enumerate(outcome.used_masks()):
            with np.errstate(invalid="ignore"):
                yield test(np.asarray(column.piece(piece))) & used

    return MatchingRows.from_masks(masks())
