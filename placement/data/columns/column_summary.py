"""What a column holds, summed up: counts, range, levels by outcome. Two surveys merge into one."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from placement.arrays import AnyFloatArray, BoolArray, FloatArray, IntArray, UInt64Array
from placement.data.columns.column import SCALES, Column
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.schema import means_grade
from placement.runtime.ordered_map import in_order, usable_processors

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

    `gaps` (2,) are missing cells by class. `levels` (k, 2) are the rows of each of a category's
    levels; `pairs` (k, m) those of each level, or each of a number's `values`, by outcome: None
    beyond 20 of them. Of numbers are `low`, `high`, `least` (the smallest size), `whole` (no
    decimals) and `within`: how many are up to each of `SCALES`, and how many are finite.
    """

    rows: int
    gaps: IntArray
    levels: IntArray | None
    pairs: IntArray | None
    values: FloatArray
    low: float = math.inf
    high: float = -math.inf
    least: float = math.inf
    whole: bool = True
    within: tuple[int, ...] = (0,) * (len(SCALES) + 1)

    @property
    def present(self) -> int:
        """Rows that are not missing."""
        return self.rows - int(self.gaps.sum())

    @property
    def distinct(self) -> int | None:
        """Number of different levels or values; None where they were too many to count here."""
        counted = self.levels if self.levels is not None else self.pairs
        return None if counted is None else int(np.count_nonzero(counted.any(axis=1)))

    def merge(self, other: "ColumnSummary") -> "ColumnSummary":
        """Return the survey of both parts together."""
        values, pairs = self.values, None
        if self.pairs is not None and other.pairs is not None:
            values, pairs = _united(self, other)
        return ColumnSummary(
            self.rows + other.rows,
            self.gaps + other.gaps,
            None if self.levels is None or other.levels is None else self.levels + other.levels,
            pairs,
            values,
            min(self.low, other.low),
            max(self.high, other.high),
            min(self.least, other.least),
            self.whole and other.whole,
            tuple(map(sum, zip(self.within, other.within, strict=True))),
        )


def _united(one: ColumnSummary, other: ColumnSummary) -> tuple[FloatArray, IntArray | None]:
    """Add up the pairs of two parts; of numbers, by value."""
    if one.pairs is None or other.pairs is None:
        return one.values, None
    if one.levels is not None:
        return one.values, one.pairs + other.pairs
    values: FloatArray = np.union1d(one.values, other.values).astype(np.float64)
    if len(values) > MOST_LEVELS:
        return values, None
    pairs = np.zeros((len(values), one.pairs.shape[1]), dtype=np.int64)
    for part in (one, other):
        if part.pairs is not None:
            pairs[np.searchsorted(values, part.values)] += part.pairs
    return values, pairs


def summarize_columns(
    columns: Mapping[str, Column], outcome: OutcomeCodes, wanted: Iterable[int]
) -> Iterator[dict[str, ColumnSummary]]:
    """Yield for each of the wanted pieces the survey of every column over its used rows."""

    def of_piece(place: int) -> dict[str, ColumnSummary]:
        codes = outcome.codes(place)
        return {
            name: summarize_piece(column, place, codes, outcome.positive)
            for name, column in columns.items()
        }

    yield from in_order(wanted, of_piece, usable_processors())


def summarize_piece(
    column: Column, place: int, codes: IntArray, positive: BoolArray
) -> ColumnSummary:
    """Summarize the used rows of one piece of a column."""
    used = codes >= 0
    everything = bool(used.all())
    codes = codes if everything else codes[used]
    classes = positive[codes].astype(np.int64)
    if column.is_hashed:
        own = column.array.piece(place)
        blank = (own if everything else own[used]) == 0
        return ColumnSummary(len(codes), _count(classes[blank], 2), None, None, np.empty(0))
    if column.kind == "number":
        values = np.asarray(column.piece(place))
        graded = means_grade(column.name)
        return _of_numbers(
            values if everything else values[used], codes, classes, len(positive), graded
        )
    own = column.level_of[column.array.piece(place)]
    return _of_levels(own if everything else own[used], codes, classes, len(positive), column)


def _of_levels(
    own: IntArray, codes: IntArray, classes: IntArray, kinds: int, column: Column
) -> ColumnSummary:
    known = own >= 0
    size = int(column.level_of.max(initial=-1)) + 1
    levels = _count(own[known] * 2 + classes[known], 2 * size).reshape(size, 2)
    pairs = None
    if size <= MOST_LEVELS and kinds <= MOST_LEVELS:
        pairs = _count(own[known] * kinds + codes[known], kinds * size).reshape(size, kinds)
    return ColumnSummary(len(own), _count(classes[~known], 2), levels, pairs, np.empty(0))


