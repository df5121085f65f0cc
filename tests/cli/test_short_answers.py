"""What a command answers fits one screen, whatever the columns are called."""

import numpy as np
import pandas as pd
import pytest
from rich.cells import cell_len

from placement.config.train_config import TrainConfig
from placement.workflows.training.train import train

SCRIPTS = ("कुल प्राप्तांक", "தேர்ச்சி மதிப்பெண்", "学习成绩平均绩点", "Средний балл", "المعدل التراكمي")


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """40 columns with long names in many scripts, students named so too, and a model of them."""
    home = tmp_path_factory.mktemp("wide")
    draw = np.random.default_rng(0)
    rows = 240
    marks = draw.normal(60, 10, (rows, 40)).round(1)
    logit = (marks[:, 0] - 60) / 6 + (marks[:, 1] - 60) / 8
    frame = pd.DataFrame(
        {f"{SCRIPTS[k % 5]} सेमेस्टर {k} परीक्षा (विश्वविद्यालय)": marks[:, k] for k in range(40)}
    )
    frame.insert(0, "विद्यार्थी का नाम", [f"सुब्रह्मण्यम वेंकटरामन क्रमांक {k}" for k in range(rows)])
    frame.insert(0, "Register No", [f"7319{k:06d}" for k in range(rows)])
    frame["status"] = np.where(
        draw.uniform(size=rows) < 1 / (1 + np.exp(-logit)), "Placed", "Not Placed"
    )
    frame.to_csv(home / "wide.csv", index=False)
    shifted = frame.copy()
    shifted.iloc[:, 2:40] += 25
    shifted.to_csv(home / "shifted.csv", index=False)
    quick = {"track": False, "optimizer": "newton"}
    train([str(home / "wide.csv")], TrainConfig(**quick, out=str(home / "model")))
    train([str(home / "wide.csv")], TrainConfig(**quick, l2=50.0, out=str(home / "other")))
    return home


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """The students of this repository, and a model of them."""
    home = tmp_path_factory.mktemp("shipped")
    frame = pd.read_csv("data/students.csv")
    frame.to_csv(home / "wide.csv", index=False)
    frame.assign(cgpa=frame.cgpa - 1).to_csv(home / "shifted.csv", index=False)
    quick = {"track": False, "optimizer": "newton"}
    train([str(home / "wide.csv")], TrainConfig(**quick, out=str(home / "model")))
    train([str(home / "wide.csv")], TrainConfig(**quick, l2=50.0, out=str(home / "other")))
    return home


COMMANDS = [
    ("explain", "--model", "model"),
    ("explain", "wide.csv", "--row", 3, "--model", "model", "--reach", 0.99),
    ("explain", "wide.csv", "--model", "model"),
    ("predict", "wide.csv", "--model", "model", "--rank", "risk", "--reasons", "--out", "list.csv"),
    ("drift", "wide.csv", "--model", "model"),
    ("drift", "shifted.csv", "--model", "model"),
    ("compare", "model", "other", "--data", "wide.csv"),
    ("report", "model"),
]


@pytest.mark.parametrize("table", ["wide", "shipped"])
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(map(str, words)))
def test_an_answer_has_at_most_15_lines_of_80_columns(run, request, monkeypatch, table, words):
    monkeypatch.chdir(request.getfixturevalue(table))
    done = run(*words)
    assert done.code == 0, done.err
    answer = done.out or done.wrapped_err
    lines = answer.splitlines()
    assert 0 < len(lines) <= 15, answer
    assert max(map(cell_len, lines)) <= 80, answer
