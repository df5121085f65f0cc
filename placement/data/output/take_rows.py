"""Rows taken out of blocks and put together anew, in any order, each as it stood in its file."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from placement.arrays import CellArray, IndexArray
from placement.data.formats.blocks import Block, Cells
from placement.model.scorer import Coded


def taken(block: Block, places: IndexArray, columns: Collection[str] | None = None) -> Block:
    """Return some rows of a block in the order of `places`, with these `columns` (None: all)."""
    kept = {
        name: cells[places]
        for name, cells in block.columns.items()
        if columns is None or name in columns
    }
    return replace(
        block,
        columns=kept,
        rows=len(places),
        lines=None if block.lines is None else block.lines[places],
        records=_picked(block.records, places),
        raw=_picked(block.raw, places),
    )


def kind_of(block: Block) -> tuple[Any, ...]:
    """Return what the rows are kept in; only blocks of one kind can be put together."""
    return type(block.records), type(block.raw), getattr(block.raw, "schema", None)


def gathered(blocks: Sequence[Block], block: IndexArray, place: IndexArray) -> Block:
    """Return the rows (n,) at `place` of the blocks numbered `block`, in that order.

    The blocks must be of one kind. Where the rows stood in their files is no longer known.
    """
    used, number = np.unique(block, return_inverse=True)
    parts = [taken(blocks[own], place[block == own]) for own in used.tolist()]
    order = in_turn(number)
    whole = replace(
        parts[0],
        columns={
            name: joined_cells([part.columns[name] for part in parts]) for name in parts[0].columns
        },
        rows=len(place),
        lines=None,
        first_row=1,
        records=_joined([part.records for part in parts]),
        raw=_joined([part.raw for part in parts]),
        blank_lines=0,
    )
    return taken(whole, order)


def in_turn(number: npt.NDArray[np.integer]) -> IndexArray:
    """Return where each row is among all, once those of each part (by `number`) lie together."""
    order = np.argsort(number, kind="stable")
    back = np.empty(len(order), dtype=np.intp)
    back[order] = np.arange(len(order))
    return back


def joined_cells(parts: Sequence[Cells]) -> Cells:
    """Put the cells of a column together; coded ones stay coded."""
    coded = [part for part in parts if isinstance(part, Coded)]
    if len(coded) < len(parts):
        return np.concatenate([_plain(part) for part in parts])
    # Words are few beside rows: each part's own are kept, though some may be the same.
    starts = np.cumsum([0, *(len(part.texts) for part in coded)])
    codes = [part.codes + start for part, start in zip(coded, starts, strict=False)]
    return Coded(np.concatenate(codes), np.concatenate([part.texts for part in coded]))


def _plain(cells: Cells) -> CellArray:
    return cells.to_numpy() if isinstance(cells, Coded) else np.asarray(cells)


def _picked(rows: Any, places: IndexArray) -> Any:
    if rows is None:
        return None
    if isinstance(rows, list):
        return [rows[place] for place in places.tolist()]
    return rows.take(places)


def _joined(parts: Sequence[Any]) -> Any:
    if parts[0] is None or len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], list):
        return [row for part in parts for row in part]
    import pyarrow as pa

    return pa.concat_batches(parts) if hasattr(parts[0], "schema") else pa.concat_arrays(parts)
