"""The processes that train together, the ranks: what each works on, and how they share results.

Every rank runs the same code on the same files and decides the same; only the passes over the rows
and the reading of the files are shared out. So each makes the same calls in the same order. The
first rank alone speaks, records and writes, and calls none meanwhile.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from placement.runtime.parallel_map import in_order

if TYPE_CHECKING:
    import numpy.typing as npt

    from placement.arrays import CellArray, FloatArray

T = TypeVar("T")
U = TypeVar("U")

RENDEZVOUS_FILE = "PLACEMENT_RENDEZVOUS_FILE"  # names the file by which ranks of ours meet
_AT_ONCE = 128  # items that a rank works on from one exchange to the next


class Ranks(Protocol):
    """Some processes, of which this one has the number `rank`.

    Each of the functions raises RankLost where another process is gone or does not answer.
    """

    rank: int
    size: int
    here: int  # of them on this machine, whose memory and processors they share
    share_memory: bool  # whether all hand each other arrays without copying

    def add_up(self, *arrays: "FloatArray") -> "tuple[FloatArray, ...]":
        """Add the arrays of all ranks, element by element; every rank gets the same sums."""

    def exchange(self, value: T) -> list[T]:
        """Return the values of all ranks, in the order of the ranks."""

    def new_array(self, shape: tuple[int, ...], dtype: "npt.DTypeLike") -> "CellArray":
        """Return an array to be filled: one of all ranks where they share memory, else its own."""

    def fails_first(self) -> bool:
        """Whether no other rank has called this: one error need not be told by every rank."""


class Alone:
    """A process that trains by itself."""

    rank, size, here, share_memory = 0, 1, 1, False

    def add_up(self, *arrays: "FloatArray") -> "tuple[FloatArray, ...]":
        """Return the arrays."""
        return arrays

    def exchange(self, value: T) -> list[T]:
        """Return the value."""
        return [value]

    def new_array(self, shape: tuple[int, ...], dtype: "npt.DTypeLike") -> "CellArray":
        """Return an array of this process."""
        import numpy as np

        return np.empty(shape, dtype)

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


def share_in_turn() -> list[bool]:
    """Return for each rank whether it is this one, for work that they do by turns."""
    ranks = current()
    return [number == ranks.rank for number in range(ranks.size)]


def shared_in_order(
    items: Iterable[T], work: Callable[[T], U], threads: int = 1, *, at_once: int = _AT_ONCE
) -> Iterator[U]:
    """Yield `work(item)` of every item in order on every rank; each works on a share of them.

    `at_once`: so many results of each rank are held at a time. An error of `work` is raised on
    every rank. To be called in the main thread.
    """
    ranks = current()
    if ranks.size == 1:
        yield from in_order(items, work, threads)
        return
    source = iter(items)
    while True:
        batch = islice(source, ranks.size * at_once)
        own_items = islice(batch, ranks.rank, None, ranks.size)
        own = in_order(own_items, partial(_attempt, work), threads)
        shares = ranks.exchange(list(own))
        for result, error in filter(None, chain.from_iterable(zip_longest(*shares))):
            if error is not None:
                raise error
            yield result
        if sum(map(len, shares)) < ranks.size * at_once:
            return


def filled_in_order(items: Iterable[T], fill: Callable[[T], U], threads: int = 1) -> Iterator[U]:
    """Fill arrays of `new_array` item by item: each rank its share where all see them, else all.

    Yield what `fill` returns, in order. To be called in the main thread.
    """
    if current().share_memory:
        yield from shared_in_order(items, fill, threads)
    else:
        yield from in_order(items, fill, threads)


def _attempt(work: Callable[[T], Any], item: T) -> tuple[Any, Exception | None]:
    try:
        return work(item), None
    except Exception as error:  # noqa: BLE001 - raised on every rank
        return None, error
