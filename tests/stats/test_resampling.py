"""Intervals of means: a weight is so many rows, and their order does not matter."""

import numpy as np
import pytest

from placement.stats import resampling
from placement.stats.resampling import mean_interval


@pytest.fixture(params=["rows", "bins"])
def exact_rows(request, monkeypatch):
    monkeypatch.setattr(resampling, "EXACT_ROWS", 100_000 if request.param == "rows" else 100)


def sample():
    rng = np.random.default_rng(2)
    return rng.normal(1.0, 2.0, 60), rng.integers(1, 12, 60).astype(float)


@pytest.mark.usefixtures("exact_rows")
def test_a_grouped_table_and_its_rows_in_any_order_have_one_interval():
    values, weight = sample()
    rows = np.random.default_rng(3).permutation(np.repeat(values, weight.astype(int)))
    grouped, expanded = mean_interval(values, weight), mean_interval(rows, np.ones(len(rows)))
    assert grouped == pytest.approx(expanded, abs=0.02)
    error = rows.std() / np.sqrt(len(rows))
    assert grouped[1] - grouped[0] == pytest.approx(2 * 1.96 * error, rel=0.08)


def test_the_very_same_rows_are_drawn_of_a_grouped_table():
    values, weight = sample()
    rows = np.repeat(values, weight.astype(int))
    assert mean_interval(values, weight) == pytest.approx(
        mean_interval(rows, np.ones(len(rows))), abs=1e-12
    )


@pytest.mark.usefixtures("exact_rows")
def test_a_weight_that_is_not_whole_goes_with_its_row():
    values, weight = sample()
    low, high = mean_interval(values, weight + 0.5)
    w = (weight + 0.5) / (weight + 0.5).sum()
    error = np.sqrt(w**2 @ (values - w @ values) ** 2)
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.12)
