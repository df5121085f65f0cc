import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from placement.evaluation.calibration.brier_decomposition import brier_parts

ROW = st.tuples(
    st.floats(0, 1), st.floats(0, 1) | st.sampled_from([0.0, 1.0]), st.floats(0.01, 9),
    st.integers(0, 6),
)  # fmt: skip


def parted(bins):
    return [np.flatnonzero(bins == number) for number in np.unique(bins)]


def total(parts):
    return (
        parts.reliability
        - parts.resolution
        + parts.uncertainty
        + parts.within_variance
        - parts.within_covariance
    )


@given(st.lists(ROW, min_size=1, max_size=60))
def test_the_parts_add_up_to_the_score_whatever_the_bins(rows):
    p, y, w, bins = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    parts = brier_parts(p, y, w, parted(bins))
    assert parts.score == pytest.approx(np.average((p - y) ** 2, weights=w), abs=1e-12)
    assert total(parts) == pytest.approx(parts.score, abs=1e-12)
    assert min(parts.reliability, parts.resolution, parts.within_variance) >= 0


def test_the_score_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    p, y, w = rng.random(50), rng.integers(0, 2, 50).astype(float), rng.random(50)
    parts = brier_parts(p, y, w, [np.arange(50)])
    assert parts.score == pytest.approx(brier_score_loss(y, p, sample_weight=w), abs=1e-14)


def test_murphys_three_parts_are_all_where_bins_have_one_probability():
    # 40 days at 0.2 with 12 that happened, 10 at 0.7 with 6: sums that can be done on paper.
    p = np.repeat([0.2, 0.7], [40, 10])
    y = np.concatenate([np.repeat([1.0, 0.0], [12, 28]), np.repeat([1.0, 0.0], [6, 4])])
    parts = brier_parts(p, y, np.ones(50), parted(p))
    assert parts.reliability == pytest.approx((40 * 0.1**2 + 10 * 0.1**2) / 50)
    assert parts.resolution == pytest.approx((40 * 0.06**2 + 10 * 0.24**2) / 50)
    assert parts.uncertainty == pytest.approx(0.36 * 0.64)
    assert parts.within_variance - parts.within_covariance == pytest.approx(0, abs=1e-15)


def test_one_bin_has_no_resolution_and_the_base_rate_scores_the_uncertainty():
    y = np.repeat([1.0, 0.0], [30, 70])
    parts = brier_parts(np.full(100, 0.3), y, np.ones(100), [np.arange(100)])
    assert (parts.reliability, parts.resolution) == pytest.approx((0, 0), abs=1e-15)
    assert parts.score == pytest.approx(parts.uncertainty) == pytest.approx(0.21)


def test_entries_for_many_rows_give_what_the_rows_give():
    rng = np.random.default_rng(1)
    p, y = rng.choice([0.1, 0.4, 0.8], 300), rng.integers(0, 2, 300).astype(float)
    values = np.unique(p)
    share = np.array([y[p == value].mean() for value in values])
    count = np.array([(p == value).sum() for value in values], dtype=float)
    by_row = brier_parts(p, y, np.ones(300), parted(p >= 0.3))
    summed = brier_parts(values, share, count, parted(values >= 0.3), squares=share)
    assert vars(summed) == pytest.approx(vars(by_row), abs=1e-12)
