"""The quick form of `scripts/attack_jobs.py`, and that it sees what it looks for."""

import dataclasses
import random
import shutil
from pathlib import Path

import pytest

from placement.tracking.jobs import JobRequest, JobRun
from placement.tracking.relocate import relocate
from placement.tracking.store import open_store

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def attack_jobs(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import attack_jobs

    return attack_jobs


@pytest.fixture
def world(attack_jobs, tmp_path, recorded):
    """A folder with a store in which there is a model."""
    shutil.copytree(recorded[0] / "mlruns", tmp_path / "mlruns")
    relocate(open_store(tmp_path))
    made = attack_jobs.World(tmp_path, random.Random(3), attack_jobs.free_port())  # noqa: S311
    yield made
    made.close()


def test_five_kills_lose_no_job_and_end_each_once(attack_jobs, world, recorded):
    heading, *rows = (recorded[0] / "students.csv").read_bytes().splitlines(keepends=True)

    def table(number):
        return b"".join([heading, *rows[number : number + 80]])

    world.jobs_at_once = 2
    kinds = ("predict", "train", "predict")
    client, faults = attack_jobs.attack(world, kills=5, pause=1.5, kinds=kinds, table=table)
    assert faults == []
    assert world.kills.total() == 5
    assert len(client.sent) == 3


def test_what_is_wrong_with_the_attempts_at_a_job_is_seen(attack_jobs):
    ended = JobRun("r", "j", 1, "FINISHED", JobRequest("train", {}, ()), 0)

    def faults(*runs, cancelled=False):
        return list(attack_jobs.faults_of_job(list(runs), cancelled=cancelled))

    def one(attempt, status, **named):
        return dataclasses.replace(ended, attempt=attempt, status=status, **named)

    lost = one(1, "FAILED", lost="tried again")
    assert faults(ended) == []
    assert faults(lost, one(2, "FINISHED")) == []
    assert faults(one(1, "KILLED", cancelled=True), cancelled=True) == []
    assert faults(one(1, "KILLED")) == ["it was ended, and nobody asked for that"]
    assert faults(one(1, "RUNNING")) == ["it is RUNNING"]
    assert faults(lost, one(3, "FINISHED")) == ["its attempts are [1, 3]"]
    assert faults(ended, one(2, "FINISHED")) == ["the attempt 1 is FINISHED, and another followed"]
    assert faults(one(1, "FAILED", error="x")) == ["the attempt 1 failed: x"]


def test_a_lost_upload_and_a_run_for_ever_are_seen(attack_jobs, world):
    from placement.serving.jobs.folder import JobFolder
    from placement.serving.jobs.queue import Queue
    from placement.tracking.jobs import JobRuns, Upload

    store = open_store(world.folder)
    folder = JobFolder.of(store)
    queue = Queue(folder, JobRuns(store, folder.make()))
    upload = Upload("data", "a.csv", "0" * 64, 1)
    made = queue.runs.add(JobRequest("train", {}, (upload,)), "0123456789abcdef", 1, 1)
    queue.runs.claim(made, "somebody")
    client = attack_jobs.Client(
        world, (), attack_jobs.sheet, sent={"key": "0123456789abcdef", "lost": "f" * 16}
    )
    faults = list(attack_jobs.faults_of(store, client))
    assert faults == [
        f"accepted, and not in the store: {['f' * 16]}",
        "the job 0123456789abcdef: it is RUNNING",
        "the job 0123456789abcdef: its upload is lost",
        f"the run {made.run_id} is RUNNING",
    ]
