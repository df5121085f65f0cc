"""The ranks of a training that torchrun started, joined by torch.distributed."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch

from placement.arrays import CellArray, FloatArray
from placement.errors import RankLost
from placement.runtime import ranks
from placement.runtime.shared_memory import LEAST_BYTES, MemoryFile, SharedPickle

T = TypeVar("T")

_SECONDS_TO_SAY = 5.0  # that this rank failed, to a store that may be gone


def join(timeout: float) -> ranks.Ranks:
    """Join the processes that torchrun started: for good, as this one ends with the training.

    `timeout`: the seconds that it waits for the others, now and each time. Raises RankLost.
    """
    group = ProcessGroup(timeout)
    ranks.join(group)
    return group


class ProcessGroup:
    """The ranks of torch's default process group."""

    def __init__(self, timeout: float) -> None:
        from torch import distributed  # a second of importing that one process spares
        from torch.distributed.rendezvous import rendezvous

        self._torch: Any = distributed
        self._timeout = timeout
        self.rank, self.size = int(os.environ["RANK"]), ranks.started()
        self.here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        self._last_pickle = SharedPickle.of(None)
        wait = timedelta(seconds=timeout)
        with self._or_lost():
            if file := os.environ.get(ranks.RENDEZVOUS_FILE):
                self._store = self._torch.FileStore(file, self.size)
            else:
                self._store, _, _ = next(rendezvous("env://", timeout=wait))
            distributed.init_process_group(
                "gloo", store=self._store, rank=self.rank, world_size=self.size, timeout=wait
            )
        self.share_memory = self._can_share_memory()

    def add_up(self, *arrays: FloatArray) -> tuple[FloatArray, ...]:
        """Add the arrays of all ranks, element by element; every rank gets the same sums."""
        total = torch.from_numpy(np.concatenate([a.ravel() for a in arrays], dtype=np.float64))
        with self._or_lost():
            self._torch.all_reduce(total)
        parts = np.split(total.numpy(), np.cumsum([a.size for a in arrays])[:-1])
        return tuple(part.reshape(a.shape) for part, a in zip(parts, arrays, strict=True))

    def exchange(self, value: T) -> list[T]:
        """Return the values of all ranks, in the order of the ranks."""
        if not self.share_memory:
            return self._gather(value)
        pickled = SharedPickle.of(value)
        pickles = self._gather(pickled)
        # Everybody has come this far, and so has opened what was handed over before.
        self._last_pickle.close()
        self._last_pickle = pickled
        with self._or_lost():
            return [one.open() for one in pickles]  # its own, too: so all hold one copy

    def new_array(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> CellArray:
        """Return an array to be filled: one of all ranks where they share memory, else its own."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if not self.share_memory or not size:
            return np.empty(shape, dtype)
        file = MemoryFile.new(size)
        array = self.exchange(file)[0].array(shape, dtype)
        self.exchange(None)
        file.close()
        return array

    def _gather(self, value: T) -> list[T]:
        values: list[Any] = [None] * self.size
        with self._or_lost():
            self._torch.all_gather_object(values, value)
        return values

    def _can_share_memory(self) -> bool:
        """Whether all ranks are on this machine, and each can open what the others hand over."""
        if self.here < self.size or not hasattr(os, "memfd_create"):
            return False
        probe = None
        with suppress(OSError):  # where the system lets no process make such a file
            probe = SharedPickle.of(np.zeros(LEAST_BYTES, np.uint8))
        others, opened = self._gather(probe), False
        with suppress(OSError):  # where a process may not look at the files of another
            opened = all(other is not None and other.open() is not None for other in others)
        every = self._gather(opened)
        if probe is not None:
            probe.close()
        return all(every)

    def fails_first(self) -> bool:
        """Whether no other rank has called this."""
        try:
            self._store.set_timeout(timedelta(seconds=_SECONDS_TO_SAY))
            return int(self._store.add("failed", 1)) == 1
        except RuntimeError:  # its owner is gone
            return True

    @contextmanager
    def _or_lost(self) -> Iterator[None]:
        try:
            yield
        except (RuntimeError, FileNotFoundError) as problem:  # the memory of a process that is gone
            timed_out = "timed out" in str(problem).casefold()
            what = f"did not answer for {self._timeout:g} s" if timed_out else "is gone"
            raise RankLost(
                f"rank {self.rank}: another of the {self.size} processes of this training {what}; "
                "no model is saved. See what it says itself, or the system's log where memory ran "
                "out, and run the command again"
            ) from problem
