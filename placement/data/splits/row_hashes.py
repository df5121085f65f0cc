"""A keyed hash of each row's cells, the same in every order, format and spelling."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from placement.arrays import BoolArray, FloatArray, ObjectArray, UInt64Array
from placement.data.columns.column import Column
from placement.data.columns.column_store import ChunkedArray
from placement.data.columns.column_summary import mix_bits
from placement.data.table.table import Table
from placement.runtime.parallel_map import usable_processors
from placement.runtime.ranks import shared_in_order

_COMPARED = 2_000_000
_BLOCK = 16_384  # rows that are mixed while they are in the cache


def hash_table(table: Table, seed: int) -> ChunkedArray:
    """Return the hash of each row of a table without its identifiers, in the table's pieces."""
    return hash_rows(table, [n for n in table.chunked_columns if n not in table.identifiers], seed)


def hash_rows(table: Table, names: Sequence[str], seed: int) -> ChunkedArray:
    """Return a 64-bit hash of each row's cells in some columns, in the table's pieces.

    It is keyed by the seed. The order of rows and of columns does not matter, nor how a number or
    word was spelled.
    """
    array, of_piece = table.store.new_array(np.uint64), _row_hasher(table, names, seed)
    for hashes in shared_in_order(range(table.pieces), of_piece, usable_processors()):
        array.append(hashes)
    return array


def _row_hasher(table: Table, names: Sequence[str], seed: int) -> Callable[[int], UInt64Array]:
    """Return a function that hashes each row (n,) of a piece."""
    columns = {name: column_hashes(table.chunked_columns[name], seed) for name in names}
    return lambda piece: combine_hashes(
        ((name, hashes_of(piece)) for name, hashes_of in columns.items()), seed
    )


@dataclass(frozen=True)
class RowDigests:
    """Digests of a table's rows by some columns and the outcome, whatever their order.

    `every` is that of all rows, `of_files` those of each file by its number, where there are
    several, and `marked` that of the rows that were marked.
    """

    every: str
    of_files: Mapping[int, str]
    marked: str


def digest_rows(
    table: Table, names: Sequence[str], marked: Callable[[int], BoolArray] | None = None
) -> RowDigests:
    """Digest the rows by some columns and the outcome; `marked(piece)` marks some of them (n,)."""
    hashes_of = _row_hasher(table, names, 0)

    def of_piece(piece: int) -> tuple[tuple[int, int], tuple[int, int]]:
        positive = (table.labels.piece(piece) >= 0.5).astype(np.uint64)
        mixed = mix_bits(hashes_of(piece) ^ positive)
        return _sum(mixed), (0, 0) if marked is None else _sum(mixed[marked(piece)])

    pieces = shared_in_order(range(table.pieces), of_piece, usable_processors())
    sums, sums_of_marked = zip(*pieces, strict=True)
    of_file: dict[int, list[tuple[int, int]]] = {}
    for file, piece_sums in zip(table.files, sums, strict=False):
        of_file.setdefault(file, []).append(piece_sums)
    several = of_file if len(of_file) > 1 else {}
    return RowDigests(
        _digest_of_sums(sums),
        {file: _digest_of_sums(sums_of_file) for file, sums_of_file in several.items()},
        _digest_of_sums(sums_of_marked),
    )


def _sum(hashes: UInt64Array) -> tuple[int, int]:
    return len(hashes), int(hashes.sum(dtype=np.uint64))


def _digest_of_sums(sums: Sequence[tuple[int, int]]) -> str:
    rows, total = (sum(column) for column in zip(*sums, strict=True))
    return f"{rows}-{total % 2**64:016x}"


def column_hashes(column: Column, seed: int) -> Callable[[int], UInt64Array]:
    """Return a function that hashes a piece of a column's cells (n,)."""
    if column.is_hashed:
        return lambda piece: np.asarray(column.array.piece(piece))
    if column.kind == "number":
        return lambda piece: number_hashes(np.asarray(column.piece(piece)))
    hash_of_text = word_hashes(column.texts, seed)
    return lambda piece: np.asarray(hash_of_text[column.array.piece(piece)])


def combine_hashes(columns: Iterable[tuple[str, UInt64Array]], seed: int) -> UInt64Array:
    """Return the hash (n,) of each row from those of its cells, in whatever order the columns."""
    salted = [
        (np.uint64(_digest(name.strip().casefold(), seed)), hashes) for name, hashes in columns
    ]
    if not salted:
        raise ValueError("a row hash needs at least one column")
    total = np.zeros(len(salted[0][1]), dtype=np.uint64)
    for start in range(0, len(total), _BLOCK):
        block = total[start : start + _BLOCK]
        for salt, hashes in salted:
            block += mix_bits(hashes[start : start + _BLOCK] ^ salt)
        mix_bits(block)
    return total


def number_hashes(cells: FloatArray) -> UInt64Array:
    """Return the bits of numbers (n,): one NaN, one zero."""
    plain = cells + 0.0  # -0.0 becomes 0.0
    plain[np.isnan(plain)] = np.nan
    bits: UInt64Array = plain.view(np.uint64)
    return bits


def word_hashes(cells: ObjectArray, seed: int) -> UInt64Array:
    """Return the hash of each word (n,) whatever its case, 0 where it is missing."""
    hash_of: dict[str | None, int] = {
        word: 0 if word is None else _digest(word.strip().casefold(), seed)
        for word in set(cells.tolist())
    }
    return np.fromiter((hash_of[word] for word in cells), dtype=np.uint64, count=len(cells))


def _digest(text: str, seed: int) -> int:
    key = seed.to_bytes(8, "little")
    return int.from_bytes(hashlib.blake2b(text.encode(), key=key, digest_size=8).digest(), "little")


def count_common_rows(
    table: Table, other: Table, names: Sequence[str], seed: int
) -> tuple[int, bool]:
    """Return how many rows of `other` equal rows of a table in some columns.

    Of more than two million rows the hashes of an evenly drawn part are compared; the count is
    then an estimate, and the second answer False.
    """
    table_hashes, other_hashes = hash_rows(table, names, seed), hash_rows(other, names, seed)
    every = np.uint64(-(-other_hashes.rows // _COMPARED))
    sample = np.concatenate([hashes[hashes % every == 0] for hashes in other_hashes])
    distinct = np.unique(sample)
    if not len(distinct):
        return 0, every == 1
    common = np.zeros(len(distinct), dtype=bool)
    for piece_hashes in table_hashes:
        sampled = piece_hashes[piece_hashes % every == 0]
        position = np.minimum(np.searchsorted(distinct, sampled), len(distinct) - 1)
        common[position[distinct[position] == sampled]] = True
    count = int(np.isin(sample, distinct[common]).sum())
    return count * int(every), every == 1
