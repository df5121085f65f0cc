"""From a table to a model: against independent referees, and by every road the same."""

from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from statsmodels.api import Logit

from placement.config.optimizers import OPTIMIZERS
from placement.config.train_config import TrainConfig
from placement.data.splits.folds import assign_folds
from placement.data.splits.split import TEST, TRAIN, hold_out
from placement.data.table.read_table import read_table
from placement.errors import DataError, UsageError
from placement.training.fit import build_fitted, fit
from placement.training.prepare import prepare
from placement.training.solver.training_loop import solve
from placement.training.validation.cross_predict import predict_out_of_fold
from tests.split_rows import rows_of

QUICK = TrainConfig(optimizer="newton")


def frame(rows=400, seed=0):
    rng = np.random.default_rng(seed)
    cgpa, stream = rng.uniform(4, 10, rows), rng.choice(["CSE", "ECE", "MECH"], rows)
    logit = 0.9 * (cgpa - 7) + 0.8 * (stream == "ECE")
    aptitude = np.where(rng.random(rows) < 0.1, np.nan, rng.uniform(20, 90, rows))
    placed = rng.random(rows) < 1 / (1 + np.exp(-logit))
    return pd.DataFrame(
        {"cgpa": cgpa, "stream": stream, "aptitude": aptitude, "placed": placed.astype(int)}
    )


def encoded(table, config):
    rows = prepare(table, config).problem.source
    return rows.x.to_dense(), rows.y


def test_the_default_penalty_is_scikit_learn_s():
    table = read_table(frame())
    x, y = encoded(table, TrainConfig())
    judge = LogisticRegression(C=1.0, tol=1e-12, max_iter=10_000).fit(x, y)
    fitted = fit(table)
    assert fitted.weights == pytest.approx(judge.coef_[0], abs=1e-6)
    assert fitted.intercept == pytest.approx(judge.intercept_[0], abs=1e-6)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_that_is_described_makes_its_steps(name):
    settings = {} if name == "auto" else {"epochs": 2}
    fitted = fit(read_table(frame(60)), TrainConfig(optimizer=name, **settings))
    assert fitted.figures.optimizer.startswith(name)
    assert np.isfinite(fitted.weights).all()


def test_without_a_penalty_it_is_statsmodels_in_natural_units():
    data = frame().drop(columns="aptitude")
    config = TrainConfig(l2=0.0, test_size=0.0)
    fitted = fit(read_table(data), config)
    design = np.column_stack(
        [np.ones(len(data)), data["cgpa"], data["stream"] == "ECE", data["stream"] == "MECH"]
    )
    judge = Logit(data["placed"].to_numpy(), design.astype(float)).fit(disp=0, tol=1e-12)
    ours = [fitted.natural_intercept, *(row.coefficient for row in fitted.coefficients)]
    assert ours == pytest.approx(judge.params, abs=1e-6)
    assert fitted.figures.train_loss == pytest.approx(-judge.llf / len(data), abs=1e-9)


def test_balanced_classes_are_scikit_learn_s():
    table = read_table(frame())
    x, y = encoded(table, TrainConfig())
    judge = LogisticRegression(C=1.0, tol=1e-12, max_iter=10_000, class_weight="balanced")
    fitted = fit(table, TrainConfig(class_weight="balanced"))
    assert fitted.weights == pytest.approx(judge.fit(x, y).coef_[0], abs=1e-6)


@pytest.mark.parametrize(("chunk_rows", "threads"), [(3, 1), (7, 2), (80, 1), (4096, 2)])
def test_chunks_and_threads_do_not_change_the_model(chunk_rows, threads):
    table = read_table(frame(100))
    whole = fit(table, QUICK)
    fitted = fit(table, QUICK, chunk_rows=chunk_rows, threads=threads)
    assert fitted.weights == pytest.approx(whole.weights, abs=1e-12)
    assert fitted.intercept == pytest.approx(whole.intercept, abs=1e-12)


