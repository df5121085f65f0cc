"""Jobs as MLflow knows them: a run for each attempt, waiting, going on or ended.

MLflow begins every run as RUNNING, and cannot take back a parameter, a metric or a time. So a run
is a job only once it is SCHEDULED, what was claimed stays claimed (a parameter is written once),
and another attempt is another run.
"""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from placement.arrays import Document
from placement.config.train_config import TrainConfig
from placement.errors import UsageError
from placement.tracking.abandoned import JOB
from placement.tracking.limits import KEY_LENGTH, TAG_LENGTH, short_texts
from placement.tracking.runs import ensure_experiment
from placement.tracking.store import Store, store_errors

if TYPE_CHECKING:
    from mlflow.entities import Run

WAITING, RUNNING, FINISHED, FAILED, KILLED = "SCHEDULED", "RUNNING", "FINISHED", "FAILED", "KILLED"
_QUEUE, _ATTEMPT, _SPECIFICATION = "placement.queue", "placement.attempt", "placement.settings"
_ACCEPTED, _KEY, _DIGEST = "placement.accepted", "placement.idempotency_key", "placement.digest"
_CANCEL, _LOST = "placement.cancel", "placement.lost"
_ERROR, _EXIT_CODE, _REMOVED = "placement.error", "placement.exit_code", "placement.files_removed"
_CLAIM = "claim."
_EXPERIMENT = TrainConfig.experiment
LOST, TRIED_AGAIN = "yes", "tried again"
_PAGE = 1000  # runs


@dataclass(frozen=True)
class Upload:
    """A file that came with a job: what it is for, what it was called, and what it holds."""

    role: str
    name: str
    digest: str
    size: int


@dataclass(frozen=True)
class JobRequest:
    """What is asked for. `key` is the digest of an Idempotency-Key."""

    kind: str
    settings: Mapping[str, object]
    uploads: tuple[Upload, ...]
    key: str | None = None

    @property
    def specification(self) -> str:
        """All of it but the key, as it is kept in a tag."""
        document = {
            "kind": self.kind,
            "settings": dict(self.settings),
            "uploads": [asdict(upload) for upload in self.uploads],
        }
        return json.dumps(document, ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True)
