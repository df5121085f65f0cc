"""Some of a table's rows encoded for the perceptron: in memory, or in a file as the table is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from placement.arrays import BoolArray, CellArray, FloatArray, IndexArray
from placement.data.columns.column_store import DiskColumnStore
from placement.data.encoding.chunks import (
    ArrayChunks,
    Chunks,
    FileChunks,
    rows_per_chunk,
    unit_weights,
)
from placement.data.encoding.encoder import Encoder
from placement.data.table.table import Table
from placement.runtime.atomic_write import writing
from placement.runtime.parallel_map import in_order, usable_processors


@dataclass(frozen=True)
class EncodingRequest:
    """Which rows of a table are encoded, and how: `rows(piece)` marks those (n,) of a piece.

    `class_weights` (2,) multiply the weights of negative and positive rows; None where they are 1.
    """

    rows: Callable[[int], BoolArray]
    encoder: Encoder
    dtype: np.dtype[np.floating]
    class_weights: tuple[float, float] | None = None
    chunk_rows: int | None = None


def encode_rows(
    table: Table, request: EncodingRequest, on_progress: Callable[[int], None] = lambda _rows: None
) -> Chunks:
    """Encode some rows of a table on every processor; `on_progress` gets the rows of each slice."""
    rows = sum(int(np.count_nonzero(request.rows(piece))) for piece in range(table.pieces))
    width = len(request.encoder.names) + 1 + _is_weighted(table, request)
    store = table.store.spill_if_needed(rows * width * request.dtype.itemsize)
    if isinstance(store, DiskColumnStore):
        return _in_file(table, request, store.new_path(), on_progress)
    return _in_memory(table, request, rows, on_progress)


def _is_weighted(table: Table, request: EncodingRequest) -> bool:
    return table.is_weighted or request.class_weights is not None


@dataclass(frozen=True)
class _Slice:
    """Some requested rows of one piece, few enough to be encoded at once."""

    piece: int
    rows: IndexArray
    before: int  # requested rows of the table before these


def _slices(table: Table, request: EncodingRequest) -> Iterator[_Slice]:
    step, before = request.chunk_rows or rows_per_chunk(len(request.encoder.names)), 0
    for piece in range(table.pieces):
        rows = np.flatnonzero(request.rows(piece))
        for start in range(0, len(rows), step):
            slice_rows = rows[start : start + step]
            yield _Slice(piece, slice_rows, before)
            before += len(slice_rows)


def _in_memory(
    table: Table, request: EncodingRequest, rows: int, on_progress: Callable[[int], None]
) -> ArrayChunks:
    # Columns one after the other: so they are made, and so they are multiplied as fast.
    x = np.empty((len(request.encoder.names), rows), request.dtype)
    y = np.empty(rows, request.dtype)
    weight = np.empty(rows, request.dtype) if _is_weighted(table, request) else None

    def fill(slice_: _Slice) -> int:
        target = slice(slice_.before, slice_.before + len(slice_.rows))
        _encode(table, request, slice_, x[:, target], y[target])
        if weight is not None:
            weight[target] = _weights(table, request, slice_)
        return len(slice_.rows)

    for count in in_order(_slices(table, request), fill, usable_processors()):
        on_progress(count)
    return ArrayChunks(x.T, y, unit_weights(rows) if weight is None else weight, request.chunk_rows)


def _in_file(
    table: Table, request: EncodingRequest, path: Path, on_progress: Callable[[int], None]
) -> FileChunks:
    columns, weighted = len(request.encoder.names), _is_weighted(table, request)

    def encode(slice_: _Slice) -> CellArray:
        cells = np.empty((columns + 1 + weighted, len(slice_.rows)), request.dtype)
        _encode(table, request, slice_, cells[:columns], cells[columns])
        if weighted:
            cells[-1] = _weights(table, request, slice_)
        return cells

    sizes = []
    with writing(str(path)), path.open("wb") as file:
        for cells in in_order(_slices(table, request), encode, usable_processors()):
            cells.tofile(file)
            sizes.append(cells.shape[1])
            on_progress(cells.shape[1])
    return FileChunks(path, tuple(sizes), columns, request.dtype, weighted)


def _encode(
    table: Table, request: EncodingRequest, slice_: _Slice, x: CellArray, y: CellArray
) -> None:
    cells = table.piece(slice_.piece, table.schema.feature_names)
    request.encoder.encode_into(x, {name: column[slice_.rows] for name, column in cells.items()})
    y[:] = table.labels.piece(slice_.piece)[slice_.rows]


def _weights(table: Table, request: EncodingRequest, slice_: _Slice) -> FloatArray:
    """Return the weights (m,) of some rows, those of their classes in them."""
    weight = np.asarray(table.weights.piece(slice_.piece)[slice_.rows], dtype=np.float64)
    if request.class_weights is None:
        return weight
    positive = table.labels.piece(slice_.piece)[slice_.rows] >= 0.5
    return weight * np.where(positive, request.class_weights[1], request.class_weights[0])
