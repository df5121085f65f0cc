"""Rows that are copies of others, as where a table was multiplied to look larger."""

import numpy as np

from placement.arrays import IntArray, UInt64Array
from placement.data.splits.row_hashes import column_hashes, hash_table
from placement.data.table.table import Table

MOST_ROWS = 200_000  # of larger tables the hashes of all columns would take long
LEAST_STUDENTS = 10
COPIED_SHARE = 0.5  # of the rows
BEYOND_CHANCE = 5  # times as many equal pairs as there would be, were columns independent
_SHOWN = 3


def warn_of_copies(table: Table, seed: int) -> str | None:
    """Say how many rows are copies and what they do to the errors; None where that is chance."""
    hashes = multiplied_rows(table, seed)
    if hashes is None:
        return None
    counts, rows = _counts(hashes), len(table)
    equal, factor = int(counts[counts > 1].sum()), np.sqrt(rows / len(counts))
    listed = ", ".join(table.identifiers[:_SHOWN])
    but_for = f" but for {listed}" if listed else ""
    return (
        f"{equal:,} of {rows:,} rows are equal to another{but_for} ({len(counts):,} different): "
        "standard errors and the gain over 5 folds count each different row once; if they are "
        "copies, the intervals of all other figures are too narrow by a factor of "
        f"{factor:.2g}; keep one row a student"
    )


def multiplied_rows(table: Table, seed: int) -> UInt64Array | None:
    """Return the hash of each row (n,) of a table that was multiplied; None of any other.

    Rows are equal where all but the identifiers is. Students of a few coarse columns may well be
    alike: equal rows count where there are far more of them than that explains, or where every
    row comes equally often.
    """
    rows = len(table)
    if not rows or rows > MOST_ROWS:
        return None
    hashes = np.concatenate(list(hash_table(table, seed)))
    counts = _counts(hashes)
    if len(counts) < LEAST_STUDENTS or counts[counts > 1].sum() < COPIED_SHARE * rows:
        return None
    pairs = float((counts * (counts - 1)).sum()) / 2
    every_row_as_often = np.gcd.reduce(counts) > 1
    is_chance = not every_row_as_often and pairs < BEYOND_CHANCE * _pairs_by_chance(table)
    return None if is_chance else hashes


def _pairs_by_chance(table: Table) -> float:
    """Return how many pairs of rows would be equal, were the columns independent."""
    rows = len(table)
    pairs = rows * (rows - 1) / 2
    for name, column in table.chunked_columns.items():
        if name not in table.identifiers:
            hashes = column_hashes(column, 0)
            counts = _counts(np.concatenate([hashes(piece) for piece in range(table.pieces)]))
            pairs *= float(((counts / rows) ** 2).sum())
    return pairs


def _counts(hashes: UInt64Array) -> IntArray:
    """Count how often each hash comes."""
    return np.unique(hashes, return_counts=True)[1]
