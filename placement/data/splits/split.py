"""Which rows are held out: by a keyed hash of a row's cells, so order and chunks don't matter."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from placement.arrays import BoolArray, IntArray, UInt64Array
from placement.config.train_config import TrainConfig
from placement.data.columns.column_store import ChunkedArray
from placement.data.columns.column_summary import mix_bits
from placement.data.columns.row_rules import parse_rule
from placement.data.schema import matching_column
from placement.data.splits.hash_order import HashHistogram
from placement.data.splits.row_groups import group_of, group_rows
from placement.data.splits.row_hashes import hash_table
from placement.data.table.table import Table
from placement.errors import DataError
from placement.runtime.parallel_map import usable_processors
from placement.runtime.ranks import shared_in_order

TRAIN, VALIDATION, TEST, UNUSED = 0, 1, 2, 3
MIN_HELD_OUT = 5  # of each class; fewer would show nothing
LARGEST_EQUAL_GROUP = 0.05  # of the table; above it ties between equal rows are broken
VALIDATION_SHARE = 0.1

# Marks rows (n,) of a piece.
RowMask = Callable[[int], BoolArray]


@dataclass(frozen=True, eq=False)
class Split:
    """Which rows train, which `--patience` watches, which test; `note` says how they were chosen.

    `subsets` has TRAIN, VALIDATION, TEST, or UNUSED for no part in it, for each row in the table's
    pieces; `counts` (4,) their rows, and `positive` (4,) those of them with a positive label.
    """

    subsets: ChunkedArray
    counts: IntArray
    positive: IntArray
    note: str


def rows_of(split: Split, subset: int) -> RowMask:
    """Return what marks the rows (n,) of a piece that are of a subset."""
    return lambda piece: np.asarray(split.subsets.piece(piece) == subset)


def make_split(
    table: Table, subset_of: Callable[[int], npt.NDArray[np.integer]], note: str
) -> Split:
    """Make the split in which `subset_of(piece)` gives the subset (n,) of each row of a piece."""

    def of_piece(piece: int) -> tuple[npt.NDArray[np.uint8], IntArray]:
        subset = subset_of(piece).astype(np.uint8)
        subset_and_class = subset * np.uint8(2) + (table.labels.piece(piece) >= 0.5)
        return subset, np.bincount(subset_and_class, minlength=8)

    subsets, counts = table.store.new_array(np.uint8), np.zeros(8, dtype=np.int64)
    for subset, piece_counts in shared_in_order(range(table.pieces), of_piece, usable_processors()):
        subsets.append(subset)
        counts += piece_counts
    return Split(subsets, counts[0::2] + counts[1::2], counts[1::2], note)


def hold_out(table: Table, config: TrainConfig, *, everything: bool = False) -> Split:
    """Decide which rows of a table train, validate and test; `everything` trains on all rows."""
    by_hash = config.test_where is None and group_of(table, config) is None
    order, ties_broken = None, False
    if (by_hash and not everything and config.test_size) or config.patience is not None:
        order, ties_broken = break_ties(table, hash_table(table, config.seed))
    test, note = _no_rows(table), "nothing held out"
    if not everything:
        test, note = _test_rows(table, config, order)
    if ties_broken and by_hash:
        note += "; more than 5 % of the rows are equal, so equal rows are told apart by a counter"
    validation = _no_rows(table)
    if config.patience is not None and order is not None:
        remaining = order_by_hash(table, order.hashes, excluded=test)
        validation = mark_smallest(table, remaining, VALIDATION_SHARE, excluded=test)
    split = make_split(
        table,
        lambda piece: np.where(test(piece), TEST, np.where(validation(piece), VALIDATION, TRAIN)),
        note,
    )
    if config.patience is not None and not split.counts[VALIDATION]:
        split = replace(split, note=f"{split.note}; too few rows for --patience to watch")
    rows, positive = int(split.counts[TRAIN]), int(split.positive[TRAIN])
    if positive in (0, rows):
        raise DataError(
            f"{table.name}: the rows left for training ({rows}) have one outcome only; "
            "hold out fewer rows"
        )
    return split


def _no_rows(table: Table) -> RowMask:
    return lambda piece: np.zeros(table.labels.sizes[piece], dtype=bool)


def _test_rows(table: Table, config: TrainConfig, order: "HashOrder | None") -> tuple[RowMask, str]:
    """Mark the rows to test on, and say in words how they were chosen."""
    if config.test_where is not None:
        return _rows_matching(table, config.test_where)
    group = group_of(table, config)
    if group is not None:
        return _whole_groups(table, group, config)
    if order is None or not config.test_size:
        return _no_rows(table), "nothing held out"
    test = mark_smallest(table, order, config.test_size)
    if not _has_enough(table, test):
        return _no_rows(table), (
            f"nothing held out: {config.test_size:.0%} of the smaller class is fewer than "
            f"{MIN_HELD_OUT} rows"
        )
    return test, f"held out: {config.test_size:.0%} of each outcome, chosen by a hash of the row"


def _has_enough(table: Table, test: RowMask) -> bool:
    """Whether enough rows of each outcome are among those to test on; the first pieces may tell."""
    counts: IntArray = np.zeros(2, dtype=np.int64)
    for piece in range(table.pieces):
        counts += np.bincount(classes_of(table, piece)[test(piece)], minlength=2)
        if counts.min() >= MIN_HELD_OUT:
            return True
    return False


def _rows_matching(table: Table, text: str) -> tuple[RowMask, str]:
    rule = parse_rule(text, option="--test-where")
    requested, option = str(rule.column), str(rule)
    name = matching_column(table.chunked_columns, requested, option=option, file=table.name)
    column = table.chunked_columns[name]
    if column.is_hashed:
        raise DataError(f"{table.name}: {name} is free text, which no rule can ask; choose another")
    if not any(rule.matches(column.piece(piece)).any() for piece in range(table.pieces)):
        raise DataError(f"{table.name}: no row with a known outcome is --test-where {rule}")
    return (lambda piece: rule.matches(column.piece(piece))), f"held out: the rows where {rule}"


def _whole_groups(table: Table, group: str, config: TrainConfig) -> tuple[RowMask, str]:
    """Mark whole groups in the order of their hashes, until the share is reached."""
    groups, note = group_rows(table, group, config.seed), f"held out: whole groups of {group}"
    rows_to_test = max(round(config.test_size * len(table)), 1)
    limit = groups.hashes[np.searchsorted(groups.cumulative_rows, rows_to_test)]
    if not config.test_size:
        return _no_rows(table), note

    def test(piece: int) -> BoolArray:
        return np.asarray(groups.hashes_of(piece) <= limit)

    if config.group is None and not _has_enough(table, test):
        return _no_rows(table), (
            f"nothing held out: {config.test_size:.0%} of the students are fewer than "
            f"{MIN_HELD_OUT} rows of an outcome"
        )
    if limit == groups.hashes[-1]:
        raise DataError(
            f"{table.name}, column {groups.name}: one group holds nearly every row; choose another "
            "--group"
        )
    return test, note


@dataclass(frozen=True)
class HashOrder:
    """The hash of each row of a table, and the histogram of the hashes within each outcome."""

    hashes: ChunkedArray
    histogram: HashHistogram


def order_by_hash(table: Table, hashes: ChunkedArray, excluded: RowMask | None = None) -> HashOrder:
    """Order rows by their hashes within each outcome, without the `excluded` rows."""

    def hashes_and_classes(piece: int) -> tuple[UInt64Array, IntArray]:
        row_hashes, classes = hashes.piece(piece), classes_of(table, piece)
        if excluded is None:
            return row_hashes, classes
        included = ~excluded(piece)
        return row_hashes[included], classes[included]

    return HashOrder(hashes, HashHistogram(table.pieces, hashes_and_classes))


def classes_of(table: Table, piece: int) -> IntArray:
    """Return the outcome (n,) of a piece's rows, 0 or 1."""
    return (table.labels.piece(piece) >= 0.5).astype(np.int64)


