import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

import placement
from placement.errors import StoreError
from placement.tracking.lookup import resolve
from placement.tracking.pyfunc_model import log_bundle
from placement.tracking.registry import register
from placement.tracking.runs import list_runs, tracked_run
from placement.tracking.store import open_store
from placement.tracking.ui import ui

START = """
import sys
from placement.tracking.store import open_store
from placement.tracking.ui import ui
"""


@pytest.fixture
def server(store):
    """The address of MLflow's server as `ui` starts it, the link that it tells, its process."""
    with tracked_run(store, "placement"):
        pass
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-uc", START + f"sys.exit(ui(open_store(), '127.0.0.1', {port}, print))"],
        env={**os.environ, "PYTHONPATH": str(Path(placement.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    yield f"http://127.0.0.1:{port}", process.stdout.readline().strip(), process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    process.stdout.close()


@pytest.mark.skipif(os.name == "nt", reason="sends signals to a process group")
def test_a_real_server_shows_artifacts_and_keeps_runs_and_models(
    server, store, bundle, monkeypatch, run
):
    address, link, process = server
    experiment = store.client().get_experiment_by_name("placement").experiment_id
    assert link == f"{address}/#/experiments/{experiment}/runs?workflowType=machine_learning"
    with tracked_run(store, "placement") as local:
        local.log_text("shown", "note.txt")
    shown = f"{address}/get-artifact?path=note.txt&run_uuid={local.run_id}"
    assert urllib.request.urlopen(shown, timeout=10).read() == b"shown"  # noqa: S310
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    remote = open_store()
    with tracked_run(remote, "placement", params={"l2": 1}) as begun:
        begun.log_series({"loss": [(k, 1.0) for k in range(1500)]})
        made = register(remote, log_bundle(begun, bundle))
    assert made.alias == "champion"
    assert {info.status for info in list_runs(remote)} == {"FINISHED"}
    assert resolve("champion", remote).run_id == begun.run_id
    done = run("ui")
    assert (done.code, link in done.err.splitlines()[-1]) == (0, True)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(20) == 0


def test_a_taken_port_is_told_with_the_next(store):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StoreError, match=f"--port {port + 1}"):
            ui(store, "127.0.0.1", port, print)


def test_there_is_nothing_to_show_without_a_store(tmp_path):
    with pytest.raises(StoreError, match="placement train makes one"):
        ui(open_store(tmp_path, create=False), "127.0.0.1", 5000, print)
