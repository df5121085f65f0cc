"""Outcomes from another file, for the commands that ask how a trained model did."""

import pandas as pd
import pytest


@pytest.fixture
def files(trained, tmp_path):
    """The students without their outcome; the outcomes under other names; the offers alone."""
    frame = pd.read_csv(trained.parent / "students.csv", dtype={"register_no": str})
    placed = frame[frame["status"] == "Placed"]["register_no"]
    frame.drop(columns="status").to_csv(tmp_path / "students.csv", index=False)
    outcomes = frame.rename(columns={"register_no": "Reg", "status": "Final Result"})
    outcomes[["Reg", "Final Result"]].to_csv(tmp_path / "outcomes.csv", index=False)
    pd.DataFrame({"Reg": [*placed, *placed[:5]]}).to_csv(tmp_path / "offers.csv", index=False)
    return tmp_path


JOINS = {
    "outcomes.csv": (),
    "offers.csv": ("--labels-mean", "placed"),
}


@pytest.mark.parametrize("name", JOINS)
def test_evaluate_measures_the_same_whichever_file_has_the_outcomes(run, trained, files, name):
    words = ("--model", trained, "--all-rows", "--json")
    expected = run("evaluate", trained.parent / "students.csv", *words)
    on = ("--labels", files / name, "--on", "register_no=Reg", *JOINS[name])
    done = run("evaluate", files / "students.csv", *words, *on)
    assert done.code == 0, done.err
    assert done.json["metrics"] == expected.json["metrics"]


@pytest.mark.parametrize("name", JOINS)
def test_drift_compares_outcomes_from_another_file(run, trained, files, name):
    on = ("--labels", files / name, "--on", "register_no=Reg", *JOINS[name])
    done = run("drift", files / "students.csv", "--model", trained, *on)
    assert done.code == 0, done.err
    assert "Outcomes are known of 240 students" in done.out
    alone = run("drift", files / "students.csv", "--model", trained)
    assert "Outcomes are known" not in alone.out


def test_compare_reads_outcomes_from_another_file(run, trained, files):
    on = ("--labels", files / "offers.csv", "--on", "register_no=Reg", "--labels-mean", "placed")
    done = run("compare", trained, trained, "--data", files / "students.csv", *on)
    assert done.code == 0, done.err
    assert "240" in done.out


@pytest.mark.parametrize(
    "words",
    [
        ("promote", "challenger", "--labels", "offers.csv"),
        ("evaluate", "students.csv", "--on", "roll"),
        ("drift", "students.csv", "--labels-mean", "placed"),
        ("train", "students.csv", "--absent", "unknown"),
    ],
)
def test_how_to_join_without_what_to_join_is_wrong_usage(run, words):
    done = run(*words)
    assert done.code == 2
    assert "--labels" in done.err
