"""The endpoints of the jobs, asked of a real server application on a real store; nothing runs."""

import hashlib
import json
import os
import shutil
import signal
import time

import pytest
from fastapi.testclient import TestClient

from placement.serving.app import create_app
from placement.serving.jobs.folder import JobFolder
from placement.serving.jobs.queue import Queue
from placement.serving.security.tokens import Role, Token
from placement.serving.settings import ServerSettings, WorkerOptions
from placement.tracking.jobs import FINISHED, JobRuns
from placement.tracking.relocate import relocate
from placement.tracking.store import open_store

SHEET = b"cgpa,status\n7,Placed\n8,Not Placed\n"


@pytest.fixture(scope="module")
def home(template, tmp_path_factory):
    """The folder of an empty store, which is the current one."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(template, folder / "mlruns")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        relocate(open_store())
        yield folder


@pytest.fixture(scope="module")
def client(home):
    """A client of a server that keeps jobs and begins none."""
    settings = ServerSettings(may_lack_model=True, jobs=WorkerOptions(jobs_at_once=0))
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as opened:
        yield opened


@pytest.fixture
def queue(home, monkeypatch):
    """The queue of the server's store, to change it behind its back."""
    monkeypatch.chdir(home)
    store = open_store()
    folder = JobFolder.of(store)
    return Queue(folder, JobRuns(store, folder.make()))


def send(client, kind="train", sheet=SHEET, name="marks.csv", key=None, **settings):
    return client.post(
        "/v1/jobs",
        data={"kind": kind, "settings": json.dumps(settings)},
        files={} if sheet is None else {"data": (name, sheet)},
        headers={} if key is None else {"Idempotency-Key": key},
    )


def test_a_job_is_accepted_when_it_is_on_the_disk(client, queue):
    answer = send(client, name="../../marks.csv", l2=2.0)
    assert answer.status_code == 202
    job = answer.json()
    digest = hashlib.sha256(SHEET).hexdigest()
    assert (job["status"], job["attempt"], job["settings"]) == ("SCHEDULED", 1, {"l2": 2.0})
    assert job["uploads"] == [
        {"role": "data", "name": "marks.csv", "sha256": digest, "bytes": len(SHEET)}
    ]
    assert queue.folder.upload(digest).read_bytes() == SHEET
    assert queue.job(job["id"]).run_id == job["run_id"]
    assert client.get(f"/v1/jobs/{job['id']}").json() == job
    assert client.get("/v1/jobs?limit=1").json() == {"format": 1, "jobs": [job]}


def test_several_files_make_one_table_and_labels_have_a_file_of_their_own(client):
    files = [
        ("data", ("a.csv", b"id,cgpa\n1,7\n")),
        ("data", ("b.csv", b"id,cgpa\n2,8\n")),
        ("labels", ("placed.csv", b"id\n1\n")),
    ]
    settings = {"on": "id", "labels_mean": "placed"}
    answer = client.post("/v1/jobs", data={"settings": json.dumps(settings)}, files=files)
    roles = [(upload["role"], upload["name"]) for upload in answer.json()["uploads"]]
    assert roles == [("data", "a.csv"), ("data", "b.csv"), ("labels", "placed.csv")]


def test_who_sent_a_job_in_is_written_down_with_digests_and_no_cell(client, capfd):
    sheet = SHEET + b"8.765,Placed\n"
    job = send(client, sheet=sheet, where=["cgpa>8.123"]).json()
    client.delete(f"/v1/jobs/{job['id']}")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    sent, ended = (line for line in lines if line["event"] == "audit")
    assert (sent["action"], sent["role"], sent["job"]) == ("send_job", "train", job["id"])
    assert sent["data_digests"] == [hashlib.sha256(sheet).hexdigest()]
    assert (ended["action"], ended["run_id"]) == ("end_job", job["run_id"])
    assert not any(word in json.dumps(lines) for word in ("8.765", "8.123"))


