"""One training as an MLflow run: what is logged, and how it ends."""

import contextlib
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from placement.arrays import Document
from placement.credentials import masked
from placement.errors import StoreError
from placement.runtime.signals import hold_signals, raise_on_signals
from placement.tracking.abandoned import JOB, PROCESS, end_abandoned, process_name
from placement.tracking.checkpoints import DIGEST, check_stopped, is_ours
from placement.tracking.dataset import DataSet, dataset_input
from placement.tracking.limits import (
    METRICS_PER_BATCH,
    PARAM_LENGTH,
    PARAMS_PER_BATCH,
    batches,
    metric_names,
    short_texts,
    thinned_points,
    without_plateaus,
)
from placement.tracking.provenance import provenance_tags
from placement.tracking.relocate import is_elsewhere
from placement.tracking.store import Store, store_errors

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, Run, RunTag

Series = Sequence[tuple[int, float | None]]
DESCRIPTION_TAG = "mlflow.note.content"  # Markdown, which MLflow's pages show above the run


# MLflow's pages make a section of what stands before the stroke, and sort its metrics by name: what
# would stand before the loss has a section of its own.
SERIES = {
    "loss": "train/loss",
    "penalised_loss": "optimizer/penalised_loss",
    "gradient_norm": "optimizer/gradient_norm",
    "step_size": "optimizer/step_size",
    "clamped_rows": "optimizer/clamped_rows",
    "held_out_loss": "test/loss",
    "validation_loss": "validation/loss",
    "newton_decrement": "optimizer/lambda",
}