def break_ties(
    table: Table, hashes: ChunkedArray, excluded: RowMask | None = None
) -> tuple[HashOrder, bool]:
    """Order rows by their hashes; where one group of equal rows is large, a counter breaks ties.

    Equal rows are interchangeable, so counting within a group keeps the split free of order. Return
    whether any group was large, too.
    """
    order = order_by_hash(table, hashes, excluded)
    most = LARGEST_EQUAL_GROUP * int(order.histogram.class_counts.sum())
    frequent = order.histogram.frequent(max(1, most))
    if not frequent:
        return order, False
    untied, counted = table.store.new_array(np.uint64), dict.fromkeys(frequent, 0)
    for piece, row_hashes in enumerate(hashes):
        untied_hashes = row_hashes.copy()
        for value in frequent:
            equal = row_hashes == value
            rows = np.flatnonzero(equal if excluded is None else equal & ~excluded(piece))
            counter = np.arange(counted[value], counted[value] + len(rows), dtype=np.uint64)
            untied_hashes[rows] = mix_bits(value + mix_bits(counter))
            counted[value] += len(rows)
        untied.append(untied_hashes)
    return order_by_hash(table, untied, excluded), True


def mark_smallest(
    table: Table, order: HashOrder, share: float, excluded: RowMask | None = None
) -> RowMask:
    """Mark, in each outcome, the rows of the smallest hashes up to the share; ties go together.

    The `excluded` rows have no part in it.
    """
    counts = [round(share * int(number)) for number in order.histogram.class_counts]
    thresholds = order.histogram.nth_smallest([[count] if count else [] for count in counts])
    # Hashes go up to the largest number there is, so an outcome of none needs a mark of its own.
    limits = np.array([hashes[0] if len(hashes) else 0 for hashes in thresholds], dtype=np.uint64)
    has_rows = np.array([len(hashes) > 0 for hashes in thresholds])

    def marked(piece: int) -> BoolArray:
        classes = classes_of(table, piece)
        chosen = (order.hashes.piece(piece) <= limits[classes]) & has_rows[classes]
        return np.asarray(chosen if excluded is None else chosen & ~excluded(piece))

    return marked
