"""A table of counts and the table it was counted from: one model, one set of figures."""

import numpy as np
import pandas as pd
import pytest

QUICK = ("--optimizer", "newton", "--no-track")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two files: `lines.csv`, where n counts the students, and `rows.csv`, with a row for each."""
    rng = np.random.default_rng(1)
    cgpa, gender = rng.integers(5, 10, 500), rng.choice(["F", "M"], 500)
    placed = (rng.random(500) < 1 / (1 + np.exp(7 - cgpa))).astype(int)
    rows = pd.DataFrame({"cgpa": cgpa, "gender": gender, "placed": placed})
    rows = rows.sort_values(list(rows.columns))
    rows.to_csv(tmp_path / "rows.csv", index=False)
    rows.groupby(list(rows.columns)).size().reset_index(name="n").to_csv(
        tmp_path / "lines.csv", index=False
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def alike(document):
    """What of a document of figures is the same of both files."""
    return {
        k: v for k, v in document.items() if k not in {"source", "model", "metrics_on", "warnings"}
    }


def test_evaluate_counts_by_the_column_of_the_training_unasked(run, folder):
    assert run("train", "lines.csv", "--weight", "n", *QUICK, "--out", "model").code == 0
    of_lines = run("evaluate", "lines.csv", "--model", "model", "--all-rows", "--json")
    of_rows = run("evaluate", "rows.csv", "--model", "model", "--all-rows", "--json")
    assert of_lines.json["rows"] == 500
    assert alike(of_lines.json) == alike(of_rows.json)
    assert "rows are counted by n, as in training" in of_lines.err


def test_evaluate_says_first_why_lines_count_once_where_nothing_counts_them(run, folder):
    run("train", "lines.csv", "--weight", "n", *QUICK, "--out", "model")
    done = run("evaluate", "rows.csv", "--model", "model", "--json")
    assert done.json["warnings"][0].startswith(
        "rows.csv has no column n, by which the rows of the training were counted"
    )


def test_a_training_of_counts_has_the_verdict_and_groups_of_its_students(run, folder):
    options = ("--test-size", "0", "--json", *QUICK)
    lines = run("train", "lines.csv", "--weight", "n", *options).json
    rows = run("train", "rows.csv", *options).json
    for name in ("rows", "metrics", "skill", "fairness", "calibration", "coefficients"):
        assert lines[name] == rows[name], name
    assert {group["rows"] for group in lines["fairness"]["columns"][0]["groups"]} != {10}


def test_promote_counts_by_the_column_of_the_training(run, folder, store):
    run("train", "rows.csv", "--optimizer", "newton", "--test-size", "0.5")
    run("train", "lines.csv", "--weight", "n", "--optimizer", "newton", "--test-size", "0.5")
    lines = pd.read_csv("lines.csv").assign(cgpa=lambda frame: frame.cgpa + 0.01)
    lines.to_csv("later.csv", index=False)
    done = run("promote", "models:/placement/2", "--data", "later.csv", "--json")
    assert done.json["evidence"]["rows"] == 500
