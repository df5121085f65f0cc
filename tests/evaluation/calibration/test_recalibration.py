import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

from placement.evaluation.calibration.recalibration import fit_isotonic, fit_platt
from placement.model.scorer import sigmoid


def sample(n=600, seed=2):
    rng = np.random.default_rng(seed)
    logit = rng.normal(0.3, 2, n)
    chance = sigmoid(0.5 * logit + 0.8 * np.sin(logit) - 0.4)
    return logit, (rng.random(n) < chance).astype(float)


@pytest.mark.parametrize("weighted", [False, True])
def test_platt_is_scikit_learns(weighted):
    x, y = sample()
    w = np.random.default_rng(1).integers(1, 4, len(x)).astype(float) if weighted else x * 0 + 1
    found, theirs = fit_platt(x, y, w), _SigmoidCalibration().fit(x, y, w)
    assert (found.slope, found.intercept) == pytest.approx((-theirs.a_, -theirs.b_), abs=1e-5)
    assert found.apply(x) == pytest.approx(theirs.predict(x), abs=1e-6)


def test_platt_has_a_finite_slope_even_where_the_logit_parts_the_outcomes():
    x = np.linspace(-3, 3, 40)
    found = fit_platt(x, (x > 0).astype(float), np.ones(40))
    assert 0 < found.slope < 100


def test_a_fractional_label_is_that_share_of_a_row_of_each_kind():
    x, y = sample(100)
    share = 0.2 + 0.5 * y
    found = fit_platt(x, share, np.ones(100))
    both = fit_platt(np.tile(x, 2), np.repeat([1.0, 0.0], 100), np.concatenate([share, 1 - share]))
    assert (found.slope, found.intercept) == pytest.approx((both.slope, both.intercept), abs=1e-8)


def test_nothing_is_learnt_where_a_higher_logit_goes_with_no_higher_share():
    x, y = sample()
    assert fit_platt(-x, y, np.ones(600)) is None
    assert fit_platt(np.zeros(600), y, np.ones(600)) is None
    down = np.linspace(-1, 1, 50)
    assert fit_isotonic(down, (down < 0).astype(float), np.ones(50)) is None
    assert fit_isotonic(np.zeros(50), (down < 0).astype(float), np.ones(50)) is None
    assert fit_isotonic(x[:9], y[:9], np.ones(9)) is None  # one step of 5 rows or more


def test_isotonic_steps_are_those_of_scikit_learns_pool_adjacent_violators():
    x, y = sample(3000)
    w = np.random.default_rng(3).integers(1, 4, len(x)).astype(float)
    found = fit_isotonic(x, y, w)
    theirs = IsotonicRegression().fit(x, y, sample_weight=w).predict(x)
    edge = 1 / (w.sum() + 2)
    steps = [(theirs == value, value) for value in np.unique(theirs)]
    large = {
        round(float(np.average(x[own], weights=w[own])), 9): np.clip(value, edge, 1 - edge)
        for own, value in steps
        if own.sum() >= 10
    }
    mine = dict(zip(np.round(found.logit, 9).tolist(), found.probability, strict=True))
    there = {at: value for at, value in large.items() if at in mine}
    # A step to which small neighbours were joined stands elsewhere; most stand as they were.
    assert len(there) >= 0.6 * len(large) > 5
    assert {at: mine[at] for at in there} == pytest.approx(there, abs=1e-12)


def test_isotonic_is_close_to_scikit_learns_and_keeps_the_order_within_a_step():
    x, y = sample(20_000)
    found = fit_isotonic(x, y, np.ones(len(x)))
    theirs = IsotonicRegression(out_of_bounds="clip").fit(x, y)
    inner = np.linspace(found.logit[0], found.logit[-1], 999)
    assert np.sqrt(np.mean((found.apply(inner) - theirs.predict(inner)) ** 2)) < 0.02
    assert (np.diff(found.apply(inner)) > 0).all()
    assert len(np.unique(theirs.predict(inner))) < 200


ROWS = st.lists(
    st.tuples(st.floats(-9, 9), st.sampled_from([0.0, 1.0]), st.integers(1, 3)),
    min_size=12,
    max_size=80,
)


@given(ROWS)
def test_an_isotonic_line_never_falls_and_stays_within_0_and_1(rows):
    x, y, w = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    found = fit_isotonic(x, y, w)
    if found is None:
        return
    assert (np.diff(found.logit) > 0).all()
    assert (np.diff(found.probability) >= 0).all()
    edge = 1 / (w.sum() + 2)
    assert edge <= found.probability[0] < found.probability[-1] <= 1 - edge
    assert len(found.logit) <= len(x) // 5
    grid = found.apply(np.linspace(-12, 12, 200))
    assert (np.diff(grid) >= -1e-15).all()
    assert (grid[0], grid[-1]) == (found.probability[0], found.probability[-1])


def test_no_step_promises_0_or_1_however_pure_it_is():
    x = np.arange(40.0)
    found = fit_isotonic(x, (x >= 20).astype(float), np.ones(40))
    assert found.logit == (9.5, 29.5)
    assert found.probability == pytest.approx((1 / 42, 41 / 42), abs=1e-15)
    heavy = fit_isotonic(x, (x >= 20).astype(float), np.full(40, 3.0))
    assert heavy.probability == pytest.approx((1 / 122, 121 / 122), abs=1e-15)


def test_each_isotonic_step_is_a_mean_of_5_students_or_more_and_nobodys_logit():
    rng = np.random.default_rng(6)
    x = rng.normal(size=200)
    y = (rng.random(200) < sigmoid(3 * x)).astype(float)
    found = fit_isotonic(x, y, np.ones(200))
    assert not set(found.logit) & set(x.tolist())
    # The steps part the sorted rows into runs of 5 or more whose means they are.
    ordered, reached = np.sort(x), 0
    for at in found.logit:
        sizes = np.arange(1, 201 - reached)
        means = np.cumsum(ordered[reached:]) / sizes
        (fits,) = np.flatnonzero(np.isclose(means, at, rtol=0, atol=1e-12))
        assert sizes[fits] >= 5
        reached += int(sizes[fits])
    assert reached == 200


def test_entries_for_many_rows_give_what_the_rows_give():
    x, y = sample(2000)
    x = np.round(x, 1)
    value, place, count = np.unique(x, return_inverse=True, return_counts=True)
    share = np.bincount(place, y) / count
    by_row, summed = (
        fit_isotonic(x, y, np.ones(2000)), fit_isotonic(value, share, count.astype(float), count),
    )  # fmt: skip
    assert summed.logit == pytest.approx(by_row.logit, abs=1e-12)
    assert summed.probability == pytest.approx(by_row.probability, abs=1e-12)
    one, other = fit_platt(x, y, np.ones(2000)), fit_platt(value, share, count.astype(float))
    assert vars(one) == pytest.approx(vars(other), abs=1e-9)
