import os
import shutil
import time
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from placement.serving.app import create_app
from placement.serving.settings import ServerSettings

ALIAS = "models:/placement@champion"
RECORDS = [
    {"stream": stream, "cgpa": 5.5 + n / 10, "backlogs": n % 3, "aptitude": 40 + n}
    for n, stream in enumerate(["CSE", "ECE", "MECH", "Marine", None] * 8)
]
PATIENCE = 60.0


@pytest.fixture(scope="module")
def versions(template, students, tmp_path_factory):
    """A store with two unlike versions of a model, the current folder as long as they are used."""
    from placement.config.train_config import TrainConfig
    from placement.tracking.relocate import relocate
    from placement.tracking.store import open_store
    from placement.workflows.training.train import train

    home = tmp_path_factory.mktemp("versions")
    recorder = "placement.workflows.recording.run_recorder"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{recorder}.draw_all", lambda *_: [])
        patch.setattr(f"{recorder}.fairness_plot", lambda _: None)
        shutil.copytree(template, home / "mlruns")
        patch.chdir(home)
        store = open_store()
        relocate(store)
        students(home / "students.csv")
        for l2 in (1.0, 200.0):
            train(["students.csv"], TrainConfig(l2=l2))
        yield store


def point(store, version):
    store.client().set_registered_model_alias("placement", "champion", str(version))


def asked(client):
    answer = client.post("/v1/predictions", json={"records": RECORDS})
    assert answer.status_code == 200, answer.text
    rows = tuple(row["probability"] for row in answer.json()["predictions"])
    model = answer.json()["model"]
    assert answer.headers["x-placement-model"] == f"{model['name']}/{model['version']}"
    return model["version"], rows


def test_a_moved_alias_is_taken_up_and_no_answer_fails_or_mixes_two(versions, log_lines):
    point(versions, 1)
    expected = {}
    for version in ("1", "2"):
        with TestClient(
            create_app(ServerSettings(model=f"models:/placement/{version}")),
            base_url="http://127.0.0.1",
        ) as client:
            expected[version] = asked(client)[1]
    assert expected["1"] != expected["2"]
    settings = ServerSettings(model=ALIAS, poll=0.05)
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        for version in ("2", "1", "2"):
            point(versions, version)
            seen, end = "", time.monotonic() + PATIENCE
            while seen != version and time.monotonic() < end:
                seen, rows = asked(client)
                assert rows == expected[seen]
            assert seen == version
        assert client.get("/v2/models/placement").json()["versions"] == ["2"]
    moved = [line["model"] for line in log_lines() if line["event"] == "model"]
    assert moved[-3:] == ["placement/2", "placement/1", "placement/2"]


def test_a_version_keeps_its_place_when_the_store_fails(versions, log_lines, monkeypatch):
    point(versions, 1)
    database = versions.database
    settings = ServerSettings(model=ALIAS, poll=0.05)
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        before = asked(client)
        database.rename(database.with_suffix(".away"))
        try:
            lines, end = [], time.monotonic() + PATIENCE
            while not lines and time.monotonic() < end:
                lines = [line for line in log_lines() if line["event"] == "model_not_found"]
                assert asked(client) == before
            assert lines[0]["level"] == "warning"
        finally:
            database.with_suffix(".away").rename(database)


def test_a_bundle_that_was_replaced_is_taken_up(trained, tmp_path):
    from placement.model.fitted import load_fitted

    fitted = load_fitted(trained)
    fitted.save(tmp_path / "model")
    settings = ServerSettings(model=str(tmp_path / "model"), poll=0.05)
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        first, _ = asked(client)
        replace(fitted, threshold=0.25).save(tmp_path / "model")
        end = time.monotonic() + PATIENCE
        while asked(client)[0] == first and time.monotonic() < end:
            time.sleep(0.05)
        assert client.get("/v1/model").json()["threshold"] == 0.25


def test_an_unknown_model_ends_the_start(versions, started):
    from placement.errors import ModelError

    with pytest.raises(ModelError, match="challengr"), started(model="challengr"):
        pass


def test_the_process_that_asks_the_store_ends_with_the_server(versions):
    import psutil

    point(versions, 1)
    others = psutil.Process(os.getpid()).children()
    with TestClient(create_app(ServerSettings(model=ALIAS)), base_url="http://127.0.0.1") as client:
        children = set(psutil.Process(os.getpid()).children()) - set(others)
        assert children
        asked(client)
    assert not [child for child in children if child.is_running()]
