"""`--sensitive` as a placement officer types it."""

import pytest

QUICK = ("--no-track", "--optimizer", "newton")


@pytest.fixture
def sheet(students, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return students(tmp_path / "students.csv", rows=400)


def test_the_summary_shows_a_line_for_each_group_and_each_measure(run, sheet):
    shown = run("train", sheet, *QUICK, "--sensitive", "gender,stream", "-v", "--out", "model")
    assert shown.code == 0, shown.err
    words = ["F", "M", "CSE", "ECE", "MECH"]
    first = [line.split()[0] for line in shown.out.splitlines() if line.strip()]
    assert [word for word in first if word in words] == words
    assert "stream is used by the model, and its groups are compared" in shown.out
    assert shown.out.count("four-fifths ratio") == 2
    again = run("evaluate", sheet, "--model", "model", "--json")
    assert [own["column"] for own in again.json["fairness"]["columns"]] == ["gender", "stream"]


def test_without_a_sensitive_column_nothing_is_said(run, sheet):
    assert "groups of gender" in run("train", sheet, *QUICK).out
    assert "roups of" not in run("train", sheet, *QUICK, "--sensitive", "").out
    assert "by group" not in run("train", sheet, *QUICK, "--sensitive", "", "-v").out
    document = run("train", sheet, *QUICK, "--sensitive", "", "--json").json
    assert document["fairness"] is None


def test_an_unknown_column_is_an_error_with_the_nearest_name(run, sheet):
    run("train", sheet, *QUICK, "--out", "model")
    for command in (
        ("train", sheet, *QUICK),
        ("evaluate", sheet, "--model", "model"),
    ):
        shown = run(*command, "--sensitive", "gendr")
        assert shown.code == 3
        assert "did you mean 'gender'" in shown.err


def test_what_makes_no_groups_is_an_error_before_anything_is_fitted(run, sheet):
    shown = run("train", sheet, *QUICK, "--sensitive", "name", "--dry-run")
    assert shown.code == 3
    assert "at most 50 groups are compared" in shown.err
