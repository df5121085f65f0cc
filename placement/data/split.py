"""Which rows are held out: by a keyed hash of what a row says, so order and chunks don't matter."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from placement.config import TrainConfig
from placement.data.rules import parse_rule
from placement.data.schema import matching_columns
from placement.data.table import Table
from placement.errors import DataError
from placement.model.scorer import words

Rows = npt.NDArray[np.intp]
Hashes = npt.NDArray[np.uint64]

FEWEST_HELD_OUT = 5  # of each class; fewer say nothing
LARGEST_EQUAL_GROUP = 0.05  # of the table; above it equal rows are told apart
VALIDATION_SHARE = 0.1


@dataclass(frozen=True)
class Split:
    """Positions of the rows that train, that `--patience` watches, that test; `note` tells how."""

    train: Rows
    validation: Rows
    test: Rows
    note: str


def hold_out(table: Table, config: TrainConfig, *, everything: bool = False) -> Split:
    """Decide which rows of a table train, validate and test; `everything` trains on all rows."""
    hashes, apart = tell_equal_rows_apart(table_hashes(table, config.seed))
    positive = table.label >= 0.5
    test, note = np.zeros(len(hashes), dtype=bool), "nothing held out"
    if not everything:
        test, note = _test_rows(table, config, hashes)
    if apart and config.group is None and config.test_where is None:
        note += "; more than 5 % of the rows are equal, so equal rows are told apart by a counter"
    validation = np.zeros(len(hashes), dtype=bool)
    if config.patience is not None:
        rest = np.flatnonzero(~test)
        validation[rest[split_by_hash(hashes[rest], table.label[rest], VALIDATION_SHARE)]] = True
        if not validation.any():
            note += "; too few rows for --patience to watch"
    train = ~test & ~validation
    if positive[train].all() or not positive[train].any():
        raise DataError(
            f"{table.name}: the rows left for training ({int(train.sum())}) have one outcome only; "
            "hold out fewer rows"
        )
    return Split(np.flatnonzero(train), np.flatnonzero(validation), np.flatnonzero(test), note)


def _test_rows(
    table: Table, config: TrainConfig, hashes: Hashes
) -> tuple[npt.NDArray[np.bool_], str]:
    """Mark the rows to test on, and say in words how they were chosen."""
    if config.test_where is not None:
        rule = parse_rule(config.test_where, option="--test-where")
        test = rule.mask(table.columns, file=table.name)
        if not test.any():
            raise DataError(f"{table.name}: no row with a known outcome is --test-where {rule}")
        return test, f"held out: the rows where {rule}"
    if config.group is not None:
        return _whole_groups(table, config), f"held out: whole groups of {config.group}"
    test = split_by_hash(hashes, table.label, config.test_size)
    fewest = min(int(test[table.label >= 0.5].sum()), int(test[table.label < 0.5].sum()))
    if config.test_size and fewest < FEWEST_HELD_OUT:
        return np.zeros_like(test), (
            f"nothing held out: {config.test_size:.0%} of the smaller class is fewer than "
            f"{FEWEST_HELD_OUT} rows"
        )
    if not config.test_size:
        return test, "nothing held out"
    return test, f"held out: {config.test_size:.0%} of each outcome, chosen by a hash of the row"


def _whole_groups(table: Table, config: TrainConfig) -> npt.NDArray[np.bool_]:
    name = _group_column(table, str(config.group))
    # Rows without a group are one more group; as None they would always hash to the smallest.
    cells = np.array([word or "" for word in words(table.columns[name])], dtype=object)
    group = _word_hashes(cells, config.seed.to_bytes(8, "little"))
    order = np.argsort(group, kind="stable")
    # Whole groups in the order of their hashes, until the share is reached.
    reached = group[order][max(round(config.test_size * len(group)) - 1, 0)]
    test: npt.NDArray[np.bool_] = group <= reached
    if not config.test_size:
        test[:] = False
    if test.all():
        raise DataError(
            f"{table.name}, column {name}: one group holds nearly every row; choose another --group"
        )
    return test


def _group_column(table: Table, wanted: str) -> str:
    return matching_columns(table.columns, [wanted], option="--group", file=table.name)[wanted]


def table_hashes(table: Table, seed: int) -> Hashes:
    """Return the hash (n,) of each row of a table, its identifiers aside."""
    own = {name: cells for name, cells in table.columns.items() if name not in table.identifiers}
    return row_hashes(own, seed)


def row_hashes(columns: Mapping[str, Any], seed: int) -> Hashes:
    """Return a 64-bit hash (n,) of each row's canonical values, keyed by the seed.

    Columns hold float64 numbers (NaN missing) or words (None missing). The order of rows and of
    columns does not matter, nor how a number or word was spelled.
    """
    key = seed.to_bytes(8, "little")
    total: Hashes | None = None
    for name, cells in columns.items():
        salt = np.uint64(_digest(name.strip().casefold(), key))
        values = _number_bits(cells) if cells.dtype.kind == "f" else _word_hashes(cells, key)
        mixed = _mix(values ^ salt)
        total = mixed if total is None else total + mixed
    if total is None:
        raise ValueError("row_hashes needs at least one column")
    return _mix(total)


def _digest(text: str, key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), key=key, digest_size=8).digest(), "little")


def _number_bits(cells: npt.NDArray[np.float64]) -> Hashes:
    plain = np.where(np.isnan(cells), np.nan, cells) + 0.0  # one NaN, and -0.0 becomes 0.0
    return plain.view(np.uint64)


def _word_hashes(cells: npt.NDArray[np.object_], key: bytes) -> Hashes:
    known: dict[str | None, int] = {
        word: 0 if word is None else _digest(word.strip().casefold(), key)
        for word in set(cells.tolist())
    }
    return np.fromiter((known[word] for word in cells), dtype=np.uint64, count=len(cells))


def _mix(values: Hashes) -> Hashes:
    """Spread 64 bits over 64 bits (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def tell_equal_rows_apart(hashes: Hashes) -> tuple[Hashes, bool]:
    """Where one group of equal rows is large, let a counter join the hash of every row.

    Equal rows are interchangeable, so counting within a group keeps the split free of order.
    """
    _, group, sizes = np.unique(hashes, return_inverse=True, return_counts=True)
    if len(hashes) == 0 or sizes.max() <= max(1, LARGEST_EQUAL_GROUP * len(hashes)):
        return hashes, False
    order = np.argsort(group, kind="stable")
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    counter = np.empty(len(hashes), dtype=np.uint64)
    counter[order] = np.arange(len(hashes)) - np.repeat(starts, sizes)
    return _mix(hashes + _mix(counter)), True


def split_by_hash(
    hashes: Hashes, label: npt.NDArray[np.float64], share: float
) -> npt.NDArray[np.bool_]:
    """Mark, in each class, the rows of the smallest hashes up to the share; ties go together."""
    chosen = np.zeros(len(hashes), dtype=bool)
    for positive in (False, True):
        mine = (label >= 0.5) == positive
        count = round(share * int(mine.sum()))
        if count:
            limit = np.partition(hashes[mine], count - 1)[count - 1]
            chosen |= mine & (hashes <= limit)
    return chosen


def folds_by_hash(
    hashes: Hashes, label: npt.NDArray[np.float64], folds: int
) -> npt.NDArray[np.intp]:
    """Number each row's fold 0 … folds-1: stratified, equal rows together."""
    fold = np.zeros(len(hashes), dtype=np.intp)
    for positive in (False, True):
        mine = np.flatnonzero((label >= 0.5) == positive)
        ranks = np.searchsorted(np.sort(hashes[mine]), hashes[mine])
        fold[mine] = ranks * folds // max(len(mine), 1)
    return fold
