import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts/real_files.py"


@pytest.fixture
def script(monkeypatch):
    spec = importlib.util.spec_from_file_location("real_files", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "real_files", module)
    spec.loader.exec_module(module)
    return module


def result(**changes):
    document = {
        "features": ["cgpa"],
        "dropped": [{"column": "salary", "reason": "known only after the event"}],
        "warnings": ["8 rows are few"],
        "skill": {"verdict": "better"},
        "train_loss": 0.25,
        "metrics": {"accuracy": 0.9},
        "stopped": "tolerance",
        "coefficients": [{"feature": "cgpa", "coefficient": None}],
    }
    return json.dumps(document | changes)


@pytest.fixture
def answering(script, monkeypatch, tmp_path):
    """Judge one case while the command answers as told: `judge(case, first, second, …)`."""
    (tmp_path / "a.csv").write_text("cgpa,placed\n8,1\n", encoding="utf-8")

    def judge(case, *answers):
        given = iter(answers)
        asked = []

        def train(path, *options):
            asked.append(options)
            return next(given)

        monkeypatch.setattr(script, "train", train)
        return script.judge(tmp_path, case), asked

    return judge


def test_a_missing_folder_ends_with_a_message(tmp_path):
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path / "nowhere")],
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )
    assert done.returncode == 2
    assert "nowhere: no such folder" in done.stderr


def test_an_empty_folder_fails_every_file(script, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["real_files", str(tmp_path), "--json"])
    assert script.main() == 1
    document = json.loads(capsys.readouterr().out)
    assert document["good"] == 0
    assert len(document["files"]) == len(script.CASES) == 21


def test_each_file_is_stated_once(script):
    paths = [case.path for case in script.CASES]
    assert len(set(paths)) == len(paths)


def test_a_file_that_trains_as_stated_is_ok(script, answering):
    case = script.Case("a.csv", kept=("cgpa",), dropped=("salary",), better=True, warned="8 ")
    verdict, _ = answering(case, script.Ran(0, result(), ""))
    assert verdict.wrong == []


@pytest.mark.parametrize(
    "changes",
    [
        {"features": []},
        {"dropped": []},
        {"skill": {"verdict": "not_shown"}},
        {"warnings": []},
    ],
)
def test_whatever_differs_is_wrong(script, answering, changes):
    case = script.Case("a.csv", kept=("cgpa",), dropped=("salary",), better=True, warned="8 ")
    verdict, _ = answering(case, script.Ran(0, result(**changes), ""))
    assert len(verdict.wrong) == 1


@pytest.mark.parametrize(("loss", "good"), [(0.25, True), (0.2500009, True), (0.2500011, False)])
def test_the_reference_log_loss_is_held_to_a_millionth(script, answering, loss, good):
    case = script.Case("a.csv", reference=script.Reference(("cgpa",), 0.25, 0.9))
    ran = script.Ran(0, result(train_loss=loss), "")
    verdict, asked = answering(case, ran, ran)
    assert (verdict.wrong == []) == good
    assert asked[1] == ("--features", "cgpa", "--l2", "0", "--test-size", "0")


def test_names_with_commas_are_one_csv_record(script):
    assert script.record(["a", "b, c"]) == 'a,"b, c"'


@pytest.mark.parametrize(
    ("code", "said", "good"),
    [(3, "no target column", True), (1, "no target column", False), (3, "unreadable", False)],
)
def test_a_refusal_needs_code_three_and_the_reason(script, answering, code, said, good):
    verdict, _ = answering(script.Case("a.csv", refused="target"), script.Ran(code, "", said))
    assert (verdict.wrong == []) == good


def test_a_separable_file_must_be_refused_without_penalty(script, answering):
    case = script.Case("a.csv", separable=True)
    trained = script.Ran(0, result(), "")
    assert answering(case, trained, trained)[0].wrong
    assert not answering(case, trained, script.Ran(3, "", "the classes are separable"))[0].wrong


def test_aliased_columns_are_counted(script, answering):
    trained = script.Ran(0, result(), "")
    for count, good in ((1, True), (2, False)):
        case = script.Case("a.csv", aliased=(("cgpa",), count))
        assert (not answering(case, trained, trained)[0].wrong) == good


def test_a_command_that_exits_is_caught_with_what_it_wrote(script):
    ran = script.placement("--version")
    assert ran.code == 0
    assert "placement" in ran.out
    assert script.placement("no-such-command").code == 2


def test_a_defect_of_the_command_is_an_exit_1_of_one_file(script, monkeypatch):
    def defect():
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("placement.cli.run", defect)
    ran = script.placement("train", "a.csv")
    assert (ran.code, ran.err) == (1, "ZeroDivisionError: by nothing\n")
