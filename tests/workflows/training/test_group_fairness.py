"""Figures by group of a training and of an evaluation: which rows, which columns, what is kept."""

import json
from pathlib import Path

import numpy as np
import pytest

from placement.config.train_config import TrainConfig
from placement.errors import DataError
from placement.workflows.monitoring.evaluate import EvaluateRequest, evaluate_file
from placement.workflows.training import group_fairness
from placement.workflows.training.train import train


@pytest.fixture
def sheet(tmp_path):
    """Write students; by `unfair` women have a lower score than men of the same prospects."""

    def write(rows=1_200, *, unfair=0.0, seed=0, name="students.csv", weights=False):
        draw = np.random.default_rng(seed)
        gender, stream = draw.choice(["F", "M"], rows), draw.choice(["CSE", "ECE"], rows)
        merit = draw.normal(size=rows)
        score = merit + draw.normal(0, 0.3, rows) - unfair * (gender == "F")
        placed = draw.uniform(size=rows) < 1 / (1 + np.exp(-2.5 * merit))
        caste = np.where(
            np.arange(rows) < 3, "Tvastr", np.where(draw.integers(0, 2, rows), "A", "B")
        )
        count = draw.integers(1, 4, rows) * 1.5 if weights else np.ones(rows, int)
        lines = ["gender,stream,caste,score,count,placed"]
        lines += [
            f"{gender[n]},{stream[n]},{caste[n]},{score[n]:.4f},{count[n]},{int(placed[n])}"
            for n in range(rows)
        ]
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return str(path)

    return write


def trained(path, **how):
    how = {"drop": ("count",), "optimizer": "newton", **how}
    config = TrainConfig(track=False, **how)
    return train([path], config)


def fairness_of(path, **how):
    return trained(path, **how).fitted.figures.evaluation.fairness


def names_of(fairness):
    return [column.column for column in fairness.columns]


def test_an_unfair_file_brings_a_warning_and_a_fair_one_none(sheet):
    unfair = trained(sheet(unfair=1.5), sensitive=("gender",))
    assert any(text.startswith("gender: ") and "of F and" in text for text in unfair.warnings)
    fair = trained(sheet(), sensitive=("gender",))
    assert fair.fitted.figures.evaluation.fairness.columns[0].gaps != ()
    assert not any("gender" in text for text in fair.warnings)


def test_the_recognised_columns_are_compared_unless_others_or_none_are_asked_for(sheet):
    path = sheet()
    assert names_of(fairness_of(path)) == ["gender", "caste"]
    assert names_of(fairness_of(path, sensitive=("stream",))) == ["stream"]
    assert fairness_of(path, sensitive=()) is None


def test_the_groups_are_those_of_the_held_out_rows_where_these_are_enough(sheet):
    result = fairness_of(sheet(), sensitive=("gender",))
    assert result.metrics_on == "test"
    assert sum(group.rows for group in result.columns[0].groups) == 240


def test_where_too_few_are_held_out_all_rows_are_compared_out_of_fold(sheet, monkeypatch):
    path = sheet(rows=160)
    result = fairness_of(path, sensitive=("gender",))
    assert result.metrics_on == "out_of_fold"
    groups = result.columns[0].groups
    assert sum(group.rows for group in groups) == 160
    assert not any(group.small for group in groups)
    monkeypatch.setattr(group_fairness, "MOST_CROSS_VALIDATED", 100)
    result = fairness_of(path, sensitive=("gender",))
    assert (result.metrics_on, result.columns[0].gaps) == ("test", ())


def test_rows_that_were_chosen_to_test_on_are_kept_to_even_where_they_are_too_few(sheet):
    path = sheet(rows=100)
    chosen = fairness_of(path, sensitive=("gender",), test_where="stream==ECE")
    assert (chosen.metrics_on, chosen.columns[0].gaps) == ("test", ())
    other = fairness_of(path, sensitive=("gender",), test=sheet(rows=40, seed=1, name="t.csv"))
    assert (other.metrics_on, other.columns[0].gaps) == ("test", ())
    assert sum(group.rows for group in other.columns[0].groups) == 40