class JobRun:
    """One attempt at a job. Times are in milliseconds since 1970.

    `claim` names the process that took it, `lost` is set where that was killed: LOST, and then
    TRIED_AGAIN. `cancelled`: somebody wants it ended.
    """

    run_id: str
    job: str
    attempt: int
    status: str
    request: JobRequest
    accepted: int
    ended: int | None = None
    claim: str | None = None
    lost: str | None = None
    cancelled: bool = False
    removed: bool = False
    error: str | None = None
    exit_code: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether the attempt ended, as whatever."""
        return self.status in {FINISHED, FAILED, KILLED}


@dataclass(frozen=True)
class JobRuns:
    """The runs of the jobs of one queue."""

    store: Store
    queue: str

    def add(self, request: JobRequest, job: str, attempt: int, accepted: int) -> JobRun:
        """Make a run of a job. It counts for nothing until it is scheduled."""
        names = [upload.name for upload in request.uploads]
        specification = request.specification
        if len(specification) > TAG_LENGTH:
            raise UsageError(
                f"the settings of a job take {len(specification):,} characters: the store keeps "
                f"{TAG_LENGTH:,}"
            )
        tags: dict[str, object] = {
            JOB: job, _QUEUE: self.queue, _ATTEMPT: attempt, _ACCEPTED: accepted,
        }  # fmt: skip
        if request.uploads:
            tags[_DIGEST] = request.uploads[0].digest
        if request.key is not None:
            tags[_KEY] = request.key
        given = request.settings.get("run_name")
        name = str(given or " ".join([request.kind, *names[:1]]))[:KEY_LENGTH]
        experiment, store = ensure_experiment(self.store, _EXPERIMENT)
        with store_errors(store, "keep a job"):
            every_tag = {**short_texts(tags), _SPECIFICATION: specification}
            run = store.client().create_run(experiment, tags=every_tag, run_name=name)
        return JobRun(run.info.run_id, job, attempt, RUNNING, request, accepted)

    def schedule(self, run: JobRun) -> JobRun:
        """Accept a run that was made: from now on it is to be done."""
        with store_errors(self.store, "accept a job"):
            self.store.client().update_run(run.run_id, status=WAITING)
        return replace(run, status=WAITING)

    def claim(self, run: JobRun, by: str) -> bool:
        """Take a run that waits; False where another has taken it before."""
        from mlflow.exceptions import MlflowException

        with store_errors(self.store, "claim a job"):
            try:
                self.store.client().log_param(run.run_id, f"{_CLAIM}{run.attempt}", by)
            except MlflowException as error:
                if error.error_code != "INVALID_PARAMETER_VALUE":
                    raise
                return False
        return True

    def start(self, run: JobRun) -> None:
        """Have a run that was claimed go on."""
        with store_errors(self.store, "start a job"):
            self.store.client().update_run(run.run_id, status=RUNNING)

    def end(
        self, run: JobRun, status: str, *, error: str | None = None, exit_code: int | None = None
    ) -> None:
        """End a run; what it came to is written before."""
        self._tag(run, {_ERROR: error, _EXIT_CODE: exit_code})
        with store_errors(self.store, "end a job"):
            self.store.client().set_terminated(run.run_id, status)

    def mark_lost(self, run: JobRun, state: str) -> None:
        """Say that an attempt was lost, or that it was tried again."""
        self._tag(run, {_LOST: state})

    def mark_cancelled(self, run: JobRun) -> None:
        """Ask for a run to be ended."""
        self._tag(run, {_CANCEL: "yes"})

    def mark_removed(self, run: JobRun) -> None:
        """Say that the files of a job are gone."""
        self._tag(run, {_REMOVED: "yes"})

    def discard(self, run: JobRun) -> None:
        """Take away a run that was never accepted."""
        with store_errors(self.store, "discard a job that was not accepted"):
            client = self.store.client()
            client.set_terminated(run.run_id, KILLED)
            client.delete_run(run.run_id)

    def read(self, run_id: str) -> JobRun:
        """Return a run as it is now."""
        with store_errors(self.store, f"read the run {run_id}"):
            return _job_run(self.store.client().get_run(run_id))

    def search(
        self, *, status: str | None = None, job: str | None = None, key: str | None = None,
        lost: str | None = None,
    ) -> list[JobRun]:  # fmt: skip
        """Return the runs of the queue, those of the oldest jobs first."""
        tags = {_QUEUE: self.queue, JOB: job, _KEY: key, _LOST: lost}
        terms = [f"tags.`{name}` = '{value}'" for name, value in tags.items() if value is not None]
        terms += [] if status is None else [f"attributes.status = '{status}'"]
        client = self.store.client()
        with store_errors(self.store, "look up the jobs"):
            experiment = client.get_experiment_by_name(_EXPERIMENT)
            if experiment is None:
                return []
            runs, page = [], None
            while page != "":
                found = client.search_runs(
                    [experiment.experiment_id], " and ".join(terms), max_results=_PAGE,
                    page_token=page,
                )  # fmt: skip
                runs += [_job_run(run) for run in found]
                page = found.token or ""
        return sorted(runs, key=lambda run: (run.accepted, run.job, run.attempt))

    def epochs(self, run: JobRun, series: Mapping[str, str], after: int) -> list[Document]:
        """Return what was logged of the epochs beyond one, by the fields that `series` names."""
        epochs: dict[int, Document] = {}
        client = self.store.client()
        with store_errors(self.store, "read the epochs"):
            for field_name, metric in series.items():
                for point in client.get_metric_history(run.run_id, metric):
                    if point.step > after:
                        epochs.setdefault(point.step, {})[field_name] = point.value
        return [{"epoch": step, **epochs[step]} for step in sorted(epochs)]

    def _tag(self, run: JobRun, tags: Mapping[str, object]) -> None:
        from mlflow.entities import RunTag

        given = {name: value for name, value in tags.items() if value is not None}
        entries = [RunTag(name, text) for name, text in short_texts(given).items()]
        with store_errors(self.store, "write down the state of a job"):
            self.store.client().log_batch(run.run_id, tags=entries, synchronous=True)


def latest_attempts(runs: Iterable[JobRun]) -> list[JobRun]:
    """Return the last attempt at each job, in the order of the jobs."""
    return list({run.job: run for run in runs}.values())


def now() -> int:
    """Return the time as MLflow keeps it."""
    return int(time.time() * 1000)


def _job_run(run: "Run") -> JobRun:
    tags, info = run.data.tags, run.info
    claims: Sequence[str] = [v for k, v in run.data.params.items() if k.startswith(_CLAIM)]
    exit_code = tags.get(_EXIT_CODE)
    return JobRun(
        run_id=info.run_id,
        job=tags[JOB],
        attempt=int(tags[_ATTEMPT]),
        status=info.status,
        request=_request(tags),
        accepted=int(tags[_ACCEPTED]),
        ended=info.end_time,
        claim=claims[0] if claims else None,
        lost=tags.get(_LOST),
        cancelled=_CANCEL in tags,
        removed=_REMOVED in tags,
        error=tags.get(_ERROR),
        exit_code=None if exit_code is None else int(exit_code),
        metrics=dict(run.data.metrics),
    )


def _request(tags: Mapping[str, str]) -> JobRequest:
    document = json.loads(tags[_SPECIFICATION])
    uploads = tuple(Upload(**upload) for upload in document["uploads"])
    return JobRequest(document["kind"], document["settings"], uploads, tags.get(_KEY))
