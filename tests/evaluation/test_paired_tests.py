"""DeLong's and McNemar's tests beside brute force, scipy and statsmodels."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm
from sklearn.metrics import roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar as reference

from placement.evaluation.paired_tests import delong, mcnemar


def sample(n=120, seed=1, digits=None, noise=0.5):
    draw = np.random.default_rng(seed)
    z = draw.normal(size=n)
    y = (draw.random(n) < 1 / (1 + np.exp(-2 * z))).astype(float)
    p, q = (1 / (1 + np.exp(-(z + noise * draw.normal(size=n)))) for _ in range(2))
    return (p, q, y) if digits is None else (p.round(digits), q.round(digits), y)


def by_all_pairs(p, q, y):
    """DeLong's difference and variance from every pair, as the paper of 1988 writes them."""
    areas, v10, v01 = [], [], []
    for score in (p, q):
        x, u = score[y == 1], score[y == 0]
        psi = (x[:, None] > u).astype(float) + 0.5 * (x[:, None] == u)
        areas.append(psi.mean())
        v10.append(psi.mean(axis=1))
        v01.append(psi.mean(axis=0))
    s = np.cov(v10) / len(v10[0]) + np.cov(v01) / len(v01[0])
    contrast = np.array([-1, 1])
    return areas[1] - areas[0], float(contrast @ s @ contrast)


@pytest.mark.parametrize("digits", [None, 2, 1])
@pytest.mark.parametrize("seed", range(5))
def test_delong_from_ranks_is_delong_from_all_pairs(seed, digits):
    p, q, y = sample(seed=seed, digits=digits)
    found, (difference, variance) = delong(p, q, y), by_all_pairs(p, q, y)
    assert found.first_area == pytest.approx(roc_auc_score(y, p), abs=1e-12)
    assert found.other_area == pytest.approx(roc_auc_score(y, q), abs=1e-12)
    assert found.difference == pytest.approx(difference, abs=1e-12)
    assert found.standard_error == pytest.approx(math.sqrt(variance), rel=1e-9)
    z = difference / math.sqrt(variance)
    assert found.z == pytest.approx(z, rel=1e-9)
    assert found.p_value == pytest.approx(2 * norm.sf(abs(z)), rel=1e-9)
    low, high = norm.interval(0.95, difference, math.sqrt(variance))
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 2, st.booleans(), st.integers(0, 3)), min_size=4))
def test_a_whole_weight_is_so_many_equal_rows_for_both_tests(rows):
    p, q, y, w = np.array(rows, dtype=float).T
    p, q = p / 4, q / 4
    again = np.repeat(np.arange(len(y)), w.astype(int))
    if not len(again):
        return
    for test in (delong, mcnemar):
        weighted, repeated = test(p, q, y, w), test(p[again], q[again], y[again])
        if weighted is None or repeated is None:
            assert weighted is repeated is None
            continue
        for name, value in vars(repeated).items():
            own = getattr(weighted, name)
            assert own == (value if isinstance(value, str | None) else pytest.approx(value)), name


def test_models_that_order_the_rows_alike_have_p_1():
    p, _, y = sample()
    for other in (p, p**3):
        found = delong(p, other, y)
        assert (found.difference, found.z, found.p_value) == (0, 0, 1)
        assert (found.low, found.high) == (0, 0)


def test_where_no_variance_is_seen_a_difference_has_no_p():
    found = delong([0.1, 0.2, 0.8, 0.9], [0.9, 0.8, 0.2, 0.1], [0, 0, 1, 1])
    assert (found.difference, found.standard_error, found.p_value) == (-1, 0, None)


def test_delong_needs_both_outcomes_and_two_rows_of_each():
    assert delong([0.1, 0.9], [0.2, 0.8], [1, 1]) is None
    assert delong([0.1, 0.9, 0.3], [0.2, 0.8, 0.4], [0, 1, 0]).p_value is None


def answers(both, first_only, other_only, neither):
    """Probabilities of rows of which so many are answered rightly by both, by one, by none."""
    right = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], [both, first_only, other_only, neither], 0)
    label = np.arange(len(right)) % 2
    return *np.where(right == label[:, None], 0.9, 0.1).T, label


@pytest.mark.parametrize(
    ("first_only", "other_only"), [(1, 0), (3, 9), (12, 12), (0, 24), (5, 20), (30, 14), (90, 60)]
)
def test_mcnemar_is_that_of_statsmodels(first_only, other_only):
    found = mcnemar(*answers(20, first_only, other_only, 7))
    exact = first_only + other_only < 25
    table = [[20, first_only], [other_only, 7]]
    expected = reference(table, exact=exact, correction=True)
    assert (found.first_only, found.other_only) == (first_only, other_only)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-12)
    assert ("exact" in found.method) is exact
    if exact:
        assert found.p_value == pytest.approx(
            binomtest(first_only, first_only + other_only, 0.5).pvalue
        )
    else:
        assert found.statistic == pytest.approx(expected.statistic, rel=1e-12)


def test_mcnemar_of_as_many_on_either_side_is_no_evidence():
    assert mcnemar(*answers(5, 40, 40, 5)).p_value == 1
    assert mcnemar(*answers(5, 0, 0, 5)).p_value == 1


def test_mcnemar_asks_each_model_at_its_own_threshold():
    p, q, y = np.array([0.3, 0.3]), np.array([0.6, 0.6]), [1, 1]
    assert mcnemar(p, q, y, thresholds=(0.5, 0.5)).other_only == 2
    assert mcnemar(p, q, y, thresholds=(0.3, 0.5)).other_only == 0
    assert mcnemar(p, q, y, thresholds=(0.3, 0.7)).first_only == 2


def test_weights_that_are_not_whole_have_no_exact_test():
    found = mcnemar(*answers(2, 3, 1, 2), np.full(8, 0.75))
    assert found.statistic == pytest.approx((2.25 - 0.75 - 1) ** 2 / 3)


def test_a_label_between_the_outcomes_is_refused():
    with pytest.raises(ValueError, match="0 or 1"):
        delong([0.1, 0.2], [0.1, 0.2], [0.5, 1])
