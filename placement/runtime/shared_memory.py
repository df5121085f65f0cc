"""Values that the processes of one machine hand each other by memory: written once, then mapped.

A value is pickled, and the bytes of its arrays go into a file in memory (memfd, on Linux), which
others find as that of the process: nothing is left when the processes end, however they do.
"""

import math
import mmap
import os
import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from placement.arrays import CellArray

LEAST_BYTES = 1 << 16  # bytes that are worth a file
_ALIGNED = 64  # as numpy's own arrays are, and faster so


@dataclass(frozen=True)
class MemoryFile:
    """An open file in memory, as other processes of this machine and user can map it."""

    process: int
    descriptor: int
    size: int

    @staticmethod
    def new(size: int) -> "MemoryFile":
        """Make a file of so many bytes, all 0."""
        descriptor = os.memfd_create("placement")
        os.truncate(descriptor, size)
        return MemoryFile(os.getpid(), descriptor, size)

    @staticmethod
    def holding(views: Iterable[memoryview]) -> "tuple[MemoryFile, list[slice]]":
        """Make a file of some bytes; return where in it each of the views lies."""
        file, slices, end = MemoryFile.new(0), [], 0
        with open(file.descriptor, "wb", closefd=False) as stream:
            for view in views:
                start = stream.seek(math.ceil(end / _ALIGNED) * _ALIGNED)
                end = start + stream.write(view)
                slices.append(slice(start, end))
            stream.truncate(end)  # the last view may be empty, and then nothing was written there
        return MemoryFile(file.process, file.descriptor, end), slices

    def mapped(self, access: int) -> mmap.mmap:
        """Map the file: to share what is written (ACCESS_WRITE), or not (ACCESS_COPY)."""
        if self.process == os.getpid():
            return mmap.mmap(self.descriptor, self.size, access=access)
        with Path(f"/proc/{self.process}/fd/{self.descriptor}").open("r+b") as stream:
            return mmap.mmap(stream.fileno(), self.size, access=access)

    def close(self) -> None:
        """Let go of it: the memory is freed when nobody has it mapped."""
        os.close(self.descriptor)

    def array(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> CellArray:
        """Return an array that is the file's bytes: what a process writes, the others read."""
        return np.frombuffer(self.mapped(mmap.ACCESS_WRITE), dtype).reshape(shape)


@dataclass(frozen=True)
class SharedPickle:
    """A pickled value; the bytes of large arrays in it lie in `slices` of a file."""

    value: bytes
    file: MemoryFile | None
    slices: tuple[slice, ...] = ()

    @staticmethod
    def of(value: Any) -> "SharedPickle":
        """Pickle a value."""
        buffers: list[pickle.PickleBuffer] = []
        pickled = pickle.dumps(value, 5, buffer_callback=buffers.append)
        views = [buffer.raw() for buffer in buffers]
        if sum(view.nbytes for view in views) < LEAST_BYTES:
            return SharedPickle(pickle.dumps(value, 5), None)
        file, slices = MemoryFile.holding(views)
        return SharedPickle(pickled, file, tuple(slices))

    def open(self) -> Any:
        """Return the value; its arrays are this process's own where it writes to them."""
        if self.file is None:
            return pickle.loads(self.value)  # noqa: S301 - from a process of this training
        view = memoryview(self.file.mapped(mmap.ACCESS_COPY))
        buffers = [view[part] for part in self.slices]
        return pickle.loads(self.value, buffers=buffers)  # noqa: S301

    def close(self) -> None:
        """Let go of the file, once everybody has opened the value."""
        if self.file is not None:
            self.file.close()
