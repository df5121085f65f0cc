"""Encoded rows in pieces that fit the cache; every pass over the data walks these.

Memory, disk and cluster differ only here, in who iterates over the rows.
"""

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from placement.arrays import AnyFloatArray, BytesArray, IntArray
from placement.data.columns.column_store import truncated_error
from placement.data.encoding.design_matrix import DesignMatrix, Layout, concatenate
from placement.runtime.parallel_map import usable_processors

CHUNK_BYTES = 1 << 22  # what stays in the cache from one step to the next
LEAST_CHUNK_ROWS, MOST_CHUNK_ROWS = 1_024, 131_072
SAMPLED = 20  # a sample has one of so many rows of a chunk
MOST_SAMPLED = 1 << 18  # rows that a sample of a file has, which is held in memory
MOST_SAMPLED_CELLS = 1 << 24
BATCH_BLOCK = 65_536


def rows_per_chunk(row_bytes: int) -> int:
    """Return how many rows of so many bytes are worked on at once."""
    rows = CHUNK_BYTES // max(row_bytes, 1)
    return min(max(rows, LEAST_CHUNK_ROWS), MOST_CHUNK_ROWS)


@dataclass(frozen=True)
class Chunk:
    """Some encoded rows: `x: (n, d)`, `y: (n,)` in [0, 1], `weight: (n,)` of 0 or more."""

    x: DesignMatrix
    y: AnyFloatArray
    weight: AnyFloatArray

    def __post_init__(self) -> None:
        # (n,) against (n, 1) would broadcast to a silent (n, n) loss.
        if self.y.shape != (len(self.x),) or self.weight.shape != self.y.shape:
            raise ValueError(
                f"chunk shapes x {self.x.shape}, y {self.y.shape}, weight {self.weight.shape}: "
                "expected (n, d), (n,), (n,)"
            )

    def __len__(self) -> int:
        return len(self.y)

    @property
    def is_unweighted(self) -> bool:
        """Whether every row is known to weigh 1: one number stands for all of them."""
        return self.weight.strides == (0,) and bool((self.weight[:1] == 1).all())


def unit_weights(rows: int) -> AnyFloatArray:
    """Return the weights (n,) of rows that count once each, in the space of one number."""
    return np.broadcast_to(np.float64(1), rows)


class Chunks(Protocol):
    """A source of chunks that can be walked as often as needed, by several threads at once."""

    @property
    def rows(self) -> int:
        """Number of rows, whatever their weights."""

    @property
    def columns(self) -> int:
        """Number of encoded columns."""

    def __len__(self) -> int:
        """Number of chunks."""

    def chunk(self, index: int) -> Chunk:
        """Return one chunk; it may be overwritten when the same thread asks for the next."""

    def __iter__(self) -> Iterator[Chunk]:
        """Walk the chunks in order."""

    def select(self, columns: npt.NDArray[np.integer]) -> "Chunks":
        """Return the same rows with some of the columns."""

    def sample(self) -> "ArrayChunks":
        """Return the head of every chunk, one row in 20."""

    def take(self, rows: npt.NDArray[np.integer]) -> "ArrayChunks":
        """Return the rows at these positions, in this order."""

    def discard(self) -> None:
        """Free the space of rows that are no longer needed."""


@dataclass(frozen=True)
class ArrayChunks:
    """A source of chunks over arrays in memory: `x: (n, d)`, `y: (n,)`, `weight: (n,)`.

    `chunk_rows` decides how much is worked on at once, never the result; None: what fits the cache.
    """

    x: DesignMatrix
    y: AnyFloatArray
    weight: AnyFloatArray
    chunk_rows: int | None = None

    @property
    def rows(self) -> int:
        """Number of rows, whatever their weights."""
        return len(self.y)

    @property
    def columns(self) -> int:
        """Number of encoded columns."""
        return self.x.shape[1]

    @property
    def _step(self) -> int:
        return self.chunk_rows or rows_per_chunk(self.x.layout.row_bytes(self.x.dtype.itemsize))

    def __len__(self) -> int:
        return math.ceil(self.rows / self._step)

    def chunk(self, index: int) -> Chunk:
        """Return one chunk: views of the arrays."""
        piece = slice(index * self._step, (index + 1) * self._step)
        return Chunk(self.x[piece], self.y[piece], self.weight[piece])

    def __iter__(self) -> Iterator[Chunk]:
        return map(self.chunk, range(len(self)))

    def select(self, columns: npt.NDArray[np.integer]) -> "ArrayChunks":
        """Return the same rows with some of the columns."""
        return replace(self, x=self.x.select(columns))

    def sample(self) -> "ArrayChunks":
        """Return the head of every chunk, one row in 20."""
        length = self._step // SAMPLED
        heads = [slice(start, start + length) for start in range(0, self.rows, self._step)]
        return _concatenate([Chunk(self.x[h], self.y[h], self.weight[h]) for h in heads])

    def take(self, rows: npt.NDArray[np.integer]) -> "ArrayChunks":
        """Return the rows at these positions, in this order."""
        return ArrayChunks(self.x[rows], self.y[rows], self.weight[rows], self.chunk_rows)

    def discard(self) -> None:
        """Do nothing: memory comes back by itself."""


