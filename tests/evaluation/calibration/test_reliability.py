import numpy as np
import pytest

from placement.evaluation.calibration.reliability import (
    equal_count_groups,
    reliability_bins,
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


def test_groups_of_a_column_keep_equal_values_together():
    values = np.array([7.0] * 12 + [8.0] * 2 + [9.0] * 6)
    groups = equal_count_groups(values, 4)
    assert [len(rows) for rows in groups] == [14, 6] or [len(rows) for rows in groups] == [12, 8]
    assert all(len(rows) >= 5 for rows in groups)
