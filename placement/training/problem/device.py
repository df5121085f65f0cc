"""Which device the chunks of a training are summed up on."""

import os

import torch

from placement.config.option import flag
from placement.errors import UsageError

# From so many on a card pays: to start it and to copy the rows takes a second or so, in which the
# processor is through with fewer.
AUTO_CELLS = 50_000_000  # rows x columns
CPU = torch.device("cpu")


def check_device(name: str) -> None:
    """Raise UsageError where `cuda` is asked for, and torch has no card: before data is opened."""
    if name != "cuda" or torch.cuda.is_available():
        return
    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]
        reason = "it sees no card"
    except (RuntimeError, AssertionError) as problem:
        reason = str(problem).splitlines()[0]
    raise UsageError(
        f"{flag('device')} cuda: torch {torch.__version__} says: {reason.rstrip('.')}; leave the "
        "option out, or install a driver and torch's CUDA build"
    )


def device_for(name: str, cells: int) -> torch.device:
    """Return the device for a table of so many cells; of several processes each has its card."""
    check_device(name)
    wanted = name == "cuda" or (name == "auto" and cells >= AUTO_CELLS)
    if not wanted or not torch.cuda.is_available():
        return CPU
    rank_here = int(os.environ.get("LOCAL_RANK", "0"))
    return torch.device("cuda", rank_here % torch.cuda.device_count())
