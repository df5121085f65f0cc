"""Where the cells of a table are stored: in memory or in files on a disk, in pieces either way.

All columns of a table are cut into pieces at the same rows, and every pass over the table takes it
piece by piece. So what fits in memory and what does not are worked on by the same code.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from placement.arrays import CellArray
from placement.errors import StoreError
from placement.runtime.atomic_write import writing

PIECE_ROWS = 32_768  # so many of a column fit the cache, with what is computed from them
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
        """Free the space of cells that are no longer needed."""

    @abstractmethod
    def piece(self, piece: int) -> CellArray:
        """Return a piece (n,), read-only; any thread may call it."""

    def __iter__(self) -> Iterator[CellArray]:
        return map(self.piece, range(len(self)))

    def whole(self) -> CellArray:
        """Return all cells (n,) in one array."""
        if len(self) == 1:
            return self.piece(0)
        return np.concatenate([np.empty(0, self.dtype), *self])


class ColumnStore(ABC):
    """Allocates arrays for tables that are cut into pieces of `piece_rows` rows."""

    def __init__(self, piece_rows: int = PIECE_ROWS) -> None:
        self.piece_rows = piece_rows

    @abstractmethod
    def new_array(self, dtype: npt.DTypeLike) -> ChunkedArray:
        """Make an empty array."""

    @abstractmethod
    def spill_if_needed(self, needed_bytes: int) -> "ColumnStore":
        """Return the store for so many bytes more: this one, or a larger one."""


class ChunkedArrayBuilder:
    """Cuts cells into the pieces of a new array, however many come at once."""

    def __init__(self, store: ColumnStore, dtype: npt.DTypeLike) -> None:
        self.array = store.new_array(dtype)
        self._piece_rows = store.piece_rows
        self._pending: list[CellArray] = []
        self._rows = 0

    def add(self, cells: CellArray) -> None:
        """Append cells (n,)."""
        start, stop = 0, self._piece_rows - self._rows
        while stop <= len(cells):
            self._pending.append(cells[start:stop])
            self.end_piece()
            start, stop = stop, stop + self._piece_rows
        if start < len(cells):
            self._pending.append(cells[start:])
            self._rows += len(cells) - start

    def end_piece(self) -> None:
        """End the piece: what was added since the last one becomes a piece of its own."""
        if self._pending:
            single = len(self._pending) == 1
            self.array.append(self._pending[0] if single else np.concatenate(self._pending))
            self._pending, self._rows = [], 0


class MemoryColumnStore(ColumnStore):
    """Keeps arrays in memory. `spill(bytes)` returns another store where so many do not fit."""

    def __init__(
        self,
        piece_rows: int = PIECE_ROWS,
        spill: Callable[[int], ColumnStore | None] = lambda _bytes: None,
    ) -> None:
        super().__init__(piece_rows)
        self._spill = spill

    def new_array(self, dtype: npt.DTypeLike) -> ChunkedArray:
        """Make an empty array."""
        return _MemoryChunkedArray(dtype)

    def spill_if_needed(self, needed_bytes: int) -> ColumnStore:
        """Return this store, or one on the disk where memory is too small."""
        return self._spill(needed_bytes) or self


class _MemoryChunkedArray(ChunkedArray):
    def __init__(self, dtype: npt.DTypeLike) -> None:
        super().__init__(dtype)
        self._pieces: list[CellArray] = []

    def append(self, cells: CellArray) -> None:
        self._pieces.append(downcast(cells) if self.dtype.kind in "if" else cells)
        self.sizes.append(len(cells))

    def discard(self) -> None:
        self._pieces.clear()

    def piece(self, piece: int) -> CellArray:
        return self._pieces[piece].astype(self.dtype, copy=False)


class DiskColumnStore(ColumnStore):
    """Keeps each array in a file of a folder, which the owner of the folder removes.

    `check(bytes)` raises StoreError where the disk has no room for so many more.
    """

    def __init__(
        self,
        folder: Path,
        piece_rows: int = PIECE_ROWS,
        check: Callable[[int], None] = lambda _bytes: None,
    ) -> None:
        super().__init__(piece_rows)
        self.folder, self._check = folder, check
        self._file_count = 0

    def spill_if_needed(self, needed_bytes: int) -> ColumnStore:
        """Return this store. Raises StoreError where the disk has no room."""
        self._check(needed_bytes)
        return self

    def new_array(self, dtype: npt.DTypeLike) -> ChunkedArray:
        """Make an empty array."""
        return DiskChunkedArray(dtype, self.new_path())

    def new_path(self) -> Path:
        """Return the path of a file that is not there yet."""
        self._file_count += 1
        return self.folder / f"{self._file_count:04}.cells"


class DiskChunkedArray(ChunkedArray):
    """Cells in a file, each piece in the smallest dtype that keeps it.

    They are read, not mapped: mapped pages would count as memory in use.
    """

    def __init__(self, dtype: npt.DTypeLike, path: Path) -> None:
        super().__init__(dtype)
        self.path = path
        self.dtypes: list[str] = []
        self._starts = [0]

    @classmethod
    def from_file(
        cls, dtype: str, path: Path, sizes: list[int], dtypes: list[str]
    ) -> "DiskChunkedArray":
        """Return the array that was written to a file, from the sizes and dtypes of its pieces."""
        array = cls(dtype, path)
        for rows, piece_dtype in zip(sizes, dtypes, strict=True):
            array._add_piece(rows, piece_dtype)
        return array

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._starts[-1]

    def append(self, cells: CellArray) -> None:
        """Write a piece at the end."""
        cells = np.ascontiguousarray(cells, dtype=None if self.dtype.kind in "if" else self.dtype)
        cells = downcast(cells) if self.dtype.kind in "if" else cells
        with writing(str(self.path)), self.path.open("ab") as file:
            file.write(cells.data)
        self._add_piece(len(cells), cells.dtype.str)

    def discard(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)

    def _add_piece(self, rows: int, dtype: str) -> None:
        self.sizes.append(rows)
        self.dtypes.append(dtype)
        self._starts.append(self._starts[-1] + rows * np.dtype(dtype).itemsize)

    def piece(self, piece: int) -> CellArray:
        """Read a piece (n,)."""
        dtype, rows, start = self.dtypes[piece], self.sizes[piece], self._starts[piece]
        cells = np.fromfile(self.path, dtype, rows, offset=start)
        if len(cells) != rows:
            raise truncated_error(self.path)
        return cells.astype(self.dtype, copy=False)


def truncated_error(path: Path) -> StoreError:
    """Return the error of a file that has lost its end while it was in use."""
    return StoreError(f"{path}: was cut short while it was in use; run the command again")


def downcast(cells: CellArray) -> CellArray:
    """Return numbers (n,) in the smallest dtype that keeps them: marks and counts fit one byte.

    Memory that is never touched is the fastest.
    """
    if not len(cells) or cells.dtype == np.int8 or not _are_whole(cells[:_HEAD]):
        return cells
    low, high = float(cells.min()), float(cells.max())  # 2^31 - 1 in float32 would be 2^31
    for dtype in (np.int8, np.int16, np.int32):
        limits = np.iinfo(dtype)
        if limits.min <= low and high <= limits.max and _are_whole(cells):
            return cells.astype(dtype, copy=False)
    return cells


def _are_whole(cells: CellArray) -> bool:
    if cells.dtype.kind == "i":
        return True
    with np.errstate(invalid="ignore"):
        return bool((np.floor(cells) == cells).all())


class ComputedArray(ChunkedArray):
    """Cells that are computed on each read; they take no space."""

    def __init__(
        self, dtype: npt.DTypeLike, sizes: list[int], piece: Callable[[int], CellArray]
    ) -> None:
        super().__init__(dtype)
        self.sizes, self._piece = sizes, piece

    def append(self, cells: CellArray) -> None:  # noqa: ARG002
        """Refuse."""
        raise TypeError("what is computed is not written")

    def discard(self) -> None:
        """Do nothing: there is no space to free."""

    def piece(self, piece: int) -> CellArray:
        """Compute a piece (n,)."""
        return self._piece(piece)


class ConstantArray(ComputedArray):
    """One value in every row."""

    def __init__(self, value: float, sizes: list[int]) -> None:
        constant = np.float64(value)
        super().__init__(np.float64, sizes, lambda piece: np.broadcast_to(constant, sizes[piece]))
