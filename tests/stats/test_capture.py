"""Whom a list of so many seats holds: against orders of ties, repeated rows, and the truth."""

from itertools import permutations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import ttest_rel

from placement.stats.capture import capture, listed_share


@pytest.mark.parametrize("seats", [0, 1, 2, 3, 5, 9])
def test_rows_of_one_score_are_listed_as_often_as_over_all_their_orders(seats):
    score = np.array([0.2, 0.1, 0.2, 0.9, 0.2])
    orders = [np.array(order) for order in permutations(range(5))]
    sorted_orders = [order[np.argsort(score[order], kind="stable")] for order in orders]
    expected = np.mean([np.isin(np.arange(5), order[:seats]) for order in sorted_orders], axis=0)
    assert listed_share(score, np.ones(5), seats) == pytest.approx(expected)


def draw(rows, rng):
    """A score, one column of it, and outcomes."""
    column, rest = rng.normal(size=rows), rng.normal(size=rows)
    score = 1.2 * column + 0.8 * rest
    return score, column, (rng.random(rows) < expit(score + 0.4)).astype(float)


def test_weights_are_frequencies():
    rng = np.random.default_rng(0)
    score, column, label = draw(60, rng)
    column = column.round()
    weight = rng.integers(1, 4, 60)
    once = capture(score, {"cgpa": column}, label, weight.astype(float), 30)
    repeated = [np.repeat(part, weight) for part in (score, column, label)]
    each = capture(repeated[0], {"cgpa": repeated[1]}, repeated[2], np.ones(weight.sum()), 30)
    assert (once.rows, once.missed) == (each.rows, each.missed)
    for one, other in ((once.model, each.model), (once.others[0].lead, each.others[0].lead)):
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


def test_intervals_hold_what_large_lists_capture():
    rng = np.random.default_rng(1)

    def of(rows):
        score, column, label = draw(rows, rng)
        return capture(score, {"cgpa": column}, label, np.ones(rows), rows / 5)

    truth, held = of(500_000), np.zeros(2)
    for _ in range(500):
        found = of(250)
        pairs = ((found.model, truth.model), (found.others[0].lead, truth.others[0].lead))
        held += [one.low <= other.value <= one.high for one, other in pairs]
    assert (held >= 0.925 * 500).all(), held


def test_of_fewer_than_five_without_the_outcome_nothing_is_said():
    label = np.repeat([0.0, 1.0], [4, 30])
    assert capture(np.arange(34.0), {}, label, np.ones(34), 5) is None
    assert capture(np.arange(34.0), {}, label, np.full(34, 2.0), 5) is not None


def test_the_limits_of_a_lead_are_those_of_a_paired_t_test():
    score, column, label = draw(60, np.random.default_rng(3))
    lead = capture(score, {"column": column}, label, np.ones(60), 15).others[0].lead
    listed = [listed_share(by, np.ones(60), 15)[label == 0] for by in (score, column)]
    expected = ttest_rel(*listed).confidence_interval()
    assert (lead.low, lead.high) == pytest.approx((expected.low, expected.high))
