"""The checkpoint of a run: a file among its artifacts, and a tag that says which one is whole."""

import hashlib
import json
import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from placement.arrays import Document
from placement.errors import ModelError
from placement.tracking.abandoned import JOB, PROCESS, is_gone, process_id
from placement.tracking.registry import UNKNOWN_CODES
from placement.tracking.store import Store, store_errors

if TYPE_CHECKING:
    from mlflow.entities import Run

    from placement.tracking.runs import TrackedRun

SETTINGS = "settings.json"  # what a run was asked, as the command line would be again
DIGEST = "data_digest."  # what the tags begin with that say which data a run had
TORCHRUN = "placement.torchrun"  # the tag that names torchrun's job
TAG, FOLDER = "placement.checkpoint", "checkpoint"
SILENCE = 600.0  # seconds after which a run that another machine keeps is taken for dead
PATIENCE = 10.0  # seconds that the recorder of a killed training has to end its run
_PAUSE = 0.2
_NAME = re.compile(r"(?:runs:/)?(?P<run>[0-9a-f]{32})(?:/.*)?")


@dataclass(frozen=True)
class StoppedRun:
    """A run that ended before its training did; `digests` are those of its data, by context.

    `checkpoint` is None where it ended before its first.
    """

    run_id: str
    digests: Mapping[str, str]
    checkpoint: bytes | None


def write_checkpoint(run: "TrackedRun", data: bytes) -> None:
    """Write a checkpoint beside the last, and then the tag that makes it the one that counts."""
    client = run.client
    with store_errors(run.store, "write a checkpoint"):
        last = _entry(client.get_run(run.run_id))
        name = (
            "b.safetensors" if last.get("file", "").endswith("a.safetensors") else "a.safetensors"
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(data)
            client.log_artifact(run.run_id, str(path), FOLDER)
        entry = {
            "file": f"{FOLDER}/{name}",
            "sha256": hashlib.sha256(data).hexdigest(),
            "written": time.time(),
        }
        client.set_tag(run.run_id, TAG, json.dumps(entry))


def is_ours(run: "TrackedRun") -> bool:
    """Whether no other process has taken the run over."""
    with store_errors(run.store, f"read the run {run.run_id}"):
        return _keeper(run.client.get_run(run.run_id)) == run.keeper


def find_stopped(store: Store, name: str) -> StoppedRun:
    """Find a run to go on with: a run id, or `runs:/…`.

    Raises ModelError where there is none, where it has finished, and where it still goes on.
    """
    run = check_stopped(store, run_id_of(store, name), patience=PATIENCE)
    digests = {
        tag.removeprefix(DIGEST): digest
        for tag, digest in run.data.tags.items()
        if tag.startswith(DIGEST)
    }
    return StoppedRun(run.info.run_id, digests, _checkpoint(store, run))


def run_id_of(store: Store, name: str) -> str:
    """Return the run id in what a user calls a run. Raises ModelError where it is none."""
    match = _NAME.fullmatch(name)
    if match is None or not store.exists:
        raise ModelError(f"no run {name!r}: give --resume a run id, as placement runs shows them")
    return match["run"]


def read_settings(store: Store, name: str) -> tuple[str, Document]:
    """Return the run id and the settings of a run. Raises ModelError where it has none."""
    run_id = run_id_of(store, name)
    find_run(store, run_id)
    text = _read(store, run_id, SETTINGS)
    if text is None:
        raise ModelError(f"run {run_id} has no {SETTINGS}: train anew, without --resume")
    settings: Document = json.loads(text)
    return run_id, settings


def find_run_of_job(store: Store, experiment: str, job: str) -> str | None:
    """Return the last run that torchrun's job began, None where there is none to go on with."""
    if not store.exists:
        return None
    client = store.client()
    with store_errors(store, "look for the run of this job"):
        found = client.get_experiment_by_name(experiment)
        if found is None:
            return None
        query = f"tags.`{TORCHRUN}` = '{job}' and attributes.status != 'FINISHED'"
        newest = ["attributes.start_time DESC"]
        runs = client.search_runs([found.experiment_id], query, max_results=1, order_by=newest)
    return runs[0].info.run_id if runs else None


def find_run(store: Store, run_id: str) -> "Run":
    """Return a run. Raises ModelError where there is none of this id."""
    from mlflow.exceptions import MlflowException

    with store_errors(store, f"read the run {run_id}"):
        try:
            return store.client().get_run(run_id)
        except MlflowException as error:
            if error.error_code not in UNKNOWN_CODES:
                raise
            raise ModelError(f"no run {run_id}: placement runs lists those there are") from error


def check_stopped(store: Store, run_id: str, patience: float = 0.0) -> "Run":
    """Return a run that may be gone on with. Raises ModelError where it may not."""
    until = time.monotonic() + patience
    while True:
        run = find_run(store, run_id)
        if run.info.status == "FINISHED":
            raise ModelError(
                f"run {run_id} is finished: placement explain --model {run_id} shows it"
            )
        if JOB in run.data.tags:
            raise ModelError(f"run {run_id} is a job of the service, which tries it again")
        if not _goes_on(run):
            return run
        if time.monotonic() >= until:
            raise ModelError(
                f"run {run_id} still goes on, kept by the process {_keeper(run)}: wait for its "
                "end, or end that process first"
            )
        time.sleep(_PAUSE)


def _goes_on(run: "Run") -> bool:
    """Whether a process keeps the run: that of this machine is there, that of another writes."""
    keeper = _keeper(run)
    if run.info.status != "RUNNING" or is_gone(keeper):
        return False
    if process_id(keeper) is not None:
        return True
    written = _entry(run).get("written", run.info.start_time / 1000)
    return bool(time.time() - written < SILENCE)


def _keeper(run: "Run") -> str:
    return str(run.data.tags.get(PROCESS, ""))


def _entry(run: "Run") -> Document:
    entry: Document = json.loads(run.data.tags.get(TAG, "{}"))
    return entry


def _checkpoint(store: Store, run: "Run") -> bytes | None:
    entry, run_id = _entry(run), run.info.run_id
    if not entry:
        return None
    data = _read(store, run_id, entry["file"])
    if data is None or hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise ModelError(f"the checkpoint of run {run_id} is damaged: train anew, without --resume")
    return data


def _read(store: Store, run_id: str, artifact: str) -> bytes | None:
    """Return the bytes of an artifact, None where there is none."""
    client, folder = store.client(), artifact.rpartition("/")[0] or None
    with store_errors(store, f"read {artifact}"), tempfile.TemporaryDirectory() as target:
        if artifact not in {item.path for item in client.list_artifacts(run_id, folder)}:
            return None
        return Path(client.download_artifacts(run_id, artifact, target)).read_bytes()
