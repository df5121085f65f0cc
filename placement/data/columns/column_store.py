"""Where the cells of a table are kept: in memory, or in files on a disk. In pieces, either way.

All columns of a table are cut into pieces at the same rows, and whoever passes over the table takes
it piece by piece. So what fits in memory and what does not are worked on by the same lines.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from placement.arrays import CellArray
from placement.errors import StoreError
from placement.runtime.atomic_write import writing

PIECE_ROWS = 32_768  # of a column fit the cache, with what is worked out of them
_HEAD = 64


class ChunkedArray(ABC):
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
    def append(self, cells: CellArray) -> None:
        """Add a piece at the end."""

    @abstractmethod
    def discard(self) -> None:
        """Give back the space of cells that nobody will ask for again."""

    @abstractmethod
    def piece(self, place: int) -> CellArray:
        """Return a piece (n,); any thread may ask, and nobody may write into it."""

    def __iter__(self) -> Iterator[CellArray]:
        return map(self.piece, range(len(self)))

    def whole(self) -> CellArray:
        """Return all cells (n,) in one array."""
        if len(self) == 1:
            return self.piece(0)
        return np.concatenate([np.empty(0, self.dtype), *self])


class ColumnStore(ABC):
    """Makes arrays, for tables that are cut into pieces of so many rows."""

    def __init__(self, piece_rows: int = PIECE_ROWS) -> None:
        self.piece_rows = piece_rows

    @abstractmethod
    def new_array(self, dtype: npt.DTypeLike) -> ChunkedArray:
        """Make an empty array."""

    @abstractmethod
    def spill_if_needed(self, need: int) -> "ColumnStore":
        """Return the store into which so many bytes more go: this one, or one that is larger."""


class ChunkedArrayBuilder:
    """Cuts cells into the pieces of a new array, however many come at once."""

    def __init__(self, store: ColumnStore, dtype: npt.DTypeLike) -> None:
        self.array = store.new_array(dtype)
        self._most = store.piece_rows
        self._waiting: list[CellArray] = []
        self._rows = 0

    def add(self, cells: CellArray) -> None:
        """Take in cells (n,)."""
        start, end = 0, self._most - self._rows
        while end <= len(cells):
            self._waiting.append(cells[start:end])
            self.end()
            start, end = end, end + self._most
        if start < len(cells):
            self._waiting.append(cells[start:])
            self._rows += len(cells) - start

    def end(self) -> None:
        """Make what is left a piece of its own."""
        if self._waiting:
            one = len(self._waiting) == 1
            self.array.append(self._waiting[0] if one else np.concatenate(self._waiting))
            self._waiting, self._rows = [], 0


class MemoryColumnStore(ColumnStore):
    """Keeps arrays in memory. `beyond(need)` makes the store for what does not fit there."""

    def __init__(
        self,
        piece_rows: int = PIECE_ROWS,
        beyond: Callable[[int], ColumnStore | None] = lambda _need: None,
    ) -> None:
        super().__init__(piece_rows)
        self._beyond = beyond

    def new_array(self, dtype: npt.DTypeLike) -> ChunkedArray:
        """Make an empty array."""
        return _MemoryChunkedArray(dtype)

    def spill_if_needed(self, need: int) -> ColumnStore:
        """Return this store, or one on the disk where memory is too small."""
        return self._beyond(need) or self


class _MemoryChunkedArray(ChunkedArray):
    def __init__(self, dtype: npt.DTypeLike) -> None:
        super().__init__(dtype)
        self._pieces: list[CellArray] = []

    def append(self, cells: CellArray) -> None:
        self._pieces.append(compact(cells) if self.dtype.kind in "if" else cells)
        self.sizes.append(len(cells))

    def discard(self) -> None:
        self._pieces.clear()

    def piece(self, place: int) -> CellArray:
        return self._pieces[place].astype(self.dtype, copy=False)


class DiskColumnStore(ColumnStore):
    """Keeps each array in a file of a folder, which whoever made the folder removes.

    `check(need)` raises StoreError where the disk has no room for so many bytes more.
    """

    def __init__(
        self,
        folder: Path,
        piece_rows: int = PIECE_ROWS,
        check: Callable[[int], None] = lambda _need: None,
    ) -> None:
        super().__init__(piece_rows)
        self.folder, self._check = folder, check
        self._made = 0

    def spill_if_needed(self, need: int) -> ColumnStore:
        """Return this store. Raises StoreError where the disk has no room."""
        self._check(need)
        return self

    def new_array(self, dtype: npt.DTypeLike) -> ChunkedArray:
        """Make an empty array."""
        return DiskChunkedArray(dtype, self.new_path())

    def new_path(self) -> Path:
        """Return the path of a file that is not there yet."""
        self._made += 1
        return self.folder / f"{self._made:04}.cells"


class DiskChunkedArray(ChunkedArray):
    """Cells in a file, each piece in the smallest dtype that keeps it.

    They are read, not mapped: mapped pages would count as memory in use.
    """

    def __init__(self, dtype: npt.DTypeLike, path: Path) -> None:
        super().__init__(dtype)
        self.path = path
        self.kinds: list[str] = []
        self._starts = [0]

    @classmethod
    def found(
        cls, dtype: str, path: Path, sizes: list[int], kinds: list[str]
    ) -> "DiskChunkedArray":
        """Return the array that was written to a file, given what was known of it then."""
        made = cls(dtype, path)
        for rows, kind in zip(sizes, kinds, strict=True):
            made._note(rows, kind)
        return made

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._starts[-1]

    def append(self, cells: CellArray) -> None:
        """Write a piece at the end."""
        cells = np.ascontiguousarray(cells, dtype=None if self.dtype.kind in "if" else self.dtype)
        cells = compact(cells) if self.dtype.kind in "if" else cells
        with writing(str(self.path)), self.path.open("ab") as file:
            file.write(cells.data)
        self._note(len(cells), cells.dtype.str)

    def discard(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)

    def _note(self, rows: int, kind: str) -> None:
        self.sizes.append(rows)
        self.kinds.append(kind)
        self._starts.append(self._starts[-1] + rows * np.dtype(kind).itemsize)

    def piece(self, place: int) -> CellArray:
        """Read a piece (n,)."""
        kind, rows, start = self.kinds[place], self.sizes[place], self._starts[place]
        cells = np.fromfile(self.path, kind, rows, offset=start)
        if len(cells) != rows:
            raise cut_short(self.path)
        return cells.astype(self.dtype, copy=False)


def cut_short(path: Path) -> StoreError:
    """Return the error of a file that has lost its end while it was in use."""
    return StoreError(f"{path}: was cut short while it was in use; run the command again")


def compact(cells: CellArray) -> CellArray:
    """Return numbers (n,) in the smallest dtype that keeps them: marks and counts fit one byte.

    Memory that is never touched is the fastest.
    """
    if not len(cells) or cells.dtype == np.int8 or not _are_whole(cells[:_HEAD]):
        return cells
    low, high = float(cells.min()), float(cells.max())  # 2^31 - 1 in float32 would be 2^31
    for kind in (np.int8, np.int16, np.int32):
        known = np.iinfo(kind)
        if known.min <= low and high <= known.max and _are_whole(cells):
            return cells.astype(kind, copy=False)
    return cells


def _are_whole(cells: CellArray) -> bool:
    if cells.dtype.kind == "i":
        return True
    with np.errstate(invalid="ignore"):
        return bool((np.floor(cells) == cells).all())


class ComputedArray(ChunkedArray):
    """Cells that are worked out whenever they are asked for; they take no space."""

    def __init__(
        self, dtype: npt.DTypeLike, sizes: list[int], piece: Callable[[int], CellArray]
    ) -> None:
        super().__init__(dtype)
        self.sizes, self._piece = sizes, piece

    def append(self, cells: CellArray) -> None:  # noqa: ARG002
        """Refuse."""
        raise TypeError("what is computed is not written")

    def discard(self) -> None:
        """Do nothing: there is no space to give back."""

    def piece(self, place: int) -> CellArray:
        """Work out a piece (n,)."""
        return self._piece(place)


class ConstantArray(ComputedArray):
    """One value in every row."""

    def __init__(self, value: float, sizes: list[int]) -> None:
        one = np.float64(value)
        super().__init__(np.float64, sizes, lambda place: np.broadcast_to(one, sizes[place]))
