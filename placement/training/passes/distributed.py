"""The ranks of a distributed training, and sums over all of them.

Alone, every function is the identity. Each rank must make the same calls in the same order,
with zero rows too, or the others block for ever.
"""

from types import ModuleType

import numpy as np
import torch

from placement.arrays import FloatArray


def _group() -> ModuleType | None:
    """Return torch.distributed where a process group is up."""
    from torch import distributed  # the project's only import of it

    return distributed if distributed.is_available() and distributed.is_initialized() else None


def rank() -> int:
    """Return the number of this process; 0 alone."""
    group = _group()
    return int(group.get_rank()) if group else 0


def world_size() -> int:
    """Return the number of processes; 1 alone."""
    group = _group()
    return int(group.get_world_size()) if group else 1


def add_up(values: FloatArray) -> FloatArray:
    """Add the arrays of all ranks, element by element; every rank gets the same sums."""
    group = _group()
    if group is None:
        return values
    total = torch.from_numpy(np.array(values, dtype=np.float64))
    group.all_reduce(total)
    return np.asarray(total.numpy())


def largest(value: int) -> int:
    """Return the largest of the ranks' numbers."""
    group = _group()
    if group is None:
        return value
    most = torch.tensor(value, dtype=torch.int64)
    group.all_reduce(most, op=group.ReduceOp.MAX)
    return int(most)


def any_rank(value: bool) -> bool:
    """Return whether the value is True on any rank; every rank gets the same answer."""
    return bool(largest(int(value)))
