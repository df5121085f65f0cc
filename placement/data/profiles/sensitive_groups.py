"""The groups of a sensitive column: its categories, its numbers, or bands of them.

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
MOST_GROUPS = 50  # with more, nobody reads the table, and every difference is one of chance
MOST_VALUES = 10  # a number with more different values is cut into bands
_BANDS = 4
_SAMPLED = 1_000_000  # numbers, about, whose quartiles are taken for those of all


@dataclass(frozen=True, eq=False)
class SensitiveGroups:
    """The groups of a column: `codes(piece)` are those (n,) of the rows of a piece in `names`.

    `note` says how they were made, where that is not plain.
    """

    column: str
    names: tuple[str, ...]
    codes: Callable[[int], IntArray]
    note: str | None = None


def sensitive_groups(
    table: Table, names: Sequence[str], *, requested: bool
) -> tuple[tuple[SensitiveGroups, ...], tuple[str, ...]]:
    """Return the groups of some columns, and notes on those with too many.

    Raises `DataError` where such a column was `requested` by name.
    """
    groups, notes = [], []
    for name in names:
        try:
            groups.append(groups_of_column(table, name))
        except DataError as problem:
            if requested:
                raise
            notes.append(f"no figures by group: {problem}")
    return tuple(groups), tuple(notes)


def groups_of_column(table: Table, name: str) -> SensitiveGroups:
    """Return the groups of a column. Raises `DataError` where they are too many to compare."""
    column = table.chunked_columns[name]
    if column.is_hashed:
        raise _too_many(table, name, "free text, of which every row may say something else")
    if column.kind == "category":
        return _groups_of_category(table, column)
    return _groups_of_numbers(table, column)


def _too_many(table: Table, name: str, what: str) -> DataError:
    return DataError(
        f"{table.name}, column {name}: {what}; at most {MOST_GROUPS} groups are compared: "
        "choose other columns with --sensitive"
    )


def _groups_of_category(table: Table, column: Column) -> SensitiveGroups:
    counts = np.zeros(len(column.texts), dtype=np.int64)
    for codes in column.array:
        counts += np.bincount(codes, minlength=len(counts))
    spelling_of: dict[int, str] = {}  # each level by its most frequent spelling
    for piece in sorted(np.flatnonzero(counts), key=lambda p: (-counts[p], str(column.texts[p]))):
        spelling_of.setdefault(int(column.level_of[piece]), str(column.texts[piece]))
    spelling_of.pop(-1, None)
    if len(spelling_of) > MOST_GROUPS:
        raise _too_many(table, column.name, f"{len(spelling_of):,} different words")
    levels = sorted(spelling_of, key=lambda level: spelling_of[level])
    code_of_level = np.full(int(column.level_of.max(initial=-1)) + 2, len(levels), dtype=np.int64)
    code_of_level[levels] = np.arange(len(levels))  # the last entry is that of level -1
    code_of_text = code_of_level[column.level_of]
    names = (*(spelling_of[level] for level in levels), MISSING)
    return SensitiveGroups(
        column.name, names, lambda piece: code_of_text[column.array.piece(piece)]
    )


def _groups_of_numbers(table: Table, column: Column) -> SensitiveGroups:
    values = _few_values(table, column)
    edges = _quartiles(table, column) if values is None or len(values) > MOST_VALUES else None
    if edges is not None and len(edges):
        return _banded(column, edges)
    if values is None:
        raise _too_many(table, column.name, "many different numbers, most rows having the same")
    distinct = values

    def codes(piece: int) -> IntArray:
        numbers = _numbers(column, piece)
        groups = np.where(np.isnan(numbers), len(distinct), np.searchsorted(distinct, numbers))
        return groups.astype(np.int64)

    return SensitiveGroups(column.name, (*(str(word) for word in words(distinct)), MISSING), codes)


def _banded(column: Column, edges: FloatArray) -> SensitiveGroups:
    bounds = [f"{edge:g}" for edge in edges]
    inner = [f"{low} to below {high}" for low, high in pairwise(bounds)]

    def codes(piece: int) -> IntArray:
        numbers = _numbers(column, piece)
        bands = np.searchsorted(edges, numbers, side="right")
        return np.where(np.isnan(numbers), len(edges) + 1, bands).astype(np.int64)

    names = (f"below {bounds[0]}", *inner, f"{bounds[-1]} and above", MISSING)
    note = (
        f"{column.name} is a number: cut into bands at its quartiles, equal values together "
        "(if its numbers are codes, train with --categorical)"
    )
    return SensitiveGroups(column.name, names, codes, note)


def _numbers(column: Column, piece: int) -> FloatArray:
    return np.asarray(column.piece(piece), dtype=np.float64)


def _few_values(table: Table, column: Column) -> FloatArray | None:
    """Return the different numbers of a column; None where there are more than can be groups."""
    distinct: FloatArray = np.empty(0)
    for piece in range(table.pieces):
        numbers = _numbers(column, piece)
        distinct = np.union1d(distinct, numbers[~np.isnan(numbers)] + 0.0)
        if len(distinct) > MOST_GROUPS:
            return None
    return distinct


def _quartiles(table: Table, column: Column) -> FloatArray:
    """Return the borders of the bands, rounded to three digits: up to three, rising.

    Of many rows, those of every so-maniest, whatever the pieces.
    """
    step, before, samples = -(-len(table) // _SAMPLED), 0, []
    for piece in range(table.pieces):
        numbers = _numbers(column, piece)
        samples.append(numbers[-before % step :: step])
        before += len(numbers)
    finite = np.concatenate(samples)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return np.empty(0)
    cuts = np.quantile(finite, np.arange(1, _BANDS) / _BANDS, method="higher")
    rounded: FloatArray = np.unique([float(f"{cut:.3g}") for cut in cuts])
    # A border below or at the least value parts nothing from the rest.
    inner_edges: FloatArray = rounded[(rounded > finite.min()) & (rounded <= finite.max())]
    return inner_edges
