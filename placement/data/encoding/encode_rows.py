"""Some of a table's rows encoded for the perceptron: in memory, or in a file as the table is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

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
from placement.runtime.ordered_map import in_order, usable_processors


@dataclass(frozen=True)
class EncodingRequest:
    """Which rows of a table are encoded, and how: `rows(place)` marks those (n,) of a piece.

    `factors` (2,) multiply the weights of negative and positive rows; None where they are 1.
    """

    rows: Callable[[int], BoolArray]
    encoder: Encoder
    dtype: np.dtype[Any]
    factors: tuple[float, float] | None = None
    chunk_rows: int | None = None


def encode_rows(
    table: Table, wanted: EncodingRequest, on_progress: Callable[[int], None] = lambda _rows: None
) -> Chunks:
    """Encode some rows of a table, on every processor; `on_progress` hears of every few rows."""
    weighted = table.is_weighted or wanted.factors is not None
    rows = sum(int(np.count_nonzero(wanted.rows(place))) for place in range(table.pieces))
    width = len(wanted.encoder.names) + 1 + weighted
    store = table.store.spill_if_needed(rows * width * wanted.dtype.itemsize)
    if isinstance(store, DiskColumnStore):
        return _in_file(table, wanted, store, on_progress, weighted=weighted)
    return _in_memory(table, wanted, rows, on_progress, weighted=weighted)


@dataclass(frozen=True)
class _Slice:
    """Some wanted rows of one piece, few enough to be encoded at once."""

    place: int
    rows: IndexArray
    before: int  # wanted rows of the table before these


def _slices(table: Table, wanted: EncodingRequest) -> Iterator[_Slice]:
    step, before = wanted.chunk_rows or rows_per_chunk(len(wanted.encoder.names)), 0
    for place in range(table.pieces):
        rows = np.flatnonzero(wanted.rows(place))
        for start in range(0, len(rows), step):
            some = rows[start : start + step]
            yield _Slice(place, some, before)
            before += len(some)


def _in_memory(
    table: Table,
    wanted: EncodingRequest,
    rows: int,
    on_progress: Callable[[int], None],
    *,
    weighted: bool,
) -> ArrayChunks:
    # Columns one after the other: so they are made, and so they are multiplied as fast.
    x, y = np.empty((len(wanted.encoder.names), rows), wanted.dtype), np.empty(rows, wanted.dtype)
    weight = np.empty(rows, wanted.dtype) if weighted else None

    def fill(some: _Slice) -> int:
        here = slice(some.before, some.before + len(some.rows))
        _encode(table, wanted, some, x[:, here], y[here])
        if weight is not None:
            weight[here] = _weights(table, wanted, some)
        return len(some.rows)

    for count in in_order(_slices(table, wanted), fill, usable_processors()):
        on_progress(count)
    return ArrayChunks(x.T, y, unit_weights(rows) if weight is None else weight, wanted.chunk_rows)


def _in_file(
    table: Table,
    wanted: EncodingRequest,
    store: DiskColumnStore,
    on_progress: Callable[[int], None],
    *,
    weighted: bool,
) -> FileChunks:
    columns = len(wanted.encoder.names)

    def made(some: _Slice) -> CellArray:
        cells = np.empty((columns + 1 + weighted, len(some.rows)), wanted.dtype)
        _encode(table, wanted, some, cells[:columns], cells[columns])
        if weighted:
            cells[-1] = _weights(table, wanted, some)
        return cells

    path, sizes = store.new_path(), []
    with writing(str(path)), path.open("wb") as file:
        for cells in in_order(_slices(table, wanted), made, usable_processors()):
            cells.tofile(file)
            sizes.append(cells.shape[1])
            on_progress(cells.shape[1])
    return FileChunks(path, tuple(sizes), columns, wanted.dtype, weighted)


def _encode(
    table: Table, wanted: EncodingRequest, some: _Slice, x: CellArray, y: CellArray
) -> None:
    cells = table.piece(some.place, table.schema.feature_names)
    wanted.encoder.encode_into(x, {name: column[some.rows] for name, column in cells.items()})
    y[:] = table.labels.piece(some.place)[some.rows]


def _weights(table: Table, wanted: EncodingRequest, some: _Slice) -> FloatArray:
    """Return the weights (m,) of some rows, those of their classes in them."""
    weight = np.asarray(table.weights.piece(some.place)[some.rows], dtype=np.float64)
    if wanted.factors is None:
        return weight
    positive = table.labels.piece(some.place)[some.rows] >= 0.5
    return weight * np.where(positive, wanted.factors[1], wanted.factors[0])
