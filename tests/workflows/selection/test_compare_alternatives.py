"""The comparison with rivals on a table, and by the command."""

import numpy as np
import pandas as pd
import pytest

from placement.config.train_config import TrainConfig
from placement.data.splits.folds import assign_folds
from placement.data.splits.split import TRAIN, hold_out
from placement.data.table.read_table import read_table
from placement.errors import DataError
from placement.evaluation.alternatives.sklearn_cv import cross_val_predict, logistic_on
from placement.training.validation.cross_predict import predict_out_of_fold
from placement.workflows.selection import compare_alternatives as module
from placement.workflows.selection.compare_alternatives import compare_alternatives, drawn_rows

QUICK = {"optimizer": "newton"}


def frame(rows=300, seed=0):
    rng = np.random.default_rng(seed)
    cgpa = rng.uniform(4, 10, rows).round(2)
    stream = rng.choice(["CSE", "ECE", "MECH"], rows)
    logit = 1.1 * (cgpa - 7) + (stream == "CSE")
    return pd.DataFrame(
        {
            "cgpa": np.where(rng.random(rows) < 0.05, np.nan, cgpa),
            "stream": stream,
            "college": rng.choice([f"C{k}" for k in range(15)], rows),
            "placed": (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(int),
        }
    )


def test_the_perceptron_is_the_line_that_the_rivals_are_compared_on():
    table = read_table(frame())
    config = TrainConfig(**QUICK, l2=3.0)
    folds = assign_folds(table, 0, 5)
    p = module._perceptron(table, config, folds)
    crossed = module._cross_validation_data(table, config, folds.whole())
    line = cross_val_predict(crossed, {"line": logistic_on(lambda fold: fold.x)})["line"]
    np.testing.assert_allclose(line, p, rtol=0, atol=1e-6)
    for settings in (
        {"class_weight": "balanced"},
        {"spline": ("cgpa",)},
        {"step": ("cgpa:7",), "interaction": ("cgpa:stream",)},
    ):
        config = TrainConfig(**QUICK, **settings)
        p = module._perceptron(table, config, folds)
        crossed = module._cross_validation_data(table, config, folds.whole())
        line = cross_val_predict(crossed, {"line": logistic_on(lambda fold: fold.x)})["line"]
        np.testing.assert_allclose(line, p, rtol=0, atol=1e-5)


def test_what_the_model_has_already_is_not_proposed_again():
    data = frame(900)
    rng = np.random.default_rng(1)
    data["hours"] = rng.normal(0, 1, 900).round(2)
    p = 1 / (1 + np.exp(2 * data["hours"] ** 2 - 2 - 0.5 * (data["cgpa"].fillna(7) - 7)))
    data["placed"] = (rng.random(900) < p).astype(int)
    table = read_table(data)
    straight = compare_alternatives(table, TrainConfig(**QUICK))
    assert [remedy.option for remedy in straight.suggested_terms] == ["--spline hours"]
    bent = compare_alternatives(table, TrainConfig(**QUICK, spline=("hours",)))
    assert bent.line_is_enough
    assert bent.perceptron.log_loss == pytest.approx(straight.with_terms.log_loss, abs=0.01)
    assert bent.trees.log_loss == straight.trees.log_loss


def test_each_probability_is_that_of_its_own_row():
    table = read_table(frame())
    folds = assign_folds(table, 0, 5)
    p = module._perceptron(table, TrainConfig(**QUICK), folds)
    fold = folds.whole()
    for number, (own, *_) in enumerate(predict_out_of_fold(table, TrainConfig(**QUICK), folds)):
        np.testing.assert_array_equal(p[fold == number], own)


def test_only_the_training_rows_take_part_in_the_folds_that_are_asked_for():
    table = read_table(frame())
    split = hold_out(table, TrainConfig(**QUICK))
    result = compare_alternatives(table, TrainConfig(**QUICK), split=split, folds=4)
    assert (result.rows, result.of_rows, result.folds) == (int(split.counts[TRAIN]),) * 2 + (4,)


def test_of_many_rows_some_are_drawn_whatever_their_order_and_equal_ones_together(monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 200)
    data = pd.concat([frame(400)] * 2, ignore_index=True)
    table = read_table(data)
    some, total = drawn_rows(table, 0, None)
    assert total == 800
    assert 190 <= len(some) <= 210
    assert abs(some.label.mean() - table.label.mean()) < 0.01
    assert set(np.unique(some.rows % 400, return_counts=True)[1]) == {2}
    again = read_table(data.sample(frac=1, random_state=1))
    result = pd.DataFrame(some.columns).sort_values(["cgpa", "stream", "college"])
    other = pd.DataFrame(drawn_rows(again, 0, None)[0].columns)
    other = other.sort_values(["cgpa", "stream", "college"])
    assert result.astype(str).to_numpy().tolist() == other.astype(str).to_numpy().tolist()
    assert compare_alternatives(table, TrainConfig(**QUICK)).of_rows == 800


def test_wide_rows_are_fewer(monkeypatch):
    table = read_table(frame())
    monkeypatch.setattr(module, "MOST_CELLS", 100 * module._width(table))
    assert len(drawn_rows(table, 0, None)[0]) <= 105


def test_rows_of_one_outcome_are_refused_with_what_to_do():
    data = frame(60)
    data["placed"] = [1] + [0] * 59
    with pytest.raises(DataError, match="too few rows of one outcome"):
        compare_alternatives(read_table(data), TrainConfig(**QUICK))


def test_the_command_shows_the_rivals_only_where_it_is_asked_for(run, trained):
    sheet = trained.parent / "students.csv"
    plain = run("evaluate", sheet, "--model", trained, "--json")
    assert "rivals" not in plain.json
    document = run("evaluate", sheet, "--model", trained, "--rivals", "--json").json["rivals"]
    assert [one["name"] for one in document["contenders"]][:4] == [
        "perceptron", "base rate", "best single column", "boosted trees"
    ]  # fmt: skip
    assert (
        document["rows"] == 192
    )  # those it was trained on: what is chosen must not see the others
    text = run("evaluate", sheet, "--model", trained, "--rivals", "-v")
    assert text.code == 0
    assert "Is a straight line enough?" in text.out
    assert all(line in text.out for line in document["verdict"])