def test_the_same_table_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        fit(read_table(frame())).save(tmp_path / name)
    for file in ("fitted.json", "weights.safetensors"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_held_out_rows_teach_nothing():
    data, config = frame(), TrainConfig()
    table = read_table(data)
    test = rows_of(prepare(table, config).split, TEST)
    changed = data.copy()
    changed.loc[test, "aptitude"] = np.nan
    # The split hashes the cells, so the rows are given by hand here.
    plain, other = (
        prepare(read_table(d).take(np.setdiff1d(np.arange(len(d)), test)), config, everything=True)
        for d in (data, changed)
    )
    assert plain.encoder == other.encoder == prepare(table, config).encoder
    assert fit(table).weights == pytest.approx(
        build_fitted(plain, solve(plain.problem)).weights, abs=1e-9
    )


def test_a_weight_counts_like_that_many_rows():
    data = frame(200).drop(columns="aptitude")
    count = np.random.default_rng(1).integers(1, 4, len(data))
    config = TrainConfig(test_size=0.0, optimizer="newton")
    weighted = fit(read_table(data.assign(n=count), weight="n"), config)
    repeated = fit(read_table(data.loc[data.index.repeat(count)]), config)
    assert weighted.weights == pytest.approx(repeated.weights, abs=1e-10)


def test_separable_rows_without_a_penalty_are_refused_with_file_and_columns(tmp_path):
    data = frame(60)
    data["cgpa"] = np.where(data["placed"] == 1, 8.0, 6.0) + np.linspace(0, 1, 60)
    data.to_csv(tmp_path / "cutoff.csv", index=False)
    table = read_table(tmp_path / "cutoff.csv")
    with pytest.raises(DataError, match=r"cutoff\.csv.*cgpa"):
        fit(table, TrainConfig(l2=0.0, test_size=0.0))
    assert fit(table, TrainConfig(test_size=0.0)).figures.converged


def test_aliased_columns_have_no_coefficient():
    data = frame().drop(columns="aptitude")
    data["percent"] = data["cgpa"] * 9.5
    fitted = fit(read_table(data), TrainConfig(l2=0.0, test_size=0.0))
    assert fitted.aliased == ("percent",)
    assert {c.feature: c.coefficient is None for c in fitted.coefficients}["percent"]


def test_out_of_fold_predictions_never_saw_their_row():
    table = read_table(frame(150))
    folds = assign_folds(table, 0, 5)
    fold = folds.whole()
    expected = {}
    for number in range(5):
        one = prepare(table.take(np.flatnonzero(fold != number)), QUICK, everything=True)
        columns = {n: table.columns[n][fold == number] for n in table.schema.feature_names}
        expected[number] = build_fitted(one, solve(one.problem)).predict_proba(columns)
    for number, (p, y, _, base, _) in enumerate(predict_out_of_fold(table, QUICK, folds)):
        assert p == pytest.approx(expected[number], abs=1e-12)
        assert y.tolist() == table.label[fold == number].tolist()
        assert base == pytest.approx(table.label[fold != number].mean())


def test_rows_without_a_fold_are_neither_trained_on_nor_scored():
    table = read_table(frame(200))
    split = hold_out(table, QUICK)
    rest = table.take(rows_of(split, TRAIN))
    folds = assign_folds(table, 0, 5, split=split)
    result = list(predict_out_of_fold(table, QUICK, folds))
    alone = list(predict_out_of_fold(rest, QUICK, assign_folds(rest, 0, 5)))
    for (p, y, _, base, _), (p_alone, y_alone, _, base_alone, _) in zip(result, alone, strict=True):
        assert p == pytest.approx(p_alone, abs=1e-9)
        assert y.tolist() == y_alone.tolist()
        assert base == pytest.approx(base_alone)


def test_patience_stops_early_and_says_so():
    noise = np.random.default_rng(3).normal(size=(150, 40))
    data = pd.concat([frame(150), pd.DataFrame(noise).add_prefix("noise_")], axis=1)
    config = TrainConfig(optimizer="gd", patience=3, epochs=5000)
    fitted = fit(read_table(data), config)
    assert fitted.figures.stopped == "patience"
    assert not fitted.figures.converged


def test_a_fixed_threshold_is_the_model_s():
    table = read_table(frame(60))
    assert fit(table, TrainConfig(threshold=0.7)).threshold == 0.7
    assert fit(table).threshold == 0.5


@pytest.mark.parametrize(
    "setting",
    [
        {"drop": ("cgpa",)},
        {"out": "model"},
        {"strict": True},
        {"threshold": "recall=0.9"},
        {"threshold": "youden"},
    ],
)
def test_settings_that_fit_could_only_ignore_are_refused(setting):
    with pytest.raises(UsageError, match=next(iter(setting))):
        fit(read_table(frame()), TrainConfig(**setting))


def test_a_frame_is_fitted_as_the_table_that_it_is_read_as():
    data = frame()
    table = read_table(data, target="placed", drop=["stream"])
    config = replace(QUICK, drop=("stream",))
    by_table, by_frame = fit(table, QUICK), fit(data, config, target="placed")
    assert by_frame.document == by_table.document
    by_polars = fit(pl.from_pandas(data), replace(config, target=" Placed"))
    assert by_polars.document == by_table.document


def test_what_is_doubtful_of_a_frame_is_a_warning():
    data = frame().assign(cgpa=lambda rows: rows["placed"] * 3 + 5 + rows["cgpa"] / 100)
    with pytest.warns(UserWarning, match="cgpa alone"):
        fit(data, QUICK, target="placed")


def test_another_outcome_than_the_table_was_read_for_is_refused_with_the_remedy():
    table = read_table(frame())
    remedy = r"DataFrame was read for the outcome 'placed'; read it again by read_table\(…, "
    with pytest.raises(UsageError, match=remedy):
        fit(table, target="stream")
    with pytest.raises(UsageError, match=remedy):
        fit(table, TrainConfig(target="stream"))
    assert fit(table, QUICK, target=" PLACED").schema.target.name == "placed"


def test_two_outcomes_are_refused():
    with pytest.raises(UsageError, match="target='placed', and the configuration has"):
        fit(frame(), TrainConfig(target="stream"), target="placed")


def test_a_frame_without_its_only_column_is_refused_as_by_the_command():
    with pytest.raises(DataError, match="no column is left to learn from"):
        fit(frame()[["cgpa", "placed"]], TrainConfig(drop=("cgpa",)))
