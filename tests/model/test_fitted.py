"""A fitted model as data: saved, read, scored, shown in natural units."""

import dataclasses

import numpy as np
import pandas as pd
import polars as pl
import pytest

from placement.config.train_config import TrainConfig
from placement.data.table.read_table import read_table
from placement.errors import DataError
from placement.model.earlier_formats import current_document
from placement.model.fitted import load_fitted, thinned
from placement.training.fit import fit
from placement.workflows.reading.training_settings import training_config
from tests.figures import evaluation_figures


@pytest.fixture(scope="module")
def sheet():
    rng = np.random.default_rng(4)
    cgpa, stream = rng.uniform(4, 10, 200), rng.choice(["CSE", "ECE"], 200)
    placed = rng.random(200) < 1 / (1 + np.exp(-(cgpa - 7)))
    return pd.DataFrame({"cgpa": cgpa, "stream": stream, "placed": placed.astype(int)})


@pytest.fixture(scope="module")
def fitted(sheet):
    return fit(read_table(sheet), TrainConfig(optimizer="newton"))


def test_what_is_saved_is_what_is_read(fitted, sheet, tmp_path):
    read = load_fitted(fitted.save(tmp_path / "model"))
    for name in ("intercept", "aliased", "encoder", "schema", "threshold"):
        assert getattr(read, name) == getattr(fitted, name), name
    assert read.weights.tolist() == fitted.weights.tolist()
    assert dict(read.config) == dict(fitted.config)
    assert read.figures == fitted.figures
    assert [(e.number, e.loss, e.stopped) for e in read.history] == [
        (e.number, e.loss, e.stopped) for e in fitted.history
    ]
    assert read.predict_proba(sheet).tolist() == fitted.predict_proba(sheet).tolist()


def test_a_gain_without_a_known_spread_has_infinite_limits_when_it_is_read_again(fitted, tmp_path):
    evaluation = evaluation_figures()
    skill = dataclasses.replace(evaluation.skill, low=-np.inf, high=np.inf)
    figures = dataclasses.replace(
        fitted.figures, evaluation=dataclasses.replace(evaluation, skill=skill)
    )
    saved = dataclasses.replace(fitted, figures=figures).save(tmp_path / "model")
    read = load_fitted(saved).figures.evaluation.skill
    assert (read.low, read.high) == (-np.inf, np.inf)


def test_the_keys_of_an_epoch_in_a_bundle_stay_as_bundles_have_them(fitted):
    assert set(fitted.document["history"][0]) == {
        "number",
        "stage",
        "loss",
        "penalised_loss",
        "gradient_norm",
        "step_size",
        "clamped_rows",
        "clamped_wrong",
        "newton_decrement",
        "validation_loss",
        "held_out_loss",
        "stopped",
    }


def test_a_read_model_saves_the_same_bytes_again(fitted, tmp_path):
    first = fitted.save(tmp_path / "one")
    second = load_fitted(first).save(tmp_path / "two")
    for file in ("fitted.json", "weights.safetensors"):
        assert (first / file).read_bytes() == (second / file).read_bytes()


@pytest.mark.parametrize(
    ("former", "threshold"),
    [
        ({}, None),
        ({"threshold": 0.7}, 0.7),
        ({"youden": True}, "youden"),
        ({"min_recall": 0.9}, "recall=0.9"),
        ({"min_precision": 1.0}, "precision=1"),
        ({"capacity": 40}, "capacity=40"),
        ({"cost_fp": 3.0, "cost_fn": 1.0}, "cost=3:1"),
    ],
)
def test_a_bundle_with_a_setting_for_each_policy_means_the_same(fitted, former, threshold):
    names = ("threshold", "cost_fp", "cost_fn", "min_recall", "min_precision", "capacity")
    config = {**fitted.config, **dict.fromkeys(names), "youden": False, **former}
    document = {"format": 2, "config": config, "figures": {}, "history": []}
    read = current_document(document)["config"]
    assert set(read) == set(fitted.config)
    assert read["threshold"] == threshold
    assert training_config(read).threshold == threshold


def test_coefficients_in_natural_units_give_the_probability(fitted, sheet):
    coefficient = {row.feature: row.coefficient for row in fitted.coefficients}
    logit = fitted.natural_intercept + coefficient["cgpa"] * sheet["cgpa"]
    logit += coefficient["stream=ECE"] * (sheet["stream"] == "ECE")
    assert 1 / (1 + np.exp(-logit.to_numpy())) == pytest.approx(
        fitted.predict_proba(sheet), abs=1e-12
    )


def test_an_aliased_column_has_no_coefficient(fitted):
    weights = np.append(0.0, fitted.weights[1:])
    without = dataclasses.replace(fitted, aliased=("cgpa",), weights=weights)
    assert without.coefficients[0].coefficient is None
    assert without.coefficients[0].coefficient_standardised is None


def test_a_lacking_column_is_the_data_s_fault(fitted):
    with pytest.raises(DataError, match="stream"):
        fitted.predict_proba({"cgpa": [7.0]})


def test_thinning_keeps_the_first_and_the_last():
    assert thinned(list(range(10_000)), 500)[::499] == [0, 9999]
    assert len(thinned(list(range(10_000)), 500)) == 500
    assert thinned([1, 2], 500) == [1, 2]


def test_probabilities_are_the_same_of_a_table_and_of_frames(fitted, sheet):
    expected = fitted.predict_proba(sheet)
    for rows in (read_table(sheet), pl.from_pandas(sheet), sheet.to_dict("list")):
        np.testing.assert_array_equal(fitted.predict_proba(rows), expected)


def test_predictions_are_1_from_the_threshold_on(fitted, sheet):
    probability = fitted.predict_proba(sheet)
    np.testing.assert_array_equal(fitted.predict(sheet), (probability >= 0.5).astype(int))
    limit = float(probability[7])
    strict = fitted.predict(read_table(sheet), threshold=limit)
    np.testing.assert_array_equal(strict, probability >= limit)
    assert strict[7] == 1
    cautious = dataclasses.replace(fitted, threshold=0.9)
    assert cautious.predict(sheet).sum() < fitted.predict(sheet).sum()


def test_a_table_without_a_column_of_the_model_is_at_fault(fitted, sheet):
    with pytest.raises(DataError, match="lacks the column cgpa"):
        fitted.predict(read_table(sheet.drop(columns="cgpa")))


def test_what_is_shown_of_a_model_is_short_and_has_its_coefficients_in_a_notebook(fitted):
    shown, html = repr(fitted), fitted._repr_html_()
    rows = fitted.figures.rows
    trained = f"trained on {rows.train} rows, {rows.test} held out; newton, converged"
    assert shown == f"Fitted(placed = 1 by cgpa, stream; {trained})"
    assert f">{fitted.coefficients[0].coefficient:.4f}</td>" in html
    assert "stream=ECE" in html
    measured = dataclasses.replace(fitted.figures, evaluation=evaluation_figures(roc_auc=0.87654))
    html = dataclasses.replace(fitted, figures=measured)._repr_html_()
    assert ">0.8765</td>" in html
    assert "on the held-out rows" in html
