"""A keyed hash of what each row says, the same in every order, format and spelling."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from placement.data.kinds import Column
from placement.data.ordered import in_order, usable_processors
from placement.data.shelf import Vector
from placement.data.survey import spread
from placement.data.table import Table
from placement.model.scorer import Coded

Hashes = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.int64]

_BINS = 1 << 16
_COMPARED = 2_000_000
_BLOCK = 16_384  # rows that are mixed while they are in the cache
_LEVELS = (48, 32, 16, 0)  # bits below the part of a hash that is looked at


def table_hashes(table: Table, seed: int) -> Vector:
    """Return the hash of each row of a table, its identifiers aside, in the table's pieces."""
    return hashes_of(table, [n for n in table.kept if n not in table.identifiers], seed)


def hashes_of(table: Table, names: Sequence[str], seed: int) -> Vector:
    """Return the hash of what some columns of each row say, in the table's pieces."""
    columns = {name: column_hashes(table.kept[name], seed) for name in names}

    def of_piece(place: int) -> Hashes:
        return _row_hashes(((name, of(place)) for name, of in columns.items()), seed)

    made = table.shelf.vector(np.uint64)
    for hashes in in_order(range(table.pieces), of_piece, usable_processors()):
        made.append(hashes)
    return made


def column_hashes(column: Column, seed: int) -> Callable[[int], Hashes]:
    """Return what hashes a piece of a column's cells (n,)."""
    if column.is_hashed:
        return lambda place: np.asarray(column.vector.piece(place))
    if column.kind == "number":
        return lambda place: number_hashes(np.asarray(column.piece(place)))
    of_text = word_hashes(column.words, seed)
    return lambda place: np.asarray(of_text[column.vector.piece(place)])


def row_hashes(columns: Mapping[str, Any], seed: int) -> Hashes:
    """Return a 64-bit hash (n,) of each row's canonical values, keyed by the seed.

    Columns hold float64 numbers (NaN missing) or words (None missing). The order of rows and of
    columns does not matter, nor how a number or word was spelled.
    """
    return _row_hashes(((name, _cell_hashes(cells, seed)) for name, cells in columns.items()), seed)


def _cell_hashes(cells: Any, seed: int) -> Hashes:
    if isinstance(cells, Coded):
        return np.asarray(word_hashes(cells.texts, seed)[cells.codes])
    return number_hashes(cells) if cells.dtype.kind == "f" else word_hashes(cells, seed)


def _row_hashes(columns: Iterable[tuple[str, Hashes]], seed: int) -> Hashes:
    salted = [
        (np.uint64(_digest(name.strip().casefold(), seed)), hashes) for name, hashes in columns
    ]
    if not salted:
        raise ValueError("a row hash needs at least one column")
    total = np.zeros(len(salted[0][1]), dtype=np.uint64)
    for start in range(0, len(total), _BLOCK):
        part = total[start : start + _BLOCK]
        for salt, hashes in salted:
            part += spread(hashes[start : start + _BLOCK] ^ salt)
        spread(part)
    return total


def number_hashes(cells: npt.NDArray[np.float64]) -> Hashes:
    """Return the bits of numbers (n,): one NaN, one zero."""
    plain = np.where(np.isnan(cells), np.nan, cells) + 0.0  # -0.0 becomes 0.0
    bits: Hashes = plain.view(np.uint64)
    return bits


def word_hashes(cells: npt.NDArray[np.object_], seed: int) -> Hashes:
    """Return the hash of each word (n,) whatever its case, 0 where it is missing."""
    known: dict[str | None, int] = {
        word: 0 if word is None else _digest(word.strip().casefold(), seed)
        for word in set(cells.tolist())
    }
    return np.fromiter((known[word] for word in cells), dtype=np.uint64, count=len(cells))


def _digest(text: str, seed: int) -> int:
    key = seed.to_bytes(8, "little")
    return int.from_bytes(hashlib.blake2b(text.encode(), key=key, digest_size=8).digest(), "little")


