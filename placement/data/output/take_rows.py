"""Take rows out of blocks and concatenate them in any order, each as it stood in its file."""

from collections.abc import Collection, Hashable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from placement.arrays import CellArray, IndexArray
from placement.data.formats.blocks import Block, Cells
from placement.model.scorer import Coded, ColumnLike


def take(block: Block, indices: IndexArray, columns: Collection[str] | None = None) -> Block:
    """Return some rows of a block in the order of `indices`, with these `columns` (None: all)."""
    names = [name for name in block.columns if columns is None or name in columns]
    return replace(
        block,
        columns={name: block.columns[name][indices] for name in names},
        rows=len(indices),
        lines=None if block.lines is None else np.asarray(block.lines)[indices],
        records=_take(block.records, indices),
        raw=_take(block.raw, indices),
        not_students=_reasons(block, indices),
    )


def _reasons(block: Block, indices: IndexArray) -> dict[int, str]:
    others = block.not_students
    rows = enumerate(indices.tolist() if others else ())
    return {index: others[row] for index, row in rows if row in others}


def storage_kind(block: Block) -> Hashable:
    """Return how the rows are stored; only blocks of one kind can be concatenated."""
    return type(block.records), type(block.raw), getattr(block.raw, "schema", None)


def gather(blocks: Sequence[Block], block: IndexArray, row: IndexArray) -> Block:
    """Return the rows (n,) at `row` of the blocks numbered `block`, in that order.

    The blocks must be of one kind, and the rows students. Their lines in the files are dropped.
    """
    block_indices, part_of = np.unique(block, return_inverse=True)
    parts = [take(blocks[index], row[block == index]) for index in block_indices.tolist()]
    names = list(parts[0].columns)
    order = inverse_order(part_of)
    whole = replace(
        parts[0],
        columns={n: concatenate_cells([part.columns[n] for part in parts]) for n in names},
        rows=len(row),
        lines=None,
        first_row=1,
        records=_concatenate([part.records for part in parts]),
        raw=_concatenate([part.raw for part in parts]),
        blank_lines=0,
        left_out=(),
        not_students={},
    )
    return take(whole, order)


def inverse_order(part_of: npt.NDArray[np.integer]) -> IndexArray:
    """Return where each row is among all, once those of each part (by `part_of`) lie together."""
    order = np.argsort(part_of, kind="stable")
    inverse = np.empty(len(order), dtype=np.intp)
    inverse[order] = np.arange(len(order))
    return inverse


def concatenate_cells(parts: Sequence[Cells]) -> Cells:
    """Concatenate the cells of a column; coded ones stay coded."""
    coded = [part for part in parts if isinstance(part, Coded)]
    if len(coded) < len(parts):
        return np.concatenate([as_array(part) for part in parts])
    # Texts are few beside rows: those of each part stay, though some may be the same.
    starts = np.cumsum([0, *(len(part.texts) for part in coded)])
    codes = [part.codes + start for part, start in zip(coded, starts, strict=False)]
    return Coded(np.concatenate(codes), np.concatenate([part.texts for part in coded]))


def as_array(cells: ColumnLike) -> CellArray:
    """Return the cells (n,) of a column as an array."""
    return cells.to_numpy() if isinstance(cells, Coded) else np.asarray(cells)


def _take(rows: Any, indices: IndexArray) -> Any:
    if rows is None:
        return None
    if isinstance(rows, list):
        return [rows[index] for index in indices.tolist()]
    return rows.take(indices)


def _concatenate(parts: Sequence[Any]) -> Any:
    if parts[0] is None or len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], list):
        return [row for part in parts for row in part]
    import pyarrow as pa

    return pa.concat_batches(parts) if hasattr(parts[0], "schema") else pa.concat_arrays(parts)
