import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
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
def server(store, tmp_path):
    """The address of MLflow's server as `ui` starts it, and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", START + f"sys.exit(ui(open_store(), port={port}))"],
        env={**os.environ, "PYTHONPATH": str(Path(placement.__file__).parents[1])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/health", timeout=2).close()  # noqa: S310
            break
        except OSError:
            assert process.poll() is None
            time.sleep(0.2)
    yield address, process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.skipif(os.name == "nt", reason="sends signals to a process group")
def test_a_real_server_shows_artifacts_and_keeps_runs_and_models(
    server, store, bundle, monkeypatch
):
    address, process = server
    with tracked_run(store, "placement") as local:
        local.log_text("shown", "note.txt")
    shown = f"{address}/get-artifact?path=note.txt&run_uuid={local.run_id}"
    assert urllib.request.urlopen(shown, timeout=10).read() == b"shown"  # noqa: S310
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    remote = open_store()
    with tracked_run(remote, "placement", params={"l2": 1}) as run:
        run.log_series({"loss": [(k, 1.0) for k in range(1500)]})
        made = register(remote, log_bundle(run, bundle))
    assert made.alias == "champion"
    assert {info.status for info in list_runs(remote)} == {"FINISHED"}
    assert resolve("champion", remote).run_id == run.run_id
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(20) == 0


def test_a_taken_port_is_told_with_the_next(store):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StoreError, match=f"--port {port + 1}"):
            ui(store, port=port)


def test_there_is_nothing_to_show_without_a_store(tmp_path):
    with pytest.raises(StoreError, match="placement train makes one"):
        ui(open_store(tmp_path, create=False))
