"""The command `export`: what it answers, and its exit codes."""

import json

import pytest

from placement.workflows.export import formats


@pytest.fixture(scope="module")
def model(students, tmp_path_factory):
    from placement import fit, read_table

    folder = tmp_path_factory.mktemp("export-command")
    fit(read_table(students(folder / "students.csv", 60))).save(folder / "model")
    return folder / "model"


def test_the_answer_says_how_far_the_file_is_from_the_model_and_where_it_is(run, model, workdir):
    shown = run("export", model, "--to", "sql")
    assert shown.code == 0
    assert "Run by SQLite" in shown.out
    assert "largest" in shown.out
    assert shown.out.rstrip().endswith("Written: model.sql")
    assert (workdir / "model.sql").is_file()


def test_json_has_every_proof(run, model, workdir):
    document = json.loads(run("export", model, "--to", "python", "--json").out)
    assert document["format"] == 1
    assert document["largest_difference"] < 1e-12
    assert document["proofs"][0]["referee"] == "python -I"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["none/at-all", "--to", "sql"], 5),
        (["none/at-all", "--to", "xlsx", "--out", "a.csv"], 2),
        (["none/at-all", "--to", "pmml"], 2),
    ],
)
def test_wrong_requests_have_their_exit_codes(run, workdir, words, code):
    shown = run("export", *words)
    assert shown.code == code
    assert "Traceback" not in shown.err


def test_a_file_that_differs_is_exit_7(run, model, workdir, monkeypatch):
    from dataclasses import replace

    right = formats.FORMATS["sql"]

    def wrong(path, subject):
        scorer = replace(subject.scorer, weights=subject.scorer.weights + 1e-6)
        right.write(path, replace(subject, scorer=scorer))

    monkeypatch.setitem(formats.FORMATS, "sql", replace(right, write=wrong))
    assert run("export", model, "--to", "sql").code == 7
    assert not (workdir / "model.sql").exists()


def test_a_table_without_a_column_is_exit_3(run, model, workdir):
    (workdir / "others.csv").write_text("cgpa,placed\n7.5,yes\n", encoding="utf-8")
    shown = run("export", model, "--to", "sql", "--data", "others.csv")
    assert shown.code == 3
    assert not (workdir / "model.sql").exists()
