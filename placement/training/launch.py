"""Train in several processes on this machine, which meet by a file; nothing heavy is imported."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from placement.config.train_config import TrainConfig
from placement.errors import RankLost, Terminated, UsageError
from placement.runtime.ranks import RENDEZVOUS_FILE

_POLL_SECONDS = 0.05  # seconds, within which a rank that was killed is the cause of all that failed
_GRACE_SECONDS = 2.0  # seconds for the one of several that failed that says why
_TERMINATION_SECONDS = 10.0  # seconds that a rank has to end when it is told to


def launch(words: Sequence[str], workers: int) -> int:
    """Run `placement` with these words in so many processes; return the exit code that it ends by.

    The first process that fails decides, and the others are ended. What it has to say, it has said;
    raises RankLost for one that was killed.
    """
    command = [sys.executable, "-m", "placement", *words]
    with tempfile.TemporaryDirectory() as folder:
        environment = _environment(workers, str(Path(folder, "ranks")))
        processes, grace = list[subprocess.Popen[bytes]](), 0.0
        try:
            for number in map(str, range(workers)):
                own = {**environment, "RANK": number, "LOCAL_RANK": number}
                processes.append(subprocess.Popen(command, env=own))  # noqa: S603 - this command
            rank, code = _wait(processes)
            grace = _GRACE_SECONDS if code > 0 else 0.0
        except KeyboardInterrupt:
            grace = _TERMINATION_SECONDS  # Ctrl-C has reached each of them, too
            return 130
        except Terminated as terminated:
            return terminated.exit_code
        finally:
            _end(processes, grace)
    if code >= 0:
        return code
    raise RankLost(
        f"rank {rank} of {workers} was killed by {signal.Signals(-code).name}, and the others "
        "were ended; no model is saved. Where memory ran out, take fewer --workers or --stream"
    )


def check_shareable(sources: Sequence[str], config: TrainConfig) -> None:
    """Raise UsageError for what only one process can do."""
    if "-" in (*sources, config.test, config.labels):
        raise UsageError("- is read once, and several processes read: save it as a file, name that")
    if config.keep_cache:
        raise UsageError("--keep-cache is for one process: leave it out, or --workers")


def _wait(processes: Sequence[subprocess.Popen[bytes]]) -> tuple[int, int]:
    """Wait until all have ended or one has failed; return that rank and its exit code.

    A rank ends of itself when another was killed, so one that was killed comes first.
    """
    while True:
        codes = {rank: process.poll() for rank, process in enumerate(processes)}
        failed = [(rank, code) for rank, code in codes.items() if code]
        if failed:
            return min(failed, key=lambda item: item[1] > 0)
        if None not in codes.values():
            return 0, 0
        time.sleep(_POLL_SECONDS)


def _end(processes: Sequence[subprocess.Popen[bytes]], grace: float) -> None:
    """Let all end within some seconds, then by SIGTERM, and by SIGKILL where they do not."""
    if not _have_ended(processes, grace):
        for process in processes:
            process.terminate()
    if not _have_ended(processes, _TERMINATION_SECONDS):
        for process in processes:
            process.kill()
    _have_ended(processes, _TERMINATION_SECONDS)


def _have_ended(processes: Sequence[subprocess.Popen[bytes]], seconds: float) -> bool:
    """Wait so long at most for all to end; return whether they have."""
    deadline = time.monotonic() + seconds
    while any(process.poll() is None for process in processes):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _environment(workers: int, rendezvous_file: str) -> Mapping[str, str]:
    """Return what the processes are told: as torchrun would, each on a thread by default."""
    size = str(workers)
    variables = {"WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size, RENDEZVOUS_FILE: rendezvous_file}
    environment = {"OMP_NUM_THREADS": "1", **os.environ, **variables}
    loopback = next((name for _, name in socket.if_nameindex() if name.startswith("lo")), None)
    return environment if loopback is None else {"GLOO_SOCKET_IFNAME": loopback, **environment}
