"""Encoded rows in pieces that fit the cache; every pass over the data walks these.

Memory, disk and cluster differ only here, in who iterates.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]

DEFAULT_CHUNK_ROWS = 65_536


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


@dataclass(frozen=True)
class ArrayChunks:
    """A re-iterable source of chunks over arrays in memory."""

    x: FloatArray
    y: FloatArray
    weight: FloatArray
    chunk_rows: int = DEFAULT_CHUNK_ROWS

    @property
    def rows(self) -> int:
        """Number of rows, whatever their weights."""
        return len(self.y)

    @property
    def columns(self) -> int:
        """Number of encoded columns."""
        return int(self.x.shape[1])

    def __iter__(self) -> Iterator[Chunk]:
        for start in range(0, self.rows, self.chunk_rows):
            piece = slice(start, start + self.chunk_rows)
            yield Chunk(self.x[piece], self.y[piece], self.weight[piece])

    def batches(self, size: int, seed: int) -> Iterator["ArrayChunks"]:
        """Yield mini-batches of `size` rows in an order drawn from `seed`."""
        order = np.random.default_rng(seed).permutation(self.rows)
        for start in range(0, self.rows, size):
            rows = order[start : start + size]
            yield ArrayChunks(self.x[rows], self.y[rows], self.weight[rows], self.chunk_rows)

    def take(self, rows: npt.NDArray[np.integer]) -> "ArrayChunks":
        """The source of the rows at these positions."""
        return ArrayChunks(self.x[rows], self.y[rows], self.weight[rows], self.chunk_rows)

    def share(self, rank: int, size: int) -> "ArrayChunks":
        """The part of the rows that belongs to one of `size` ranks; may be empty."""
        return ArrayChunks(
            self.x[rank::size], self.y[rank::size], self.weight[rank::size], self.chunk_rows
        )
