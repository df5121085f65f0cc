"""What the newer commands say of one student, of one outcome, of huge cells and of old models."""

import numpy as np
import pandas as pd
import pytest

from placement import fit, read_table

QUICK = ("--no-track", "--optimizer", "newton", "--sensitive", "")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def few(here, trained):
    """The first student of the training sheet, and all of those who were placed."""
    rows = pd.read_csv(trained.parent / "students.csv")
    rows.head(1).to_csv("one.csv", index=False)
    rows[rows["status"] == "Placed"].to_csv("placed.csv", index=False)


@pytest.mark.parametrize(("size", "scale"), [("large", 1e160), ("small", 1e-300)])
def test_cells_that_cannot_be_squared_are_told_with_their_column(run, here, size, scale):
    cells = np.random.default_rng(0).uniform(1, 9, 60)
    score = np.where(np.arange(60) < 30, cells[::-1] * scale, cells if scale > 1 else 0.0)
    rows = pd.DataFrame({"cgpa": cells, "score": score, "placed": cells > 5})
    rows.astype({"placed": int}).to_csv("odd.csv", index=False)
    done = run("train", "odd.csv", "--no-track")
    assert done.code == 3
    assert f"column score: its cells are too {size} to be squared: rescale it" in done.err


def test_one_student_shows_no_change_of_performance(run, few, trained):
    done = run("drift", "one.csv", "--model", trained, "--json")
    assert done.code == 0
    figures = done.json["performance"]["figures"]
    assert all(own["change"] is None and own["worse"] is False for own in figures.values())
    short = run("drift", "one.csv", "--model", trained).out
    assert "too few to tell whether it does worse" in " ".join(short.split())
    output = run("drift", "one.csv", "--model", trained, "-v").out
    assert "fewer than 5 rows of an outcome: too few to tell" in output


def test_rivals_of_one_student_are_refused_in_words(run, few, trained):
    done = run("evaluate", "one.csv", "--model", trained, "--rivals")
    assert done.code == 3
    assert "too few rows of one outcome" in done.err


def test_students_of_one_outcome_are_said_to_say_little(run, few, here, trained):
    done = run("evaluate", "placed.csv", "--model", trained)
    assert "all rows have the same outcome: most figures say little" in done.err
    rows = pd.read_csv(trained.parent / "students.csv")
    rows["batch"] = np.where((rows["status"] == "Placed") & (rows["cgpa"] > 8), 2025, 2024)
    rows.to_csv("batches.csv", index=False)
    done = run("train", "batches.csv", *QUICK, "--test-where", "batch==2025")
    assert "all held-out rows have the same outcome" in done.err


def test_a_model_from_python_has_no_report_and_says_so(run, here, trained):
    fit(read_table(str(trained.parent / "students.csv"))).save("python")
    done = run("report", "python")
    assert done.code == 5
    assert "a report needs a model of placement train" in done.err


def test_0_and_1_are_told_as_the_column_s_outcome(run, here):
    rng = np.random.default_rng(0)
    cgpa = rng.uniform(4, 10, 200).round(2)
    placed = (rng.random(200) < 1 / (1 + np.exp(7 - cgpa))).astype(int)
    pd.DataFrame({"cgpa": cgpa, "placed": placed}).to_csv("numbers.csv", index=False)
    assert run("train", "numbers.csv", *QUICK, "--out", "model").code == 0
    output = run("predict", "--set", "cgpa=7", "--model", "model").out
    assert "students like this have placed = 1 " in output


def test_what_a_file_lacks_is_named_as_the_model_s_not_as_an_option_nobody_typed(run, few, trained):
    rows = pd.read_csv("placed.csv")
    rows.drop(columns="status").to_csv("no_outcome.csv", index=False)
    rows.drop(columns="cgpa").to_csv("no_cgpa.csv", index=False)
    output = run("evaluate", "no_outcome.csv", "--model", trained)
    assert (output.code, "'status' (the model's outcome)" in output.err) == (3, True)
    output = run("evaluate", "no_cgpa.csv", "--model", trained)
    assert (output.code, "'cgpa' that the model needs" in output.err) == (3, True)
    assert "--" not in output.err