def _of_numbers(
    values: FloatArray, codes: IntArray, classes: IntArray, kinds: int, graded: bool
) -> ColumnSummary:
    gaps = np.zeros(2, dtype=np.int64)
    if not len(values) or np.isnan(values.min()):
        gap = np.isnan(values)
        gaps, values, codes = _count(classes[gap], 2), values[~gap], codes[~gap]
    if not len(values):
        return ColumnSummary(
            len(classes), gaps, None, np.zeros((0, kinds), dtype=np.int64), np.empty(0)
        )
    low, high = float(values.min()), float(values.max())
    whole = _are_whole(values[:_HEAD], low, high) and _are_whole(values, low, high)
    distinct, pairs = _few(values, codes, kinds, low, high, whole)
    least = (
        max(low, -high) if low > 0 or high < 0 else float(np.abs(values).min()) if whole else 0.0
    )
    within = _within(values, low, high) if graded else (0,) * (len(SCALES) + 1)
    return ColumnSummary(len(classes), gaps, None, pairs, distinct, low, high, least, whole, within)


def _are_whole(values: FloatArray, low: float, high: float) -> bool:
    return math.isfinite(high - low) and bool((np.floor(values) == values).all())


def _within(values: FloatArray, low: float, high: float) -> tuple[int, ...]:
    """Count the finite values up to each of `SCALES`, and all of them."""
    if not math.isfinite(high - low):
        values = values[np.isfinite(values)]
        low, high = float(values.min(initial=math.inf)), float(values.max(initial=-math.inf))
    known = len(values)
    up_to = (
        known if high <= scale else 0 if low > scale else int(np.count_nonzero(values <= scale))
        for scale in SCALES
    )
    return (*up_to, known)


def _few(
    values: FloatArray, codes: IntArray, kinds: int, low: float, high: float, whole: bool
) -> tuple[FloatArray, IntArray | None]:
    """Return the different values and their rows by outcome, None where they are many."""
    if kinds > MOST_LEVELS or len(np.unique(values[:_HEAD])) > MOST_LEVELS:
        return np.empty(0), None
    if whole and high - low <= _WIDEST:
        places = (values - low).astype(np.int64)
        table = _count(places * kinds + codes, kinds * (int(high - low) + 1)).reshape(-1, kinds)
        there = np.flatnonzero(table.any(axis=1))
        return low + there.astype(np.float64), (table[there] if len(there) <= MOST_LEVELS else None)
    distinct, places = np.unique(values, return_inverse=True)
    if len(distinct) > MOST_LEVELS:
        return np.empty(0), None
    return distinct, _count(places * kinds + codes, kinds * len(distinct)).reshape(-1, kinds)


def _count(codes: IntArray, size: int) -> IntArray:
    return np.bincount(codes, minlength=size).astype(np.int64, copy=False)


def merged(parts: Iterable[dict[str, ColumnSummary]]) -> dict[str, ColumnSummary]:
    """Merge the surveys of pieces, column by column."""
    total: dict[str, ColumnSummary] = {}
    for part in parts:
        total = {n: total[n].merge(one) if n in total else one for n, one in part.items()}
    return total


def count_distinct(column: Column, places: Iterable[int]) -> int:
    """Count the different cells of some pieces, the missing ones aside.

    Up to a million rows exactly; beyond, by the slots of a bitmap that their hashes fall into
    (Whang et al., linear counting): off by less than one in a thousand at a hundred million.
    """
    places = list(places)
    rows = sum(column.array.sizes[place] for place in places)
    if rows <= EXACT_ROWS:
        return len(np.unique(np.concatenate([_known(column, place) for place in places])))
    taken = np.zeros(_SLOTS, dtype=bool)
    for place in places:
        taken[(spread(_known(column, place).view(np.uint64)) >> np.uint64(40)).astype(np.int64)] = (
            True
        )
    free = _SLOTS - int(np.count_nonzero(taken))
    return round(-_SLOTS * math.log(max(free, 1) / _SLOTS))


def are_distinct(column: Column, places: Iterable[int]) -> bool:
    """Whether no cell of some pieces comes twice, the missing ones aside; however many there are.

    So many at once as their hashes fall into one part of a few.
    """
    places = list(places)
    parts = -(-sum(column.array.sizes[place] for place in places) // _SORTED)
    for part in range(parts):
        found = np.concatenate([_of_part(_known(column, place), part, parts) for place in places])
        found.sort()
        if (found[1:] == found[:-1]).any():
            return False
    return True


def _of_part(values: Cells, part: int, parts: int) -> Cells:
    if parts == 1:
        return values
    hashes = spread(values.view(np.uint64).copy())
    mine: Cells = values[(hashes >> np.uint64(40)) % np.uint64(parts) == part]
    return mine


def covers_its_range(column: Column, places: Iterable[int], low: float, high: float) -> bool:
    """Whether whole numbers take each value of their range exactly once, given as many rows."""
    taken = np.zeros(int(high - low) + 1, dtype=bool)
    for place in places:
        taken[(_known(column, place) - low).astype(np.int64)] = True
    return bool(taken.all())


def _known(column: Column, place: int) -> Cells:
    if column.is_hashed:
        own: UInt64Array = np.asarray(column.array.piece(place))
        there: UInt64Array = own[own != 0]
        return there
    values: FloatArray = np.asarray(column.piece(place), dtype=np.float64)
    known: FloatArray = values[~np.isnan(values)] + 0.0  # -0.0 becomes 0.0
    return known


def spread(values: UInt64Array) -> UInt64Array:
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
