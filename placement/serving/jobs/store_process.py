"""What the queue's process does for a server: it answers, and beside that it is the worker.

It has MLflow, so that the server need not; it ends when the server closes it, or is gone.
"""

import threading
from dataclasses import dataclass
from pathlib import Path

from placement.arrays import Document
from placement.serving.jobs.folder import JobFolder
from placement.serving.jobs.queue import Queue
from placement.serving.jobs.worker import Worker
from placement.serving.settings import WorkerOptions
from placement.tracking.jobs import JobRequest, JobRuns
from placement.tracking.runs import SERIES
from placement.tracking.store import open_store


@dataclass(frozen=True)
class Epochs:
    """The epochs of the last attempt at a job beyond a number, and whether there will be more."""

    attempt: int
    status: str
    epochs: list[Document]


class StoreProcess:
    """Opens the store of a folder, works on its queue, and answers what is asked about it."""

    def __init__(self) -> None:
        self._queue: Queue | None = None
        self._worker: Worker | None = None

    def warm_up(self) -> None:
        """Nothing is needed before a store is opened."""

    def open(self, home: Path, options: WorkerOptions) -> None:
        """Open the store that is found from a folder, and begin to work."""
        store = open_store(home)
        folder = JobFolder.of(store)
        self._queue = Queue(folder, JobRuns(store, folder.make()))
        self._worker = Worker(self._queue, options)
        threading.Thread(target=self._worker.run, daemon=True).start()

    def terminate(self) -> None:
        """Stop working; jobs that have begun go on."""
        if self._worker is not None:
            self._worker.stopping.set()

    @property
    def queue(self) -> Queue:
        """The queue that was opened."""
        if self._queue is None:
            raise ValueError("no store was opened")
        return self._queue

    def accept(self, request: JobRequest) -> Document:
        """Keep a job for good."""
        return self.queue.document(self.queue.accept(request))

    def jobs(self) -> list[Document]:
        """Return all jobs, the newest first."""
        return [self.queue.document(run) for run in reversed(self.queue.jobs())]

    def job(self, job: str) -> Document:
        """Return one job."""
        return self.queue.document(self.queue.job(job))

    def cancel(self, job: str) -> Document:
        """End a job."""
        return self.queue.document(self.queue.cancel(job))

    def remove_files(self, job: str) -> Document:
        """Remove the uploads and results of a job."""
        return self.queue.document(self.queue.remove_files(job))

    def epochs(self, job: str, after: int) -> Epochs:
        """Return the epochs of a job that come after one."""
        run = self.queue.job(job)
        shown = self.queue.document(run)
        return Epochs(run.attempt, str(shown["status"]), self.queue.runs.epochs(run, SERIES, after))
