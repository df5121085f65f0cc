"""Firth's correction against Jeffreys' prior maximised another way, and where it is known."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from placement.config.train_config import TrainConfig
from placement.data.table.read_table import read_table
from placement.errors import UsageError
from placement.training.fit import build_fitted, fit, information_at
from placement.training.prepare import prepare
from placement.training.solver.training_loop import solve


def small(rows=40, seed=1):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"cgpa": rng.uniform(4, 10, rows), "iq": rng.normal(100, 15, rows)})
    return data.assign(placed=(rng.random(rows) < expit(1.3 * (data["cgpa"] - 7))).astype(int))


SEPARABLE = pd.DataFrame(
    {"cgpa": [5, 6, 7, 8, 9, 9.5, 5.5, 6.5], "placed": [0, 0, 0, 1, 1, 1, 0, 0]}
)


def jeffreys(table, fitted):
    """Parameters (slopes, intercept) that maximise log-likelihood + ½ log |information|."""
    x = np.column_stack([fitted.encoder.encode(table.columns), np.ones(len(table))])

    def minus(beta):
        z = x @ beta
        p = expit(z)
        information = x.T @ (x * (p * (1 - p))[:, None])
        result = table.label @ z - np.logaddexp(0, z).sum()
        return -(result + 0.5 * np.linalg.slogdet(information)[1])

    start = np.zeros(x.shape[1])
    return minimize(minus, start, method="BFGS", options={"gtol": 1e-9}).x, x


@pytest.mark.parametrize("data", [small(), small(25, 4), SEPARABLE], ids=["40", "25", "separable"])
def test_slopes_are_firths_and_the_intercept_is_flics(data):
    table = read_table(data)
    fitted = fit(table, TrainConfig(firth=True, test_size=0.0))
    expected, x = jeffreys(table, fitted)
    assert fitted.weights == pytest.approx(expected[:-1], abs=1e-5)
    assert fitted.figures.converged
    # FLIC: the one intercept at which the probabilities add up to the placed (Puhr et al. 2017).
    assert fitted.predict_proba(table.columns).sum() == pytest.approx(table.label.sum(), abs=1e-9)
    p = expit(x @ expected)
    information = x.T @ (x * (p * (1 - p))[:, None])
    assert fitted.covariance == pytest.approx(np.linalg.inv(information), rel=1e-4)


def test_of_a_table_of_four_counts_it_adds_a_half_to_each():
    """Known in closed form for a saturated model (Firth 1993): an odds ratio of (n + ½)."""
    counts = {("yes", 1): 9, ("yes", 0): 1, ("no", 1): 6, ("no", 0): 14}
    rows = [(a, y) for (a, y), n in counts.items() for _ in range(n)]
    data = pd.DataFrame(rows, columns=["internship", "placed"])
    fitted = fit(read_table(data), TrainConfig(firth=True, test_size=0.0))
    expected = np.log((9.5 * 14.5) / (1.5 * 6.5))
    assert fitted.coefficients[0].coefficient == pytest.approx(expected, abs=1e-8)


def test_its_loss_and_likelihood_are_of_the_model_that_is_kept():
    from placement.stats.metrics import metrics

    table = read_table(SEPARABLE)
    prepared = prepare(table, TrainConfig(firth=True, test_size=0.0))
    solution = solve(prepared.problem)
    known = information_at(prepared, solution)
    fitted = build_fitted(prepared, solution, known)
    loss = metrics(fitted.predict_proba(table.columns), table.label).log_loss
    assert fitted.figures.train_loss == pytest.approx(loss, rel=1e-9)
    assert known.log_likelihood == pytest.approx(-loss * len(table), rel=1e-9)


def test_weights_count_as_repeated_rows():
    data = small()
    data["n"] = np.random.default_rng(2).integers(1, 4, len(data))
    repeated = data.loc[data.index.repeat(data["n"])].drop(columns="n").reset_index(drop=True)
    config = TrainConfig(firth=True, test_size=0.0)
    once, each = fit(read_table(data, weight="n"), config), fit(read_table(repeated), config)
    assert once.weights == pytest.approx(each.weights, abs=1e-7)
    assert once.intercept == pytest.approx(each.intercept, abs=1e-7)


@pytest.mark.parametrize(
    "setting", [{"l2": 0.5}, {"loss": "other"}, {"optimizer": "gd"}, {"class_weight": "balanced"}]
)
def test_what_firth_cannot_use_is_refused(setting):
    with pytest.raises(UsageError):
        TrainConfig(firth=True, **setting)


def test_firth_means_no_other_penalty():
    config = TrainConfig(firth=True)
    assert (config.l2, config.loss) == (0.0, "logits")
