"""Train in several processes on this machine, by torch's own launcher."""

import logging
import os
import secrets
import signal
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from placement.errors import RankLost, Terminated

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError


def launch(words: Sequence[str], workers: int) -> int:
    """Run `placement` with these words in so many processes; return the exit code that it ends by.

    The first process that fails decides, and the launcher ends the others. What it has to say, it
    has said; raises RankLost for one that was killed.
    """
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    logging.disable(logging.ERROR)  # the processes say it in words of ours
    _prepare_environment()
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=workers,
        run_id=secrets.token_hex(8),
        rdzv_backend="c10d",
        rdzv_endpoint="127.0.0.1:0",  # any free port
        local_addr="127.0.0.1",
        max_restarts=0,
    )
    try:
        elastic_launch(config, sys.executable)("-m", "placement", *words)
    except SignalException as stopped:
        return 130 if stopped.sigval == signal.SIGINT else Terminated.exit_code
    except ChildFailedError as failed:
        rank, code = _cause(failed)
        if code >= 0:
            return code
        raise RankLost(
            f"rank {rank} of {workers} was killed by {signal.Signals(-code).name}, and the others "
            "were ended; no model is saved. Where memory ran out, take fewer --workers or --stream"
        ) from failed
    return 0


def _cause(failed: "ChildFailedError") -> tuple[int, int]:
    """Return the rank that made the others fail, and its exit code.

    A rank ends of itself when another was killed: of those that failed within the same second, the
    resolution of torch's times, the killed one is the cause. SIGTERM is what the launcher sends.
    """
    first, failure = failed.get_first_failure()
    killed = [
        rank
        for rank, other in failed.failures.items()
        if other.timestamp <= failure.timestamp + 1
        and other.exitcode < 0
        and other.exitcode != -signal.SIGTERM
    ]
    cause = killed[0] if killed else first
    return cause, failed.failures[cause].exitcode


def _prepare_environment() -> None:
    """Let the processes meet on this machine alone, each on one thread unless told otherwise."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    loopback = next((name for _, name in socket.if_nameindex() if name.startswith("lo")), None)
    if loopback:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", loopback)
