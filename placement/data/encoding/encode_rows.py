"""Some of a table's rows encoded for the perceptron: in memory, or in a file as the table is."""

from collections.abc import Callable, Iterator, Sequence
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
    counts = [int(np.count_nonzero(request.rows(piece))) for piece in range(table.pieces)]
    slices = _slices(counts, request)
    store = table.store.spill_if_needed(sum(counts) * _chunk_format(table, request).row_bytes)
    if isinstance(store, DiskColumnStore):
        return _in_file(table, request, slices, store.new_path(), on_progress)
    return _in_memory(table, request, slices, sum(counts), on_progress)


def _is_weighted(table: Table, request: EncodingRequest) -> bool:
    return table.is_weighted or request.class_weights is not None


def _chunk_format(table: Table, request: EncodingRequest) -> ChunkFormat:
    layout = request.encoder.coded_layout.layout
    return ChunkFormat(layout, request.dtype, _is_weighted(table, request))


@dataclass(frozen=True)
class _Slice:
    """Some requested rows of one piece, few enough to be encoded at once.

    `before` are the requested rows of the table before these.
    """

    piece: int
    start: int
    rows: int
    before: int

    def indices(self, request: EncodingRequest) -> IndexArray:
        """Return which rows of the piece they are, (rows,)."""
        return np.flatnonzero(request.rows(self.piece))[self.start : self.start + self.rows]


def _slices(counts: Sequence[int], request: EncodingRequest) -> Iterator[_Slice]:
    """Cut the requested rows of the pieces, of which there are so many each, into slices."""
    row_bytes = request.encoder.coded_layout.layout.row_bytes(request.dtype.itemsize)
    step, before = request.chunk_rows or rows_per_chunk(row_bytes), 0
    for piece, count in enumerate(counts):
        for start in range(0, count, step):
            rows = min(step, count - start)
            yield _Slice(piece, start, rows, before)
            before += rows


def _in_memory(
    table: Table,
    request: EncodingRequest,
    slices: Iterator[_Slice],
    rows: int,
    on_progress: Callable[[int], None],
) -> ArrayChunks:
    layout, new_array = request.encoder.coded_layout.layout, ranks.current().new_array
    x = DesignMatrix.empty(layout, rows, request.dtype, new_array)
    y, weight = new_array((rows,), request.dtype), unit_weights(rows)
    if _is_weighted(table, request):
        weight = new_array((rows,), request.dtype)

    def fill(slice_: _Slice) -> int:
        target = slice(slice_.before, slice_.before + slice_.rows)
        _encode(table, request, slice_, Chunk(x[target], y[target], weight[target]))
        return slice_.rows

    for count in ranks.filled_in_order(slices, fill, usable_processors()):
        on_progress(count)
    return ArrayChunks(x, y, weight, request.chunk_rows)


def _in_file(
    table: Table,
    request: EncodingRequest,
    slices: Iterator[_Slice],
    path: Path,
    on_progress: Callable[[int], None],
) -> FileChunks:
    chunk_format = _chunk_format(table, request)

    def encode(slice_: _Slice) -> BytesArray:
        buffer = np.empty(slice_.rows * chunk_format.row_bytes, np.uint8)
        _encode(table, request, slice_, chunk_format.chunk(buffer))
        return buffer

    sizes = []
    with writing(str(path)), path.open("wb") as file:
        for buffer in in_order(slices, encode, usable_processors()):
            buffer.tofile(file)
            sizes.append(len(buffer) // chunk_format.row_bytes)
            on_progress(sizes[-1])
    return FileChunks(path, tuple(sizes), chunk_format)


def _encode(table: Table, request: EncodingRequest, slice_: _Slice, target: Chunk) -> None:
    cells, indices = table.piece(slice_.piece, table.schema.feature_names), slice_.indices(request)
    rows = {name: column[indices] for name, column in cells.items()}
    request.encoder.coded_layout.fill(target.x, rows)
    label = table.labels.piece(slice_.piece)[indices]
    target.y[:] = label
    if _is_weighted(table, request):
        weight = np.asarray(table.weights.piece(slice_.piece)[indices], dtype=np.float64)
        target.weight[:] = _weights(weight, label, request)


def _weights(weight: FloatArray, label: FloatArray, request: EncodingRequest) -> FloatArray:
    """Return the weights (m,) of some rows, those of their classes in them."""
    if request.class_weights is None:
        return weight
    positive = label >= 0.5
    return weight * np.where(positive, request.class_weights[1], request.class_weights[0])
