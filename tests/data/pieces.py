"""Columns and outcomes for tests, cut into pieces as those of a large file are."""

import numpy as np

from placement.data.columns.column import infer_kind
from placement.data.columns.column_store import MemoryColumnStore
from placement.data.columns.column_summary import merged, summarize_columns
from placement.data.columns.load_columns import raw_column
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.columns.row_locations import RowLocations
from placement.data.formats.blocks import Block
from placement.data.table.leakage import ColumnEvidence

PIECE = 7


def raw(name, cells):
    """A column of words in pieces of seven rows."""
    array = np.empty(len(cells), dtype=object)
    array[:] = [cell if isinstance(cell, str) else str(cell) for cell in cells]
    return raw_column(name, array, store=MemoryColumnStore(PIECE))


def column(cells, name="x", *, categorical=False):
    """A column that was understood."""
    return infer_kind(raw(name, cells), categorical=categorical)


def places(rows):
    """The rows of may.csv from line 2 on, in the same pieces."""
    made = RowLocations(PIECE)
    for start in range(0, rows, PIECE):
        size = min(PIECE, rows - start)
        lines = np.arange(start + 2, start + 2 + size)
        made.add(Block((), {}, size, start + 1, lines, None, "may.csv"))
    return made


def outcome(words, positive):
    """What these words came to: a level each, of which some are positive."""
    levels = sorted(set(words), key=words.index)
    codes = np.array([levels.index(word) for word in words])
    meaning = np.array([level in positive for level in levels])
    pieces = -(-len(words) // PIECE)
    return OutcomeCodes(lambda k: codes[k * PIECE : (k + 1) * PIECE], meaning, pieces)


def everyone(rows):
    """All rows used, every other one positive."""
    return outcome([str(k % 2) for k in range(rows)], {"1"})


def sight(made, of=None):
    """What is seen of a column's used rows, by default all."""
    known = of or everyone(len(made))
    pieces = tuple(range(known.pieces))
    return ColumnEvidence(
        made, merged(summarize_columns({"it": made}, known, pieces))["it"], pieces
    )
