import numpy as np
import pytest

from placement.evaluation.calibration.reliability import (
    equal_count_groups,
    expected_calibration_error,
    reliability_bins,
    wilson,
)


def sample(n, seed=5):
    rng = np.random.default_rng(seed)
    p = rng.random(n)
    return p, (rng.random(n) < p).astype(float)


def test_bins_hold_equal_counts_and_every_row_once():
    p, y = sample(1000)
    bins = reliability_bins(p, y)
    assert [item.rows for item in bins] == [100] * 10
    assert sum(item.observed * item.rows for item in bins) == pytest.approx(y.sum())
    assert all(item.low <= item.observed <= item.high for item in bins)


@pytest.mark.parametrize("n", [0, 1, 4, 5, 9, 23, 49, 50, 101])
def test_no_bin_shows_fewer_than_five_rows(n):
    p, y = sample(n)
    bins = reliability_bins(p, y)
    assert all(item.rows >= 5 for item in bins)
    assert sum(item.rows for item in bins) == (n if n >= 5 else 0)


def test_equal_probabilities_share_one_bin_of_the_picture():
    p = np.repeat([0.1, 0.2, 0.9], [3, 40, 7])
    bins = reliability_bins(p, np.zeros(50))
    assert [item.rows for item in bins] == [43, 7]


def test_rows_of_weight_zero_are_in_no_bin():
    p, y = sample(100)
    weight = np.ones(100)
    weight[:60] = 0
    assert sum(item.rows for item in reliability_bins(p, y, weight)) == 40


def test_perfect_calibration_has_no_error_and_a_shift_shows_as_it_is():
    p = np.repeat([0.2, 0.6], 50)
    y = np.concatenate([np.repeat([1.0, 0.0], [10, 40]), np.repeat([1.0, 0.0], [30, 20])])
    assert expected_calibration_error(p, y, np.ones(100)) == pytest.approx(0, abs=1e-12)
    assert expected_calibration_error(p + 0.1, y, np.ones(100)) == pytest.approx(0.1)


def test_a_tie_that_a_border_cuts_is_shared_whatever_the_order():
    p = np.full(30, 0.5)
    y = np.repeat([1.0, 0.0], 15)
    assert expected_calibration_error(p, y, np.ones(30)) == pytest.approx(0, abs=1e-12)


def test_fractional_weights_have_bins_of_equal_weight():
    p, y = sample(500)
    tenth = expected_calibration_error(p, y, np.full(500, 0.1))
    assert tenth == pytest.approx(expected_calibration_error(p, y, np.ones(500)), abs=1e-3)


def test_wilson_limits_stay_inside_zero_and_one():
    assert wilson(0.0, 5)[0] == 0
    assert wilson(1.0, 5)[1] == 1
    low, high = wilson(0.5, 100)  # statsmodels proportion_confint(50, 100, method="wilson")
    assert (low, high) == pytest.approx((0.4038315303659956, 0.5961684696340044))


def test_groups_of_a_column_keep_equal_values_together():
    values = np.array([7.0] * 12 + [8.0] * 2 + [9.0] * 6)
    groups = equal_count_groups(values, np.argsort(values, kind="stable"), 4)
    assert [len(rows) for rows in groups] == [14, 6] or [len(rows) for rows in groups] == [12, 8]
    assert all(len(rows) >= 5 for rows in groups)
