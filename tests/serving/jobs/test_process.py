"""What the process of a job does: it works in the accepted run, writes its result, ends the run."""

import contextlib
import io
import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from placement.errors import Terminated
from placement.serving.jobs import process
from placement.serving.jobs.assignment import NOT_BEGUN, Assignment
from placement.serving.jobs.folder import JobFolder
from placement.serving.jobs.queue import Queue
from placement.tracking.abandoned import JOB
from placement.tracking.jobs import JobRequest, JobRuns
from placement.tracking.relocate import relocate
from placement.tracking.store import open_store


def send(queue, kind, data=None, **settings):
    """Keep a job."""
    uploads = ()
    if data is not None:
        uploads = (queue.folder.store_upload("data", "students.csv", io.BytesIO(data)),)
    return queue.accept(JobRequest(kind, settings, uploads))


def work(queue, run, **replaced):
    """Do a job as its process does, in this one; return the exit code and the run as it ended."""
    queue.folder.of_job(run.job).mkdir(exist_ok=True)
    assignment = Assignment(
        str(queue.folder.root), queue.runs.queue, run.job, run.run_id, memory=None
    )
    held = queue.folder.lock(run.job)
    with contextlib.chdir("."), pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "use_scratch_folder", lambda: None)
        patch.setattr(process.JobFolder, "lock", lambda *_: held)
        for name, value in replaced.items():
            patch.setattr(process, name, value)
        try:
            code = process._work(assignment)
        finally:
            held.release()  # the process would be gone
    return code, queue.runs.read(run.run_id)


def stopped(*_, **__):
    raise Terminated


def result_of(queue, run):
    return json.loads((queue.folder.of_job(run.job) / "result.json").read_text())


@pytest.fixture(scope="module")
def done(students, template, tmp_path_factory):
    """A training that was cut off after it had registered its model, tried again, and its use."""
    home = tmp_path_factory.mktemp("done")
    recorder = "placement.workflows.recording.run_recorder"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setattr(f"{recorder}.draw_all", lambda *_: [])
        shutil.copytree(template, home / "mlruns")
        store = open_store()
        relocate(store)
        folder = JobFolder.of(store)
        queue = Queue(folder, JobRuns(store, folder.make()))
        sheet = students(home / "sheet.csv", rows=80).read_bytes()
        cut = work(
            queue, send(queue, "train", sheet, optimizer="newton", sensitive=[]), _write=stopped
        )
        queue.settle({})
        again = work(queue, queue.job(cut[1].job))
        settings = {"rank": "risk", "top": 5, "accept_doubts": True}
        predicted = work(queue, send(queue, "predict", sheet, **settings))
        reported = work(queue, send(queue, "report"))
        yield SimpleNamespace(
            queue=queue, cut=cut, again=again, predicted=predicted, reported=reported
        )


def test_a_training_is_recorded_in_the_run_that_was_accepted(done):
    code, run = done.again
    assert (code, run.status, run.attempt) == (0, "FINISHED", 2)
    kept = done.queue.runs.store.client().get_run(run.run_id)
    assert kept.data.params["optimizer"] == "newton"
    assert "test/log_loss" in kept.data.metrics
    assert result_of(done.queue, run)["run_id"] == run.run_id
    epochs = done.queue.runs.epochs(run, {"loss": "train/loss"}, 0)
    assert [epoch["epoch"] for epoch in epochs] == list(range(1, len(epochs) + 1))
    assert done.queue.document(run)["files"] == ["result.json"]


def test_a_model_that_a_lost_attempt_registered_is_not_registered_again(done):
    code, lost = done.cut
    assert (code, lost.status) == (143, "RUNNING")  # as it was left
    (version,) = done.queue.runs.store.client().search_model_versions("name = 'placement'")
    assert (version.run_id, version.tags[JOB]) == (lost.run_id, lost.job)
    assert result_of(done.queue, done.again[1])["model_uri"] == "models:/placement/1"


def test_a_prediction_is_made_by_the_registered_model(done):
    _, run = done.predicted
    assert run.status == "FINISHED", run.error
    assert result_of(done.queue, run)["rows_out"] == 5
    scored = done.queue.folder.of_job(run.job) / "scored.csv"
    assert len(scored.read_text().splitlines()) == 6


def test_a_report_is_written(done):
    _, run = done.reported
    assert run.status == "FINISHED", run.error
    files = done.queue.document(run)["files"]
    assert files == ["MODEL_CARD.md", "report.html", "result.json"]


def test_a_tuning_is_recorded_in_the_run_that_was_accepted(queue, students, tmp_path):
    sheet = students(tmp_path / "sheet.csv", rows=60).read_bytes()
    _, run = work(queue, send(queue, "tune", sheet, folds=2, repeats=1, features=["cgpa"]))
    assert run.status == "FINISHED", run.error
    assert result_of(queue, run)["run_id"] == run.run_id
    client = queue.runs.store.client()
    experiment = client.get_run(run.run_id).info.experiment_id
    nested = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{run.run_id}'")
    assert len(nested) > 3


def test_who_only_stops_the_service_does_not_end_the_job(queue):
    kinds = {**process.KINDS, "train": stopped}
    code, run = work(queue, send(queue, "train", b"a\n"), KINDS=kinds)
    assert (code, run.status) == (143, "RUNNING")
    queue.settle({})
    assert queue.job(run.job).status == "SCHEDULED"


def test_who_cancels_a_job_ends_it(queue):
    def cancelled(run, _inputs):
        queue.cancel(run.job)
        raise Terminated

    kinds = {**process.KINDS, "train": cancelled}
    _, run = work(queue, send(queue, "train", b"a\n"), KINDS=kinds)
    assert run.status == "KILLED"
    assert not (queue.folder.of_job(run.job) / "input").exists()


def test_what_the_data_is_refused_for_is_told_with_the_exit_code_of_the_command(queue):
    code, run = work(queue, send(queue, "train", b"cgpa,colour\n7,red\n8,blue\n"))
    assert (code, run.status, run.exit_code) == (3, "FAILED", 3)
    assert "students.csv" in run.error
    assert "/" not in run.error.split("students.csv")[0]  # the folder is nobody's matter


def test_a_defect_tells_its_kind_and_no_value(queue, capfd):
    def broken(*_):
        raise ValueError("Quixworth 00001")

    kinds = {**process.KINDS, "train": broken}
    code, run = work(queue, send(queue, "train", b"a\n"), KINDS=kinds)
    assert (code, run.status, run.exit_code) == (1, "FAILED", 1)
    assert run.error == "a defect of placement (ValueError); the log has more"
    assert "Quixworth" in capfd.readouterr().err  # which is the log, in the folder of the job


def test_a_job_that_somebody_else_has_is_left_alone(queue):
    run = send(queue, "train", b"a\n")
    assert queue.runs.claim(run, "somebody else")
    assert work(queue, run)[0] == NOT_BEGUN


@pytest.mark.skipif(sys.platform == "win32", reason="there the memory of a process is not bounded")
def test_a_job_that_takes_more_memory_than_it_may_is_told_so(code_path):
    code = (
        "from placement.serving.jobs.process import _bound_memory, _said\n"
        "_bound_memory(1 << 28)\n"
        "try:\n    bytearray(1 << 30)\n"
        "except MemoryError as problem:\n    print(_said(problem))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=code_path
    )
    assert "out of memory" in done.stdout
    assert done.stdout.strip().endswith("3)")
