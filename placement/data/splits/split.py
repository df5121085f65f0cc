"""Which rows are held out: by a keyed hash of what a row says, so order and chunks don't matter."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from placement.arrays import BoolArray, IndexArray, IntArray, UInt64Array
from placement.config import TrainConfig
from placement.data.columns.column_store import ChunkedArray
from placement.data.columns.column_summary import mix_bits
from placement.data.columns.row_rules import parse_rule
from placement.data.schema import matching_columns
from placement.data.splits.hash_order import HashHistogram
from placement.data.splits.row_groups import group_rows
from placement.data.splits.row_hashes import hash_table
from placement.data.table.table import Table
from placement.errors import DataError
from placement.runtime.ordered_map import in_order, usable_processors

TRAIN, VALIDATION, TEST, UNUSED = 0, 1, 2, 3
MIN_HELD_OUT = 5  # of each class; fewer say nothing
LARGEST_EQUAL_GROUP = 0.05  # of the table; above it equal rows are told apart
VALIDATION_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class Split:
    """Which rows train, which `--patience` watches, which test; `note` tells how.

    `subsets` has TRAIN, VALIDATION, TEST, or ASIDE for no part in it, for each row in the table's
    pieces; `counts` (4,) their rows, and `positive` (4,) those of them with a positive label.
    """

    subsets: ChunkedArray
    counts: IntArray
    positive: IntArray
    note: str

    @cached_property
    def train(self) -> IndexArray:
        """Positions of the rows that train."""
        return np.flatnonzero(self.subsets.whole() == TRAIN)

    @cached_property
    def validation(self) -> IndexArray:
        """Positions of the rows that `--patience` watches."""
        return np.flatnonzero(self.subsets.whole() == VALIDATION)

    @cached_property
    def test(self) -> IndexArray:
        """Positions of the rows that test."""
        return np.flatnonzero(self.subsets.whole() == TEST)


def make_split(table: Table, part: Callable[[int], npt.NDArray[np.integer]], note: str) -> Split:
    """Make the split in which `part(place)` gives the parts (n,) of a piece's rows."""

    def of_piece(place: int) -> tuple[npt.NDArray[np.uint8], IntArray]:
        own = part(place).astype(np.uint8)
        both = own * np.uint8(2) + (table.labels.piece(place) >= 0.5)
        return own, np.bincount(both, minlength=8)

    subsets, counts = table.store.new_array(np.uint8), np.zeros(8, dtype=np.int64)
    for own, here in in_order(range(table.pieces), of_piece, usable_processors()):
        subsets.append(own)
        counts += here
    return Split(subsets, counts[0::2] + counts[1::2], counts[1::2], note)


def hold_out(table: Table, config: TrainConfig, *, everything: bool = False) -> Split:
    """Decide which rows of a table train, validate and test; `everything` trains on all rows."""
    by_hash = config.test_where is None and config.group is None
    keys, apart = None, False
    if (by_hash and not everything and config.test_size) or config.patience is not None:
        keys, apart = _keys(table, config.seed)
    test, note = _nobody(table), "nothing held out"
    if not everything:
        test, note = _test_rows(table, config, keys)
    if apart and by_hash:
        note += "; more than 5 % of the rows are equal, so equal rows are told apart by a counter"
    validation = _nobody(table)
    if config.patience is not None and keys is not None:
        left = order_by_hash(table, keys.hashes, leaving=test)
        validation = mark_smallest(table, left, VALIDATION_SHARE, leaving=test)
    found = make_split(
        table,
        lambda place: np.where(test(place), TEST, np.where(validation(place), VALIDATION, TRAIN)),
        note,
    )
    if config.patience is not None and not found.counts[VALIDATION]:
        found = replace(found, note=f"{found.note}; too few rows for --patience to watch")
    rows, positive = int(found.counts[TRAIN]), int(found.positive[TRAIN])
    if positive in (0, rows):
        raise DataError(
            f"{table.name}: the rows left for training ({rows}) have one outcome only; "
            "hold out fewer rows"
        )
    return found


# Marks rows (n,) of a piece.
RowMask = Callable[[int], BoolArray]


def _nobody(table: Table) -> RowMask:
    return lambda place: np.zeros(table.labels.sizes[place], dtype=bool)


def _test_rows(table: Table, config: TrainConfig, keys: "HashOrder | None") -> tuple[RowMask, str]:
    """Mark the rows to test on, and say in words how they were chosen."""
    if config.test_where is not None:
        return _by_rule(table, config.test_where)
    if config.group is not None:
        return _whole_groups(table, config), f"held out: whole groups of {config.group}"
    if keys is None or not config.test_size:
        return _nobody(table), "nothing held out"
    test = mark_smallest(table, keys, config.test_size)
    tested = make_split(table, lambda place: np.where(test(place), TEST, TRAIN), "")
    fewest = min(int(tested.positive[TEST]), int(tested.counts[TEST] - tested.positive[TEST]))
    if fewest < MIN_HELD_OUT:
        return _nobody(table), (
            f"nothing held out: {config.test_size:.0%} of the smaller class is fewer than "
            f"{MIN_HELD_OUT} rows"
        )
    return test, f"held out: {config.test_size:.0%} of each outcome, chosen by a hash of the row"


