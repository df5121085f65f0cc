import math

import numpy as np
import pytest

from placement.errors import DataError
from placement.evaluation.metrics.skill import base_rate, skill
from placement.stats.metrics import metrics


def sample(n=300, seed=4, strength=2.0):
    rng = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(-strength * rng.normal(size=n)))
    return p, (rng.random(n) < p).astype(float)


def test_the_gain_is_the_difference_of_the_two_log_losses():
    p, y = sample()
    found = skill(p, y, 0.4)
    assert found.base_log_loss == pytest.approx(metrics(np.full(300, 0.4), y).log_loss)
    assert found.gain == pytest.approx(found.base_log_loss - metrics(p, y).log_loss)
    assert found.low < found.gain < found.high


def test_a_model_that_knows_something_is_better_than_the_base_rate():
    p, y = sample()
    assert skill(p, y, y.mean()).better_than_base_rate


def test_a_model_of_noise_is_not_better_than_the_base_rate():
    rng = np.random.default_rng(0)
    p = np.clip(0.5 + 0.05 * rng.normal(size=300), 0.01, 0.99)
    found = skill(p, rng.integers(0, 2, 300), 0.5)
    assert not found.better_than_base_rate
    assert found.low <= 0 <= found.high


def test_a_model_worse_than_the_base_rate_is_not_called_better():
    p, y = sample()
    found = skill(1 - p, y, y.mean())
    assert found.high < 0
    assert not found.better_than_base_rate


def test_the_interval_has_the_width_of_the_standard_error_of_the_mean():
    p, y = sample(2000)
    gain = np.log(np.where(y == 1, p, 1 - p)) - math.log(0.5)
    found = skill(p, y, 0.5)
    error = gain.std() / math.sqrt(2000)
    assert (found.high - found.low) / (2 * 1.96 * error) == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("n", [10_000, 10_001, 60_000])
def test_many_rows_give_the_same_interval_from_a_histogram(n):
    p, y = sample(n)
    gain = np.log(np.where(y == 1, p, 1 - p)) - math.log(0.5)
    found = skill(p, y, 0.5)
    error = gain.std() / math.sqrt(n)
    assert found.low == pytest.approx(gain.mean() - 1.96 * error, abs=0.2 * error)
    assert found.high == pytest.approx(gain.mean() + 1.96 * error, abs=0.2 * error)


def test_the_seed_decides_the_interval():
    p, y = sample()
    assert skill(p, y, 0.5, seed=1) == skill(p, y, 0.5, seed=1)
    assert skill(p, y, 0.5, seed=1) != skill(p, y, 0.5, seed=2)


def test_each_row_may_have_the_base_rate_of_its_own_fold():
    p, y = sample(100)
    rates = np.where(np.arange(100) < 50, 0.3, 0.6)
    weight = (np.arange(100) < 50).astype(float)
    assert skill(p, y, rates, weight).base_log_loss == pytest.approx(
        skill(p[:50], y[:50], 0.3).base_log_loss
    )


def test_a_single_row_says_nothing_of_the_spread():
    found = skill([0.9], [1], 0.5)
    assert (found.low, found.high) == (-math.inf, math.inf)
    assert not found.better_than_base_rate


def test_a_base_rate_of_zero_or_one_stays_finite():
    assert math.isfinite(skill([0.5, 0.5], [1, 0], 1.0).base_log_loss)


def test_the_base_rate_is_the_weighted_share_of_the_placed():
    assert base_rate([1, 0, 0]) == pytest.approx(1 / 3)
    assert base_rate([1, 0, 0], [2, 1, 0]) == pytest.approx(2 / 3)
    with pytest.raises(DataError):
        base_rate([])
