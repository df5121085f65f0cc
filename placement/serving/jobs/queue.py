"""The queue: what may become of a job, and in which order it is written down.

Whatever is killed between two of these writes, the next look at the queue goes on from there: a run
that was not scheduled was not accepted, a claimed one whose job's lock is free was lost, and a lost
one without a successor has still to be tried again.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from placement.arrays import Document
from placement.errors import GateRefused, ModelError
from placement.serving.jobs.folder import JobFolder
from placement.tracking import jobs
from placement.tracking.jobs import JobRequest, JobRun, JobRuns, latest_attempts, now
from placement.tracking.runs import iso_utc

MOST_ATTEMPTS = 3
CANCELLED = "cancelled"  # who claims what nobody is to begin any more
STRAY = 3600.0  # seconds that an upload without a job is kept: it may be about to get one


class UnknownJob(ModelError):
    """There is no such job."""


class JobConflict(GateRefused):
    """The state of a job does not allow what is asked."""


@dataclass(frozen=True)
class Queue:
    """The jobs of one store and their files. Each change is made under the queue's lock."""

    folder: JobFolder
    runs: JobRuns

    def accept(self, request: JobRequest) -> JobRun:
        """Keep a job for good and return it; the same key gives the same job."""
        with self.folder.lock("queue"):
            if (known := self._of_key(request)) is not None:
                return known
            for upload in request.uploads:
                if not self.folder.upload(upload.digest).exists():
                    raise JobConflict(f"{upload.name}: was removed meanwhile: send it again")
            run = self.runs.add(request, secrets.token_hex(8), 1, now())
            run = self.runs.schedule(run)
        self.folder.wake()
        return run

    def _of_key(self, request: JobRequest) -> JobRun | None:
        if request.key is None:
            return None
        known = [run for run in self.runs.search(key=request.key) if not _is_unaccepted(run)]
        if not known:
            return None
        if known[-1].request.specification != request.specification:
            raise JobConflict("this Idempotency-Key was sent with another job: choose another key")
        return known[-1]

    def jobs(self) -> list[JobRun]:
        """Return the last attempt at each job, the oldest jobs first."""
        found = self.runs.search()
        return latest_attempts(run for run in found if not _is_unaccepted(run))

    def job(self, job: str) -> JobRun:
        """Return the last attempt at a job. Raises UnknownJob."""
        found = [run for run in self.runs.search(job=job) if not _is_unaccepted(run)]
        if not found:
            raise UnknownJob(f"there is no job {job!r}")
        return found[-1]

    def cancel(self, job: str) -> JobRun:
        """End a job that waits; have one that goes on ended. Raises JobConflict if it is over."""
        with self.folder.lock("queue"):
            run = self.job(job)
            if state(run) in {jobs.FINISHED, jobs.FAILED, jobs.KILLED}:
                raise JobConflict(f"the job {job} is over: {run.status}")
            self.runs.mark_cancelled(run)
            if (run.status == jobs.WAITING and self.runs.claim(run, CANCELLED)) or run.is_over:
                self.runs.end(run, jobs.KILLED)
        self.folder.wake()
        return self.runs.read(run.run_id)

    def remove_files(self, job: str) -> JobRun:
        """Remove the uploads and results of a job that is over. Raises JobConflict if it is not."""
        with self.folder.lock("queue"):
            run = self.job(job)
            if state(run) not in {jobs.FINISHED, jobs.FAILED, jobs.KILLED}:
                raise JobConflict(f"the job {job} is {state(run)}: end it first")
            self._remove(run, self._needed())
        return self.runs.read(run.run_id)

    def settle(self, exit_codes: Mapping[str, int]) -> None:
        """Bring to an end what was cut off: see to lost attempts and to what was not accepted.

        `exit_codes` are those of processes that were seen to end, by the run.
        """
        with self.folder.lock("queue"):
            for run in self.runs.search(status=jobs.RUNNING):
                if _is_unaccepted(run):
                    self.runs.discard(run)
                else:
                    self._settle_lost(run, exit_codes.get(run.run_id))
            for run in self.runs.search(status=jobs.WAITING):
                if run.claim is not None or (run.cancelled and self.runs.claim(run, CANCELLED)):
                    self._settle_lost(run, exit_codes.get(run.run_id))
            for run in self.runs.search(lost=jobs.LOST):
                self._try_again(run)

    def give_up(self, run: JobRun, by: str, exit_code: int) -> None:
        """Count an attempt whose process ended before it had begun."""
        with self.folder.lock("queue"), self.folder.taken(run.job) as is_free:
            if is_free and self.runs.claim(run, by):
                self._lose(self.runs.read(run.run_id), exit_code)

    def _settle_lost(self, run: JobRun, exit_code: int | None) -> None:
        with self.folder.taken(run.job) as is_free:
            if not is_free:
                return
            run = self.runs.read(run.run_id)  # its process may have ended it in between
            if not run.is_over:
                self._lose(run, exit_code)

    def _lose(self, run: JobRun, exit_code: int | None) -> None:
        """End an attempt whose process is gone."""
        self.folder.clear_input(run.job)
        if run.cancelled:
            self.runs.end(run, jobs.KILLED)
            return
        text = f"attempt {run.attempt} of {MOST_ATTEMPTS}: its process was killed"
        if run.attempt < MOST_ATTEMPTS:
            self.runs.mark_lost(run, jobs.LOST)
        self.runs.end(run, jobs.FAILED, error=text, exit_code=exit_code)

    def _try_again(self, run: JobRun) -> None:
        """Have a lost attempt followed by another, once."""
        if run.status != jobs.FAILED:  # it was not written down any more, or was cancelled
            return
        later = [other for other in self.runs.search(job=run.job) if other.attempt > run.attempt]
        if run.cancelled:
            self.runs.end(run, jobs.KILLED)
        elif not later:
            made = self.runs.add(run.request, run.job, run.attempt + 1, run.accepted)
            self.runs.schedule(made)
        self.runs.mark_lost(run, jobs.TRIED_AGAIN)

    def remove_old(self, seconds: float) -> None:
        """Remove the files of jobs that were over so long ago, and uploads that have no job."""
        with self.folder.lock("queue"):
            needed, until = self._needed(), now() - int(seconds * 1000)
            for run in self.jobs():
                if run.is_over and not run.removed and (run.ended or until) < until:
                    self._remove(run, needed)
            of_jobs = {
                u.digest for run in self.jobs() if not run.removed for u in run.request.uploads
            }
            self.folder.remove_stray_uploads(of_jobs, STRAY)

    def _needed(self) -> set[str]:
        """Return the digests of the uploads that are still to be worked on."""
        open_jobs = (run for run in self.jobs() if state(run) in {jobs.WAITING, jobs.RUNNING})
        return {upload.digest for run in open_jobs for upload in run.request.uploads}

    def _remove(self, run: JobRun, needed: set[str]) -> None:
        digests = [upload.digest for upload in run.request.uploads if upload.digest not in needed]
        self.runs.mark_removed(run)
        self.folder.remove(run.job, digests)

    def document(self, run: JobRun) -> Document:
        """Return a job as it is shown."""
        request = run.request
        over = run.is_over and state(run) == run.status
        return {
            "id": run.job,
            "kind": request.kind,
            "status": state(run),
            "attempt": run.attempt,
            "accepted": iso_utc(run.accepted),
            "ended": iso_utc(run.ended) if over else None,
            "run_id": run.run_id,
            "settings": dict(request.settings),
            "uploads": [
                {"role": u.role, "name": u.name, "sha256": u.digest, "bytes": u.size}
                for u in request.uploads
            ],
            "cancelled": run.cancelled,
            "error": run.error if over else None,
            "exit_code": run.exit_code if over else None,
            "files": [] if run.removed or not over else self.folder.results(run.job),
            "files_removed": run.removed,
        }


def state(run: JobRun) -> str:
    """Return the state of a job by its last attempt: one that was lost is tried again."""
    return jobs.WAITING if run.status == jobs.FAILED and run.lost == jobs.LOST else run.status


def _is_unaccepted(run: JobRun) -> bool:
    return run.status == jobs.RUNNING and run.claim is None
