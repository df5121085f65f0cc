"""The ranks of a training that torchrun started, joined by torch.distributed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np
import torch

from placement.arrays import FloatArray
from placement.errors import RankLost
from placement.runtime import ranks

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
        wait = timedelta(seconds=timeout)
        with self._or_lost():
            self._store, _, _ = next(rendezvous("env://", timeout=wait))
            distributed.init_process_group(
                "gloo", store=self._store, rank=self.rank, world_size=self.size, timeout=wait
            )

    def add_up(self, *arrays: FloatArray) -> tuple[FloatArray, ...]:
        """Add the arrays of all ranks, element by element; every rank gets the same sums."""
        total = torch.from_numpy(np.concatenate([a.ravel() for a in arrays], dtype=np.float64))
        with self._or_lost():
            self._torch.all_reduce(total)
        parts = np.split(total.numpy(), np.cumsum([a.size for a in arrays])[:-1])
        return tuple(part.reshape(a.shape) for part, a in zip(parts, arrays, strict=True))

    def exchange(self, value: T) -> list[T]:
        """Return the values of all ranks, in the order of the ranks."""
        values: list[Any] = [None] * self.size
        with self._or_lost():
            self._torch.all_gather_object(values, value)
        return values

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
        except RuntimeError as problem:
            timed_out = "timed out" in str(problem).casefold()
            what = f"did not answer for {self._timeout:g} s" if timed_out else "is gone"
            raise RankLost(
                f"rank {self.rank}: another of the {self.size} processes of this training {what}; "
                "no model is saved. See what it says itself, or the system's log where memory ran "
                "out, and run the command again"
            ) from problem