def test_a_streamed_table_has_the_figures_of_one_in_memory(sheet, tmp_path, monkeypatch):
    path = sheet(weights=True)
    how = {"sensitive": ("gender", "caste", "score"), "weight": "count", "drop": ()}
    whole = fairness_of(path, **how)
    streamed = fairness_of(path, **how, stream=True, cache=str(tmp_path / "cache"))
    assert streamed == whole
    (gender, _, score) = whole.columns
    assert sum(g.weight for g in gender.groups) > sum(g.rows for g in gender.groups)
    assert "quartiles" in score.notes[0]


def test_the_bundle_names_no_group_of_fewer_than_five_students(sheet, tmp_path):
    trained(sheet(rows=300), out=str(tmp_path / "model"), test_size=0.0)
    result = (tmp_path / "model" / "fitted.json").read_text("utf-8")
    assert (
        json.loads(result)["figures"]["evaluation"]["fairness"]["columns"][1]["column"] == "caste"
    )
    assert "Tvastr" not in result


def test_evaluate_shows_every_group_of_the_file(sheet, tmp_path):
    path = sheet()
    trained(path, out=str(tmp_path / "model"))
    request = EvaluateRequest(path, str(tmp_path / "model"), all_rows=True)
    result = evaluate_file(request).evaluation.fairness
    assert names_of(result) == ["gender", "caste"]
    assert result.metrics_on == "file"
    castes = {group.name: group for group in result.columns[1].groups}
    assert castes["Tvastr"].rows == 3
    assert castes["Tvastr"].small == "fewer than 30 rows"


def test_evaluate_compares_the_columns_of_the_training_as_far_as_they_are_there(sheet, tmp_path):
    trained(sheet(), out=str(tmp_path / "model"), sensitive=("stream", "caste"), drop=("count",))
    other = tmp_path / "other.csv"
    lines = (tmp_path / "students.csv").read_text("utf-8").splitlines()
    rows = [",".join(line.split(",")[:2] + line.split(",")[3:]) for line in lines]
    other.write_text("\n".join([rows[0].replace("stream", "Stream"), *rows[1:]]), "utf-8")
    model = str(tmp_path / "model")
    usual = evaluate_file(EvaluateRequest(str(other), model)).evaluation.fairness
    assert names_of(usual) == ["Stream", "gender"]
    result = evaluate_file(EvaluateRequest(str(other), model, sensitive=("STREAM",)))
    assert names_of(result.evaluation.fairness) == ["Stream"]
    none = evaluate_file(EvaluateRequest(str(other), model, sensitive=()))
    assert none.evaluation.fairness is None
    with pytest.raises(DataError, match="caste"):
        evaluate_file(EvaluateRequest(str(other), model, sensitive=("caste",)))


def test_evaluate_warns_of_a_gap_beyond_the_tolerance(sheet, tmp_path):
    trained(sheet(), out=str(tmp_path / "model"))
    unfair = sheet(unfair=1.5, name="next.csv", seed=3)
    result = evaluate_file(EvaluateRequest(unfair, str(tmp_path / "model")))
    assert any(text.startswith("gender: ") for text in result.warnings)


def test_strict_takes_a_gap_for_an_error(sheet):
    with pytest.raises(DataError, match=r"--strict: gender: "):
        trained(sheet(unfair=1.5), sensitive=("gender",), strict=True)


def test_refitting_on_all_rows_keeps_the_figures_of_the_held_out_ones(sheet):
    path = sheet()
    once = fairness_of(path, sensitive=("gender",))
    assert fairness_of(path, sensitive=("gender",), refit=True) == once


def test_a_column_that_makes_no_groups_is_refused_before_anything_is_fitted(
    sheet, tmp_path, monkeypatch
):
    path = sheet()
    lines = Path(path).read_text("utf-8").splitlines()
    towns = [f"{line},town{n % 90}" for n, line in enumerate(lines[1:])]
    (tmp_path / "towns.csv").write_text("\n".join([lines[0] + ",town", *towns]), "utf-8")
    monkeypatch.setattr("placement.workflows.training.fit_and_test.fit_and_test", None)
    with pytest.raises(DataError, match="90 different words"):
        trained(str(tmp_path / "towns.csv"), sensitive=("town",))