def test_a_key_sent_twice_gives_the_same_job(client):
    first, second = send(client, key="once"), send(client, key="once")
    assert first.json()["id"] == second.json()["id"]
    assert send(client, key="once", l2=5.0).status_code == 409


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"out": "/etc/x"}, 400, "'out' cannot be set"),
        ({"kind": "predict", "model": "http://host/x"}, 400, "name champion"),
        ({"kind": "predict", "sheet": None}, 400, "needs a file 'data'"),
        ({"kind": "shell"}, 422, "kind"),
        ({"optimizer": "magic"}, 400, "--optimizer"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_nothing_is_kept(client, given, status, said):
    before = client.get("/v1/jobs?limit=1000").json()
    answer = send(client, **given)
    assert answer.status_code == status
    assert said in answer.json()["message"]
    assert client.get("/v1/jobs?limit=1000").json() == before


@pytest.mark.parametrize("path", ["", "/epochs", "/result"])
def test_a_job_that_there_is_none_of_is_not_found(client, path):
    assert client.get(f"/v1/jobs/0123456789abcdef{path}").status_code == 404
    assert client.get(f"/v1/jobs/..%2F..{path}").status_code in {404, 422}


def test_a_job_that_waits_is_ended_once_and_its_files_removed_when_asked(client, queue):
    job = send(client, sheet=SHEET + b"9,Placed\n").json()["id"]
    assert client.delete(f"/v1/jobs/{job}/files").status_code == 409
    assert client.get(f"/v1/jobs/{job}/result").status_code == 409
    ended = client.delete(f"/v1/jobs/{job}")
    assert (ended.status_code, ended.json()["status"]) == (202, "KILLED")
    assert client.delete(f"/v1/jobs/{job}").status_code == 409
    digest = ended.json()["uploads"][0]["sha256"]
    assert queue.folder.upload(digest).exists()
    assert client.delete(f"/v1/jobs/{job}/files").json()["files_removed"] is True
    assert not queue.folder.upload(digest).exists()
    assert client.get(f"/v1/jobs/{job}/result").status_code == 410


def test_the_epochs_of_a_training_are_told_while_it_goes_on(client, queue):
    job = send(client).json()["id"]
    run = queue.job(job)
    queue.runs.claim(run, "its process")
    with queue.folder.lock(job):
        queue.runs.start(run)
        for step, loss in enumerate((0.7, 0.6, 0.5)):
            queue.runs.store.client().log_metric(run.run_id, "train/loss", loss, step=step)
        told = client.get(f"/v1/jobs/{job}/epochs").json()
        assert told == {
            "format": 1,
            "attempt": 1,
            "status": "RUNNING",
            "epochs": [{"epoch": n, "loss": loss} for n, loss in enumerate((0.7, 0.6, 0.5))],
        }
        later = client.get(f"/v1/jobs/{job}/epochs?after=1").json()["epochs"]
        assert later == [{"epoch": 2, "loss": 0.5}]
        queue.runs.end(run, FINISHED)


def test_the_result_is_the_file_of_its_kind_and_others_by_their_names(client, queue):
    job = send(client, "predict").json()["id"]
    run = queue.job(job)
    queue.runs.claim(run, "its process")
    folder = queue.folder.of_job(job)
    folder.mkdir()
    for name in ("result.json", "scored.csv", "scored.csv.about.json"):
        (folder / name).write_text(name)
    (folder.parent / "outside").write_text("secret")
    queue.runs.end(run, FINISHED)
    answer = client.get(f"/v1/jobs/{job}/result")
    assert answer.text == "scored.csv"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert client.get(f"/v1/jobs/{job}/result?name=result.json").text == "result.json"
    for name in ("../outside", "%2e%2e%2foutside", "queue"):
        assert client.get(f"/v1/jobs/{job}/result?name={name}").status_code == 404


def test_a_queue_whose_process_is_killed_is_opened_again_and_has_lost_nothing(client):
    job = send(client).json()
    service = client.app.state.jobs
    os.kill(service._worker._process.pid, signal.SIGKILL)
    end = time.monotonic() + 60
    while (answer := client.get(f"/v1/jobs/{job['id']}")).status_code != 200:
        assert answer.status_code == 503
        assert answer.json()["message"] == "the store of the jobs does not answer: try again"
        assert time.monotonic() < end
    assert answer.json() == job


def test_who_may_only_score_sends_in_no_job(home, monkeypatch):
    monkeypatch.chdir(home)
    secret = "s" * 40
    settings = ServerSettings(may_lack_model=True, tokens=(Token.of(secret, Role.SCORE),))
    client = TestClient(create_app(settings), base_url="http://127.0.0.1:8000")
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.post("/v1/jobs", headers=headers).status_code == 403
    assert client.post("/v1/jobs").status_code == 401
    assert client.delete("/v1/jobs/0123456789abcdef", headers=headers).status_code == 403
    assert client.get("/v1/jobs/0123456789abcdef/result", headers=headers).status_code == 403