def _by_rule(table: Table, text: str) -> tuple[RowMask, str]:
    rule = parse_rule(text, option="--test-where")
    wanted = str(rule.column)
    own = matching_columns(table.chunked_columns, [wanted], option=str(rule), file=table.name)[
        wanted
    ]
    column = table.chunked_columns[own]
    if column.is_hashed:
        raise DataError(f"{table.name}: {own} is free text, which no rule can ask; choose another")
    if not any(rule.matches(column.piece(place)).any() for place in range(table.pieces)):
        raise DataError(f"{table.name}: no row with a known outcome is --test-where {rule}")
    return (lambda place: rule.matches(column.piece(place))), f"held out: the rows where {rule}"


def _whole_groups(table: Table, config: TrainConfig) -> RowMask:
    """Mark whole groups in the order of their hashes, until the share is reached."""
    found = group_rows(table, str(config.group), config.seed)
    wanted = max(round(config.test_size * len(table)), 1)
    limit = found.hashes[np.searchsorted(found.reached, wanted)]
    if limit == found.hashes[-1] and config.test_size:
        raise DataError(
            f"{table.name}, column {found.name}: one group holds nearly every row; choose another "
            "--group"
        )
    if not config.test_size:
        return _nobody(table)
    return lambda place: np.asarray(found.of(place) <= limit)


@dataclass(frozen=True)
class HashOrder:
    """The hash of each row of a table, and their ranking within each outcome."""

    hashes: ChunkedArray
    ranking: HashHistogram


def order_by_hash(table: Table, hashes: ChunkedArray, leaving: RowMask | None = None) -> HashOrder:
    """Rank hashes by outcome, without the rows that are marked in `leaving`."""

    def piece(place: int) -> tuple[UInt64Array, IntArray]:
        own, classes = hashes.piece(place), class_of(table, place)
        if leaving is None:
            return own, classes
        there = ~leaving(place)
        return own[there], classes[there]

    return HashOrder(hashes, HashHistogram(table.pieces, piece))


def class_of(table: Table, place: int) -> IntArray:
    """Return the outcome (n,) of a piece's rows, 0 or 1."""
    return (table.labels.piece(place) >= 0.5).astype(np.int64)


def _keys(table: Table, seed: int) -> tuple[HashOrder, bool]:
    return break_ties(table, hash_table(table, seed))


def break_ties(
    table: Table, hashes: ChunkedArray, leaving: RowMask | None = None
) -> tuple[HashOrder, bool]:
    """Rank rows by their hashes; where one group of equal rows is large, a counter parts them.

    Equal rows are interchangeable, so counting within a group keeps the split free of order. Rows
    that are marked in `leaving` have no part in it. Return whether any group was large.
    """
    keys = order_by_hash(table, hashes, leaving)
    large = keys.ranking.frequent(max(1, LARGEST_EQUAL_GROUP * int(keys.ranking.rows.sum())))
    if not large:
        return keys, False
    apart, seen = table.store.new_array(np.uint64), dict.fromkeys(large, 0)
    for place, own in enumerate(hashes):
        told = own.copy()
        for value in large:
            equal = own == value
            places = np.flatnonzero(equal if leaving is None else equal & ~leaving(place))
            counter = np.arange(seen[value], seen[value] + len(places), dtype=np.uint64)
            told[places] = mix_bits(value + mix_bits(counter))
            seen[value] += len(places)
        apart.append(told)
    return order_by_hash(table, apart, leaving), True


def mark_smallest(
    table: Table, keys: HashOrder, share: float, leaving: RowMask | None = None
) -> RowMask:
    """Mark, in each outcome, the rows of the smallest hashes up to the share; ties go together.

    Rows that are marked in `leaving` have no part in it.
    """
    counts = [round(share * int(number)) for number in keys.ranking.rows]
    found = keys.ranking.nth_smallest([[count] if count else [] for count in counts])
    # Hashes go up to the largest number there is, so an outcome of none needs a mark of its own.
    limits = np.array([own[0] if len(own) else 0 for own in found], dtype=np.uint64)
    some = np.array([len(own) > 0 for own in found])

    def marked(place: int) -> BoolArray:
        classes = class_of(table, place)
        chosen = (keys.hashes.piece(place) <= limits[classes]) & some[classes]
        return np.asarray(chosen if leaving is None else chosen & ~leaving(place))

    return marked
