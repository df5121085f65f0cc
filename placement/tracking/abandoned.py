"""Runs whose process was killed, or whose server had gone: the next command ends them as KILLED.

Each run says which process keeps it. A run of another machine, or of another container, is left
alone: whether its process is gone cannot be seen from here.
"""

import os
import platform

from placement.runtime.scratch import process_namespace
from placement.tracking.store import Store, store_errors

PROCESS = "process"  # the tag that names it
_SAME = 2.0  # seconds by which the start of one process may be told differently


def process_name() -> str:
    """Name this process: its machine, its number there, and when it began."""
    import psutil

    return f"{_here()}:{os.getpid()}:{psutil.Process().create_time():.1f}"


def end_abandoned(store: Store) -> None:
    """End the runs that are RUNNING while their process is gone. Raises StoreError."""
    client = store.client()
    with store_errors(store, "end the runs of processes that were killed"):
        experiments = [item.experiment_id for item in client.search_experiments()]
        for run in client.search_runs(experiments, "attributes.status = 'RUNNING'"):
            if _is_gone(run.data.tags.get(PROCESS, "")):
                client.set_terminated(run.info.run_id, "KILLED")


def _here() -> str:
    return f"{platform.node()}:{process_namespace()}"


def _is_gone(process: str) -> bool:
    """Whether a process of this machine has ended, though its number may be another's now."""
    import psutil

    here = f"{_here()}:"
    if not process.startswith(here):
        return False
    number, _, began = process.removeprefix(here).partition(":")
    try:
        return bool(abs(psutil.Process(int(number)).create_time() - float(began)) > _SAME)
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
