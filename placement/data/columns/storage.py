"""Where tables are stored while they are worked on: in memory, or on a disk if that is too small.

A folder of the user's cache takes what does not fit. It is removed when the work is done, and after
a process that was killed by the next one that needs such a folder.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from placement.data.columns.column_store import (
    PIECE_ROWS,
    ColumnStore,
    DiskColumnStore,
    MemoryColumnStore,
)
from placement.data.formats.table_reader import Reader
from placement.errors import StoreError
from placement.runtime import ranks
from placement.runtime.atomic_write import writing
from placement.runtime.memory import free_memory, in_words

if TYPE_CHECKING:
    from filelock import FileLock

CELL_BYTES = 24  # as it was read, encoded, and once more where some rows are left out
SHARE_OF_MEMORY = 0.5
_CERTAINLY_FITS = 1 << 28
_WORK, _LOCK = "work-", ".lock"


@dataclass(frozen=True)
class Allocation:
    """The store of one table. `cache_folder`: where its columns stay after the work, if they do."""

    store: ColumnStore
    cache_folder: Path | None = None
    notes: tuple[str, ...] = ()


class Storage:
    """Allocates a store to every table; all are removed when the context is left.

    `stream`: on disk, or never there; None leaves that to the size of the table and the memory that
    is free. `folder`: where on the disk. `keep`: cache the columns there for the next time.
    """

    def __init__(
        self,
        *,
        stream: bool | None = None,
        folder: str | None = None,
        keep: bool = False,
        piece_rows: int = PIECE_ROWS,
    ) -> None:
        self._stream, self._keep, self._piece_rows = stream, keep, piece_rows
        self._folder_option, self._folder_count = folder, 0
        self._exit_stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exit_stack.close()

    @property
    def _parent(self) -> Path:
        cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        return Path(self._folder_option or f"{cache}/placement").expanduser().absolute()

    def allocate(self, reader: Reader) -> Allocation:
        """Choose the store of an opened table. Raises StoreError where the disk has no room for it.

        What comes without a file, such as a frame, is in memory already.
        """
        needed_bytes = reader.likely_rows * len(reader.names) * CELL_BYTES
        parts = reader.parts
        if self._stream is False or any(part.origin is None for part in parts):
            return Allocation(MemoryColumnStore(self._piece_rows))
        reason = ""
        if self._stream is None:
            free = _too_small(needed_bytes)
            if free is None:
                return Allocation(MemoryColumnStore(self._piece_rows, self._spill))
            needed = in_words(needed_bytes)
            reason = f": in memory they would take about {needed} of the {in_words(free)} free"
        notes = [f"rows stay in {self._parent} while they are worked on{reason}"]
        keep = self._keep and all(part.origin is not None and part.origin.is_file for part in parts)
        if self._keep and not keep:
            notes.append(f"{reader.name}: came through a pipe, so nothing is kept for another time")
        store = self._disk_store(needed_bytes)
        return Allocation(store, self._parent if keep else None, tuple(notes))

    def _spill(self, needed_bytes: int) -> ColumnStore | None:
        """Return a store on the disk for encoded rows that memory is too small for.

        A category column may become very many encoded ones.
        """
        return None if _too_small(needed_bytes) is None else self._disk_store(needed_bytes)

    def _disk_store(self, needed_bytes: int) -> DiskColumnStore:
        """Return a store in a new folder for one table."""
        self._check_space(needed_bytes)
        if not self._folder_count:
            self._root = self._exit_stack.enter_context(_work_folder(self._parent))
        self._folder_count += 1
        folder = self._root / str(self._folder_count)
        with writing(str(folder)):
            folder.mkdir(mode=0o700)
        return DiskColumnStore(folder, self._piece_rows, self._check_space)

    def _check_space(self, needed_bytes: int) -> None:
        with writing(str(self._parent)):
            self._parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            free = shutil.disk_usage(self._parent).free
        if needed_bytes > free:
            raise StoreError(
                f"{self._parent}: {in_words(free)} free where about {in_words(needed_bytes)} are "
                "needed; name a folder on another disk by --cache DIR"
            )


IN_MEMORY = Storage(stream=False)


def _too_small(needed_bytes: int) -> int | None:
    """Return the free bytes of memory where so many more are too large a share of them.

    All ranks decide alike, by the one that has least: chunks end elsewhere on a disk.
    """
    if needed_bytes <= _CERTAINLY_FITS:
        return None
    group = ranks.current()
    free = min(group.exchange(free_memory() // group.here))
    return free if needed_bytes > SHARE_OF_MEMORY * free else None


@contextmanager
def _work_folder(parent: Path) -> Iterator[Path]:
    """Make a folder that is removed; a lock that ends with the process says that it is in use."""
    from filelock import FileLock

    _sweep(parent)
    folder = parent / f"{_WORK}{secrets.token_hex(6)}"
    lock = FileLock(folder.with_suffix(_LOCK))
    with writing(str(folder)):
        lock.acquire()
        folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        _remove(folder, lock)


def _sweep(parent: Path) -> None:
    """Remove the folders of processes that are gone."""
    from filelock import FileLock, Timeout

    for path in parent.glob(f"{_WORK}*{_LOCK}"):
        lock = FileLock(path)
        try:
            lock.acquire(blocking=False)
        except (Timeout, OSError):
            continue
        _remove(path.with_suffix(""), lock)


def _remove(folder: Path, lock: "FileLock") -> None:
    shutil.rmtree(folder, ignore_errors=True)
    lock.release()
    Path(lock.lock_file).unlink(missing_ok=True)
