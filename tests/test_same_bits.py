"""One row has one probability, to the last bit: alone or among 10,000, by every road."""

import pandas as pd
import pytest

from placement import load
from placement.tracking.pyfunc_model import write_model

ROWS = 10_000
ASKED = (0, 101, 239)


@pytest.fixture
def batch(trained):
    """The sheet's 240 students over and over, as text lines with their header."""
    lines = (trained.parent / "students.csv").read_text().splitlines()
    return [lines[0], *(lines[1 + row % 240] for row in range(ROWS))]


def by_command(run, trained, path, lines):
    path.write_text("\n".join(lines) + "\n")
    found = run("predict", path, "--model", trained, "--json", "--quiet")
    assert found.code == 0, found.err
    return [row["probability"] for row in found.json]


def test_command_fitted_and_mlflow_agree_alone_and_in_a_batch(run, trained, batch, tmp_path):
    from mlflow import pyfunc

    every = by_command(run, trained, tmp_path / "batch.csv", batch)
    frame = pd.read_csv(tmp_path / "batch.csv")
    used = frame[["stream", "cgpa", "backlogs", "aptitude"]]
    fitted = load(trained)
    write_model(trained, tmp_path / "logged")
    logged = pyfunc.load_model(str(tmp_path / "logged"))
    assert fitted.predict_proba(frame).tolist() == every
    assert logged.predict(used)["placement_probability"].tolist() == every
    for row in ASKED:
        alone = by_command(run, trained, tmp_path / "one.csv", [batch[0], batch[1 + row]])
        assert alone == [every[row]]
        assert fitted.predict_proba(frame.iloc[[row]]).tolist() == alone
        assert logged.predict(used.iloc[[row]])["placement_probability"].tolist() == alone
