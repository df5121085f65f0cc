"""`train --calibrate`: learnt on out-of-fold training rows, kept, scored, told honestly."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from placement.config.train_config import TrainConfig
from placement.data.columns.column_store import MemoryColumnStore
from placement.data.splits.folds import assign_folds
from placement.data.splits.split import TEST, TRAIN
from placement.data.table.read_table import read_table
from placement.errors import DataError, UsageError
from placement.evaluation.evaluate import evaluate
from placement.evaluation.metrics.accumulator import PredictionAccumulator
from placement.model.fitted import load_fitted
from placement.model.scorer import Isotonic, Platt
from placement.training.fit import fit
from placement.training.prepare import prepare
from placement.workflows.training.calibrate import calibrate, fit_calibration
from placement.workflows.training.final_figures import finalize
from placement.workflows.training.fit_and_test import fit_and_test
from placement.workflows.training.out_of_fold import (
    OutOfFoldPredictions,
    folds_for,
    predict_training_rows,
    summarize,
)
from tests.split_rows import rows_of

BALANCED = TrainConfig(class_weight="balanced", optimizer="newton")
QUICK = ("--optimizer", "newton")
METHODS = pytest.mark.parametrize("method", ["platt", "isotonic"])


def sheet(n=1600, seed=1, signal=1.0):
    """Two numbers; one student in five or so is placed."""
    rng = np.random.default_rng(seed)
    cgpa, tests = rng.normal(7, 1, n), rng.normal(50, 10, n)
    logit = signal * (1.3 * (cgpa - 7) + 0.05 * (tests - 50)) - 1.6
    placed = rng.random(n) < 1 / (1 + np.exp(-logit))
    return pd.DataFrame({"cgpa": cgpa, "tests": tests, "placed": placed.astype(int)})


def trial_of(table, config):
    return fit_and_test(prepare(table, config))


@pytest.fixture(scope="module")
def table():
    return read_table(sheet())


@pytest.fixture(scope="module")
def trials(table):
    """Balanced classes, as they are and calibrated in both ways."""
    return {
        method: trial_of(table, dataclasses.replace(BALANCED, calibrate=method))
        for method in ("none", "platt", "isotonic")
    }


def test_platt_is_what_scikit_learns_calibrated_classifier_does(table):
    config = TrainConfig(calibrate="platt", optimizer="newton", loss="logits")
    tested = trial_of(table, config)
    train = rows_of(tested.prepared.split, TRAIN)
    fold = assign_folds(table, 0, 5, split=tested.prepared.split).whole()[train]
    X = np.column_stack([table.columns["cgpa"], table.columns["tests"]])
    model = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-10, max_iter=1000))
    parts = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(5)]
    theirs = CalibratedClassifierCV(model, method="sigmoid", cv=parts, ensemble=False)
    theirs.fit(X[train], table.label[train])
    result = tested.fitted.predict_proba(table.columns)
    assert result == pytest.approx(theirs.predict_proba(X)[:, 1], abs=1e-5)


def test_balanced_classes_promise_too_much_and_calibration_brings_it_back(table, trials):
    test = rows_of(trials["none"].prepared.split, TEST)
    rows = {name: cells[test] for name, cells in table.columns.items()}
    base = table.label.mean()
    promised = trials["none"].fitted.predict_proba(rows).mean()
    assert promised > base + 0.15
    for method in ("platt", "isotonic"):
        assert trials[method].fitted.predict_proba(rows).mean() == pytest.approx(base, abs=0.03)


@METHODS
def test_it_makes_the_figures_of_rows_that_nobody_saw_better(trials, method):
    plain, mended = (finalize(trials[kind]).figures.evaluation for kind in ("none", method))
    for name in ("log_loss", "brier", "ece"):
        assert getattr(mended.metrics, name) < getattr(plain.metrics, name) - 0.01, name
    assert plain.calibration.in_the_large.high < 0
    assert mended.calibration.in_the_large.low < 0 < mended.calibration.in_the_large.high
    assert mended.skill.gain > plain.skill.gain
    assert mended.recalibration.method == method
    assert plain.recalibration is None


def test_the_weights_are_those_of_the_model_without(trials):
    plain, mended = trials["none"].fitted, trials["platt"].fitted
    assert mended.weights.tolist() == plain.weights.tolist()
    assert (plain.calibration, type(mended.calibration)) == (None, Platt)
    assert isinstance(trials["isotonic"].fitted.calibration, Isotonic)


@METHODS
def test_the_outcomes_of_held_out_rows_decide_nothing(table, trials, method):
    swapped = sheet()
    test = rows_of(trials["none"].prepared.split, TEST)
    swapped.loc[test, "placed"] = 1 - swapped.loc[test, "placed"]
    prepared = trials[method].prepared
    split = prepared.split
    other = fit_and_test(prepare(read_table(swapped), prepared.config, split=split)).fitted
    # The folds are drawn by outcome, which has not changed among the training rows.
    assert other.calibration == trials[method].fitted.calibration


@METHODS
def test_every_training_row_is_predicted_once_by_a_model_without_it(table, method):
    prepared = prepare(table, dataclasses.replace(BALANCED, calibrate=method))
    folds = predict_training_rows(prepared, folds_for(prepared, "--calibrate"))
    assert len(folds) == 5
    every = summarize(folds)
    assert len(every.label) == prepared.split.counts[0]
    labels = table.label[rows_of(prepared.split, TRAIN)]
    assert every.label.sum() == labels.sum()
    result = calibrate(method, folds)
    assert result.calibration == fit_calibration(method, every)
    # `after` is cross-fitted: each fold by what the other four teach.
    judge = PredictionAccumulator()
    for number, own in enumerate(folds):
        rest = fit_calibration(method, summarize(f for k, f in enumerate(folds) if k != number))
        p = own.probability.whole()
        judge.add(rest.apply(np.log(p / (1 - p))), own.label.whole(), own.weight.whole(), 0.5)
    assert result.figures.after.log_loss == pytest.approx(judge.result().metrics.log_loss, abs=1e-9)
    assert result.figures.before.log_loss > result.figures.after.log_loss


@METHODS
def test_a_saved_model_scores_and_is_evaluated_calibrated(table, trials, method, tmp_path):
    fitted = finalize(trials[method])
    read = load_fitted(fitted.save(tmp_path / "model"))
    assert read.calibration == fitted.calibration
    assert (
        read.predict_proba(table.columns).tolist() == fitted.predict_proba(table.columns).tolist()
    )
    result = evaluate(read, table).calibration
    assert result.predicted == pytest.approx(result.observed, abs=0.02)
    again = read.save(tmp_path / "again")
    assert (again / "fitted.json").read_bytes() == (tmp_path / "model/fitted.json").read_bytes()


def test_a_refit_keeps_the_calibration_that_was_learnt(table):
    config = dataclasses.replace(BALANCED, calibrate="platt")
    plain = finalize(trial_of(table, config))
    again = finalize(trial_of(table, dataclasses.replace(config, refit=True)))
    assert again.calibration == plain.calibration
    assert again.weights.tolist() != plain.weights.tolist()
    assert again.figures.evaluation == plain.figures.evaluation


def test_where_nothing_is_held_out_the_skill_is_that_of_calibrated_rows_out_of_fold(table):
    config = dataclasses.replace(BALANCED, test_size=0.0)
    plain = finalize(trial_of(table, config)).figures.evaluation
    tested = trial_of(table, dataclasses.replace(config, calibrate="platt"))
    mended = finalize(tested).figures.evaluation
    assert mended.skill.gain > plain.skill.gain + 0.01
    base = mended.skill.base_log_loss
    assert base - mended.skill.gain == pytest.approx(mended.recalibration.after.log_loss, abs=1e-9)


@METHODS
def test_folds_in_which_a_higher_probability_went_with_no_higher_share_teach_nothing(method):
    def vector(cells):
        made = MemoryColumnStore().new_array(np.float64)
        made.append(np.array(cells))
        return made

    p, y = np.linspace(0.1, 0.9, 40), np.repeat([1.0, 0.0], 20)
    fold = OutOfFoldPredictions(vector(p), vector(y), vector(np.ones(40)), 0.5)
    result = calibrate(method, (fold, fold))
    assert result.calibration is None
    assert (result.figures.kept, result.figures.after) == (False, None)
    (text,) = result.warnings
    assert "left as they are" in text


def test_a_model_without_signal_is_left_as_it_is_and_that_is_said():
    data = pd.DataFrame({"cgpa": np.random.default_rng(1).normal(7, 1, 60)})
    data["placed"] = np.arange(60) % 2
    config = TrainConfig(calibrate="platt", test_size=0.0, optimizer="newton")
    tested = trial_of(read_table(data), config)
    assert tested.fitted.calibration is None
    assert any("left as they are" in text for text in tested.warnings)
    plain = trial_of(read_table(data), TrainConfig(test_size=0.0, optimizer="newton")).fitted
    assert tested.fitted.predict_proba(data).tolist() == plain.predict_proba(data).tolist()
    with pytest.raises(DataError, match="--strict: --calibrate platt"):
        finalize(trial_of(read_table(data), dataclasses.replace(config, strict=True)))


@METHODS
def test_too_few_rows_for_folds_are_refused_before_anything_is_fitted(method, monkeypatch):
    data = pd.DataFrame({"cgpa": [5.0, 6, 7, 8, 9, 9.5], "placed": [0, 0, 0, 0, 0, 1]})
    prepared = prepare(read_table(data), TrainConfig(calibrate=method))
    with pytest.raises(DataError, match=rf"--calibrate {method} needs .* leave out"):
        fit_and_test(prepared, on_epoch=lambda _: pytest.fail("it was fitted"))


def test_groups_that_hold_all_of_an_outcome_are_refused_with_the_way_out():
    data = sheet(300)
    data["college"] = np.where(data["placed"] == 1, "north", data.index % 7)
    table = read_table(data, group="college")
    config = TrainConfig(calibrate="platt", group="college", test_size=0.0)
    with pytest.raises(DataError, match="leave out --group"):
        fit_and_test(prepare(table, config))


def test_isotonic_on_few_rows_is_warned_of(table, trials):
    few = trial_of(read_table(sheet(400)), dataclasses.replace(BALANCED, calibrate="isotonic"))
    assert any("320 training rows" in text and "platt" in text for text in few.warnings)
    assert trials["isotonic"].warnings == ()
    assert trials["platt"].warnings == ()


def test_fit_refuses_what_only_the_command_does(table):
    with pytest.raises(UsageError, match="calibrate"):
        fit(table, TrainConfig(calibrate="platt"))


@METHODS
def test_many_rows_are_calibrated_from_bins_of_them_as_from_the_rows(
    table, trials, method, monkeypatch
):
    from placement.evaluation.metrics import accumulator

    monkeypatch.setattr(accumulator, "EXACT_ROWS", 100)
    config = trials[method].prepared.config
    summed = trial_of(table, config)
    exact = trials[method].fitted.predict_proba(table.columns)
    assert summed.fitted.predict_proba(table.columns) == pytest.approx(exact, abs=1e-3)
    assert summed.recalibration.figures.rows == trials[method].recalibration.figures.rows


# --- by the command ---------------------------------------------------------------------------


def test_the_command_tells_and_keeps_it(run, students, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    students(tmp_path / "students.csv", rows=400)
    words = ("train", "students.csv", "--no-track", *QUICK, "--calibrate", "isotonic")
    done = run(*words, "-v", "--out", "one")
    assert done.code == 0, done.err
    assert "Probabilities are calibrated (--calibrate isotonic)" in done.out
    assert "Calibration on these rows" in done.out
    document = run(*words, "--out", "two", "--json").json
    for name in ("fitted.json", "weights.safetensors"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert document["calibration_map"] == load_fitted("one").calibration.document
    assert any("--calibrate platt is the safer one" in text for text in document["warnings"])
    # Nobody's logit is in the document: each point is a mean of five students or more.
    assert len(document["calibration_map"]["logit"]) <= 320 // 5
    measured_on = run("evaluate", "students.csv", "--model", "one", "--json").json
    assert measured_on["calibration"]["bins"]
    assert set(measured_on["calibration"]) == set(document["calibration"])
    scored = run("predict", "students.csv", "--model", "one", "--json").json
    frame = pd.read_csv("students.csv")
    assert [row["probability"] for row in scored] == load_fitted("one").predict_proba(
        frame
    ).tolist()


@pytest.mark.parametrize(("more", "where"), [((), "warnings"), (("--calibrate", "platt"), "notes")])
def test_balanced_classes_are_said_to_change_what_a_probability_means(
    run, students, tmp_path, more, where
):
    path = students(tmp_path / "students.csv")
    words = ("train", path, "--no-track", *QUICK, "--class-weight", "balanced", *more)
    result = run(*words, "--dry-run", "--json").json
    (text,) = (t for t in result[where] if "--class-weight balanced" in t)
    assert "a world where half are 'Placed'" in text
    assert "--calibrate platt brings it back" in text
    done = run(*words, "-v")
    assert text in done.out + done.err
    assert (f"warning: {text}" in done.err) == (where == "warnings")


def test_plain_classes_are_told_nothing_of_it(run, students, tmp_path):
    path = students(tmp_path / "students.csv")
    done = run("train", path, "--no-track", *QUICK)
    assert "world where half" not in done.out + done.err


def test_the_run_has_the_figures_and_mlflows_own_model_is_calibrated(
    store, students, tmp_path, monkeypatch
):
    from mlflow import pyfunc

    from placement.tracking.lookup import resolve
    from placement.workflows.training.train import train

    students(tmp_path / "students.csv")
    config = dataclasses.replace(BALANCED, calibrate="platt")
    result = train(["students.csv"], config)
    logged = store.client().get_run(result.tracked.run_id).data
    figures = result.fitted.figures.evaluation.calibration
    assert logged.params["calibrate"] == "platt"
    assert logged.metrics["test/calibration_slope"] == figures.slope.value
    assert logged.metrics["test/brier_resolution"] == figures.brier.resolution
    frame = pd.read_csv("students.csv")
    expected = result.fitted.predict_proba(frame)
    plain = dataclasses.replace(result.fitted, calibration=None).predict_proba(frame)
    assert np.abs(expected - plain).max() > 0.01
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.tracking_uri)
    model = pyfunc.load_model(result.tracked.model_uri)
    used = frame[list(result.fitted.schema.feature_names)]
    assert model.predict(used)["placement_probability"].tolist() == expected.tolist()
    assert load_fitted(resolve("champion", store).path).calibration == result.fitted.calibration
