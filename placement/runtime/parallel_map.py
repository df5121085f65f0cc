"""Map a function over items on several threads; results come in the order of the items."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from itertools import chain, islice
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


def usable_processors() -> int:
    """Return how many processors this process may use, of several ranks its share of them."""
    if hasattr(os, "sched_getaffinity"):
        usable = len(os.sched_getaffinity(0))
    else:
        usable = os.cpu_count() or 1
    return max(1, usable // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def in_order(items: Iterable[T], work: Callable[[T], U], threads: int = 1) -> Iterator[U]:
    """Yield `work(item)` of every item, in the order of the items.

    The calling thread iterates over the items, only a few ahead of what was yielded.
    """
    if threads <= 1:
        yield from map(work, items)
        return
    source = iter(items)
    first = list(islice(source, 2))
    if len(first) < 2:  # waking a thread up would take longer than many a small table
        yield from map(work, first)
        return
    pool, pending = _pool(threads), deque[Future[U]]()
    try:
        for item in chain(first, source):
            pending.append(pool.submit(work, item))
            if len(pending) > 2 * threads:  # a source larger than memory stays outside it
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()
        wait(pending)


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Return a cached pool: a new thread would pay for its memory page by page again."""
    return ThreadPoolExecutor(threads, thread_name_prefix="placement")


if hasattr(os, "register_at_fork"):
    # A forked child has the pool object but none of its threads.
    os.register_at_fork(after_in_child=_pool.cache_clear)
