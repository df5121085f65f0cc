import contextlib
import http.server
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from placement.errors import StoreError
from placement.tracking.environment import DEFAULTS
from placement.tracking.lookup import resolve
from placement.tracking.pyfunc_model import log_bundle
from placement.tracking.registry import register
from placement.tracking.relocate import relocate
from placement.tracking.runs import ensure_experiment, list_runs, tracked_run
from placement.tracking.store import default_store, locate_store, open_store


def test_the_nearest_directory_upwards_with_a_database_is_the_store(store, tmp_path, monkeypatch):
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    found = locate_store()
    assert found == store
    assert found.tracking_uri == f"sqlite:///{(tmp_path / 'mlruns' / 'mlflow.db').as_posix()}"
    assert not (deep / "mlruns").exists()


def test_without_any_database_the_store_is_in_the_current_directory_and_not_made_by_reading(
    tmp_path,
):
    store = open_store(tmp_path, create=False)
    assert store.directory == tmp_path / "mlruns"
    assert not store.exists
    assert list_runs(store) == []
    assert list(tmp_path.iterdir()) == []


def test_the_users_uri_wins_and_becomes_absolute(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///elsewhere/my.db")
    store = locate_store(tmp_path)
    assert store.tracking_uri == f"sqlite:///{(tmp_path / 'elsewhere' / 'my.db').as_posix()}"
    assert store.artifact_root == (tmp_path / "elsewhere" / "artifacts").as_uri()


def test_the_export_line_leads_plain_mlflow_to_the_same_store(store, monkeypatch, tmp_path):
    name, _, uri = store.export_line.removeprefix("export ").partition("=")
    monkeypatch.setenv(name, uri)
    monkeypatch.chdir(tmp_path.parent)
    assert locate_store() == store


def test_the_users_settings_of_mlflow_are_kept(store, monkeypatch):
    monkeypatch.setenv("MLFLOW_LOG_UV_FILES", "true")
    open_store()
    assert os.environ["MLFLOW_LOG_UV_FILES"] == "true"
    assert os.environ["MLFLOW_UV_AUTO_DETECT"] == DEFAULTS["MLFLOW_UV_AUTO_DETECT"]


def test_a_store_made_default_for_a_while_leaves_no_trace(store):
    import mlflow

    with default_store(store):
        assert mlflow.get_tracking_uri().partition("?")[0] == store.tracking_uri
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert "MLFLOW_REGISTRY_URI" not in os.environ


@pytest.mark.parametrize("name", ["a b#c", "பதிவு"])
def test_a_folder_with_an_awkward_name_holds_a_store(template, bundle, tmp_path, monkeypatch, name):
    home = tmp_path / name
    home.mkdir()
    monkeypatch.chdir(home)
    shutil.copytree(template, home / "mlruns")
    store = open_store()
    relocate(store)
    with tracked_run(store, "placement") as run:
        register(store, log_bundle(run, bundle))
        run.log_text("x", "note.txt")
    assert resolve("champion").path.is_relative_to(home)
    assert list(home.rglob("note.txt"))


@pytest.mark.parametrize("name", ["100%", "what?"])
def test_a_folder_that_a_database_uri_cannot_name_is_refused_at_once(tmp_path, name):
    with pytest.raises(StoreError, match="rename it"):
        open_store(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_store_is_named_with_the_command_that_moves_it(tmp_path, monkeypatch):
    (tmp_path / "mlruns" / "0").mkdir(parents=True)
    (tmp_path / "mlruns" / "0" / "meta.yaml").write_text("name: Default\n")
    with pytest.raises(
        StoreError, match=r"mlflow migrate-filestore --source \S+mlruns --target sqlite:///"
    ):
        open_store(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "./mlruns")
    with pytest.raises(StoreError, match=r"mlflow migrate-filestore"):
        open_store(tmp_path)


def test_an_old_file_store_beside_a_database_disturbs_nobody(store, tmp_path):
    (tmp_path / "mlruns" / "0").mkdir()
    (tmp_path / "mlruns" / "0" / "meta.yaml").write_text("name: Default\n")
    assert open_store() == store


def test_a_place_that_cannot_be_written_is_a_store_error(tmp_path):
    (tmp_path / "mlruns").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="--no-track") as caught:
        open_store(tmp_path)
    assert caught.value.exit_code == 6


def test_a_damaged_database_is_told_at_once(tmp_path):
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlruns" / "mlflow.db").write_bytes(b"not a database" * 100)
    started = time.monotonic()
    with pytest.raises(StoreError, match="not a readable database"):
        open_store(tmp_path)
    assert time.monotonic() - started < 5


def test_a_database_of_another_mlflow_is_refused_with_the_upgrade_command(template, tmp_path):
    shutil.copytree(template, tmp_path / "mlruns")  # which this process has not opened yet
    with contextlib.closing(sqlite3.connect(tmp_path / "mlruns" / "mlflow.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
        connection.commit()
    with pytest.raises(StoreError, match="mlflow db upgrade sqlite:///"):
        open_store(tmp_path)


def test_a_server_that_is_not_there_is_a_store_error_within_seconds(tmp_path, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{unused.getsockname()[1]}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    started = time.monotonic()
    with pytest.raises(StoreError, match=uri):
        open_store(tmp_path)
    assert time.monotonic() - started < 5


def test_a_server_that_accepts_and_is_silent_is_a_store_error_within_seconds(tmp_path, monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
        started = time.monotonic()
        with pytest.raises(StoreError, match="does not answer"):
            open_store(tmp_path)
        assert time.monotonic() - started < 5


def test_a_deleted_experiment_is_told_with_the_command_that_restores_it(store):
    gone, _ = ensure_experiment(store, "gone")
    store.client().delete_experiment(gone)
    with pytest.raises(StoreError, match=f"restore --experiment-id {gone}"):
        ensure_experiment(store, "gone")


def test_after_a_move_writing_is_refused_and_relocate_mends_reading_and_writing(
    store, bundle, tmp_path, monkeypatch
):
    from placement.errors import ModelError

    with tracked_run(store, "placement") as run:
        register(store, log_bundle(run, bundle))
    new_home = tmp_path / "moved here"
    new_home.mkdir()
    shutil.move(tmp_path / "mlruns", new_home / "mlruns")
    monkeypatch.chdir(new_home)
    moved = open_store()
    with pytest.raises(ModelError, match=r"moved; placement runs --relocate"):
        resolve("champion")
    with (
        pytest.raises(StoreError, match=r"placement runs --relocate"),
        tracked_run(moved, "placement"),
    ):
        pass
    assert relocate(moved) > 0
    assert relocate(moved) == 0
    assert resolve("champion").path.is_relative_to(new_home)
    with tracked_run(moved, "placement") as run:
        run.log_text("x", "note.txt")
    assert list(new_home.rglob("note.txt"))
    assert not (tmp_path / "mlruns").exists()


RECORDING = """
from placement.tracking.environment import prepare_environment

prepare_environment()
import mlflow.pyfunc
import mlflow.store.tracking.sqlalchemy_store
from placement.tracking.pyfunc_model import log_bundle
from placement.tracking.registry import register
from placement.tracking.runs import tracked_run
from placement.tracking.store import open_store


def record(barrier, bundle):
    barrier.wait()
    store = open_store()
    with tracked_run(store, "placement", params={"l2": 1}) as run:
        run.log_series({"loss": [(k, 1.0) for k in range(2000)]})
        print(register(store, log_bundle(run, bundle)).alias, flush=True)
"""

AT_ONCE = """
import multiprocessing
import sys


def record(*args):
    import recording

    recording.record(*args)


if __name__ == "__main__":
    # Where processes can be forked, they begin with MLflow imported: that alone takes seconds.
    can_fork = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if can_fork else "spawn")
    context.set_forkserver_preload(["recording"])
    args = (context.Barrier(8), sys.argv[1])
    started = [context.Process(target=record, args=args) for _ in range(8)]
    for process in started:
        process.start()
    for process in started:
        process.join(300)
    sys.exit([process.exitcode for process in started] != [0] * 8)
"""


def test_eight_processes_at_once_on_a_fresh_directory_all_succeed(tmp_path, bundle):
    home, scripts = tmp_path / "fresh", tmp_path / "scripts"
    home.mkdir()
    scripts.mkdir()
    (scripts / "recording.py").write_text(RECORDING)
    (scripts / "at_once.py").write_text(AT_ONCE)
    done = subprocess.run(
        [sys.executable, scripts / "at_once.py", bundle],
        cwd=home,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((_tree(), str(scripts)))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.split()) == ["challenger"] * 7 + ["champion"]
    runs = list_runs(open_store(home))
    assert [info.status for info in runs] == ["FINISHED"] * 8
    versions = open_store(home).client().search_model_versions("name = 'placement'")
    assert sorted(int(v.version) for v in versions) == list(range(1, 9))


def _tree():
    from pathlib import Path

    import placement

    return str(Path(placement.__file__).parents[1])


def test_a_database_that_another_process_has_locked_is_waited_for_and_never_called_broken(
    store, monkeypatch
):
    assert "timeout=120" in store.client().tracking_uri
    monkeypatch.setattr("placement.tracking.store.LOCK_TIMEOUT", 0.1)
    with contextlib.closing(sqlite3.connect(store.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="locked for 0 seconds; try again"):
            open_store()
        other.execute("ROLLBACK")
    assert open_store() == store


@pytest.mark.skipif(os.name == "nt", reason="a limit on the size of files is POSIX's")
def test_a_disk_that_is_full_at_the_first_run_is_said_and_leaves_no_half_database(tmp_path):
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(StoreError, match="cannot make the tracking database"):
            open_store(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [p.name for p in (tmp_path / "mlruns").iterdir()] == ["mlflow.db.lock"]


@pytest.mark.parametrize(
    "answer", [b"{}", b"[1, 2]", b"<html>log in</html>", b'{"model_version": 3}']
)
def test_what_is_no_mlflow_server_is_a_store_error(monkeypatch, answer):
    class Stranger(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(StoreError, match="cannot"):
            resolve("champion")
        server.shutdown()


def test_the_files_of_a_database_server_go_beside_the_nearest_artifacts_or_where_it_is_said(
    tmp_path, monkeypatch
):
    uri = "postgresql://reader:secret@db.example/runs"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    below = tmp_path / "a" / "b"
    (tmp_path / "mlruns" / "artifacts").mkdir(parents=True)
    below.mkdir(parents=True)
    found = locate_store(below)
    root = (tmp_path / "mlruns" / "artifacts").as_uri()
    assert (found.tracking_uri, found.artifact_root, found.database) == (uri, root, None)
    assert f"MLFLOW_DEFAULT_ARTIFACT_ROOT={root}" in found.export_line
    monkeypatch.setenv("MLFLOW_DEFAULT_ARTIFACT_ROOT", "s3://bucket/runs")
    assert locate_store(below).artifact_root == "s3://bucket/runs"
