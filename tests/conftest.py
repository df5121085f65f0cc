"""What every test stands on: an empty environment, fixed seeds, no network, one thread."""

import dataclasses
import gc
import json
import os
import pickle
import random
import re
import shutil
import socket
import sys
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from placement.config.optimizers import OPTIMIZERS

# Workers of pytest-xdist share the cores; a subprocess inherits these. They are read when a
# library is first loaded, so they stand above every fixture.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
# What a session or a module shares is made before the fixtures of its first test.
for _name in [name for name in os.environ if name.startswith(("MLFLOW_", "PLACEMENT_"))]:
    del os.environ[_name]
os.environ["MPLBACKEND"] = "Agg"
os.environ["SCIPY_ARRAY_API"] = "1"  # scikit-learn's checks of estimators ask for it
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

# The curve that `auto` shows first is most of what a small training costs: it is drawn to its end
# where a test looks at it (`whole_descent`), in processes that a test starts, and in the pages.
WHOLE_DESCENT = OPTIMIZERS["auto"]
OPTIMIZERS["auto"] = dataclasses.replace(WHOLE_DESCENT, descent=20)


def pytest_collection_finish():
    """What is imported stays: every full collection would look through all of it again."""
    gc.collect()
    gc.freeze()


LOCAL = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104


@pytest.fixture(autouse=True)
def _steady():
    """No settings of the machine reach a test, and the same random numbers are drawn each time."""
    _clear_environment()
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    if "torch" in sys.modules:
        import torch  # waits where another thread is still at it

        torch.manual_seed(0)
        torch.set_num_threads(1)
    yield
    # What MLflow writes there for child processes must not reach what the next module shares.
    _clear_environment()


def _clear_environment():
    for name in list(os.environ):
        if name.startswith(("MLFLOW_", "PLACEMENT_")) and name != "MLFLOW_DISABLE_TELEMETRY":
            del os.environ[name]


@pytest.fixture
def whole_descent(monkeypatch):
    """`auto` descends as far as it does for everybody, not the few steps of other tests."""
    monkeypatch.setitem(OPTIMIZERS, "auto", WHOLE_DESCENT)


@pytest.fixture
def held_out_decides(monkeypatch):
    """So few held-out rows as tests have decide alone: no five more fits, one for each fold."""
    from placement.workflows.training import verdict

    monkeypatch.setattr(verdict, "LEAST_HELD_OUT", 20)
    monkeypatch.setattr(verdict, "LEAST_OF_OUTCOME", 5)


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


def _shared(tmp_path_factory):
    """The folder that the workers of pytest-xdist have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if base.name.startswith("popen-") else base


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """The `mlruns` folder of an empty store, made once: a new one costs two seconds."""
    from placement.tracking.store import open_store

    shared = _shared(tmp_path_factory)
    home = shared / "store-template"
    with FileLock(shared / "store-template.lock"):
        if not (home / "mlruns" / "mlflow.db").exists():
            home.mkdir(exist_ok=True)
            open_store(home)
    return home / "mlruns"


@pytest.fixture
def no_pictures(monkeypatch):
    """Trainings draw no pictures, which take as long as all else: `recorded` has them."""
    recorder = "placement.workflows.recording.run_recorder"
    monkeypatch.setattr(f"{recorder}.draw_all", lambda *_: [])
    monkeypatch.setattr(f"{recorder}.fairness_plot", lambda _: None)


@pytest.fixture
def store(template, tmp_path, monkeypatch, no_pictures):
    """An empty store in an empty current directory; trainings leave out their pictures."""
    from placement.tracking.relocate import relocate
    from placement.tracking.store import open_store

    monkeypatch.chdir(tmp_path)
    shutil.copytree(template, tmp_path / "mlruns")
    opened = open_store()
    relocate(opened)
    return opened


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a command came to; `err` has a line a message, `wrapped_err` is as it was printed."""

    code: int
    out: str
    err: str
    wrapped_err: str

    @property
    def json(self):
        """The one document on standard output, read as strictly as JSON is defined."""
        return json.loads(self.out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


@pytest.fixture
def run(capfd):
    """Run the command in this process: `run("train", file, "--json")`."""
    from placement.cli import run as command

    def started(*args):
        capfd.readouterr()
        code = command([str(arg) for arg in args])
        out, err = capfd.readouterr()
        return Outcome(code, out, re.sub(r"\n    (?=\S)", " ", err), err)

    return started


@pytest.fixture(scope="session")
def students():
    """Write a sheet of students: `students(path, rows, seed=0, signal=True)`.

    Names, register numbers and decimals are such that each can be searched for.
    """

    def write(path, rows=240, seed=0, *, signal=True):
        draw = np.random.default_rng(seed)
        cgpa, aptitude = draw.uniform(5, 10, rows), draw.uniform(20, 95, rows)
        backlogs, stream = draw.integers(0, 4, rows), draw.choice(["CSE", "ECE", "MECH"], rows)
        logit = 1.6 * (cgpa - 7.5) + 0.03 * (aptitude - 55) - 0.7 * backlogs + 0.8
        placed = draw.uniform(size=rows) < 1 / (1 + np.exp(-logit * signal))
        lines = ["register_no,name,stream,gender,cgpa,backlogs,aptitude,status"]
        lines += [
            f"73{seed}{n:07d},Quixworth {n:05d},{stream[n]},{'MF'[n % 2]},{cgpa[n]:.7f},"
            f"{backlogs[n]},{aptitude[n]:.6f},{'Placed' if placed[n] else 'Not Placed'}"
            for n in range(rows)
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def trained(students, tmp_path_factory):
    """A bundle directory, its sheet beside it as `students.csv`; do not write there.

    Trained once for all workers, since a process that trains its first model needs seconds.
    """
    from placement.config.train_config import TrainConfig
    from placement.workflows.training.train import train

    home = _shared(tmp_path_factory) / "trained"
    with FileLock(home.with_suffix(".lock")):
        if not (home / "model").exists():
            home.mkdir(exist_ok=True)
            sheet = str(students(home / "students.csv"))
            train([sheet], TrainConfig(track=False, out=str(home / "model")))
    return home / "model"


@pytest.fixture(scope="session")
def code_path():
    """The environment of a process that finds this very package."""
    import placement

    return os.environ | {"PYTHONPATH": str(Path(placement.__file__).parents[1])}


@pytest.fixture(scope="session")
def recorded(students, template, tmp_path_factory):
    """A folder with `students.csv` and a store that holds one training of it; do not write there.

    The result of that training comes with it: `(folder, result)`. Made once for all workers.
    """
    from placement.config.train_config import TrainConfig
    from placement.tracking.relocate import relocate
    from placement.tracking.store import open_store
    from placement.workflows.training.train import train

    home = _shared(tmp_path_factory) / "recorded"
    result = home.with_suffix(".pickle")
    with FileLock(home.with_suffix(".lock")), pytest.MonkeyPatch.context() as patch:
        if not result.exists():
            shutil.copytree(template, home / "mlruns")
            patch.chdir(home)
            patch.setitem(OPTIMIZERS, "auto", WHOLE_DESCENT)
            relocate(open_store())
            students(home / "students.csv")
            config = TrainConfig(tag=("college=north",), run_name="first", gradcheck_every=100)
            result.write_bytes(pickle.dumps(train(["students.csv"], config)))
    return home, pickle.loads(result.read_bytes())  # noqa: S301


@pytest.fixture
def recorded_here(recorded, monkeypatch):
    """The folder of `recorded` as the current directory."""
    monkeypatch.chdir(recorded[0])
    return recorded[0]
