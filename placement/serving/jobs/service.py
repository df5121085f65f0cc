"""The queue as a server has it: a process beside it that is started anew where it ends."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from placement.runtime.worker_process import ProcessWorker
from placement.serving.jobs.folder import JobFolder
from placement.serving.jobs.store_process import StoreProcess
from placement.serving.settings import WorkerOptions
from placement.tracking.store import locate_store

P = ParamSpec("P")
R = TypeVar("R")

_PAUSE = 0.5  # seconds between two looks whether the process is there
_PAUSE_AFTER_FAILURE = 5.0
_PATIENCE = 50.0  # seconds that a question waits for a process that is starting


class JobsUnavailable(RuntimeError):
    """The queue's process has just ended, or cannot be started: it is tried again."""


class JobService:
    """The jobs of the store that is found from `home`. Its methods block: call them in threads.

    Where there was never a job, the process is started for the first question.
    """

    def __init__(self, home: Path, options: WorkerOptions) -> None:
        self.folder = JobFolder.of(locate_store(home))
        self._home, self._options = home, options
        self._changed, self._closing = threading.Condition(), threading.Event()
        self._worker: ProcessWorker[StoreProcess] | None = None
        self._watcher: threading.Thread | None = None

    def open(self) -> None:
        """Go on with the jobs that there are."""
        if self.folder.is_made:
            self.start()

    def start(self) -> None:
        """Start the process, and another wherever it is gone; once is enough."""
        with self._changed:
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, daemon=True)
                self._watcher.start()

    def call(
        self, method: Callable[Concatenate[StoreProcess, P], R], *args: P.args, **named: P.kwargs
    ) -> R:
        """Have the process do something. Raises JobsUnavailable where it ended meanwhile."""
        self.start()
        with self._changed:
            self._changed.wait_for(lambda: self._worker is not None, _PATIENCE)
            worker = self._worker
            if worker is None:
                raise JobsUnavailable("the queue cannot be opened now: try again")
            future = worker.submit(method, *args, **named)
        try:
            return future.result()
        except RuntimeError as problem:
            if worker.is_running:
                raise
            raise JobsUnavailable("the queue is being opened anew: try again") from problem

    def close(self) -> None:
        """End the process; jobs that have begun go on, and the next service sees to them."""
        self._closing.set()
        if self._watcher is not None:
            self._watcher.join()
        self._replace(None)

    def _watch(self) -> None:
        while not self._closing.is_set():
            if self._worker is None or not self._worker.is_running:
                self._replace(None)
                worker = ProcessWorker(StoreProcess)
                try:
                    worker.submit(StoreProcess.open, self._home, self._options).result()
                    self._replace(worker)
                except Exception:  # noqa: BLE001 - a store that is away now may be back later
                    worker.close()
                    self._closing.wait(_PAUSE_AFTER_FAILURE)
            self._closing.wait(_PAUSE)

    def _replace(self, worker: ProcessWorker[StoreProcess] | None) -> None:
        with self._changed:
            before, self._worker = self._worker, worker
            self._changed.notify_all()
        if before is not None:
            before.close()
