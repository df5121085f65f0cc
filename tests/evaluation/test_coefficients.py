"""The errors of the coefficients, against statsmodels and against the law of large numbers."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import expit

from placement.config.train_config import TrainConfig
from placement.data.table.read_table import read_table
from placement.errors import UsageError
from placement.evaluation.coefficients import (
    differ,
    estimates,
    few_events,
    likelihood_of,
    per_units,
)
from placement.model.figures import LikelihoodSums
from placement.training.fit import build_fitted, fit, information_at
from placement.training.prepare import prepare
from placement.training.solver.training_loop import solve


def students(rows=400, seed=0, missing=0.0):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame(
        {
            "cgpa": rng.normal(7, 1.2, rows).round(2),
            "iq": rng.normal(100, 15, rows).round(),
            "branch": rng.choice(["CSE", "ECE", "MECH"], rows, p=[0.5, 0.3, 0.2]),
        }
    )
    logit = 1.1 * (data["cgpa"] - 7) + 0.02 * (data["iq"] - 100) - 0.8 * (data["branch"] == "MECH")
    data["placed"] = (rng.random(rows) < expit(logit)).astype(int)
    if missing:
        data.loc[rng.random(rows) < missing, "cgpa"] = np.nan
    return data


def plain(data, **settings):
    """A maximum-likelihood fit of all rows, with what the rows say of it."""
    table = read_table(data)
    prepared = prepare(table, TrainConfig(l2=0.0, test_size=0.0, loss="logits", **settings))
    found = solve(prepared.problem)
    known = information_at(prepared, found)
    return table, build_fitted(prepared, found, known), known


def in_file_units(table, fitted):
    """The design matrix in the file's own units, as statsmodels would be given it."""
    encoded = fitted.encoder.encode(table.columns)
    for place, name in enumerate(fitted.encoder.names):
        if name in table.columns and table.columns[name].dtype.kind == "f":
            column = table.columns[name]
            encoded[:, place] = np.where(np.isnan(column), np.nanmean(column), column)
    return np.column_stack([np.ones(len(encoded)), encoded])


@pytest.mark.parametrize(
    "data",
    [students(), students(250, 3), students(600, 5, missing=0.2)],
    ids=["with a category", "few rows", "with missing cells"],
)
def test_coefficients_errors_tests_and_likelihoods_are_those_of_statsmodels(data):
    table, fitted, known = plain(data)
    referee = sm.Logit(table.label, in_file_units(table, fitted)).fit(disp=0, tol=1e-14)
    rows = estimates(fitted)
    limits = referee.conf_int()
    for name, expected in {
        "coefficient": referee.params,
        "std_error": referee.bse,
        "z": referee.tvalues,
        "p_value": referee.pvalues,
        "low": limits[:, 0],
        "high": limits[:, 1],
        "odds_ratio": np.exp(referee.params),
        "odds_ratio_low": np.exp(limits[:, 0]),
        "odds_ratio_high": np.exp(limits[:, 1]),
    }.items():
        found = [getattr(row, name) for row in rows]
        assert found == pytest.approx(list(expected), rel=1e-6, abs=1e-6), name
    sums = LikelihoodSums(
        known.log_likelihood, known.null_log_likelihood, len(rows), len(data), events=0.0
    )
    found = likelihood_of(sums, maximised=True)
    assert found.log_likelihood == pytest.approx(referee.llf, abs=1e-6)
    assert found.null_log_likelihood == pytest.approx(referee.llnull, abs=1e-6)
    assert found.mcfadden == pytest.approx(referee.prsquared, abs=1e-9)
    assert found.aic == pytest.approx(referee.aic, abs=1e-6)
    assert found.bic == pytest.approx(referee.bic, abs=1e-6)
    assert found.ratio == pytest.approx(referee.llr, abs=1e-6)
    assert found.p_value == pytest.approx(referee.llr_pvalue, rel=1e-6)


def test_frequency_weights_count_as_repeated_rows():
    data = students(120)
    data["n"] = np.random.default_rng(1).integers(1, 4, len(data))
    repeated = data.loc[data.index.repeat(data["n"])].drop(columns="n").reset_index(drop=True)
    config = TrainConfig(l2=0.0, test_size=0.0)
    once = fit(read_table(data, weight="n"), config)
    each = fit(read_table(repeated), config)
    for a, b in zip(estimates(once), estimates(each), strict=True):
        assert dataclasses.astuple(a)[1:] == pytest.approx(dataclasses.astuple(b)[1:], rel=1e-6)


