import numpy as np
import pytest
from scipy.stats import fisher_exact

from placement.stats.intervals import clopper_pearson, wilson
from placement.stats.list_precision import list_precision, precision_difference


def members(n, rows):
    return np.isin(np.arange(n), rows)


def test_precision_is_the_share_of_a_list_that_is_rightly_there_with_wilson_limits():
    found = list_precision(members(20, range(8)), members(20, range(6, 20)))
    assert (found.listed, found.right) == (8, 2)
    share = found.precision
    assert (share.value, share.low, share.high) == (0.25, *wilson(0.25, 8))


def test_an_empty_list_has_no_precision_and_no_difference():
    nobody, everybody = members(5, []), members(5, range(5))
    assert list_precision(nobody, everybody) is None
    assert precision_difference(nobody, everybody, everybody) is None


def test_lists_of_the_same_students_do_not_differ_for_certain():
    some = members(30, range(12))
    gap = precision_difference(some, some, members(30, range(5)))
    assert (gap.value, gap.low, gap.high) == (0, 0, 0)


def test_lists_that_share_nobody_differ_by_the_limits_of_either():
    first, other = members(60, range(30)), members(60, range(30, 60))
    right = members(60, [*range(12), *range(30, 51)])
    gap = precision_difference(first, other, right)
    (low1, high1), (low2, high2) = clopper_pearson(12, 30), clopper_pearson(21, 30)
    p1, p2 = 0.4, 0.7
    assert gap.value == pytest.approx(0.3)
    assert gap.low == pytest.approx(0.3 - np.hypot(p2 - low2, high1 - p1))
    assert gap.high == pytest.approx(0.3 + np.hypot(high2 - p2, p1 - low1))


@pytest.mark.parametrize("changes", range(1, 6))
def test_a_few_changes_that_were_all_right_are_sure_where_fishers_test_says_so(changes):
    seats = 20
    first, other = members(40, range(seats)), members(40, range(changes, seats + changes))
    right = members(40, range(changes + 3, seats + changes))
    gap = precision_difference(first, other, right)
    p_value = fisher_exact([[changes, 0], [0, changes]]).pvalue
    assert (gap.low > 0) == (p_value < 0.05)


def test_those_on_both_lists_tell_less_than_those_on_one():
    right = members(90, range(0, 90, 2))
    shared = precision_difference(members(90, range(40)), members(90, range(5, 45)), right)
    apart = precision_difference(members(90, range(40)), members(90, range(40, 80)), right)
    assert shared.high - shared.low < (apart.high - apart.low) / 2


@pytest.mark.parametrize("overlap", [0, 30, 55, 58, 59])
def test_the_interval_holds_the_true_difference_in_95_of_100(overlap):
    draw, n = np.random.default_rng(overlap), 60
    first, other = members(2 * n, range(n)), members(2 * n, range(n - overlap, 2 * n - overlap))
    chance = np.where(first & other, 0.6, np.where(first, 0.5, 0.7))
    truth = chance[other].mean() - chance[first].mean()
    held = 0
    for _ in range(1000):
        gap = precision_difference(first, other, draw.random(2 * n) < chance)
        held += gap.low <= truth <= gap.high
    assert held / 1000 > 0.94
