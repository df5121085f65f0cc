"""What every test stands on: an empty environment, fixed seeds, no network, one thread."""

import os
import random
import socket
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# Workers of pytest-xdist share the cores; a subprocess inherits these. They are read when a
# library is first loaded, so they stand above every fixture.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ["MPLBACKEND"] = "Agg"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["NO_COLOR"] = "1"
os.environ["COLUMNS"] = "120"

settings.register_profile(
    "steady",
    derandomize=True,  # the same examples each time: a red run can be repeated
    deadline=None,  # a busy machine is no failure
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

LOCAL = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104


@pytest.fixture(autouse=True)
def _steady(monkeypatch):
    """No settings of the machine reach a test, and the same random numbers are drawn each time."""
    for name in list(os.environ):
        if name.startswith(("MLFLOW_", "PLACEMENT_")) and name != "MLFLOW_DISABLE_TELEMETRY":
            monkeypatch.delenv(name)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(0)
        torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """Only this machine answers: a test that asks another fails at once and says so."""
    connect = socket.socket.connect

    def guarded(self, address):
        host = address[0] if isinstance(address, tuple) else ""
        if host and not str(host).startswith(LOCAL):
            raise OSError(f"tests have no network: {host} was asked")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def workdir(tmp_path, monkeypatch):
    """An empty current directory with a store directory of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mlruns").mkdir()
    return tmp_path
