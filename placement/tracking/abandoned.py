"""Runs whose process was killed, or whose server had gone: the next command ends them as KILLED.

Each run says which process keeps it. A run of another machine, or of another container, is left
alone: whether its process is gone cannot be seen from here. So is one of a job, which has another
attempt where its process is gone: that is the queue's matter.
"""

import platform
import sys
from typing import TYPE_CHECKING

from placement.runtime.scratch import process_namespace
from placement.tracking.store import Store, store_errors

if TYPE_CHECKING:
    import psutil

PROCESS = "process"  # the tag that names it
JOB = "placement.job"  # the tag that names the job which a run is an attempt of
_SAME = 2.0  # seconds by which the start of one process may be told differently


def process_name(number: int | None = None) -> str:
    """Name a process, this one unless told: its machine, its number there, and when it began."""
    import psutil

    process = psutil.Process(number)
    return f"{_here()}:{process.pid}:{_began(process):.1f}"


def process_id(process: str) -> int | None:
    """Return the number of a process of this machine by its name, None for any other."""
    here, _, rest = process.rpartition(":")[0].rpartition(":")
    return int(rest) if here == _here() and rest.isdecimal() else None


def end_abandoned(store: Store) -> None:
    """End the runs that are RUNNING while their process is gone. Raises StoreError."""
    client = store.client()
    with store_errors(store, "end the runs of processes that were killed"):
        experiments = [item.experiment_id for item in client.search_experiments()]
        for run in client.search_runs(experiments, "attributes.status = 'RUNNING'"):
            if JOB in run.data.tags or not is_gone(run.data.tags.get(PROCESS, "")):
                continue
            # It may have ended its run in between, or another process goes on with it by now.
            now = client.get_run(run.info.run_id)
            if now.info.status == "RUNNING" and is_gone(now.data.tags.get(PROCESS, "")):
                client.set_terminated(run.info.run_id, "KILLED")


def _here() -> str:
    return f"{platform.node()}:{process_namespace()}"


def is_gone(process: str) -> bool:
    """Whether a process of this machine has ended, though its number may be another's now."""
    import psutil

    here = f"{_here()}:"
    if not process.startswith(here):
        return False
    number, _, began = process.removeprefix(here).partition(":")
    try:
        return abs(_began(psutil.Process(int(number))) - float(began)) > _SAME
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False


def _began(process: "psutil.Process") -> float:
    """Return when a process began, in seconds: on Linux since the system did.

    There psutil adds the time of the start of the system, which moves when the clock is set.
    """
    import psutil

    since = psutil.boot_time() if sys.platform == "linux" else 0.0
    return float(process.create_time() - since)
