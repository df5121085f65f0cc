"""A source in parts, each summed up by one thread on one core: the same bits on any machine.

Of several processes each has its share of the parts; the callers add up over all of them.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import TypeVar

import numpy as np
import torch
from threadpoolctl import ThreadpoolController
from torch import Tensor

from placement.data.encoding.chunks import Chunk, Chunks
from placement.model.design_tensor import Design, design_tensor, tensor_of
from placement.runtime.parallel_map import in_order
from placement.runtime.ranks import share_of

T = TypeVar("T")

MOST_PART_CHUNKS = 4  # summed up by one thread at a time
LEAST_PARTS = 8  # of sources with as many chunks, so that all threads have work


def map_chunks(
    source: Chunks, work: Callable[[Iterable[Chunk]], T], threads: int = 1, *, blas: bool = False
) -> Iterator[T]:
    """Yield `work(chunks)` for every few chunks of this rank's share, in order.

    The parts are the same however many threads there are, and so are the bits of their sums. The
    libraries' own threads would change them with the machine, so torch is held to one, and
    numpy's BLAS where `work` uses it (`blas`).
    """

    def work_on(part: range) -> T:
        torch.set_num_threads(1)
        return work(map(source.chunk, part))

    parts = parts_of_share(source)
    with one_thread(), one_blas_thread() if blas else nullcontext():
        yield from in_order(parts, work_on, min(threads, len(parts)))


def parts_of_share(source: Chunks) -> list[range]:
    """Return the chunks of each part of this rank's share: wherever a rank sums up, the same."""
    size = max(1, min(MOST_PART_CHUNKS, len(source) // LEAST_PARTS))
    share = share_of(math.ceil(len(source) / size))
    return [range(part * size, min((part + 1) * size, len(source))) for part in share]


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold torch to one thread: for small matrices more only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def one_blas_thread() -> AbstractContextManager[object]:
    """Hold numpy's BLAS to one thread: on a busy machine several wait for each other."""
    limited: AbstractContextManager[object] = _libraries().limit(limits=1)
    return limited


_libraries = cache(ThreadpoolController)  # it looks through all that is loaded: once


def tensors(chunk: Chunk, dtype: torch.dtype) -> tuple[Design, Tensor, Tensor | None]:
    """Return x, y and weight (None: each row counts once) as tensors, not copied where possible."""
    weight = None if chunk.is_unweighted else tensor_of(chunk.weight, dtype)
    return design_tensor(chunk.x, dtype), tensor_of(chunk.y, dtype), weight


def total_weight(chunk: Chunk) -> float:
    """Return Σ weight of a chunk's rows."""
    return float(len(chunk) if chunk.is_unweighted else chunk.weight.sum(dtype=np.float64))
