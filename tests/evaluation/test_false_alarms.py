import pytest

from placement.evaluation.false_alarms import false_alarms
from placement.model.fairness_figures import ByColumn, Fairness, Group
from placement.stats.figures import Estimate, ReliabilityBin
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


def group(name, called_negative, of_them_placed, called_positive, hits, small=None):
    """A group of so many, the outcomes of whom are known."""
    total, positive = called_negative + called_positive, of_them_placed + hits
    share = lambda value: Estimate(value, 0, 1)  # noqa: E731
    return Group(
        name, total, total, positive, share(called_positive / total), share(hits / positive), None,
        None, 0.5, share(positive / total), None, small,
    )  # fmt: skip


def by_gender(*groups, metrics_on="test"):
    return Fairness(0.5, (ByColumn("gender", groups, ()),), "", metrics_on)


WOMEN, MEN = group("F", 41, 12, 60, 50), group("M", 80, 25, 40, 31)


def test_groups_that_were_compared_have_counts_of_their_own():
    found = false_alarms(BINS, "risk", (0.02, 0.45), 60, by_gender(WOMEN, MEN)).groups
    assert [(g.group, g.called, g.otherwise) for g in found] == [("F", 41, 12), ("M", 80, 25)]
    assert (found[0].share.low, found[0].share.high) == wilson(12 / 41, 41)
    best = false_alarms(BINS, "chance", (0.6, 0.9), 20, by_gender(WOMEN, MEN)).groups
    assert [(g.called, g.otherwise) for g in best] == [(60, 10), (40, 9)]


def test_a_group_too_small_to_be_compared_has_no_counts():
    small = group("other", 20, 5, 4, 3, small="fewer than 30 rows")
    few = group("x", 4, 2, 40, 31)
    found = false_alarms(BINS, "risk", (0.02, 0.45), 60, by_gender(WOMEN, small, few)).groups
    assert [g.group for g in found] == ["F"]


def test_groups_that_were_measured_on_rows_of_the_training_are_not_told():
    groups = by_gender(WOMEN, MEN, metrics_on="train")
    assert false_alarms(BINS, "risk", (0.02, 0.45), 60, groups).groups == ()
