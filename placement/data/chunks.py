"""Encoded rows in pieces that fit the cache; every pass over the data walks these.

Memory, disk and cluster differ only here, in who iterates.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from placement.data.ordered import usable_processors

FloatArray = npt.NDArray[np.floating]

CHUNK_BYTES = 1 << 22  # what stays in the cache from one step to the next
LEAST_CHUNK_ROWS, MOST_CHUNK_ROWS = 1_024, 131_072
SAMPLED = 20  # of so many rows of a chunk, a sample has one


def rows_per_chunk(columns: int, cell_bytes: int = 8) -> int:
    """Return how many rows of so many columns are worked on at once."""
    wanted = CHUNK_BYTES // (cell_bytes * max(columns, 1))
    return min(max(wanted, LEAST_CHUNK_ROWS), MOST_CHUNK_ROWS)


@dataclass(frozen=True)
class Chunk:
    """Some encoded rows: `x: (n, d)`, `y: (n,)` in [0, 1], `weight: (n,)` of 0 or more."""

    x: FloatArray
    y: FloatArray
    weight: FloatArray

    def __post_init__(self) -> None:
        # (n,) against (n, 1) would broadcast to a silent (n, n) loss.
        if self.x.ndim != 2 or self.y.shape != (len(self.x),) or self.weight.shape != self.y.shape:
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


def no_weights(rows: int) -> FloatArray:
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

    def chunk(self, place: int) -> Chunk:
        """Return one chunk; it may be overwritten when the same thread asks for the next."""

    def __iter__(self) -> Iterator[Chunk]:
        """Walk the chunks in order."""

    def select(self, columns: npt.NDArray[np.integer]) -> "Chunks":
        """Return the same rows with some of the columns."""

    def sample(self) -> "ArrayChunks":
        """Return the head of every chunk, one row in 20."""

    def take(self, rows: npt.NDArray[np.integer]) -> "ArrayChunks":
        """Return the rows at these positions, in this order."""

    def batches(self, size: int, seed: int) -> Iterator["ArrayChunks"]:
        """Yield mini-batches of `size` rows in an order drawn from `seed`."""


@dataclass(frozen=True)
class ArrayChunks:
    """A source of chunks over arrays in memory: `x: (n, d)`, `y: (n,)`, `weight: (n,)`.

    `chunk_rows` decides how much is worked on at once, never the result; None: what fits the cache.
    """

    x: FloatArray
    y: FloatArray
    weight: FloatArray
    chunk_rows: int | None = None

    @property
    def rows(self) -> int:
        """Number of rows, whatever their weights."""
        return len(self.y)

    @property
    def columns(self) -> int:
        """Number of encoded columns."""
        return int(self.x.shape[1])

    @property
    def _step(self) -> int:
        return self.chunk_rows or rows_per_chunk(self.columns, self.x.itemsize)

    def __len__(self) -> int:
        return math.ceil(self.rows / self._step)

    def chunk(self, place: int) -> Chunk:
        """Return one chunk: views of the arrays."""
        piece = slice(place * self._step, (place + 1) * self._step)
        return Chunk(self.x[piece], self.y[piece], self.weight[piece])

    def __iter__(self) -> Iterator[Chunk]:
        return map(self.chunk, range(len(self)))

    def batches(self, size: int, seed: int) -> Iterator["ArrayChunks"]:
        """Yield mini-batches of `size` rows in an order drawn from `seed`."""
        order = np.random.default_rng(seed).permutation(self.rows)
        for start in range(0, self.rows, size):
            yield self.take(order[start : start + size])

    def select(self, columns: npt.NDArray[np.integer]) -> "ArrayChunks":
        """Return the same rows with some of the columns."""
        return ArrayChunks(self.x[:, columns], self.y, self.weight, self.chunk_rows)

    def sample(self) -> "ArrayChunks":
        """Return the head of every chunk, one row in 20."""
        heads = [
            slice(start, start + self._step // SAMPLED) for start in range(0, self.rows, self._step)
        ]
        x, y, weight = (
            np.concatenate([array[head] for head in heads])
            for array in (self.x, self.y, self.weight)
        )
        return ArrayChunks(x, y, weight)

    def take(self, rows: npt.NDArray[np.integer]) -> "ArrayChunks":
        """Return the rows at these positions, in this order."""
        return ArrayChunks(self.x[rows], self.y[rows], self.weight[rows], self.chunk_rows)

    def share(self, rank: int, size: int) -> "ArrayChunks":
        """Return the part of the rows that belongs to one of `size` ranks; may be empty."""
        return ArrayChunks(
            self.x[rank::size], self.y[rank::size], self.weight[rank::size], self.chunk_rows
        )


def threads_for(source: Chunks) -> int:
    """Return a thread per chunk, as far as there are processors; it never changes the result."""
    return max(1, min(usable_processors(), len(source)))