# Hashes with a class each, piece by piece; to be walked more than once.
Classed = Callable[[], Iterator[tuple[Hashes, Codes]]]


def nth_smallest(classed: Classed, wanted: Sequence[Sequence[int]]) -> list[Hashes]:
    """Return for each class its n-th smallest hashes, n counting from 1, for each wanted n.

    A histogram of 65,536 bins tells in which bin each lies; only those bins are sorted. So nothing
    depends on how the rows are cut or ordered, and no more than a few bins are held.
    """
    kinds = len(wanted)
    counts = np.zeros((kinds, _BINS), dtype=np.int64)
    for hashes, classes in classed():
        bins = classes * _BINS + (hashes >> np.uint64(48)).astype(np.int64)
        counts += np.bincount(bins, minlength=kinds * _BINS).reshape(kinds, _BINS)
    reached = np.cumsum(counts, axis=1)
    places = [np.searchsorted(reached[k], np.asarray(ns)) for k, ns in enumerate(wanted)]
    needed = np.zeros((kinds, _BINS), dtype=bool)
    for k, own in enumerate(places):
        needed[k, own] = True
    found: list[list[Hashes]] = [[] for _ in range(kinds)]
    for hashes, classes in classed():
        bins = (hashes >> np.uint64(48)).astype(np.int64)
        meant = needed[classes, bins]
        for k in range(kinds):
            found[k].append(hashes[meant & (classes == k)])
    return [
        _picked(np.sort(np.concatenate(found[k])), needed[k], counts[k], reached[k], ns)
        for k, ns in enumerate(wanted)
    ]


def _picked(
    ordered: Hashes,
    needed: npt.NDArray[np.bool_],
    counts: Codes,
    reached: Codes,
    ns: Sequence[int],
) -> Hashes:
    """Pick the n-th smallest of all from those in the needed bins."""
    skipped = np.cumsum(np.where(needed, 0, counts))  # of bins that were not kept
    bins = np.searchsorted(reached, np.asarray(ns, dtype=np.int64))
    picked: Hashes = ordered[np.asarray(ns, dtype=np.int64) - 1 - skipped[bins]]
    return picked


def frequent(hashes: Vector, more_than: float) -> list[np.uint64]:
    """Return the hashes that come more than so many times, found by ever longer beginnings."""
    beginnings = [0]
    for below in _LEVELS:
        counts = {start: np.zeros(_BINS, dtype=np.int64) for start in beginnings}
        for own in hashes:
            for start in beginnings:
                part = own
                if below < _LEVELS[0]:
                    part = own[(own >> np.uint64(below + 16)) == np.uint64(start)]
                bins = ((part >> np.uint64(below)) & np.uint64(_BINS - 1)).astype(np.int64)
                counts[start] += np.bincount(bins, minlength=_BINS)
        beginnings = [
            start * _BINS + int(place)
            for start, seen in counts.items()
            for place in np.flatnonzero(seen > more_than)
        ]
        if not beginnings:
            return []
    return [np.uint64(start) for start in beginnings]


def count_common(table: Table, other: Table, names: Sequence[str], seed: int) -> tuple[int, bool]:
    """Return how many rows of `other` say the same in some columns as rows of a table do.

    Of more than two million rows the hashes of an evenly drawn part are compared; the count is
    then an estimate, and the second answer False.
    """
    known, asked = hashes_of(table, names, seed), hashes_of(other, names, seed)
    part = np.uint64(-(-asked.rows // _COMPARED))
    wanted = np.concatenate([own[own % part == 0] for own in asked])
    distinct = np.unique(wanted)
    if not len(distinct):
        return 0, part == 1
    there = np.zeros(len(distinct), dtype=bool)
    for own in known:
        mine = own[own % part == 0]
        place = np.minimum(np.searchsorted(distinct, mine), len(distinct) - 1)
        there[place[distinct[place] == mine]] = True
    common = int(np.isin(wanted, distinct[there]).sum())
    return common * int(part), part == 1
