"""The worker: one for each store, it starts the processes of jobs and sees to those that are gone.

It looks at the queue where it was woken, where a process ended, and now and then.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from filelock import Timeout

from placement.runtime.memory import free_memory
from placement.serving.jobs.assignment import NOT_BEGUN, Assignment
from placement.serving.jobs.queue import Queue
from placement.serving.observability.logs import log
from placement.serving.settings import WorkerOptions
from placement.tracking import jobs
from placement.tracking.abandoned import end_abandoned, is_gone, process_id, process_name
from placement.tracking.jobs import JobRun

_TICK = 0.2  # seconds between two looks at the file that wakes, and at the processes
_NOW_AND_THEN = 30.0  # seconds between two looks at the queue where nothing seems to happen
_ORPHANS = 1.0  # … and while a process runs that another worker started
_GRACE = 10.0  # seconds that a process has to end when it is told to
_OLD_FILES = 3600.0  # seconds between two looks for files to remove
_LEAST_MEMORY = 1 << 30


@dataclass
class Worker:
    """Works on a queue until it is told to stop; the processes of jobs then go on."""

    queue: Queue
    options: WorkerOptions
    stopping: threading.Event = field(default_factory=threading.Event)
    _processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)  # by run
    _told: dict[str, float] = field(default_factory=dict)  # when a run's process was told to end
    _orphans: bool = False
    _swept: float = -_OLD_FILES

    def run(self) -> None:
        """Wait until no other worker has this queue, then see to it."""
        with self._alone() as is_alone:
            seen, looked = -1, 0.0
            while is_alone and not self.stopping.wait(_TICK):
                woken, ended = self.queue.folder.woken, self._ended()
                pause = _ORPHANS if self._orphans or self._told else _NOW_AND_THEN
                if woken == seen and not ended and time.monotonic() - looked < pause:
                    continue
                seen, looked = woken, time.monotonic()
                try:
                    self._look(ended)
                except Exception as problem:  # noqa: BLE001 - the store may be back at the next look
                    log("queue_failed", level="error", kind=type(problem).__name__)
                    seen = -1
                    self.stopping.wait(_ORPHANS)

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        lock = self.queue.folder.lock("worker")
        while not self.stopping.is_set():
            with suppress(Timeout):
                with lock.acquire(timeout=_TICK):
                    yield True
                return
        yield False

    def _ended(self) -> dict[str, int]:
        """Return the exit codes of processes that have ended, by the run."""
        codes = {run_id: process.poll() for run_id, process in self._processes.items()}
        return {run_id: code for run_id, code in codes.items() if code is not None}

    def _look(self, ended: dict[str, int]) -> None:
        """Settle what ended, end what was cancelled, start what waits."""
        for run_id, code in ended.items():
            self._reap(run_id, code)
        self.queue.settle(ended)
        end_abandoned(self.queue.runs.store)
        going = self.queue.runs.search(status=jobs.RUNNING)
        for run in going:
            if run.cancelled:
                self._tell(run)
        self._told = {k: v for k, v in self._told.items() if k in {run.run_id for run in going}}
        orphans = [run for run in going if run.run_id not in self._processes]
        self._orphans = bool(orphans)
        self._start(self.options.jobs_at_once - len(orphans) - len(self._processes))
        if time.monotonic() - self._swept > _OLD_FILES:
            self._swept = time.monotonic()
            self.queue.remove_old(self.options.keep_uploads)

    def _reap(self, run_id: str, code: int) -> None:
        run = self.queue.runs.read(run_id)
        if run.status == jobs.WAITING and code != NOT_BEGUN:
            self.queue.give_up(run, process_name(), code)
        self._processes.pop(run_id).wait()

    def _start(self, most: int) -> None:
        """Start at most so many of the jobs that wait, the oldest first."""
        waiting = [run for run in self.queue.runs.search(status=jobs.WAITING) if not run.claim]
        for run in waiting:
            if most <= 0:
                return
            if run.run_id in self._processes:
                continue
            with self.queue.folder.taken(run.job) as is_free:
                if not is_free:  # the process of a worker that was killed is about to claim it
                    self._orphans, most = True, most - 1
                    continue
            self._processes[run.run_id] = self._process(run)
            most -= 1

    def _process(self, run: JobRun) -> "subprocess.Popen[bytes]":
        folder, store = self.queue.folder, self.queue.runs.store
        home = folder.of_job(run.job)
        home.mkdir(mode=0o700, exist_ok=True)
        assignment = Assignment(
            str(folder.root), self.queue.runs.queue, run.job, run.run_id, self._memory
        )
        uris = {
            "MLFLOW_TRACKING_URI": store.tracking_uri,
            "MLFLOW_REGISTRY_URI": store.registry_uri,
        }
        log = os.open(home / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return subprocess.Popen(  # noqa: S603 - ourselves
                assignment.command,
                cwd=home,
                env=os.environ | uris | {"PYTHONSAFEPATH": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # it outlives this one, and Ctrl-C is not for it
            )
        finally:
            os.close(log)

    @property
    def _memory(self) -> int:
        share = free_memory() // self.options.jobs_at_once
        return self.options.memory or max(share, _LEAST_MEMORY)

    def _tell(self, run: JobRun) -> None:
        """Tell the process of a cancelled run to end; kill it where it does not."""
        process = None if run.claim is None or is_gone(run.claim) else process_id(run.claim)
        if process is None:
            return
        told = self._told.get(run.run_id)
        with suppress(ProcessLookupError):
            if told is None:
                self._told[run.run_id] = time.monotonic()
                os.kill(process, signal.SIGTERM)
            elif time.monotonic() - told > _GRACE and sys.platform != "win32":
                os.kill(process, signal.SIGKILL)
