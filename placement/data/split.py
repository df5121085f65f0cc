"""Which rows are held out: by a keyed hash of what a row says, so order and chunks don't matter."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from placement.config import TrainConfig
from placement.data.hashing import (
    Codes,
    Hashes,
    column_hashes,
    frequent,
    nth_smallest,
    table_hashes,
    word_hashes,
)
from placement.data.kinds import Column
from placement.data.rules import parse_rule
from placement.data.schema import matching_columns
from placement.data.shelf import Shelf, Vector
from placement.data.survey import spread
from placement.data.table import Table
from placement.errors import DataError
from placement.model.scorer import words

Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

TRAIN, VALIDATION, TEST = 0, 1, 2
FEWEST_HELD_OUT = 5  # of each class; fewer say nothing
LARGEST_EQUAL_GROUP = 0.05  # of the table; above it equal rows are told apart
VALIDATION_SHARE = 0.1
MOST_GROUPS = 1_000_000


@dataclass(frozen=True, eq=False)
class Split:
    """Which rows train, which `--patience` watches, which test; `note` tells how.

    `parts` has TRAIN, VALIDATION or TEST for each row, in the table's pieces; `counts` (3,) their
    rows, and `positive` (3,) those of them with a positive label.
    """

    parts: Vector
    counts: Codes
    positive: Codes
    note: str

    @cached_property
    def train(self) -> Rows:
        """Positions of the rows that train."""
        return np.flatnonzero(self.parts.whole() == TRAIN)

    @cached_property
    def validation(self) -> Rows:
        """Positions of the rows that `--patience` watches."""
        return np.flatnonzero(self.parts.whole() == VALIDATION)

    @cached_property
    def test(self) -> Rows:
        """Positions of the rows that test."""
        return np.flatnonzero(self.parts.whole() == TEST)


def split_of(table: Table, part: Callable[[int], npt.NDArray[np.integer]], note: str) -> Split:
    """Make the split in which `part(place)` gives the parts (n,) of a piece's rows."""
    parts = table.shelf.vector(np.uint8)
    counts, positive = np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64)
    for place, label in enumerate(table.labels):
        own = part(place)
        counts += np.bincount(own, minlength=3)
        positive += np.bincount(own[label >= 0.5], minlength=3)
        parts.append(own)
    return Split(parts, counts, positive, note)


