"""Clients that run in this environment answer as `placement predict` does; a fault is named."""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clients(monkeypatch):
    """The script, its commands and client code run in this process: each would import MLflow."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import client_code
    import clients

    from placement.cli import run as placement

    started = clients.run

    def here(*command, cwd=None, **variables):
        words = [str(word) for word in command[1:]]
        said = io.StringIO()
        with monkeypatch.context() as patch, contextlib.redirect_stdout(said):
            for name, value in variables.items():
                patch.setenv(name, value)
            if words[:2] == ["-m", "placement"]:
                assert placement(words[2:]) == 0
            elif words[:1] == [str(clients.CODE)]:
                answer = getattr(client_code, words[1])(**json.loads(words[2]))
                Path(words[3]).write_text(json.dumps(answer))
            else:
                return started(*command, cwd=cwd, **variables)
        return said.getvalue()

    monkeypatch.setattr(clients, "run", here)
    return clients


@pytest.fixture
def trial(clients, store, tmp_path):
    """A trial in the folder of an empty store."""
    return clients.Trial(tmp_path, venvs=None)


@pytest.mark.parametrize("name", ["MLflow's search of models", "Pipeline"])
def test_a_client_in_this_environment_answers_as_it_must(clients, trial, name):
    found = clients.tried(trial, name)
    assert (found.works, found.reason) == ("yes", "")
    assert found.version


def test_another_bit_is_an_answer_that_differs(clients, trial):
    trial.__dict__["expected"] = [(0.25, 0), (0.75, 1)]
    answers = [
        {"placement_probability": probability, "placement_prediction": prediction}
        for probability, prediction in trial.expected
    ]
    trial.check(answers)
    answers[1]["placement_probability"] = np.nextafter(0.75, 1)
    with pytest.raises(clients.Wrong, match="1 of 2 answers differ, 2 came"):
        trial.check(answers)
    with pytest.raises(clients.Wrong, match="0 of 2 answers differ, 1 came"):
        trial.check(answers[:1])


def test_what_cannot_be_tried_here_is_left_out_with_what_is_missing(clients, monkeypatch, capsys):
    monkeypatch.setitem(clients.VENVS, "spark", ("mlflow", "no-such-package"))
    monkeypatch.setattr(clients.shutil, "which", lambda _: "java")
    monkeypatch.setattr(clients.Trial, "store", "sqlite:///none.db")
    assert clients.main(["spark", "--quick"]) == 0
    assert "no-such-package, which is not in this environment" in capsys.readouterr().out


def test_a_client_that_does_not_work_is_shown_with_what_was_said(
    clients, trial, monkeypatch, tmp_path, capsys
):
    def broken(_trial):
        raise clients.Wrong("HTTP 400: no such form")

    monkeypatch.setitem(clients.CLIENTS, "Spark", ("spark_udf(…)", broken))
    for _ in range(2):  # a later result takes the place of the former
        clients.write(clients.tried(trial, "Spark"), tmp_path / "found.json")
    clients.show(tmp_path / "found.json")
    (line,) = capsys.readouterr().out.splitlines()[2:]
    assert line.startswith("| Spark |  | no: HTTP 400: no such form, 2")
    assert line.endswith("| `spark_udf(…)` |")


def test_what_the_page_says_of_a_client_is_how_the_script_uses_it(clients):
    rows = json.loads(clients.RESULTS.read_text(encoding="utf-8"))["results"]
    assert {row["client"]: row["how"] for row in rows}.items() <= {
        name: how for name, (how, _) in clients.CLIENTS.items()
    }.items()


def test_an_unknown_client_is_told_with_those_there_are(clients, capsys):
    with pytest.raises(SystemExit) as left:
        clients.main(["sparc"])
    assert left.value.code == 2
    assert "Spark" in capsys.readouterr().err
