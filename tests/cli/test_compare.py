"""`compare` from the outside: models side by side on the same rows."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from placement.config.train_config import TrainConfig
from placement.model.fitted import load_fitted
from placement.workflows.training.train import train


@pytest.fixture(scope="module")
def home(trained, students, tmp_path_factory):
    """Bundles `model`, `weak`, `fewer`, `other`; `students.csv` of them all, `held.csv` of none."""
    home = tmp_path_factory.mktemp("compared")
    sheet, good = trained.parent / "students.csv", load_fitted(trained)
    settings = {"track": False, "optimizer": "newton", "sensitive": ()}
    train([str(sheet)], TrainConfig(**settings, l2=300.0, out=str(home / "weak")))
    train([str(sheet)], TrainConfig(**settings, drop=("aptitude",), out=str(home / "fewer")))
    good.save(home / "model")
    # A prudent one: it says "placed" only from 0.7 on.
    dataclasses.replace(load_fitted(home / "weak"), threshold=0.7).save(home / "weak")
    target = dataclasses.replace(good.schema.target, positive="Hired")
    schema = dataclasses.replace(good.schema, target=target)
    dataclasses.replace(good, schema=schema).save(home / "other")
    (home / "students.csv").write_bytes(sheet.read_bytes())
    students(home / "held.csv", rows=300, seed=7)
    return home


@pytest.fixture
def here(home, monkeypatch):
    monkeypatch.chdir(home)
    return home


def test_the_figures_and_tests_are_those_of_the_same_rows(run, here):
    done = run("compare", "model", "weak", "--data", "held.csv", "--json")
    assert done.code == 0, done.err
    found, frame = done.json, pd.read_csv("held.csv")
    y = (frame["status"] == "Placed").to_numpy(float)
    p, q = (load_fitted(here / name).predict_proba(frame) for name in ("model", "weak"))
    assert (found["format"], found["rows"]) == (1, 300)
    for own, score in zip(found["models"], (p, q), strict=True):
        assert own["metrics"]["log_loss"] == pytest.approx(log_loss(y, score), abs=1e-12)
    (pair,) = found["pairs"]
    assert (pair["first"], pair["other"]) == ("model", "weak")
    gap = log_loss(y, q) - log_loss(y, p)
    assert pair["log_loss"]["difference"] == pytest.approx(gap, abs=1e-12)
    assert pair["delong"]["other_area"] == pytest.approx(roc_auc_score(y, q))
    right = [(s >= t) == (y == 1) for s, t in ((p, 0.5), (q, 0.7))]
    counts = [int((right[k] & ~right[1 - k]).sum()) for k in (0, 1)]
    assert [pair["mcnemar"][name] for name in ("first_only", "other_only")] == counts
    assert pair["verdict"] == "worse"
    assert pair["log_loss"]["low"] > 0
    differing = {entry["parameter"]: entry["values"] for entry in found["differing"]}
    assert (differing["l2"], differing["threshold"]) == ([1.0, 300.0], [0.5, 0.7])
    assert "features" not in differing


def test_it_reads_as_tables_and_a_sentence_for_each_pair(run, here):
    done = run("compare", "weak", "model", "fewer", "--data", "held.csv", "-v")
    assert done.code == 0, done.err
    for words in ("log-loss", "DeLong", "McNemar", "Parameters that differ", "-aptitude"):
        assert words in done.out
    assert "model against weak: its log-loss is 0." in done.out
    assert "lower): better beyond chance." in done.out
    assert "warning" not in done.err


def test_a_model_and_itself_are_the_same_on_every_row(run, here):
    done = run("compare", "model", "model", "--data", "held.csv", "-v")
    assert "the same on every row: no difference beyond chance" in done.out
    assert "none" in done.out.partition("Parameters that differ")[2]


def test_it_is_said_which_model_is_better_and_whether_that_may_be_luck(run, here):
    pair = ("--data", "held.csv")
    better = " ".join(run("compare", "weak", "model", *pair).out.split())
    share = 100 * (pd.read_csv("held.csv")["status"] == "Placed").mean()
    assert f"300 students with an outcome, {share:.0f} in 100 of them are 'Placed'." in better
    assert "model is better than weak: its chances are nearer to what happened, by more" in better
    assert "They differ in optimizer, l2, threshold; how, and what was tested" in better
    assert "weak is worse than model" in run("compare", "model", "weak", *pair).out
    same = run("compare", "model", "model", *pair).out
    assert "model is the same as model for every student." in same
    assert "They differ in nothing" in same


@pytest.mark.parametrize("file", ["students.csv", "shuffled.csv", "some.csv"])
def test_a_table_that_a_model_was_trained_on_is_warned_of(run, here, file):
    rows = pd.read_csv("students.csv")
    rows.sample(frac=1, random_state=0).to_csv("shuffled.csv", index=False)
    rows.iloc[1:].to_csv("some.csv", index=False)
    done = run("compare", "model", "weak", "--data", file, "--json")
    assert done.code == 0
    known = file != "some.csv"  # models keep no rows, so a part of them is not known again
    assert [own["trained_here"] for own in done.json["models"]] == [known, known]
    assert ("weak was trained on this very table" in done.err) is known


def test_rows_of_students_who_had_a_seat_are_warned_of(run, here, tmp_path):
    frame = pd.read_csv("held.csv")
    frame["placement_seat"] = ["drawn" if row < 20 else "" for row in range(len(frame))]
    frame.to_csv(tmp_path / "seats.csv", index=False)
    done = run("compare", "model", "weak", "--data", tmp_path / "seats.csv")
    assert "20 students had a seat: where it helped, the chances are too low" in done.err


def test_evaluating_the_table_trained_on_says_that_it_flatters(run, here):
    said = {
        file: run("evaluate", file, "--model", "model", "--all-rows", "--json").json["warnings"]
        for file in ("students.csv", "held.csv")
    }
    text = "is the very table the model was trained on: it flatters"
    assert f"students.csv {text}" in said["students.csv"]
    assert not any(text in warning for warning in said["held.csv"])


def test_a_table_trained_on_without_its_gaps_is_known_again(run, here, tmp_path):
    frame = pd.read_csv("students.csv")
    frame.loc[[3, 5, 8], "cgpa"] = np.nan
    frame.to_csv(tmp_path / "gaps.csv", index=False)
    model = ["--out", tmp_path / "full", "--no-track", "--optimizer", "newton"]
    assert run("train", tmp_path / "gaps.csv", "--missing", "drop", *model).code == 0
    done = run("compare", "model", tmp_path / "full", "--data", tmp_path / "gaps.csv", "--json")
    assert [own["trained_here"] for own in done.json["models"]] == [False, True]


def test_whole_weights_are_so_many_equal_students(run, here, tmp_path):
    frame = pd.read_csv("held.csv")
    frame["times"] = np.arange(len(frame)) % 3
    frame.to_csv(tmp_path / "weighted.csv", index=False)
    frame.loc[np.repeat(frame.index, frame["times"])].to_csv(tmp_path / "long.csv", index=False)
    short, long = (
        run("compare", "model", "weak", "--data", tmp_path / name, "--json", *more).json["pairs"][0]
        for name, more in (("weighted.csv", ["--weight", "times"]), ("long.csv", []))
    )
    for name in ("log_loss", "brier", "roc_auc"):
        assert short[name] == pytest.approx(long[name]), name
    assert short["mcnemar"] == long["mcnemar"]
    assert short["rows"] == long["rows"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["model", "weak"], 2, "--data"),
        (["model", "--data", "held.csv"], 2, "two models"),
        (["model", "weak", "--data", "-"], 2, "standard input"),
        (["model", "other", "--data", "held.csv"], 5, "other cannot be compared with model"),
        (["model", "nobody", "--data", "held.csv"], 5, "nobody"),
        (["fewer", "model", "--data", "short.csv"], 3, "aptitude"),
        (["model", "weak", "--data", "gone.csv"], 3, "gone.csv"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(run, here, words, code, told):
    pd.read_csv("held.csv").drop(columns="aptitude").to_csv("short.csv", index=False)
    done = run("compare", *words)
    assert done.code == code
    assert told in done.err
    assert done.out == ""