@dataclass(frozen=True)
class NestedRun:
    """A run to be nested in another: what was tried there, and what it came to."""

    name: str
    params: Mapping[str, object]
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class TrackedRun:
    """A run that is going on. Each method writes at once; a failure is a StoreError.

    `keeper` names this process, as the run does unless another has taken it over; "" where it is
    another's from the start. `job`: the job that it is an attempt of. `resumed`: another process
    began it.
    """

    store: Store
    run_id: str
    experiment_id: str
    name: str
    keeper: str = ""
    job: str | None = None
    resumed: bool = False

    @property
    def client(self) -> "MlflowClient":
        """MLflow's client of the run's store."""
        return self.store.client()

    def log_params(self, params: Mapping[str, object]) -> None:
        """Log settings; a long value is cut at MLflow's limit."""
        self._log_batches("params", _params(params), PARAMS_PER_BATCH)

    def set_tags(self, tags: Mapping[str, object]) -> None:
        """Set tags; a long value is cut at MLflow's limit."""
        from mlflow.entities import RunTag

        entries = [RunTag(name, text) for name, text in short_texts(tags).items()]
        self._log_batches("tags", entries, PARAMS_PER_BATCH)

    def log_metrics(
        self,
        metrics: Mapping[str, float | None],
        step: int = 0,
        *,
        model_id: str | None = None,
        data: Mapping[str, DataSet] | None = None,
    ) -> None:
        """Log final figures; None and not-finite ones are left out.

        With `model_id` they are that logged model's, which can be searched by them. `data` are the
        data sets that the figures of a section were measured on: `test` of `test/log_loss`.
        """
        series = {name: [(step, value)] for name, value in metrics.items()}
        self._log_batches("metrics", _metrics(series, model_id, data or {}), METRICS_PER_BATCH)

    def log_series(self, series: Mapping[str, Series]) -> None:
        """Log curves as (step, value), thinned to what a picture shows.

        None and not-finite values are left out: MLflow would store a NaN as 0.
        """
        self._log_batches("metrics", _metrics(series), METRICS_PER_BATCH)

    def log_table(self, rows: Sequence[Mapping[str, object]], artifact_file: str) -> None:
        """Log records as a JSON table that the UI shows as one (`gradient_checks.json`)."""
        names = list(dict.fromkeys(name for row in rows for name in row))
        columns = {name: [row.get(name) for row in rows] for name in names}
        if self.resumed:  # MLflow would add to the table that is there
            self.remove(artifact_file)
        with self._writing(artifact_file):
            self.client.log_table(self.run_id, columns, artifact_file)

    def remove(self, artifact: str) -> None:
        """Remove a file or a folder, if it is there."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        with store_errors(self.store, f"remove {artifact}"):
            if artifact in {item.path for item in self.client.list_artifacts(self.run_id)}:
                uri = self.client.get_run(self.run_id).info.artifact_uri
                get_artifact_repository(uri, self.store.tracking_uri).delete_artifacts(artifact)

    def last_steps(self, names: Iterable[str]) -> dict[str, int]:
        """Return up to which step each curve was logged, for those that were begun."""
        with store_errors(self.store, "read the curves"):
            curves = {name: self.client.get_metric_history(self.run_id, name) for name in names}
        return {name: max(p.step for p in points) for name, points in curves.items() if points}

    def log_text(self, text: str, artifact_file: str) -> None:
        """Log text, HTML or JSON as a file, without passwords."""
        with self._writing(artifact_file):
            self.client.log_text(self.run_id, masked(text), artifact_file)

    def log_artifact(self, path: str | Path, folder: str | None = None) -> None:
        """Log a file."""
        with self._writing(str(path)):
            self.client.log_artifact(self.run_id, str(path), folder)

    def log_figures(self, directory: str | Path) -> None:
        """Log a directory of pictures."""
        with self._writing("figures"):
            self.client.log_artifacts(self.run_id, str(directory), "figures")

    def log_dataset(self, data: DataSet) -> None:
        """Log which data was used: digest, number of rows and kinds of the columns; no row."""
        entry = dataset_input(data)
        try:
            with self._writing("the data set"):
                self.client.log_inputs(self.run_id, datasets=[entry])
        except StoreError:  # another run has recorded the same one in between: now it is found
            with self._writing("the data set"):
                self.client.log_inputs(self.run_id, datasets=[entry])
        self.set_tags({f"{DIGEST}{data.context}": data.digest})

    def log_children(self, children: Sequence[NestedRun]) -> None:
        """Log finished runs nested in this one, each in three requests."""
        from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

        tags = {MLFLOW_PARENT_RUN_ID: self.run_id, PROCESS: process_name()}
        for child in children:
            params = _params(child.params)
            metrics = _metrics({name: [(0, value)] for name, value in child.metrics.items()})
            with self._writing("a nested run"), hold_signals():
                created = self.client.create_run(self.experiment_id, tags=tags, run_name=child.name)
                run_id = created.info.run_id
                self.client.log_batch(run_id, metrics=metrics, params=params, synchronous=True)
                self.client.set_terminated(run_id)

    def _log_batches(
        self, kind: str, entries: Sequence["Metric | Param | RunTag"], size: int
    ) -> None:
        with self._writing({"params": "parameters"}.get(kind, kind)):
            for batch in batches(entries, size):
                entities: Document = {kind: batch}
                self.client.log_batch(self.run_id, **entities, synchronous=True)

    def _writing(self, what: str) -> contextlib.AbstractContextManager[None]:
        return store_errors(self.store, f"log {what}")


@dataclass(frozen=True)
class RunInfo:
    """A run as `placement runs` lists it; `start_time` is ISO 8601 in UTC."""

    run_id: str
    name: str
    status: str
    start_time: str | None
    metrics: Mapping[str, float]
    params: Mapping[str, str]
    experiment: str


@contextlib.contextmanager
def tracked_run(
    store: Store,
    experiment: str,
    run_name: str | None = None,
    *,
    tags: Mapping[str, object] | None = None,
    params: Mapping[str, object] | None = None,
    resume: str | None = None,
) -> Iterator[TrackedRun]:
    """Start a run and end it as what it was: FINISHED, FAILED (an error) or KILLED (a signal).

    With `resume` it is a run of this id that has stopped.
    """
    run: TrackedRun | None = None
    with raise_on_signals(interrupt=False):
        try:
            experiment_id, store = ensure_experiment(store, experiment)
            end_abandoned(store)
            every_tag = {**provenance_tags(), **(tags or {})}
            with hold_signals(), store_errors(store, "start a run"):
                if resume is not None:
                    run = _take_over(store, resume)
                else:
                    run = _create(store, experiment_id, run_name)
            run.set_tags(every_tag)
            if not run.resumed:  # it has them, and MLflow takes none back
                run.log_params(params or {})
            yield run
            with hold_signals():
                _end(run, "FINISHED")
        except BaseException as error:
            if run is not None:
                _end_after(error, run)
            raise


def _create(store: Store, experiment_id: str, run_name: str | None) -> TrackedRun:
    keeper = process_name()
    tags = {PROCESS: keeper}
    info = store.client().create_run(experiment_id, tags=tags, run_name=run_name).info
    return TrackedRun(store, info.run_id, experiment_id, info.run_name or "", keeper)


def _take_over(store: Store, run_id: str) -> TrackedRun:
    """Keep a run that has stopped from now on. Raises ModelError where another does."""
    client, keeper = store.client(), process_name()
    with store.lock():
        info = check_stopped(store, run_id).info
        client.set_tag(run_id, PROCESS, keeper)
        client.update_run(run_id, status="RUNNING")
    return TrackedRun(store, run_id, info.experiment_id, info.run_name or "", keeper, resumed=True)


@contextlib.contextmanager
def run_of_another(
    store: Store,
    run_id: str,
    *,
    tags: Mapping[str, object],
    params: Mapping[str, object],
) -> Iterator[TrackedRun]:
    """Write to a run that goes on already. Whoever began it sees to its end."""
    with store_errors(store, f"go on with the run {run_id}"):
        found = store.client().get_run(run_id)
    info, job = found.info, found.data.tags.get(JOB)
    run = TrackedRun(store, run_id, info.experiment_id, info.run_name or "", job=job)
    run.set_tags({**provenance_tags(), **tags})
    run.log_params(params)
    yield run


def ensure_experiment(store: Store, name: str) -> tuple[str, Store]:
    """Return the id of an experiment, made if it is new, and the store with its artifact root."""
    from mlflow.exceptions import MlflowException

    client = store.client()
    with store_errors(store, f"open the experiment {name!r}"), store.lock():
        existing = client.get_experiment_by_name(name)
        if existing is None:
            try:
                created = client.create_experiment(name, artifact_location=store.artifact_root)
                return str(created), store
            except MlflowException:
                existing = client.get_experiment_by_name(name)  # somebody else was faster
                if existing is None:
                    raise
    if existing.lifecycle_stage == "deleted":
        raise StoreError(
            f"the experiment {name!r} was deleted: choose another --experiment, or "
            f"mlflow experiments restore --experiment-id {existing.experiment_id}"
        )
    location = existing.artifact_location
    if is_elsewhere(store, location):
        raise StoreError(
            f"{store.directory} was moved or copied: its runs point to {location}; "
            "placement runs --relocate corrects them"
        )
    if store.artifact_root and store.database is None:
        store = replace(store, artifact_root=location)
    return str(existing.experiment_id), store


def list_runs(store: Store, experiment: str | None = None, most: int = 1000) -> list[RunInfo]:
    """The runs of one experiment or of all, the newest first; none where there is no store yet."""
    if not store.exists:
        return []
    client = store.client()
    with store_errors(store, "list the runs"):
        names = {e.experiment_id: e.name for e in client.search_experiments()}
        ids = [i for i, name in names.items() if experiment in {None, name}]
        if not ids:
            return []
        runs = client.search_runs(ids, max_results=most, order_by=["attributes.start_time DESC"])
    return [_info(run, names[run.info.experiment_id]) for run in runs]


def iso_utc(milliseconds: int | None) -> str | None:
    """Return MLflow's time stamp as ISO 8601 in UTC."""
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