def test_under_a_penalty_intervals_are_of_the_posterior_and_nothing_is_tested():
    table = read_table(students())
    fitted = fit(table, TrainConfig(l2=2.0, test_size=0.0))
    x = np.column_stack([fitted.encoder.encode(table.columns), np.ones(len(table))])
    p = fitted.predict_proba(table.columns)
    penalty = np.diag([2.0] * (x.shape[1] - 1) + [0.0])
    expected = np.linalg.inv(x.T @ (x * (p * (1 - p))[:, None]) + penalty)
    assert fitted.covariance == pytest.approx(expected, rel=1e-9)
    assert all(row.z is None and row.p_value is None for row in estimates(fitted))
    assert all(row.low < row.coefficient < row.high for row in estimates(fitted))


def test_with_balanced_classes_the_errors_are_the_sandwich_of_statsmodels():
    data = students(500)
    data = pd.concat([data[data["placed"] == 1], data[data["placed"] == 0].head(60)])
    table = read_table(data)
    fitted = fit(table, TrainConfig(l2=0.0, test_size=0.0, class_weight="balanced"))
    x = np.column_stack([fitted.encoder.encode(table.columns), np.ones(len(table))])
    share = table.label.mean()
    weight = np.where(table.label == 1, 0.5 / share, 0.5 / (1 - share))
    model = sm.GLM(table.label, x, family=sm.families.Binomial(), var_weights=weight)
    referee = model.fit(tol=1e-14, cov_type="HC0")
    assert fitted.covariance == pytest.approx(referee.cov_params(), rel=1e-5)


def test_aliased_columns_have_neither_coefficient_nor_error():
    data = students()
    data["percent"] = data["cgpa"] * 9.5
    _, fitted, _ = plain(data)
    by_name = {row.feature: row for row in estimates(fitted)}
    assert by_name["percent"].coefficient is None
    assert by_name["percent"].std_error is None
    assert by_name["iq"].std_error > 0
    assert (fitted.covariance[fitted.encoder.names.index("percent")] == 0).all()


def test_a_coefficient_is_told_per_as_many_units_as_asked():
    _, fitted, _ = plain(students())
    one = {row.feature: row for row in estimates(fitted)}
    ten = {row.feature: row for row in per_units(fitted, estimates(fitted), {"IQ": 10})}
    assert ten["iq"].coefficient == pytest.approx(10 * one["iq"].coefficient)
    assert ten["iq"].high == pytest.approx(10 * one["iq"].high)
    assert ten["iq"].z == pytest.approx(one["iq"].z)
    assert ten["cgpa"] == one["cgpa"]
    with pytest.raises(UsageError, match="did you mean 'cgpa'"):
        per_units(fitted, estimates(fitted), {"cgap": 1})


def test_the_interval_of_a_student_is_that_of_the_delta_method():
    table, fitted, _ = plain(students())
    x = np.column_stack([fitted.encoder.encode(table.columns), np.ones(len(table))])
    referee = sm.Logit(table.label, x).fit(disp=0, tol=1e-14)
    expected = referee.get_prediction(which="linear").conf_int()
    low, high = fitted.scorer.score(table.columns, errors=True).interval
    assert low == pytest.approx(expit(expected[:, 0]), abs=1e-9)
    assert high == pytest.approx(expit(expected[:, 1]), abs=1e-9)


def refits(data, log_odds, samples, config):
    """Fits of the same students, whose outcomes are drawn anew for each."""
    prepared, rng = prepare(read_table(data), config), np.random.default_rng(0)
    assert prepared.observed.y.tolist() == data["placed"].tolist()
    for _ in range(samples):
        outcomes = (rng.random(len(data)) < expit(log_odds)).astype(float)
        source = dataclasses.replace(prepared.observed, y=outcomes)
        problem = dataclasses.replace(prepared.problem, source=source)
        again = dataclasses.replace(prepared, problem=problem, observed=source)
        found = solve(problem)
        yield build_fitted(again, found, information_at(again, found))