def hold_out(table: Table, config: TrainConfig, *, everything: bool = False) -> Split:
    """Decide which rows of a table train, validate and test; `everything` trains on all rows."""
    by_hash = config.test_where is None and config.group is None
    hashes, apart = None, False
    if (by_hash and not everything and config.test_size) or config.patience is not None:
        hashes, apart = tell_equal_rows_apart(table_hashes(table, config.seed), table.shelf)
    test, note = _nobody(table), "nothing held out"
    if not everything:
        test, note = _test_rows(table, config, hashes)
    if apart and by_hash:
        note += "; more than 5 % of the rows are equal, so equal rows are told apart by a counter"
    validation = _nobody(table)
    if config.patience is not None and hashes is not None:
        validation = smallest_hashes(table, hashes, VALIDATION_SHARE, leaving=test)
    found = split_of(
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
Marked = Callable[[int], Mask]


def _nobody(table: Table) -> Marked:
    return lambda place: np.zeros(table.labels.sizes[place], dtype=bool)


def _test_rows(table: Table, config: TrainConfig, hashes: Vector | None) -> tuple[Marked, str]:
    """Mark the rows to test on, and say in words how they were chosen."""
    if config.test_where is not None:
        return _by_rule(table, config.test_where)
    if config.group is not None:
        return _whole_groups(table, config), f"held out: whole groups of {config.group}"
    if hashes is None or not config.test_size:
        return _nobody(table), "nothing held out"
    test = smallest_hashes(table, hashes, config.test_size)
    tested = split_of(table, lambda place: np.where(test(place), TEST, TRAIN), "")
    fewest = min(int(tested.positive[TEST]), int(tested.counts[TEST] - tested.positive[TEST]))
    if fewest < FEWEST_HELD_OUT:
        return _nobody(table), (
            f"nothing held out: {config.test_size:.0%} of the smaller class is fewer than "
            f"{FEWEST_HELD_OUT} rows"
        )
    return test, f"held out: {config.test_size:.0%} of each outcome, chosen by a hash of the row"


def _by_rule(table: Table, text: str) -> tuple[Marked, str]:
    rule = parse_rule(text, option="--test-where")
    wanted = str(rule.column)
    own = matching_columns(table.kept, [wanted], option=str(rule), file=table.name)[wanted]
    column = table.kept[own]
    if column.is_hashed:
        raise DataError(f"{table.name}: {own} is free text, which no rule can ask; choose another")
    if not any(rule.matches(column.piece(place)).any() for place in range(table.pieces)):
        raise DataError(f"{table.name}: no row with a known outcome is --test-where {rule}")
    return (lambda place: rule.matches(column.piece(place))), f"held out: the rows where {rule}"


def _whole_groups(table: Table, config: TrainConfig) -> Marked:
    """Mark whole groups in the order of their hashes, until the share is reached."""
    name = str(config.group)
    name = matching_columns(table.kept, [name], option="--group", file=table.name)[name]
    group_of = _group_hashes(table.kept[name], config.seed)
    rows: dict[int, int] = {}
    for place in range(table.pieces):
        for group, count in zip(*np.unique(group_of(place), return_counts=True), strict=True):
            rows[int(group)] = rows.get(int(group), 0) + int(count)
        if len(rows) > MOST_GROUPS:
            raise DataError(
                f"{table.name}, column {name}: more than {MOST_GROUPS:,} groups; choose another "
                "--group"
            )
    groups = np.array(sorted(rows), dtype=np.uint64)
    reached = np.cumsum([rows[int(group)] for group in groups])
    wanted = max(round(config.test_size * len(table)), 1)
    limit = groups[np.searchsorted(reached, wanted)]
    if limit == groups[-1] and config.test_size:
        raise DataError(
            f"{table.name}, column {name}: one group holds nearly every row; choose another --group"
        )
    if not config.test_size:
        return _nobody(table)
    return lambda place: np.asarray(group_of(place) <= limit)


def _group_hashes(column: Column, seed: int) -> Callable[[int], Hashes]:
    """Return what hashes a piece's groups; rows without a group are one more group."""
    if column.is_hashed:
        return lambda place: spread(column_hashes(column, seed)(place) ^ np.uint64(seed))
    if column.kind == "number":

        def of_numbers(place: int) -> Hashes:
            distinct, inverse = np.unique(np.asarray(column.piece(place)), return_inverse=True)
            return np.asarray(word_hashes(_without_none(words(distinct)), seed)[inverse])

        return of_numbers
    # As None they would always hash to the smallest.
    of_text = word_hashes(_without_none(column.words), seed)
    return lambda place: np.asarray(of_text[column.vector.piece(place)])


def _without_none(cells: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    return np.array([word or "" for word in cells], dtype=object)


def tell_equal_rows_apart(hashes: Vector, shelf: Shelf) -> tuple[Vector, bool]:
    """Where one group of equal rows is large, let a counter join the hash of its rows.

    Equal rows are interchangeable, so counting within a group keeps the split free of order.
    """
    large = frequent(hashes, max(1, LARGEST_EQUAL_GROUP * hashes.rows))
    if not large:
        return hashes, False
    apart, seen = shelf.vector(np.uint64), dict.fromkeys(large, 0)
    for own in hashes:
        told = own.copy()
        for value in large:
            places = np.flatnonzero(own == value)
            counter = np.arange(seen[value], seen[value] + len(places), dtype=np.uint64)
            told[places] = spread(value + spread(counter))
            seen[value] += len(places)
        apart.append(told)
    return apart, True


def smallest_hashes(
    table: Table, hashes: Vector, share: float, leaving: Marked | None = None
) -> Marked:
    """Mark, in each class, the rows of the smallest hashes up to the share; ties go together.

    Rows that are marked in `leaving` have no part in it.
    """

    def classed() -> Iterator[tuple[Hashes, Codes]]:
        for place, own in enumerate(hashes):
            classes = (table.labels.piece(place) >= 0.5).astype(np.int64)
            there = slice(None) if leaving is None else ~leaving(place)
            yield own[there], classes[there]

    rows = np.zeros(2, dtype=np.int64)
    for _, classes in classed():
        rows += np.bincount(classes, minlength=2)
    counts = [round(share * int(number)) for number in rows]
    found = nth_smallest(classed, [[count] if count else [] for count in counts])

    def marked(place: int) -> Mask:
        own, positive = hashes.piece(place), table.labels.piece(place) >= 0.5
        chosen = np.zeros(len(own), dtype=bool)
        for limit, mine in zip(found, (~positive, positive), strict=True):
            if len(limit):
                chosen |= mine & (own <= limit[0])
        return chosen if leaving is None else chosen & ~leaving(place)

    return marked


def folds_of(table: Table, seed: int, number: int) -> Vector | None:
    """Number each row's fold 0 … number - 1: stratified, equal rows together.

    None where an outcome would be in one fold only.
    """
    hashes = table_hashes(table, seed)

    def classed() -> Iterator[tuple[Hashes, Codes]]:
        for own, label in zip(hashes, table.labels, strict=True):
            yield own, (label >= 0.5).astype(np.int64)

    rows = np.zeros(2, dtype=np.int64)
    for _, classes in classed():
        rows += np.bincount(classes, minlength=2)
    wanted = [[-(-k * int(n) // number) for k in range(1, number)] if n else [] for n in rows]
    limits = nth_smallest(classed, wanted)
    made, seen = table.shelf.vector(np.int8), np.zeros((2, number), dtype=bool)
    for own, classes in classed():
        # A row's fold is the number of borders below its hash.
        fold = np.where(
            classes == 1, np.searchsorted(limits[1], own), np.searchsorted(limits[0], own)
        )
        seen[classes, fold] = True
        made.append(fold)
    return made if (seen.sum(axis=1) >= 2).all() else None
