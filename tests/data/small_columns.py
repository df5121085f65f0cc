"""Columns and outcomes for tests, cut into pieces as those of a large file are."""

import numpy as np

from placement.data.columns.column import infer_kind
from placement.data.columns.column_store import MemoryColumnStore
from placement.data.columns.column_summary import merge_summaries, summarize_columns
from placement.data.columns.load_columns import raw_column
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.columns.row_locations import RowLocations
from placement.data.formats.blocks import Block
from placement.data.table.roles.column_evidence import ColumnEvidence

PIECE_ROWS = 7


def raw(name, cells):
    """A raw column of text in pieces of seven rows."""
    array = np.empty(len(cells), dtype=object)
    array[:] = [cell if isinstance(cell, str) else str(cell) for cell in cells]
    return raw_column(name, array, store=MemoryColumnStore(PIECE_ROWS))


def column(cells, name="x", *, categorical=False):
    """A column with its kind."""
    return infer_kind(raw(name, cells), categorical=categorical)


def locations(rows):
    """The rows of may.csv from line 2 on, in the same pieces."""
    made = RowLocations(PIECE_ROWS)
    for start in range(0, rows, PIECE_ROWS):
        size = min(PIECE_ROWS, rows - start)
        lines = np.arange(start + 2, start + 2 + size)
        made.add(Block((), {}, size, "may.csv", start + 1, lines))
    return made


def outcome(labels, positive):
    """The outcome codes of labels: a level each, of which some are positive."""
    levels = sorted(set(labels), key=labels.index)
    codes = np.array([levels.index(word) for word in labels])
    meaning = np.array([level in positive for level in levels])
    pieces = -(-len(labels) // PIECE_ROWS)
    return OutcomeCodes(lambda k: codes[k * PIECE_ROWS : (k + 1) * PIECE_ROWS], meaning, pieces)


def all_used(rows):
    """All rows used, every other one positive."""
    return outcome([str(k % 2) for k in range(rows)], {"1"})


def evidence(made, of=None):
    """The evidence of a column's used rows, by default all."""
    known = of or all_used(len(made))
    pieces = tuple(range(known.pieces))
    return ColumnEvidence(
        made, merge_summaries(summarize_columns({"it": made}, known, [pieces]))["it"], pieces
    )
