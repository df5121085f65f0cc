import pytest

from placement.evaluation.false_alarms import false_alarms
from placement.stats.figures import ReliabilityBin
from placement.stats.intervals import wilson


def one(predicted, observed, rows=50):
    return ReliabilityBin(rows, rows, predicted, observed, *wilson(observed, rows))


BINS = (one(0.1, 0.2), one(0.4, 0.5), one(0.8, 0.7))


def test_of_those_at_risk_the_ones_who_were_placed_all_the_same_are_counted():
    alarms = false_alarms(BINS, "risk", (0.02, 0.45), 60)
    assert alarms.number.value == pytest.approx(60 * (0.2 * 50 + 0.5 * 50) / 100)
    assert alarms.rows == 100
    low, high = wilson(0.35, 100)
    assert (alarms.number.low, alarms.number.high) == pytest.approx((60 * low, 60 * high))


def test_of_the_best_chances_the_ones_who_were_not_placed_are_counted():
    alarms = false_alarms(BINS, "chance", (0.6, 0.99), 20)
    assert alarms.number.value == pytest.approx(20 * 0.3)
    assert alarms.rows == 50


@pytest.mark.parametrize(("rank", "chances", "share"), [
    ("risk", (0.001, 0.01), 0.2), ("chance", (0.97, 0.99), 0.3),
])  # fmt: skip
def test_a_list_beyond_all_that_was_held_out_is_told_by_the_nearest(rank, chances, share):
    assert false_alarms(BINS, rank, chances, 10).number.value == pytest.approx(10 * share)


def test_nothing_is_said_where_nothing_was_held_out():
    assert false_alarms((), "risk", (0.1, 0.2), 60) is None
