import numpy as np
import pytest
import statsmodels.api as sm

from placement.stats.log_loss import logit_of
from placement.stats.univariate_logistic import fit_logit_intercept, fit_logit_slope


def sample(n=400, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(0.4, 2, n)
    return x, (rng.random(n) < 1 / (1 + np.exp(-(0.6 * x - 0.5)))).astype(float)


@pytest.mark.parametrize("labels", ["whole", "fractional"])
@pytest.mark.parametrize("weighted", [False, True])
def test_slope_and_intercept_and_their_errors_are_those_of_statsmodels(labels, weighted):
    x, y = sample()
    y = y if labels == "whole" else 0.1 + 0.7 * y
    w = np.random.default_rng(2).integers(1, 5, len(x)).astype(float) if weighted else x * 0 + 1
    line = fit_logit_slope(x, y, w)
    found = sm.GLM(y, sm.add_constant(x), sm.families.Binomial(), freq_weights=w).fit(tol=1e-14)
    assert (line.intercept, line.slope) == pytest.approx(found.params, abs=1e-8)
    assert (line.intercept_error, line.slope_error) == pytest.approx(found.bse, abs=1e-8)


def test_they_are_those_of_statsmodels_logit_too():
    x, y = sample()
    line, found = fit_logit_slope(x, y, np.ones(400)), sm.Logit(y, sm.add_constant(x)).fit(disp=0)
    assert (line.intercept, line.slope) == pytest.approx(found.params, abs=1e-6)
    assert (line.intercept_error, line.slope_error) == pytest.approx(found.bse, abs=1e-6)


def test_the_shift_is_the_intercept_of_statsmodels_with_the_logit_as_offset():
    x, y = sample()
    w = np.random.default_rng(3).integers(1, 5, len(x)).astype(float)
    model = sm.GLM(y, np.ones(400), sm.families.Binomial(), offset=x, freq_weights=w)
    found = model.fit(tol=1e-14)
    assert fit_logit_intercept(x, y, w) == pytest.approx((found.params[0], found.bse[0]), abs=1e-8)


def test_a_frequency_weight_counts_like_that_many_rows():
    x, y = sample(60)
    w = np.random.default_rng(4).integers(0, 4, 60)
    some = w > 0
    weighted = fit_logit_slope(x[some], y[some], w[some].astype(float))
    repeated = fit_logit_slope(np.repeat(x, w), np.repeat(y, w), np.ones(w.sum()))
    assert vars(weighted) == pytest.approx(vars(repeated), abs=1e-9)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([0.0, 1.0, 2.0, 3.0], [0, 0, 0, 0]),
        ([0.0, 1.0, 2.0, 3.0], [1, 1, 1, 1]),
        ([0.0, 1.0, 2.0, 3.0], [0, 0, 1, 1]),  # parted
        ([0.0, 1.0, 2.0, 3.0], [1, 1, 0, 0]),  # parted, the other way round
        ([0.0, 1.0, 1.0, 3.0], [0, 0, 1, 1]),  # parted but for a tie
        ([1.0, 1.0, 1.0, 1.0], [0, 1, 0, 1]),
    ],
)
def test_there_is_no_line_where_there_is_no_optimum(x, y):
    assert fit_logit_slope(np.array(x), np.array(y, dtype=float), np.ones(4)) is None


def test_one_row_out_of_place_is_enough_for_a_line():
    x, y = np.array([0.0, 1.0, 1.5, 2.0, 3.0]), np.array([0.0, 1.0, 0.0, 1.0, 1.0])
    found = sm.Logit(y, sm.add_constant(x)).fit(disp=0)
    assert fit_logit_slope(x, y, np.ones(5)).slope == pytest.approx(found.params[1], abs=1e-6)


def test_one_outcome_alone_has_no_shift():
    assert fit_logit_intercept(np.zeros(5), np.ones(5), np.ones(5)) is None
    assert fit_logit_intercept(np.zeros(5), np.zeros(5), np.ones(5)) is None


def test_predictions_of_0_and_1_that_were_wrong_still_have_a_line_and_a_shift():
    p, y = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 0.5]), np.array([0.0, 1, 1, 0, 1, 0])
    logit = logit_of(p)
    assert np.abs(logit).max() == pytest.approx(36.04, abs=0.01)
    assert fit_logit_slope(logit, y, np.ones(6)).slope > 0
    # All at one logit: the shift undoes it and leaves the logit of what happened, log(3/2).
    shift, _ = fit_logit_intercept(np.full(5, logit[0]), np.array([0.0, 0, 1, 1, 1]), np.ones(5))
    assert logit[0] + shift == pytest.approx(np.log(1.5), abs=1e-8)


def test_the_logit_is_that_of_the_probability():
    p = np.array([0.5, 0.25, 1e-9, 1 - 1e-9])
    assert logit_of(p) == pytest.approx(np.log(p / (1 - p)), abs=1e-6)
