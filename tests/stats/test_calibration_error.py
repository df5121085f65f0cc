import numpy as np
import pytest

from placement.stats.metrics import metrics


def error_of(p, y, w):
    return metrics(p, y, w, 0.5).ece


def test_perfect_calibration_has_no_error_and_a_shift_shows_as_it_is():
    p = np.repeat([0.2, 0.6], 50)
    y = np.concatenate([np.repeat([1.0, 0.0], [10, 40]), np.repeat([1.0, 0.0], [30, 20])])
    assert error_of(p, y, np.ones(100)) == pytest.approx(0, abs=1e-12)
    assert error_of(p + 0.1, y, np.ones(100)) == pytest.approx(0.1)


def test_a_tie_that_a_border_cuts_is_shared_whatever_the_order():
    p = np.full(30, 0.5)
    y = np.repeat([1.0, 0.0], 15)
    assert error_of(p, y, np.ones(30)) == pytest.approx(0, abs=1e-12)


def test_fractional_weights_have_bins_of_equal_weight():
    rng = np.random.default_rng(5)
    p = rng.random(500)
    y = (rng.random(500) < p).astype(float)
    tenth = error_of(p, y, np.full(500, 0.1))
    assert tenth == pytest.approx(error_of(p, y, np.ones(500)), abs=1e-3)