def _info(run: "Run", experiment: str) -> RunInfo:
    info, metrics, params = run.info, dict(run.data.metrics), dict(run.data.params)
    name, started = info.run_name or "", iso_utc(info.start_time)
    return RunInfo(info.run_id, name, info.status, started, metrics, params, experiment)


def _params(params: Mapping[str, object]) -> "list[Param]":
    from mlflow.entities import Param

    return [Param(name, text) for name, text in short_texts(params, PARAM_LENGTH).items()]


def _metrics(
    series: Mapping[str, Series],
    model_id: str | None = None,
    data: Mapping[str, DataSet] = MappingProxyType({}),
) -> "list[Metric]":
    from mlflow.entities import Metric

    now, keys = int(time.time() * 1000), metric_names(series)
    measured_on = {section: data_set.key for section, data_set in data.items()}
    return [
        Metric(
            keys[name],
            float(value),
            now,
            int(step),
            model_id,
            *measured_on.get(name.partition("/")[0], (None, None)),
        )
        for name, points in series.items()
        for step, value in thinned_points(
            without_plateaus([(s, v) for s, v in points if v is not None and math.isfinite(v)])
        )
    ]


def _end(run: TrackedRun, status: str) -> None:
    with store_errors(run.store, f"end the run {run.run_id} as {status}"):
        run.client.set_terminated(run.run_id, status)


def _end_after(error: BaseException, run: TrackedRun) -> None:
    """End the run, if it is ours still, without ever hiding the error that brought us here."""
    try:
        with hold_signals():
            if is_ours(run):
                _end(run, "FAILED" if isinstance(error, Exception) else "KILLED")
    except StoreError as second:
        error.add_note(f"the run {run.run_id} is still marked RUNNING: {second}")
