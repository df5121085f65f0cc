"""Starting is quick because heavy libraries are left alone: asked of fresh processes."""

import json
import subprocess
import sys

import pytest

import placement
from placement.cli import cli
from placement.tracking.runs import list_runs

HEAVY = ("torch", "mlflow", "sklearn", "matplotlib")


def loaded(code, env, cwd):
    """Which heavy libraries a process has loaded after running this code."""
    told = "\nimport sys, json; sys.stderr.write('LOADED' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code + told],
        capture_output=True,
        text=True,
        check=False,
        env=env,
        cwd=cwd,
    )
    assert "LOADED" in done.stderr, done.stderr
    return set(json.loads(done.stderr.partition("LOADED")[2]))


def command(*words):
    return f"from placement.cli import run\nassert run({list(map(str, words))!r}) == 0"


def test_bare_import_loads_nothing_heavy(code_path, tmp_path):
    modules = loaded("import placement; dir(placement)", code_path, tmp_path)
    assert not modules & {*HEAVY, "pandas", "numpy", "click"}


def test_every_help_loads_nothing_heavy(code_path, tmp_path):
    lines = [command("--help"), *(command(name, "--help") for name in cli.commands)]
    assert not loaded("\n".join(lines), code_path, tmp_path) & {*HEAVY, "pandas", "numpy"}


def test_predicting_a_file_from_a_bundle_loads_nothing_heavy(trained, code_path, tmp_path):
    sheet = trained.parent / "students.csv"
    code = command("predict", sheet, "--model", trained, "--out", "scored.csv")
    assert not loaded(code, code_path, tmp_path) & {*HEAVY}
    assert (tmp_path / "scored.csv").exists()


def test_predicting_a_large_text_table_loads_no_pandas_either(trained, code_path, tmp_path):
    heading, *rows = (trained.parent / "students.csv").read_text().splitlines()
    (tmp_path / "large.csv").write_text("\n".join([heading, *rows * 100]))
    code = command("predict", "large.csv", "--model", trained, "--out", "scored.csv")
    modules = loaded(code, code_path, tmp_path)
    assert "pyarrow.csv" in modules
    assert not modules & {*HEAVY, "pandas"}


def test_predicting_one_student_loads_no_pandas_either(trained, code_path, tmp_path):
    words = [
        "--set",
        "stream=CSE",
        "--set",
        "cgpa=7",
        "--set",
        "backlogs=0",
        "--set",
        "aptitude=60",
    ]
    code = command("predict", "--model", trained, *words)
    assert not loaded(code, code_path, tmp_path) & {*HEAVY, "pandas", "pyarrow"}


def test_training_leaves_mlflow_and_the_pictures_to_the_recorder(
    store, students, code_path, tmp_path
):
    sheet = students(tmp_path / "students.csv")
    code = command("train", sheet, "--optimizer", "newton", "--sensitive", "")
    modules = loaded(code, code_path, tmp_path)
    assert "torch" in modules
    assert not modules & {"mlflow", "matplotlib"}
    assert [run.status for run in list_runs(store)] == ["FINISHED"]


def test_this_check_can_fail(code_path, tmp_path):
    assert "torch" in loaded("import placement; placement.Perceptron", code_path, tmp_path)


@pytest.mark.parametrize("name", placement.__all__)
def test_every_public_name_is_served(name):
    assert getattr(placement, name).__name__ == name
    assert name in dir(placement)


def test_public_names_are_listed_in_order_and_no_other_is_served():
    assert sorted(placement.__all__) == placement.__all__
    assert set(placement._HOME) == set(placement.__all__)
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        placement.trian  # noqa: B018
