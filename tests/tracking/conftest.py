"""A migrated database, made once and copied (a new one costs two seconds), and a small model."""

import shutil

import numpy as np
import pytest
from filelock import FileLock

from placement.data.encoding import Encoder
from placement.model.bundle import write_bundle
from placement.model.scorer import CategoryColumn, NumberColumn
from placement.tracking.relocate import relocate
from placement.tracking.store import open_store

COLUMNS = (
    NumberColumn("cgpa", 7.25, 1.5, 4.0, 10.0, 10.0, 0.1),
    NumberColumn("backlogs", 0.5, 1.0, 0.0, 5.0, None, 0.2),
    NumberColumn("hostel", 0.5, 0.5, 0.0, 1.0, None, None),
    CategoryColumn(
        "stream",
        ("CSE", "ECE"),
        rare=True,
        missing=True,
        shares=(0.5, 0.3, 0.1, 0.1),
        numeric=False,
    ),
)
WEIGHTS = np.array([1.2, -0.3, -0.8, 0.1, 0.4, -0.2, -0.5, 0.05])


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """The `mlruns` folder of an empty store, shared by the workers of pytest-xdist."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    home = shared / "store-template"
    with FileLock(shared / "store-template.lock"):
        if not (home / "mlruns" / "mlflow.db").exists():
            home.mkdir(exist_ok=True)
            open_store(home)
    return home / "mlruns"


@pytest.fixture
def store(template, tmp_path, monkeypatch):
    """An empty store in an empty current directory."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(template, tmp_path / "mlruns")
    opened = open_store()
    relocate(opened)
    return opened


@pytest.fixture
def bundle(tmp_path):
    """A bundle directory of two kinds of columns."""
    document = {
        "encoder": Encoder(COLUMNS).document,
        "threshold": 0.5,
        "schema": {
            "target": {
                "name": "status",
                "positive": "Placed",
                "negative": "Not Placed",
                "rule": None,
            },
            "features": [],
            "dropped": [],
        },
        "aliased": [],
        "config": {},
        "figures": {},
        "history": [],
    }
    return write_bundle(tmp_path / "bundles" / "small", document, WEIGHTS, -0.4)
