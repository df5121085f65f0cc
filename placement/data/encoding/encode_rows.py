"""Some of a table's rows encoded for the perceptron: in memory, or in a file as the table is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from placement.arrays import BoolArray, BytesArray, FloatArray, IndexArray
from placement.data.columns.column_store import DiskColumnStore
from placement.data.encoding.chunks import (
    ArrayChunks,
    Chunk,
    ChunkFormat,
    Chunks,
    FileChunks,
    rows_per_chunk,
    unit_weights,
)
from placement.data.encoding.design_matrix import DesignMatrix
from placement.data.encoding.encoder import Encoder
from placement.data.table.table import Table
from placement.runtime import ranks
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
    store = table.store.spill_if_needed(rows * _chunk_format(table, request).row_bytes)
    if isinstance(store, DiskColumnStore):
        return _in_file(table, request, store.new_path(), on_progress)
    return _in_memory(table, request, rows, on_progress)


def _is_weighted(table: Table, request: EncodingRequest) -> bool:
    return table.is_weighted or request.class_weights is not None


def _chunk_format(table: Table, request: EncodingRequest) -> ChunkFormat:
    layout = request.encoder.coded_layout.layout
    return ChunkFormat(layout, request.dtype, _is_weighted(table, request))


@dataclass(frozen=True)
class _Slice:
    """Some requested rows of one piece, few enough to be encoded at once."""

    piece: int
    rows: IndexArray
    before: int  # requested rows of the table before these


def _slices(table: Table, request: EncodingRequest) -> Iterator[_Slice]:
    row_bytes = request.encoder.coded_layout.layout.row_bytes(request.dtype.itemsize)
    step, before = request.chunk_rows or rows_per_chunk(row_bytes), 0
    for piece in range(table.pieces):
        rows = np.flatnonzero(request.rows(piece))
        for start in range(0, len(rows), step):
            slice_rows = rows[start : start + step]
            yield _Slice(piece, slice_rows, before)
            before += len(slice_rows)


def _in_memory(
    table: Table, request: EncodingRequest, rows: int, on_progress: Callable[[int], None]
) -> ArrayChunks:
    layout, new_array = request.encoder.coded_layout.layout, ranks.current().new_array
    x = DesignMatrix.empty(layout, rows, request.dtype, new_array)
    y, weight = new_array((rows,), request.dtype), unit_weights(rows)
    if _is_weighted(table, request):
        weight = new_array((rows,), request.dtype)

    def fill(slice_: _Slice) -> int:
        target = slice(slice_.before, slice_.before + len(slice_.rows))
        _encode(table, request, slice_, Chunk(x[target], y[target], weight[target]))
        return len(slice_.rows)

    for count in ranks.filled_in_order(_slices(table, request), fill, usable_processors()):
        on_progress(count)
    return ArrayChunks(x, y, weight, request.chunk_rows)


def _in_file(
    table: Table, request: EncodingRequest, path: Path, on_progress: Callable[[int], None]
) -> FileChunks:
    chunk_format = _chunk_format(table, request)

    def encode(slice_: _Slice) -> BytesArray:
        buffer = np.empty(len(slice_.rows) * chunk_format.row_bytes, np.uint8)
        _encode(table, request, slice_, chunk_format.chunk(buffer))
        return buffer

    sizes = []
    with writing(str(path)), path.open("wb") as file:
        for buffer in in_order(_slices(table, request), encode, usable_processors()):
            buffer.tofile(file)
            sizes.append(len(buffer) // chunk_format.row_bytes)
            on_progress(sizes[-1])
    return FileChunks(path, tuple(sizes), chunk_format)


def _encode(table: Table, request: EncodingRequest, slice_: _Slice, target: Chunk) -> None:
    cells = table.piece(slice_.piece, table.schema.feature_names)
    rows = {name: column[slice_.rows] for name, column in cells.items()}
    request.encoder.coded_layout.fill(target.x, rows)
    target.y[:] = table.labels.piece(slice_.piece)[slice_.rows]
    if _is_weighted(table, request):
        target.weight[:] = _weights(table, request, slice_)


def _weights(table: Table, request: EncodingRequest, slice_: _Slice) -> FloatArray:
    """Return the weights (m,) of some rows, those of their classes in them."""
    weight = np.asarray(table.weights.piece(slice_.piece)[slice_.rows], dtype=np.float64)
    if request.class_weights is None:
        return weight
    positive = table.labels.piece(slice_.piece)[slice_.rows] >= 0.5
    return weight * np.where(positive, request.class_weights[1], request.class_weights[0])
