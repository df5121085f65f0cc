"""Where the cells of a table are kept: in memory, or in files on a disk. In pieces, either way.

All columns of a table are cut into pieces at the same rows, and whoever passes over the table takes
it piece by piece. So what fits in memory and what does not are worked on by the same lines.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from placement.data.replacing import writing

Cells = npt.NDArray[Any]


class Vector(ABC):
    """A column of cells of one dtype, in pieces, written once and then read as often as needed."""

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self.dtype = np.dtype(dtype)
        self.sizes: list[int] = []

    @property
    def rows(self) -> int:
        """Number of cells."""
        return sum(self.sizes)

    def __len__(self) -> int:
        return len(self.sizes)

    @abstractmethod
    def append(self, cells: Cells) -> None:
        """Add a piece at the end."""

    @abstractmethod
    def piece(self, place: int) -> Cells:
        """Return a piece (n,); any thread may ask, and nobody may write into it."""

    def __iter__(self) -> Iterator[Cells]:
        return map(self.piece, range(len(self)))

    def whole(self) -> Cells:
        """Return all cells (n,) in one array."""
        if len(self) == 1:
            return self.piece(0)
        return np.concatenate([np.empty(0, self.dtype), *self])


class Shelf(ABC):
    """Makes vectors."""

    @abstractmethod
    def vector(self, dtype: npt.DTypeLike) -> Vector:
        """Make an empty vector."""


class MemoryShelf(Shelf):
    """Keeps vectors in memory."""

    def vector(self, dtype: npt.DTypeLike) -> Vector:
        """Make an empty vector."""
        return _MemoryVector(dtype)


class _MemoryVector(Vector):
    def __init__(self, dtype: npt.DTypeLike) -> None:
        super().__init__(dtype)
        self._pieces: list[Cells] = []

    def append(self, cells: Cells) -> None:
        self._pieces.append(np.asarray(cells, dtype=self.dtype))
        self.sizes.append(len(cells))

    def piece(self, place: int) -> Cells:
        return self._pieces[place]


class FileShelf(Shelf):
    """Keeps each vector in a file of a folder, which whoever made the folder removes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0

    def vector(self, dtype: npt.DTypeLike) -> Vector:
        """Make an empty vector."""
        return _FileVector(dtype, self.new_path())

    def new_path(self) -> Path:
        """Return the path of a file that is not there yet."""
        self._made += 1
        return self._folder / f"{self._made:04}.cells"


class _FileVector(Vector):
    """Cells in a file. They are read, not mapped: mapped pages would count as memory in use."""

    def __init__(self, dtype: npt.DTypeLike, path: Path) -> None:
        super().__init__(dtype)
        self._path = path
        self._starts = [0]

    def append(self, cells: Cells) -> None:
        with writing(str(self._path)), self._path.open("ab") as file:
            np.ascontiguousarray(cells, dtype=self.dtype).tofile(file)
        self.sizes.append(len(cells))
        self._starts.append(self._starts[-1] + len(cells) * self.dtype.itemsize)

    def piece(self, place: int) -> Cells:
        return np.fromfile(
            self._path, self.dtype, count=self.sizes[place], offset=self._starts[place]
        )


def constant(value: float, like: Vector) -> Vector:
    """Return a vector of one value in pieces like another's, in the space of one number."""
    made = Constant(value)
    made.sizes = like.sizes
    return made


class Constant(Vector):
    """One value in every row."""

    def __init__(self, value: float) -> None:
        super().__init__(np.float64)
        self._value = np.float64(value)

    def append(self, cells: Cells) -> None:  # noqa: ARG002
        """Refuse."""
        raise TypeError("a constant has the pieces of another vector")

    def piece(self, place: int) -> Cells:
        """Return a piece (n,), in the space of one number."""
        return np.broadcast_to(self._value, self.sizes[place])
