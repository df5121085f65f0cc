"""Summaries of a column: counts, range, levels by outcome. Two merge into that of both parts."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from placement.arrays import AnyFloatArray, BoolArray, FloatArray, IntArray, UInt64Array
from placement.data.columns.column import SCALES, Column
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.schema import means_grade
from placement.runtime.parallel_map import usable_processors
from placement.runtime.ranks import shared_in_order

MOST_LEVELS = 20  # with more different ones, a column is no code of something
EXACT_ROWS = 1_000_000  # up to so many rows different numbers are counted one by one
_HEAD = 64
_WIDEST = 1_000
_SLOTS = 1 << 24
_SORTED = 4_000_000  # values that are sorted at once

Cells = AnyFloatArray | UInt64Array


@dataclass(frozen=True)
class ColumnSummary:
    """Sums over some rows of a column; classes are negative and positive.

    `missing` (2,) are the missing cells by class. `level_counts` (k, 2) are the rows of each of a
    category's levels by class; `outcome_counts` (k, m) those of each level, or each of a number's
    `values`, by outcome: None beyond 20 of them. Of numbers are `low`, `high`, `min_magnitude`
    (of absolute values), `all_integers` and `counts_up_to`: how many are up to each of `SCALES`,
    and how many are finite.
    """

    rows: int
    missing: IntArray
    level_counts: IntArray | None
    outcome_counts: IntArray | None
    values: FloatArray
    low: float = math.inf
    high: float = -math.inf
    min_magnitude: float = math.inf
    all_integers: bool = True
    counts_up_to: tuple[int, ...] = (0,) * (len(SCALES) + 1)

    @property
    def non_missing(self) -> int:
        """Rows that are not missing."""
        return self.rows - int(self.missing.sum())

    @property
    def distinct(self) -> int | None:
        """Number of different levels or values; None where they were too many to count here."""
        counted = self.level_counts if self.level_counts is not None else self.outcome_counts
        return None if counted is None else int(np.count_nonzero(counted.any(axis=1)))

    def merge(self, other: "ColumnSummary") -> "ColumnSummary":
        """Return the summary of both parts together."""
        values, outcome_counts = _merge_outcome_counts(self, other)
        return ColumnSummary(
            self.rows + other.rows,
            self.missing + other.missing,
            None
            if self.level_counts is None or other.level_counts is None
            else self.level_counts + other.level_counts,
            outcome_counts,
            values,
            min(self.low, other.low),
            max(self.high, other.high),
            min(self.min_magnitude, other.min_magnitude),
            self.all_integers and other.all_integers,
            tuple(map(sum, zip(self.counts_up_to, other.counts_up_to, strict=True))),
        )


def _merge_outcome_counts(
    one: ColumnSummary, other: ColumnSummary
) -> tuple[FloatArray, IntArray | None]:
    """Add up the outcome counts of two parts; of numbers, by value."""
    if one.outcome_counts is None or other.outcome_counts is None:
        return one.values, None
    if one.level_counts is not None or np.array_equal(one.values, other.values):
        return one.values, one.outcome_counts + other.outcome_counts
    values: FloatArray = np.union1d(one.values, other.values).astype(np.float64)
    if len(values) > MOST_LEVELS:
        return values, None
    outcome_counts = np.zeros((len(values), one.outcome_counts.shape[1]), dtype=np.int64)
    for part in (one, other):
        if part.outcome_counts is not None:
            outcome_counts[np.searchsorted(values, part.values)] += part.outcome_counts
    return values, outcome_counts


def summarize_columns(
    columns: Mapping[str, Column], outcome: OutcomeCodes, groups: Iterable[Iterable[int]]
) -> Iterator[dict[str, ColumnSummary]]:
    """Yield for each group of pieces the summary of every column over its used rows."""

    def of_piece(piece: int) -> dict[str, ColumnSummary]:
        rows = _UsedRows.of(outcome, piece)
        return {name: _summarize_piece(column, piece, rows) for name, column in columns.items()}

    def of_group(pieces: Iterable[int]) -> dict[str, ColumnSummary]:
        return merge_summaries(map(of_piece, pieces))

    yield from shared_in_order(groups, of_group, usable_processors())


@dataclass(frozen=True)
class _UsedRows:
    """Which rows of a piece are used, and their outcomes (n,), one of so many, and classes (n,)."""

    rows: BoolArray | slice
    codes: IntArray
    classes: IntArray
    outcomes: int

    @staticmethod
    def of(outcome: OutcomeCodes, piece: int) -> "_UsedRows":
        codes = outcome.codes(piece)
        used = codes >= 0
        rows = slice(None) if used.all() else used  # a slice copies nothing
        codes = codes[rows]
        classes = outcome.positive[codes].astype(np.int64)
        return _UsedRows(rows, codes, classes, len(outcome.positive))


def _summarize_piece(column: Column, piece: int, used: _UsedRows) -> ColumnSummary:
    """Summarize the used rows of one piece of a column."""
    if column.is_hashed:
        blank = column.array.piece(piece)[used.rows] == 0
        missing = _count(used.classes[blank], 2)
        return ColumnSummary(len(used.codes), missing, None, None, np.empty(0))
    if column.kind == "number":
        values = np.asarray(column.piece(piece))[used.rows]
        return _of_numbers(values, used, graded=means_grade(column.name))
    return _of_levels(column.level_of[column.array.piece(piece)][used.rows], used, column)


def _of_levels(levels: IntArray, used: _UsedRows, column: Column) -> ColumnSummary:
    non_missing = levels >= 0
    missing = _count(used.classes[~non_missing], 2)
    codes, classes, outcomes = used.codes[non_missing], used.classes[non_missing], used.outcomes
    levels = levels[non_missing]
    size = int(column.level_of.max(initial=-1)) + 1
    level_counts = _count(levels * 2 + classes, 2 * size).reshape(size, 2)
    outcome_counts = None
    if size <= MOST_LEVELS and outcomes <= MOST_LEVELS:
        outcome_counts = _count(levels * outcomes + codes, outcomes * size).reshape(size, outcomes)
    return ColumnSummary(len(used.codes), missing, level_counts, outcome_counts, np.empty(0))


def _of_numbers(values: FloatArray, used: _UsedRows, *, graded: bool) -> ColumnSummary:
    missing, codes, outcomes = np.zeros(2, dtype=np.int64), used.codes, used.outcomes
    low = float(values.min(initial=math.inf))
    if math.isnan(low):
        is_missing = np.isnan(values)
        missing = _count(used.classes[is_missing], 2)
        values, codes = values[~is_missing], codes[~is_missing]
        low = float(values.min(initial=math.inf))
    if not len(values):
        no_counts = np.zeros((0, outcomes), dtype=np.int64)
        return ColumnSummary(len(used.codes), missing, None, no_counts, np.empty(0))
    high = float(values.max())
    whole = _are_whole(values[:_HEAD], low, high) and _are_whole(values, low, high)
    distinct, outcome_counts = _count_distinct_by_outcome(values, codes, outcomes, low, high, whole)
    least = max(0.0, low, -high)
    if low < 0 < high and whole:
        least = float(np.abs(values).min())
    up_to = _count_up_to_scales(values, low, high) if graded else (0,) * (len(SCALES) + 1)
    return ColumnSummary(
        len(used.codes), missing, None, outcome_counts, distinct, low, high, least, whole, up_to
    )


def _are_whole(values: FloatArray, low: float, high: float) -> bool:
    return math.isfinite(high - low) and bool((np.floor(values) == values).all())


def _count_up_to_scales(values: FloatArray, low: float, high: float) -> tuple[int, ...]:
    """Count the finite values up to each of `SCALES`, and all of them."""
    if not math.isfinite(high - low):
        values = values[np.isfinite(values)]
        low, high = float(values.min(initial=math.inf)), float(values.max(initial=-math.inf))
    finite = len(values)
    up_to = (
        finite if high <= scale else 0 if low > scale else int(np.count_nonzero(values <= scale))
        for scale in SCALES
    )
    return (*up_to, finite)


def _count_distinct_by_outcome(
    values: FloatArray, codes: IntArray, outcomes: int, low: float, high: float, all_integers: bool
) -> tuple[FloatArray, IntArray | None]:
    """Return the different values and their rows by outcome, None where they are many."""
    if outcomes > MOST_LEVELS or len(np.unique(values[:_HEAD])) > MOST_LEVELS:
        return np.empty(0), None
    if all_integers and high - low <= _WIDEST:
        codes_of_values = (values - low).astype(np.int64)
        counts = _count(codes_of_values * outcomes + codes, outcomes * (int(high - low) + 1))
        table = counts.reshape(-1, outcomes)
        present = np.flatnonzero(table.any(axis=1))
        distinct = low + present.astype(np.float64)
        return distinct, table[present] if len(present) <= MOST_LEVELS else None
    distinct, codes_of_values = np.unique(values, return_inverse=True)
    if len(distinct) > MOST_LEVELS:
        return np.empty(0), None
    counts = _count(codes_of_values * outcomes + codes, outcomes * len(distinct))
    return distinct, counts.reshape(-1, outcomes)


def _count(codes: IntArray, size: int) -> IntArray:
    return np.bincount(codes, minlength=size).astype(np.int64, copy=False)


def merge_summaries(parts: Iterable[dict[str, ColumnSummary]]) -> dict[str, ColumnSummary]:
    """Merge the summaries of pieces, column by column."""
    total: dict[str, ColumnSummary] = {}
    for part in parts:
        total = {
            name: total[name].merge(part[name]) if name in total else part[name] for name in part
        }
    return total


def count_distinct(column: Column, pieces: Iterable[int]) -> int:
    """Count the different cells of some pieces, missing ones not counted.

    Up to a million rows exactly; beyond, by the slots of a bitmap that their hashes fall into
    (Whang et al., linear counting): off by less than one in a thousand at a hundred million.
    """
    pieces = list(pieces)
    rows = sum(column.array.sizes[piece] for piece in pieces)
    if rows <= EXACT_ROWS:
        return len(np.unique(np.concatenate([_non_missing(column, piece) for piece in pieces])))
    slots = np.zeros(_SLOTS, dtype=bool)
    for piece in pieces:
        hashes = mix_bits(_non_missing(column, piece).view(np.uint64))
        slots[(hashes >> np.uint64(40)).astype(np.int64)] = True
    free = _SLOTS - int(np.count_nonzero(slots))
    return round(-_SLOTS * math.log(max(free, 1) / _SLOTS))


def all_distinct(column: Column, pieces: Iterable[int]) -> bool:
    """Whether no cell of some pieces comes twice, missing ones not counted.

    The cells are sorted in parts, chosen by their hashes.
    """
    pieces = list(pieces)
    parts = -(-sum(column.array.sizes[piece] for piece in pieces) // _SORTED)
    for part in range(parts):
        of_part = [_of_part(_non_missing(column, piece), part, parts) for piece in pieces]
        values = np.concatenate(of_part)
        values.sort()
        if (values[1:] == values[:-1]).any():
            return False
    return True


def _of_part(values: Cells, part: int, parts: int) -> Cells:
    if parts == 1:
        return values
    hashes = mix_bits(values.view(np.uint64).copy())
    selected: Cells = values[(hashes >> np.uint64(40)) % np.uint64(parts) == part]
    return selected


def covers_its_range(column: Column, pieces: Iterable[int], low: float, high: float) -> bool:
    """Whether whole numbers take each value of their range exactly once, given as many rows."""
    is_taken = np.zeros(int(high - low) + 1, dtype=bool)
    for piece in pieces:
        is_taken[(_non_missing(column, piece) - low).astype(np.int64)] = True
    return bool(is_taken.all())


def _non_missing(column: Column, piece: int) -> Cells:
    if column.is_hashed:
        hashes: UInt64Array = np.asarray(column.array.piece(piece))
        non_blank: UInt64Array = hashes[hashes != 0]
        return non_blank
    values: FloatArray = np.asarray(column.piece(piece), dtype=np.float64)
    non_missing: FloatArray = values[~np.isnan(values)] + 0.0  # -0.0 becomes 0.0
    return non_missing


def mix_bits(values: UInt64Array) -> UInt64Array:
    """Spread 64 bits over 64 bits (the finaliser of splitmix64), in place."""
    moved = values >> np.uint64(30)
    values ^= moved
    values *= np.uint64(0xBF58476D1CE4E5B9)
    np.right_shift(values, np.uint64(27), out=moved)
    values ^= moved
    values *= np.uint64(0x94D049BB133111EB)
    np.right_shift(values, np.uint64(31), out=moved)
    values ^= moved
    return values
