import numpy as np
import pytest

from placement.evaluation.calibration.calibration import calibration_figures
from placement.evaluation.calibration.reliability import reliability_bins
from placement.stats.univariate_logistic import fit_logit_intercept, fit_logit_slope


def sample(n=4000, seed=3, stretch=1.0, shift=0.0):
    """Predictions whose logit is `stretch` times too large and `shift` too high."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(0, 1.5, n)
    y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float)
    return 1 / (1 + np.exp(-(stretch * logit + shift))), y, np.ones(n)


def test_an_honest_model_has_slope_1_and_intercept_0_within_the_intervals():
    found = calibration_figures(*sample())
    assert found.slope.low < 1 < found.slope.high
    assert found.intercept.low < 0 < found.intercept.high
    assert found.in_the_large.low < 0 < found.in_the_large.high


def test_logits_stretched_to_double_have_half_the_slope():
    honest, found = calibration_figures(*sample()), calibration_figures(*sample(stretch=2.0))
    assert found.slope.value == pytest.approx(honest.slope.value / 2, abs=1e-6)
    assert found.slope.high < 1


def test_predictions_that_are_too_high_show_in_the_large():
    found = calibration_figures(*sample(shift=0.7))
    assert found.in_the_large.high < 0
    assert found.in_the_large.value == pytest.approx(-0.7, abs=0.1)
    assert found.predicted > found.observed


def test_intervals_are_1_96_standard_errors_to_both_sides():
    p, y, w = sample(300)
    found, logit = calibration_figures(p, y, w), np.log(p / (1 - p))
    line, (shift, error) = fit_logit_slope(logit, y, w), fit_logit_intercept(logit, y, w)
    for own, value, size in (
        (found.slope, line.slope, line.slope_error),
        (found.intercept, line.intercept, line.intercept_error),
        (found.in_the_large, shift, error),
    ):
        assert own.value == pytest.approx(value, abs=1e-9)
        assert (own.low, own.high) == pytest.approx(
            (value - 1.959964 * size, value + 1.959964 * size), abs=1e-6
        )


def test_the_intervals_of_slope_and_shift_hold_the_truth_about_95_times_in_100():
    found = [calibration_figures(*sample(300, seed)) for seed in range(400)]
    held = np.array([
        (f.slope.low < 1 < f.slope.high, f.in_the_large.low < 0 < f.in_the_large.high)
        for f in found
    ])  # fmt: skip
    assert (held.mean(axis=0) > 0.92).all()
    assert (held.mean(axis=0) < 0.98).all()


def test_the_parts_of_the_brier_score_stand_on_the_bins_that_are_shown():
    p, y, w = sample(500)
    found = calibration_figures(p, y, w)
    assert found.bins == reliability_bins(p, y, w)
    by_hand = sum(b.weight * (b.predicted - b.observed) ** 2 for b in found.bins) / w.sum()
    assert found.brier.reliability == pytest.approx(by_hand, abs=1e-12)
    assert found.brier.score == pytest.approx(np.mean((p - y) ** 2), abs=1e-12)


def test_entries_for_many_rows_give_what_the_rows_give():
    rng = np.random.default_rng(5)
    p = rng.choice(np.linspace(0.05, 0.95, 30), 5000)
    y = (rng.random(5000) < p).astype(float)
    value, place, count = np.unique(p, return_inverse=True, return_counts=True)
    share = np.bincount(place, y) / count
    rows = calibration_figures(p, y, np.ones(5000)).as_dict()
    summed = calibration_figures(value, share, count.astype(float), count).as_dict()
    assert summed.pop("brier") == pytest.approx(rows.pop("brier"), abs=1e-12)
    for one, other in zip(summed.pop("bins"), rows.pop("bins"), strict=True):
        assert one == pytest.approx(other, abs=1e-12)
    assert summed == pytest.approx(rows, abs=1e-9)


def test_rows_of_weight_zero_do_not_count():
    p, y, w = sample(200)
    some = np.arange(200) < 120
    found = calibration_figures(p, y, w * some).as_dict()
    assert found == calibration_figures(p[some], y[some], w[some]).as_dict()


def test_what_is_undefined_is_none_and_not_a_number_that_looks_like_one():
    same = calibration_figures(np.full(50, 0.3), np.repeat([1.0, 0.0], 25), np.ones(50))
    assert (same.slope, same.intercept) == (None, None)
    assert same.in_the_large is not None
    single = calibration_figures(np.linspace(0.1, 0.9, 50), np.ones(50), np.ones(50))
    assert (single.slope, single.in_the_large) == (None, None)
    assert single.brier is not None
    few = calibration_figures(np.array([0.2, 0.8, 0.4]), np.array([0.0, 1.0, 1.0]), np.ones(3))
    assert (few.brier, few.bins) == (None, ())
    assert few.as_dict()["brier"] is None
    assert set(few.as_dict()) == {
        "predicted", "observed", "slope", "slope_low", "slope_high", "intercept", "intercept_low",
        "intercept_high", "in_the_large", "in_the_large_low", "in_the_large_high", "brier", "bins",
    }  # fmt: skip
