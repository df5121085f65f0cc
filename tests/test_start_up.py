"""Starting is quick because heavy libraries are left alone: asked of fresh processes."""

import json
import subprocess
import sys

import pytest

import placement
from placement.cli import cli
from placement.tracking.runs import list_runs

HEAVY = {"torch", "mlflow", "sklearn", "matplotlib"}
ONE = ("stream=CSE", "cgpa=7", "backlogs=0", "aptitude=60")


def loaded(steps, env, cwd):
    """Which modules one process has loaded after each of some steps of code, one after another."""
    tell = (
        "\nimport sys, json; sys.stderr.write('LOADED' + json.dumps(sorted(sys.modules)) + '\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(step + tell for step in steps)],
        capture_output=True,
        text=True,
        check=False,
        env=env,
        cwd=cwd,
    )
    told = [line.partition("LOADED")[2] for line in done.stderr.splitlines() if "LOADED" in line]
    assert len(told) == len(steps), done.stderr
    return [set(json.loads(modules)) for modules in told]


def command(*words):
    return f"from placement.cli import run\nassert run({list(map(str, words))!r}) == 0"


@pytest.fixture(scope="module")
def modules(trained, code_path, tmp_path_factory):
    """What is loaded after each use, in one process: of each more may be loaded than before it."""
    folder, sheet = tmp_path_factory.mktemp("start_up"), trained.parent / "students.csv"
    heading, *rows = sheet.read_text().splitlines()
    (folder / "large.csv").write_text("\n".join([heading, *rows * 100]))
    helps = [command("--help"), *(command(name, "--help") for name in cli.commands)]
    predict = ("predict", "--model", trained)
    uses = {
        "import": "import placement; dir(placement)",
        "help": "\n".join(helps),
        "one student": command(*predict, *(word for value in ONE for word in ("--set", value))),
        "large file": command(*predict, "large.csv", "--out", "scored.csv"),
        "small file": command(*predict, sheet, "--out", "few.csv"),
        "this can fail": "import matplotlib, pandas",
    }
    found = loaded(list(uses.values()), code_path, folder)
    assert {"scored.csv", "few.csv"} <= {path.name for path in folder.iterdir()}
    return dict(zip(uses, found, strict=True))


def test_bare_import_loads_nothing_heavy(modules):
    assert not modules["import"] & (HEAVY | {"pandas", "numpy", "scipy", "click"})


def test_every_help_loads_nothing_heavy(modules):
    assert not modules["help"] & (HEAVY | {"pandas", "numpy"})


def test_predicting_one_student_loads_no_pandas_either(modules):
    assert not modules["one student"] & (HEAVY | {"pandas", "pyarrow"})


def test_predicting_a_large_text_table_loads_no_pandas_either(modules):
    assert "pyarrow.csv" in modules["large file"]
    assert not modules["large file"] & (HEAVY | {"pandas"})


def test_predicting_a_file_from_a_bundle_loads_nothing_heavy(modules):
    assert not modules["small file"] & HEAVY


def test_this_check_can_fail(modules):
    assert {"matplotlib", "pandas"} <= modules["this can fail"]


def test_training_leaves_mlflow_and_the_pictures_to_the_recorder(
    store, students, code_path, tmp_path
):
    sheet = students(tmp_path / "students.csv")
    code = command("train", sheet, "--optimizer", "newton", "--sensitive", "")
    (modules,) = loaded([code], code_path, tmp_path)
    assert "torch" in modules
    assert not modules & {"mlflow", "matplotlib"}
    assert [run.status for run in list_runs(store)] == ["FINISHED"]


@pytest.mark.parametrize("name", placement.__all__)
def test_every_public_name_is_served(name):
    assert getattr(placement, name).__name__ == name
    assert name in dir(placement)


def test_public_names_are_listed_in_order_and_no_other_is_served():
    assert sorted(placement.__all__) == placement.__all__ == dir(placement)
    assert set(placement._HOME) == set(placement.__all__)
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        placement.trian  # noqa: B018
