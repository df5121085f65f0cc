"""The L2 path: the same optima from wherever it comes, and the rule that chooses among them."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from placement.config.train_config import TrainConfig
from placement.data.encoding.encoder import learn_encoder
from placement.data.splits.folds import assign_folds
from placement.data.splits.split import TRAIN, hold_out
from placement.data.table.read_table import read_table
from placement.training.prepare import prepare
from placement.training.problem.options import Options
from placement.training.problem.problem import define_problem
from placement.training.solver.training_loop import solve
from placement.training.validation.cross_validate import follow_path, path_config, tune, weight_sums
from placement.training.validation.l2_path import mean_and_error, one_standard_error, penalties_for
from tests.split_rows import rows_of

L2 = (1000.0, 20.0, 1.0, 0.1, 0.001)


def frame(rows=260, seed=0):
    rng = np.random.default_rng(seed)
    cgpa, stream = rng.uniform(4, 10, rows).round(2), rng.choice(["CSE", "ECE", "MECH"], rows)
    logit = 1.1 * (cgpa - 7) + (stream == "CSE")
    return pd.DataFrame(
        {
            "cgpa": np.where(rng.random(rows) < 0.05, np.nan, cgpa),
            "iq": rng.normal(100, 15, rows).round(),
            "stream": stream,
            "college": rng.choice([f"C{k}" for k in range(12)], rows),
            "hours": rng.integers(1, 4, rows),
            "placed": (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(int),
        }
    )


@pytest.mark.parametrize("settings", [{}, {"optimizer": "newton"}, {"dtype": "float32"}])
def test_a_fit_that_starts_from_its_neighbour_ends_where_one_from_zero_does(make, settings):
    problem = define_problem(make(500, 5), Options(**{"optimizer": "newton", **settings}))
    warm = list(follow_path(problem, L2))
    for l2, found in zip(L2, warm, strict=True):
        cold = solve(define_problem(make(500, 5), Options(l2=l2, **settings)))
        assert found.converged
        within = 1e-8 if "dtype" not in settings else 1e-4
        np.testing.assert_allclose(found.weights, cold.weights, rtol=0, atol=within)
        assert found.intercept == pytest.approx(cold.intercept, abs=within)


def test_a_neighbour_saves_most_of_the_steps(make):
    problem = define_problem(make(3000, 8), Options(optimizer="newton"))
    path = penalties_for(*weight_sums(problem.source))
    warm = sum(found.epochs for found in follow_path(problem, path))
    cold = sum(
        solve(dataclasses.replace(problem, options=Options(optimizer="newton", l2=l2))).epochs
        for l2 in path
    )
    assert warm < 0.7 * cold


def test_the_start_is_where_the_first_epoch_stands(make):
    problem = define_problem(make(), Options(optimizer="newton"))
    solution = solve(problem.with_penalty(0.5, np.array([1.0, -2.0, 0.5]), 0.25))
    assert solution.history[0].weights.tolist() == [1.0, -2.0, 0.5]
    assert solution.history[0].intercept == 0.25


def test_without_a_penalty_there_is_no_neighbour(make):
    problem = define_problem(make(), Options(optimizer="newton"))
    with pytest.raises(ValueError, match="penalty"):
        problem.with_penalty(0.0, np.zeros(3), 0.0)


@pytest.mark.parametrize("settings", [{}, {"class_weight": "balanced"}, {"weight": "hours"}])
def test_the_losses_are_those_of_scikit_learn_fold_by_fold(settings):
    table = read_table(frame(), weight=settings.get("weight"))
    config = path_config(TrainConfig(test_size=0.2, **settings))
    prepared = prepare(table, config)
    folds = assign_folds(table, 0, 4, split=prepared.split)
    path = tune(prepared, [folds], L2)
    fold, columns, y = folds.whole(), table.columns, table.label
    own = {name: columns[name] for name in table.schema.feature_names}
    losses = np.zeros((4, len(L2)))
    sizes = np.zeros(4)
    for number in range(4):
        train, test = (fold >= 0) & (fold != number), fold == number
        encoder = learn_encoder(
            {name: cells[train] for name, cells in own.items()}, table.schema, table.weight[train]
        )
        x, w = encoder.encode(own), table.weight
        balanced = "balanced" if "class_weight" in settings else None
        for place, l2 in enumerate(L2):
            model = LogisticRegression(
                C=1 / l2, class_weight=balanced, solver="newton-cholesky", tol=1e-12
            ).fit(x[train], y[train], sample_weight=w[train])
            p = model.predict_proba(x[test])[:, 1]
            losses[number, place] = log_loss(y[test], p, sample_weight=w[test])
        sizes[number] = w[test].sum()
    expected, _ = mean_and_error(losses[None], sizes[None])
    result = [own.log_loss for own in path.penalties]
    np.testing.assert_allclose(result, expected, rtol=0, atol=2e-6 if balanced else 1e-8)


def test_the_weights_of_the_path_are_those_that_training_would_find():
    table = read_table(frame())
    config = TrainConfig()
    prepared = prepare(table, path_config(config))
    path = tune(prepared, [assign_folds(table, 0, 5, split=prepared.split)], L2)
    for l2, weights in zip(L2, path.weights, strict=True):
        own = prepare(table, dataclasses.replace(config, l2=l2))
        np.testing.assert_allclose(weights, solve(own.problem).weights, rtol=0, atol=1e-8)


def test_rows_that_are_held_out_take_no_part():
    table = read_table(frame())
    split = hold_out(table, TrainConfig())
    rest = table.take(rows_of(split, TRAIN))
    config = path_config(TrainConfig())
    one = tune(prepare(table, config, split=split), [assign_folds(table, 0, 5, split=split)], L2)
    other = tune(prepare(rest, config, everything=True), [assign_folds(rest, 0, 5)], L2)
    assert one.rows == len(rest)
    for own, alone in zip(one.penalties, other.penalties, strict=True):
        assert own.log_loss == pytest.approx(alone.log_loss, abs=1e-9)


def test_the_standard_error_is_that_of_glmnet_over_the_folds():
    losses = np.array([[[0.5], [0.7], [0.6]], [[0.4], [0.4], [0.4]]])
    mean, error = mean_and_error(losses, np.ones((2, 3)))
    assert mean[0] == pytest.approx((0.6 + 0.4) / 2)
    first = np.std([0.5, 0.7, 0.6], ddof=1) / np.sqrt(3)
    assert error[0] == pytest.approx(np.sqrt((first**2 + 0) / 2))


def test_a_fold_weighs_as_its_rows_do():
    mean, error = mean_and_error(np.array([[[0.5], [0.8]]]), np.array([[300.0, 100.0]]))
    assert mean[0] == pytest.approx(0.575)
    assert error[0] == pytest.approx(np.sqrt(0.75 * 0.075**2 + 0.25 * 0.225**2))


def test_more_repeats_of_the_same_folds_do_not_shrink_the_error():
    losses = np.random.default_rng(0).normal(0.5, 0.1, (1, 5, 3))
    once, many = (mean_and_error(np.repeat(losses, k, axis=0), np.ones((k, 5))) for k in (1, 9))
    np.testing.assert_allclose(once, many)


def test_the_strongest_penalty_within_one_standard_error_is_chosen():
    mean = np.array([0.69, 0.52, 0.509, 0.50, 0.49, 0.495])
    error = np.array([0.9, 0.9, 0.9, 0.9, 0.02, 0.9])
    assert one_standard_error(mean, error) == (4, 2)
    assert one_standard_error(mean, error / 10) == (4, 4)
    assert one_standard_error(mean, error * 100) == (4, 0)


def test_the_path_goes_in_steps_of_1_2_and_5_from_strong_to_next_to_none():
    path = penalties_for(8000.0, 4000.0)
    assert path[:4] == (20000.0, 10000.0, 5000.0, 2000.0)
    assert path[-4:] == (0.01, 0.005, 0.002, 0.001)
    assert 1.0 in path
    assert len(path) == 23
    # ȳ(1 − ȳ) = 0.09: ten times 900 is what the rows say of a column.
    assert penalties_for(10_000.0, 1_000.0)[:2] == (10_000.0, 5_000.0)
    assert penalties_for(10.0, 5.0)[0] == 50.0


def test_the_strongest_penalty_leaves_next_to_nothing_of_a_column(make):
    problem = define_problem(make(4000, 1), Options(optimizer="newton"))
    strongest, *_, weakest = follow_path(problem, penalties_for(*weight_sums(problem.source)))
    assert abs(strongest.weights[0]) < 0.11 * abs(weakest.weights[0])