@dataclass(frozen=True)
class ChunkFormat:
    """How a chunk is laid out in a file: cells column by column, y, the weights, the codes."""

    layout: Layout
    dtype: np.dtype[np.floating]
    weighted: bool

    @property
    def row_bytes(self) -> int:
        """The bytes of a row."""
        itemsize = self.dtype.itemsize
        return self.layout.row_bytes(itemsize) + itemsize * (1 + self.weighted)

    def chunk(self, buffer: BytesArray) -> Chunk:
        """Return the views into the bytes of one chunk."""
        rows, columns = len(buffer) // self.row_bytes, self.layout.dense_held
        end = rows * self.dtype.itemsize * (columns + 1 + self.weighted)
        numbers = buffer[:end].view(self.dtype).reshape(-1, rows)
        codes = []
        for code_type in self.layout.code_types:
            start, end = end, end + rows * code_type.itemsize
            codes.append(buffer[start:end].view(code_type))
        x = DesignMatrix(self.layout, numbers[:columns].T, tuple(codes))
        return Chunk(x, numbers[columns], numbers[-1] if self.weighted else unit_weights(rows))


@dataclass(frozen=True)
class FileChunks:
    """A source of chunks in a file; `sizes` are the rows of each.

    Each thread reads into a buffer of its own, again and again.
    """

    path: Path
    sizes: tuple[int, ...]
    format: ChunkFormat
    _buffers: threading.local = field(default_factory=threading.local, compare=False, repr=False)

    @property
    def rows(self) -> int:
        """Number of rows, whatever their weights."""
        return sum(self.sizes)

    @property
    def columns(self) -> int:
        """Number of encoded columns."""
        return self.format.layout.width

    def __len__(self) -> int:
        return len(self.sizes)

    @cached_property
    def _starts(self) -> IntArray:
        return np.concatenate([[0], np.cumsum(self.sizes)]).astype(np.int64)

    def chunk(self, index: int) -> Chunk:
        """Read one chunk; it is overwritten when the same thread reads the next."""
        buffers, row_bytes = self._buffers, self.format.row_bytes
        if not hasattr(buffers, "buffer"):
            buffers.buffer = np.empty(row_bytes * max(self.sizes), np.uint8)
        buffer = buffers.buffer[: row_bytes * self.sizes[index]]
        view, bytes_read = memoryview(buffer), 0
        with self.path.open("rb", buffering=0) as file:
            file.seek(int(self._starts[index]) * row_bytes)
            while bytes_read < len(view):
                count = file.readinto(view[bytes_read:])
                if not count:
                    raise truncated_error(self.path)
                bytes_read += count
        return self.format.chunk(buffer)

    def __iter__(self) -> Iterator[Chunk]:
        return map(self.chunk, range(len(self)))

    def select(self, columns: npt.NDArray[np.integer]) -> "FileChunks":
        """Return the same rows with some of the columns."""
        selected = replace(self.format, layout=self.format.layout.select(columns))
        return replace(self, format=selected, _buffers=threading.local())

    def sample(self) -> ArrayChunks:
        """Return the head of every chunk, one row in 20; of a large file, of fewer chunks."""
        max_rows = min(MOST_SAMPLED, MOST_SAMPLED_CELLS // max(self.columns, 1))
        step = math.ceil(self.rows / SAMPLED / max_rows)
        chunks = map(self.chunk, range(0, len(self), step))
        return _concatenate([_head(chunk, len(chunk) // SAMPLED) for chunk in chunks])

    def take(self, rows: npt.NDArray[np.integer]) -> ArrayChunks:
        """Return the rows at these positions, in this order."""
        order = np.argsort(rows, kind="stable")
        chunk_of = np.searchsorted(self._starts, rows[order], side="right") - 1
        parts = []
        for index in np.unique(chunk_of):
            chunk = self.chunk(int(index))
            offsets = rows[order][chunk_of == index] - self._starts[index]
            parts.append(Chunk(chunk.x[offsets], chunk.y[offsets], chunk.weight[offsets]))
        taken = _concatenate(parts) if parts else _concatenate([_head(self.chunk(0), 0)])
        return taken.take(np.argsort(order, kind="stable"))

    def discard(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)


def _head(chunk: Chunk, rows: int) -> Chunk:
    return Chunk(chunk.x[:rows].copy(), chunk.y[:rows].copy(), chunk.weight[:rows].copy())


def _concatenate(parts: Sequence[Chunk]) -> ArrayChunks:
    y, weight = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("y", "weight")
    )
    return ArrayChunks(concatenate([part.x for part in parts]), y, weight)


def mini_batches(source: Chunks, size: int, seed: int) -> Iterator[ArrayChunks]:
    """Yield mini-batches of `size` rows in a random order of `seed`, whatever the chunks are.

    Blocks of 65,536 rows come in a random order, and the rows of each block in another: so no more
    than a block is held, and a table of one block is shuffled whole.
    """
    generator = np.random.default_rng(seed)
    blocks = math.ceil(source.rows / BATCH_BLOCK)
    rest: ArrayChunks | None = None
    for block in generator.permutation(blocks) if blocks > 1 else range(blocks):
        first = int(block) * BATCH_BLOCK
        rows = np.arange(first, min(first + BATCH_BLOCK, source.rows))
        shuffled = source.take(rows[generator.permutation(len(rows))])
        if rest is not None:
            shuffled = _concatenate([*rest, *shuffled])
        whole = shuffled.rows // size * size
        for start in range(0, whole, size):
            yield shuffled.take(np.arange(start, start + size))
        rest = shuffled.take(np.arange(whole, shuffled.rows)) if whole < shuffled.rows else None
    if rest is not None:
        yield rest


def threads_for(source: Chunks) -> int:
    """Return a thread per chunk, as far as there are processors; it never changes the result."""
    return max(1, min(usable_processors(), len(source)))
