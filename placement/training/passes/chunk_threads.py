"""A source in parts, each summed up by one thread on one core: the same bits on any machine."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TypeVar

import numpy as np
import torch
from threadpoolctl import ThreadpoolController
from torch import Tensor

from placement.data.encoding.chunks import Chunk, Chunks
from placement.model.design_tensor import Design, design_tensor, tensor_of
from placement.runtime.parallel_map import in_order

T = TypeVar("T")

PART_CHUNKS = 4  # summed up by one thread at a time


def map_chunks(
    source: Chunks, work: Callable[[Iterable[Chunk]], T], threads: int = 1, *, blas: bool = False
) -> Iterator[T]:
    """Yield `work(chunks)` for every few chunks, in order.

    The parts are the same however many threads there are, and so are the bits of their sums. The
    libraries' own threads would change them with the machine, so torch is held to one, and
    numpy's BLAS where `work` uses it (`blas`).
    """

    def work_on(part: int) -> T:
        torch.set_num_threads(1)
        first = part * PART_CHUNKS
        return work(map(source.chunk, range(first, min(first + PART_CHUNKS, len(source)))))

    with one_thread(), ExitStack() as stack:
        if blas:
            stack.enter_context(_libraries().limit(limits=1))
        parts = range(-(-len(source) // PART_CHUNKS))
        yield from in_order(parts, work_on, min(threads, len(parts)))


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold torch to one thread: for small matrices more only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


_libraries = cache(ThreadpoolController)  # it looks through all that is loaded: once


def tensors(chunk: Chunk, dtype: torch.dtype) -> tuple[Design, Tensor, Tensor | None]:
    """Return x, y and weight (None: each row counts once) as tensors, not copied where possible."""
    weight = None if chunk.is_unweighted else tensor_of(chunk.weight, dtype)
    return design_tensor(chunk.x, dtype), tensor_of(chunk.y, dtype), weight


def total_weight(chunk: Chunk) -> float:
    """Return Σ weight of a chunk's rows."""
    return float(len(chunk) if chunk.is_unweighted else chunk.weight.sum(dtype=np.float64))
