"""The groups into which a sensitive column parts the rows: its words, its numbers, or their bands.

Two spellings of a word that differ in case alone are one group, as they are one level of a feature.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from placement.arrays import FloatArray, IntArray
from placement.data.columns.column import Column
from placement.data.table.table import Table
from placement.errors import DataError
from placement.model.scorer import words

MISSING = "(missing)"
MOST_GROUPS = 50  # with more, nobody reads the table, and every gap is one of chance
MOST_VALUES = 10  # a number with more different values is cut into bands
_BANDS = 4
_SEEN = 1_000_000  # numbers, about, whose quartiles are taken for those of all


@dataclass(frozen=True, eq=False)
class SensitiveGroups:
    """The groups of a column: `codes(place)` are those (n,) of the rows of a piece in `names`.

    `note` says how they were made, where that is not plain.
    """

    column: str
    names: tuple[str, ...]
    codes: Callable[[int], IntArray]
    note: str | None = None


def sensitive_groups(
    table: Table, names: Sequence[str], *, asked: bool
) -> tuple[tuple[SensitiveGroups, ...], tuple[str, ...]]:
    """Return the groups of some columns, and notes on those that cannot be parted.

    Raises `DataError` where such a column was `asked` for by name.
    """
    found, notes = [], []
    for name in names:
        try:
            found.append(groups_of_column(table, name))
        except DataError as problem:
            if asked:
                raise
            notes.append(f"no figures by group: {problem}")
    return tuple(found), tuple(notes)


def groups_of_column(table: Table, name: str) -> SensitiveGroups:
    """Return the groups of a column. Raises `DataError` where they are too many to compare."""
    column = table.chunked_columns[name]
    if column.is_hashed:
        raise _too_many(table, name, "free text, of which every row may say something else")
    if column.kind == "category":
        return _of_words(table, column)
    return _of_numbers(table, column)


def _too_many(table: Table, name: str, what: str) -> DataError:
    return DataError(
        f"{table.name}, column {name}: {what}; at most {MOST_GROUPS} groups are compared: "
        "choose other columns with --sensitive"
    )


def _of_words(table: Table, column: Column) -> SensitiveGroups:
    counts = np.zeros(len(column.texts), dtype=np.int64)
    for own in column.array:
        counts += np.bincount(own, minlength=len(counts))
    spelled: dict[int, str] = {}  # each level by its most frequent spelling
    for place in sorted(np.flatnonzero(counts), key=lambda p: (-counts[p], str(column.texts[p]))):
        spelled.setdefault(int(column.level_of[place]), str(column.texts[place]))
    spelled.pop(-1, None)
    if len(spelled) > MOST_GROUPS:
        raise _too_many(table, column.name, f"{len(spelled):,} different words")
    levels = sorted(spelled, key=lambda level: spelled[level])
    code_of_level = np.full(int(column.level_of.max(initial=-1)) + 2, len(levels), dtype=np.int64)
    code_of_level[levels] = np.arange(len(levels))  # the last entry is that of level -1
    code_of_text = code_of_level[column.level_of]
    names = (*(spelled[level] for level in levels), MISSING)
    return SensitiveGroups(
        column.name, names, lambda place: code_of_text[column.array.piece(place)]
    )


def _of_numbers(table: Table, column: Column) -> SensitiveGroups:
    values = _few_values(table, column)
    borders = _quartiles(table, column) if values is None or len(values) > MOST_VALUES else None
    if borders is not None and len(borders):
        return _banded(column, borders)
    if values is None:
        raise _too_many(table, column.name, "many different numbers, most rows having the same")
    each = values

    def codes(place: int) -> IntArray:
        own = _numbers(column, place)
        return np.where(np.isnan(own), len(each), np.searchsorted(each, own)).astype(np.int64)

    return SensitiveGroups(column.name, (*(str(word) for word in words(each)), MISSING), codes)


def _banded(column: Column, borders: FloatArray) -> SensitiveGroups:
    said = [f"{border:g}" for border in borders]
    between = [f"{low} to below {high}" for low, high in pairwise(said)]

    def codes(place: int) -> IntArray:
        own = _numbers(column, place)
        found = np.searchsorted(borders, own, side="right")
        return np.where(np.isnan(own), len(borders) + 1, found).astype(np.int64)

    return SensitiveGroups(
        column.name,
        (f"below {said[0]}", *between, f"{said[-1]} and above", MISSING),
        codes,
        f"{column.name} is a number: cut into bands at its quartiles, equal values together "
        "(if its numbers are codes, train with --categorical)",
    )


def _numbers(column: Column, place: int) -> FloatArray:
    return np.asarray(column.piece(place), dtype=np.float64)


def _few_values(table: Table, column: Column) -> FloatArray | None:
    """Return the different numbers of a column; None where there are more than can be groups."""
    found: FloatArray = np.empty(0)
    for place in range(table.pieces):
        own = _numbers(column, place)
        found = np.union1d(found, own[~np.isnan(own)] + 0.0)
        if len(found) > MOST_GROUPS:
            return None
    return found


def _quartiles(table: Table, column: Column) -> FloatArray:
    """Return the borders of the bands, rounded to three digits: up to three, rising.

    Of many rows, those of every so-maniest, whatever the pieces.
    """
    step, before, seen = -(-len(table) // _SEEN), 0, []
    for place in range(table.pieces):
        own = _numbers(column, place)
        seen.append(own[-before % step :: step])
        before += len(own)
    known = np.concatenate(seen)
    known = known[np.isfinite(known)]
    if not len(known):
        return np.empty(0)
    cuts = np.quantile(known, np.arange(1, _BANDS) / _BANDS, method="higher")
    rounded: FloatArray = np.unique([float(f"{cut:.3g}") for cut in cuts])
    # A border below or at the least value parts nothing from the rest.
    above: FloatArray = rounded[(rounded > known.min()) & (rounded <= known.max())]
    return above
