"""Profile limits of Firth's coefficients, against scipy's maximiser and where they are known."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq, minimize
from scipy.special import expit
from scipy.stats import chi2, norm

from placement.config.train_config import TrainConfig
from placement.data.table.read_table import read_table
from placement.training.inference import profile_likelihood
from placement.training.inference.profile_likelihood import profile_limits
from placement.training.prepare import prepare
from placement.training.solver.training_loop import solve

SEPARABLE = pd.DataFrame(
    {"x": np.arange(1.0, 11), "g": [0, 1, 0, 1, 1, 0, 1, 0, 1, 1], "placed": [0] * 5 + [1] * 5}
)


def nearly_separable():
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"zero": np.repeat([1, 0], [6, 24]), "x": rng.normal(size=30).round(2)})
    return data.assign(placed=np.where(data["zero"] == 1, 1, rng.random(30) < 0.5).astype(int))


def limits_of(data, **how):
    table = read_table(data, target="placed", **how)
    prepared = prepare(table, TrainConfig(firth=True, test_size=0.0))
    solution, columns = solve(prepared.problem), prepared.problem.columns
    beta = np.append(solution.weights[columns], solution.intercept)
    return profile_limits(prepared.observed, prepared.encoder, columns, beta)


def reference(x, y, index):
    """Estimate, limits and p-value of a coefficient (of columns, the intercept last)."""
    x = np.column_stack([x - x.mean(axis=0), np.ones(len(x))])

    def highest(held=None):
        free = [k for k in range(x.shape[1]) if held is None or k != index]

        def beta(values):
            whole = np.full(x.shape[1], held or 0.0)
            whole[free] = values
            return whole

        def minus(values):
            z = x @ beta(values)
            p = expit(z)
            penalty = 0.5 * np.linalg.slogdet(x.T @ (x * (p * (1 - p))[:, None]))[1]
            return np.logaddexp(0, np.where(y == 1, -z, z)).sum() - penalty

        found = minimize(minus, np.zeros(len(free)), method="BFGS", options={"gtol": 1e-7})
        return -found.fun, beta(found.x)[index]

    top, estimate = highest()

    def beyond(value):
        return 2 * (top - highest(value)[0]) - chi2.ppf(0.95, 1)

    reach = 12 / x[:, index].std()
    low, high = (brentq(beyond, estimate, estimate + sign * reach) for sign in (-1, 1))
    return estimate, low, high, chi2.sf(2 * (top - highest(0.0)[0]), 1)


@pytest.mark.parametrize("data", [SEPARABLE, nearly_separable()], ids=["separable", "nearly"])
def test_limits_and_p_are_those_of_the_penalised_likelihood_maximised_another_way(data):
    names = [name for name in data if name != "placed"]
    for index, limits in enumerate(limits_of(data)):
        assert limits.feature == names[index]
        _, low, high, p_value = reference(data[names].to_numpy(float), data["placed"], index)
        assert (limits.low, limits.high) == pytest.approx((low, high), rel=1e-3)
        assert 2 * norm.sf(abs(limits.z)) == pytest.approx(p_value, rel=1e-3)


def test_a_column_that_separates_the_outcomes_has_an_effect_where_wald_finds_none():
    (x, _) = limits_of(SEPARABLE)
    assert x.low > 0
    assert 2 * norm.sf(x.z) < 0.05


def test_limits_are_in_the_units_of_the_file():
    (plain, _), (scaled, _) = (
        limits_of(SEPARABLE.assign(x=SEPARABLE["x"] * unit)) for unit in (1, 100)
    )
    assert (scaled.low, scaled.high) == pytest.approx((plain.low / 100, plain.high / 100), rel=1e-4)
    assert scaled.z == pytest.approx(plain.z, rel=1e-6)


def test_weights_count_as_repeated_rows():
    data = nearly_separable()
    data["n"] = np.random.default_rng(2).integers(1, 4, len(data))
    repeated = data.loc[data.index.repeat(data["n"])].drop(columns="n").reset_index(drop=True)
    once, each = limits_of(data, weight="n"), limits_of(repeated)
    for one, other in zip(once, each, strict=True):
        assert (one.z, one.low, one.high) == pytest.approx(
            (other.z, other.low, other.high), rel=1e-4
        )


def test_where_they_would_take_too_long_there_are_none(monkeypatch):
    monkeypatch.setattr(profile_likelihood, "MOST_WORK", 10 * 3**3 - 1)
    assert limits_of(SEPARABLE) is None
