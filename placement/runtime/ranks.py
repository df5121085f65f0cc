"""The processes that train together, the ranks: what each works on, and how they share results.

Every rank runs the same code on the same files and decides the same; only the passes over the rows
and the reading of the files are shared out. So each makes the same calls in the same order. The
first rank alone speaks, records and writes, and calls none meanwhile.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from placement.runtime.parallel_map import in_order

if TYPE_CHECKING:
    from placement.arrays import FloatArray

T = TypeVar("T")
U = TypeVar("U")

_ROUND = 16  # items that a rank works on from one exchange to the next


class Ranks(Protocol):
    """Some processes, of which this one has the number `rank`.

    Each of the functions raises RankLost where another process is gone or does not answer.
    """

    rank: int
    size: int
    here: int  # of them on this machine, whose memory and processors they share

    def add_up(self, *arrays: "FloatArray") -> "tuple[FloatArray, ...]":
        """Add the arrays of all ranks, element by element; every rank gets the same sums."""

    def exchange(self, value: T) -> list[T]:
        """Return the values of all ranks, in the order of the ranks."""

    def fails_first(self) -> bool:
        """Whether no other rank has called this: one error need not be told by every rank."""


class Alone:
    """A process that trains by itself."""

    rank, size, here = 0, 1, 1

    def add_up(self, *arrays: "FloatArray") -> "tuple[FloatArray, ...]":
        """Return the arrays."""
        return arrays

    def exchange(self, value: T) -> list[T]:
        """Return the value."""
        return [value]

    def fails_first(self) -> bool:
        """Return True."""
        return True


_ranks: Ranks = Alone()


def started() -> int:
    """Return how many ranks torchrun says it started, this process among them; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "RANK" in os.environ else 1


def current() -> Ranks:
    """Return the ranks that this process is one of."""
    return _ranks


def join(ranks: Ranks) -> None:
    """Let this process be one of some ranks until it ends."""
    global _ranks  # noqa: PLW0603 - a process is a rank, whatever it calls
    _ranks = ranks


def share_of(count: int) -> range:
    """Return which of so many items this rank works on: none, where there are more ranks."""
    ranks = current()
    return range(count * ranks.rank // ranks.size, count * (ranks.rank + 1) // ranks.size)


def shared_in_order(items: Iterable[T], work: Callable[[T], U], threads: int = 1) -> Iterator[U]:
    """Yield `work(item)` of every item in order on every rank; each works on a share of them.

    An error of `work` is raised on every rank. To be called in the main thread.
    """
    ranks = current()
    if ranks.size == 1:
        yield from in_order(items, work, threads)
        return
    source = iter(items)
    while batch := list(islice(source, ranks.size * _ROUND)):
        own = in_order(batch[ranks.rank :: ranks.size], partial(_attempt, work), threads)
        shares = ranks.exchange(list(own))
        for number in range(len(batch)):
            result, error = shares[number % ranks.size][number // ranks.size]
            if error is not None:
                raise error
            yield result


def _attempt(work: Callable[[T], Any], item: T) -> tuple[Any, Exception | None]:
    try:
        return work(item), None
    except Exception as error:  # noqa: BLE001 - raised on every rank
        return None, error