def test_95_percent_intervals_hold_the_truth_in_95_of_100_samples():
    """Over 200 samples of the outcomes of 500 students; `scripts/intervals.py` draws many more."""
    from scripts import intervals

    data = intervals.sample(500, np.random.default_rng(0))
    found = intervals.share_held(refits(data, intervals.log_odds(data), 200, intervals.CONFIG))
    assert len(found) == 5  # three coefficients, the intercept, an average student's chance
    assert all(0.93 <= share <= 0.97 for share in found.values()), found


def test_variance_inflation_is_that_of_statsmodels_and_high_for_a_near_copy():
    from statsmodels.stats.outliers_influence import variance_inflation_factor

    data = students()
    data["aptitude"] = data["cgpa"] * 10 + np.random.default_rng(9).normal(0, 2, len(data))
    table, fitted, known = plain(data)
    found = known.variance_inflation(fitted.encoder.source_columns)
    x = in_file_units(table, fitted)
    names = ("(intercept)", *fitted.encoder.names)
    for name in ("cgpa", "iq", "aptitude"):
        expected = variance_inflation_factor(x, names.index(name))
        assert found[name] == pytest.approx(expected, rel=1e-8)
    assert found["aptitude"] > 10 > found["iq"]


def test_variance_inflation_of_a_category_does_not_hang_on_its_reference():
    data = students()
    data["branch"] = np.where(data["cgpa"] > 7.5, "CSE", data["branch"])
    _, one, known_one = plain(data)
    data["branch"] = data["branch"].replace({"MECH": "AMECH"})
    _, other, known_other = plain(data)
    assert one.encoder.names != other.encoder.names
    first = known_one.variance_inflation(one.encoder.source_columns)["branch"]
    second = known_other.variance_inflation(other.encoder.source_columns)["branch"]
    assert first == pytest.approx(second, rel=1e-9)


def test_generalised_inflation_is_fox_and_monettes_to_the_power_of_one_over_its_columns():
    data = students(500, 4)
    data["branch"] = np.where(data["cgpa"] + data["iq"] / 30 > 11, "CSE", data["branch"])
    table, fitted, known = plain(data)
    correlation = np.corrcoef(fitted.encoder.encode(table.columns), rowvar=False)
    own = np.array([owner == "branch" for owner in fitted.encoder.source_columns])
    det = np.linalg.det
    gvif = det(correlation[np.ix_(own, own)]) * det(correlation[np.ix_(~own, ~own)])
    gvif /= det(correlation)
    found = known.variance_inflation(fitted.encoder.source_columns)["branch"]
    assert own.sum() == 2
    assert found == pytest.approx(gvif ** (1 / 2), rel=1e-9)
    assert found > 1.05


def test_columns_are_as_alike_whatever_the_classes_weigh():
    data = students(500, 4)
    data = pd.concat([data[data["placed"] == 1], data[data["placed"] == 0].head(60)])
    _, fitted, known = plain(data)
    _, _, balanced = plain(data, class_weight="balanced")
    owners = fitted.encoder.source_columns
    assert balanced.variance_inflation(owners) == pytest.approx(known.variance_inflation(owners))


def test_events_are_students_whatever_the_classes_weigh():
    data = students(500, 4)
    data = pd.concat([data[data["placed"] == 1], data[data["placed"] == 0].head(40)])
    _, _, known = plain(data, class_weight="balanced")
    assert min(known.positive, known.negative) == pytest.approx(40, rel=1e-12)
    assert known.null_log_likelihood == pytest.approx(len(data) * np.log(0.5))


def test_fewer_than_ten_events_a_column_are_few():
    assert few_events(LikelihoodSums(-1.0, -2.0, 4, 60.0, events=29.0)) == pytest.approx(29 / 3)
    assert few_events(LikelihoodSums(-1.0, -2.0, 4, 60.0, events=30.0)) is None


def test_fits_differ_where_a_coefficient_moves_by_more_than_ten_percent():
    row = estimates(plain(students())[1])[1]
    nearly = dataclasses.replace(row, coefficient=row.coefficient * 1.09)
    assert not differ(row, nearly)
    assert differ(row, dataclasses.replace(row, coefficient=row.coefficient * 1.12))
    assert differ(row, dataclasses.replace(row, coefficient=None))
