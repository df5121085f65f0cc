"""Thresholds by policy against trying every cut, and the decision curve against its formula."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, roc_curve

from placement.errors import DataError
from placement.evaluation.thresholds import (
    CURVE_THRESHOLDS,
    ThresholdPolicy,
    choose_threshold,
    decision_curve,
)
from placement.model.figures import TradeOff

# A few probabilities only, so that ties are the rule; labels may be fractions.
PROBABILITIES = st.sampled_from([0.0, 0.05, 0.1, 0.3, 0.3 + 2**-54, 0.5, 0.7, 0.9, 1.0])
ROWS = st.lists(
    st.tuples(
        PROBABILITIES, st.sampled_from([0, 0, 0.25, 1, 1]), st.sampled_from([0, 1, 1, 2, 0.5])
    ),
    min_size=2,
    max_size=14,
)
SHARES = st.sampled_from([0.1, 0.5, 2 / 3, 0.75, 0.9, 1.0])


def columns(rows):
    p, y, w = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return p, y, w


def both_outcomes(rows):
    _, y, w = columns(rows)
    return (w * y).sum() > 0 and (w * (1 - y)).sum() > 0


def counted(p, y, w, threshold):
    """The four sums, row by row in plain Python: (tp, fp, fn, tn)."""
    tp = fp = fn = tn = 0.0
    for score, label, weight in zip(p, y, w, strict=True):
        if score >= threshold:
            tp, fp = tp + weight * label, fp + weight * (1 - label)
        else:
            fn, tn = fn + weight * label, tn + weight * (1 - label)
    return tp, fp, fn, tn


def every_cut(p, w):
    """A threshold for each decision there is, the lowest first: at each probability, and above."""
    return [*sorted(set(p[w > 0])), 2.0]


def same_decision(p, w, one, other):
    return ((p[w > 0] >= one) == (p[w > 0] >= other)).all()


def chosen(policy, rows):
    p, y, w = columns(rows)
    found = choose_threshold(policy, p, y, w)
    told = found.confusion
    assert (told.tp, told.fp, told.fn, told.tn) == pytest.approx(counted(p, y, w, found.threshold))
    assert found.rows == (w > 0).sum()
    return p, y, w, found


@given(ROWS.filter(both_outcomes), st.sampled_from([(1, 1), (5, 1), (1, 5), (0.3, 0.7)]))
def test_the_cost_policy_finds_the_least_cost_of_all_cuts(rows, costs):
    cost_fp, cost_fn = costs
    p, y, w, found = chosen(ThresholdPolicy("cost", cost_fp=cost_fp, cost_fn=cost_fn), rows)
    costs_of = []
    for cut in every_cut(p, w):
        _, fp, fn, _ = counted(p, y, w, cut)
        costs_of.append(cost_fp * fp + cost_fn * fn)
    first = next(i for i, cost in enumerate(costs_of) if cost <= min(costs_of) + 1e-9)
    assert same_decision(p, w, found.threshold, every_cut(p, w)[first])
    assert found.trade_off.expected_cost == pytest.approx(min(costs_of) / w.sum())
    assert found.trade_off.theoretical_threshold == pytest.approx(cost_fp / (cost_fp + cost_fn))


@given(ROWS.filter(both_outcomes), SHARES)
def test_the_recall_policy_takes_the_highest_cut_that_reaches_it(rows, share):
    p, y, w, found = chosen(ThresholdPolicy("recall", share), rows)
    reaching = [
        cut for cut in every_cut(p, w) if counted(p, y, w, cut)[0] >= share * (w * y).sum() - 1e-9
    ]
    assert same_decision(p, w, found.threshold, max(reaching))
    assert found.trade_off.recall >= share - 1e-9


@given(ROWS.filter(both_outcomes), SHARES)
def test_the_precision_policy_takes_the_lowest_cut_that_reaches_it_or_says_so(rows, share):
    p, y, w = columns(rows)
    reaching = []
    for cut in every_cut(p, w)[:-1]:  # above all of them nobody is called positive
        tp, fp, _, _ = counted(p, y, w, cut)
        if tp >= share * (tp + fp) - 1e-9:
            reaching.append(cut)
    if not reaching:
        with pytest.raises(
            DataError, match=r"no threshold reaches .* lower --threshold precision=F"
        ):
            choose_threshold(ThresholdPolicy("precision", share), p, y, w)
        return
    *_, found = chosen(ThresholdPolicy("precision", share), rows)
    assert same_decision(p, w, found.threshold, min(reaching))
    assert found.trade_off.precision >= share - 1e-9


@given(ROWS.filter(both_outcomes))
def test_the_youden_policy_finds_the_largest_gap_of_all_cuts(rows):
    p, y, w, found = chosen(ThresholdPolicy("youden"), rows)
    gaps = []
    for cut in every_cut(p, w):
        tp, fp, fn, tn = counted(p, y, w, cut)
        gaps.append(tp / (tp + fn) - fp / (fp + tn))
    first = next(i for i, gap in enumerate(gaps) if gap >= max(gaps) - 1e-9)
    assert same_decision(p, w, found.threshold, every_cut(p, w)[first])
    assert found.trade_off.youden == pytest.approx(max(gaps), abs=1e-12)


@given(ROWS, st.integers(1, 12))
def test_the_capacity_policy_fills_the_seats_as_far_as_ties_let_it(rows, seats):
    p, y, w = columns(rows)
    if not w.sum():
        return
    if seats > w.sum():
        with pytest.raises(DataError, match="smaller number"):
            choose_threshold(ThresholdPolicy("capacity", seats), p, y, w)
        return
    *_, found = chosen(ThresholdPolicy("capacity", seats), rows)
    below = {cut: w[p < cut].sum() for cut in every_cut(p, w)}
    assert w[p < found.threshold].sum() == max(size for size in below.values() if size <= seats)
    assert found.trade_off.seats_taken == w[p < found.threshold].sum()
    if found.trade_off.tied:
        nearest = p[(p >= found.threshold) & (w > 0)].min()
        assert found.trade_off.tied == w[p == nearest].sum()
        assert found.trade_off.tied + found.trade_off.seats_taken > seats
    else:
        assert found.trade_off.seats_taken == seats


@given(st.permutations([0.11, 0.2, 0.32, 0.45, 0.5, 0.63, 0.7, 0.88]), st.integers(1, 8))
def test_without_ties_exactly_so_many_rows_lie_below_as_there_are_seats(p, seats):
    found = choose_threshold(ThresholdPolicy("capacity", seats), p, [0, 1] * 4)
    assert (np.array(p) < found.threshold).sum() == seats


@pytest.mark.parametrize("kind", ["cost", "recall", "precision", "capacity", "youden"])
def test_the_order_of_the_rows_does_not_matter(kind):
    draw = np.random.default_rng(5)
    p = draw.integers(0, 12, 90) / 12
    y, w = draw.choice([0, 0.25, 1], 90), draw.choice([0.3, 1, 2.7], 90)
    policy = ThresholdPolicy(kind, 40 if kind == "capacity" else 0.45)
    found = choose_threshold(policy, p, y, w)
    for _ in range(20):
        mixed = draw.permutation(90)
        assert choose_threshold(policy, p[mixed], y[mixed], w[mixed]).threshold == found.threshold


def test_a_threshold_lies_midway_between_the_neighbours_that_it_parts():
    p, y = [0.1, 0.2, 0.6, 0.9], [0, 0, 1, 1]
    assert choose_threshold(ThresholdPolicy("youden"), p, y).threshold == pytest.approx(0.4)
    assert choose_threshold(ThresholdPolicy("recall", 0.5), p, y).threshold == pytest.approx(0.75)
    assert choose_threshold(ThresholdPolicy("recall", 1), [0.1, 0.4], [1, 0]).threshold == 0.05
    assert choose_threshold(ThresholdPolicy("capacity", 4), p, y).threshold == pytest.approx(0.95)


@pytest.mark.parametrize("low", [0.3, np.nextafter(0.3, 1)])
def test_neighbours_without_a_number_between_them_are_parted_all_the_same(low):
    high = np.nextafter(low, 1)
    found = choose_threshold(ThresholdPolicy("youden"), [low, high], [0, 1])
    assert low < found.threshold <= high


def test_costs_that_differ_by_rounding_alone_are_equally_good():
    found = choose_threshold(ThresholdPolicy("cost"), [0.2, 0.3, 0.4], [1, 0, 0], [0.3, 0.1, 0.2])
    assert 0.1 + 0.2 > 0.3  # the cost of calling all positive, and that of calling none so
    assert found.threshold == 0.1


def test_rows_that_are_certain_can_all_be_called_negative():
    found = choose_threshold(ThresholdPolicy("capacity", 2), [1.0, 1.0], [1, 0])
    assert found.threshold > 1
    assert found.confusion.tp + found.confusion.fp == 0
    assert found.trade_off.precision is None


def test_of_equally_good_thresholds_the_lowest_is_taken():
    # Calling both positive or neither costs 1 each.
    found = choose_threshold(ThresholdPolicy("cost"), [0.2, 0.8], [1, 0])
    assert found.threshold == 0.1


def test_a_fixed_threshold_is_counted_and_not_moved():
    *_, found = chosen(ThresholdPolicy("fixed", 0.5), [(0.5, 1, 1), (0.4, 1, 2), (0.9, 0, 1)])
    assert found.threshold == 0.5
    assert found.trade_off == TradeOff(recall=pytest.approx(1 / 3), precision=0.5)


def test_one_outcome_alone_gives_no_threshold():
    with pytest.raises(DataError, match="both outcomes"):
        choose_threshold(ThresholdPolicy("youden"), [0.1, 0.9], [1, 1])


def test_scikit_learn_has_the_same_largest_gap():
    draw = np.random.default_rng(2)
    p = draw.random(400).round(2)
    y = (draw.random(400) < p).astype(int)
    false, true, _ = roc_curve(y, p, drop_intermediate=False)
    found = choose_threshold(ThresholdPolicy("youden"), p, y)
    assert found.trade_off.youden == pytest.approx((true - false).max())
    (tn, fp), (fn, tp) = confusion_matrix(y, p >= found.threshold)
    assert found.confusion.as_dict() == {"tp": tp, "fp": fp, "fn": fn, "tn": tn}


def test_of_calibrated_predictions_the_least_cost_is_near_elkans_threshold():
    draw = np.random.default_rng(3)
    p = draw.random(40_000)
    y = draw.random(40_000) < p
    found = choose_threshold(ThresholdPolicy("cost", cost_fp=4, cost_fn=1), p, y)
    assert found.trade_off.theoretical_threshold == 0.8
    assert found.threshold == pytest.approx(0.8, abs=0.05)


@given(ROWS.filter(both_outcomes), st.lists(st.floats(0.01, 0.99), min_size=1, max_size=5))
def test_the_net_benefit_is_that_of_vickers_and_elkin(rows, thresholds):
    p, y, w = columns(rows)
    curve = decision_curve(p, y, w, thresholds)
    n, share = w.sum(), (w * y).sum() / w.sum()
    for at, model, everybody in zip(curve.threshold, curve.model, curve.treat_all, strict=True):
        tp, fp, _, _ = counted(p, y, w, at)
        assert model == pytest.approx(tp / n - fp / n * at / (1 - at))
        assert everybody == pytest.approx(share - (1 - share) * at / (1 - at))


def test_whole_weights_are_rows_repeated():
    p, y, w = np.array([0.2, 0.6, 0.7]), np.array([0, 1, 0]), np.array([3, 2, 1])
    assert decision_curve(p, y, w) == decision_curve(p.repeat(w), y.repeat(w))
    for policy in (
        ThresholdPolicy("youden"),
        ThresholdPolicy("cost", cost_fp=2, cost_fn=1),
        ThresholdPolicy("capacity", 3),
    ):
        one = choose_threshold(policy, p, y, w)
        other = choose_threshold(policy, p.repeat(w), y.repeat(w))
        assert (one.threshold, one.confusion) == (other.threshold, other.confusion)


def test_a_model_that_knows_all_is_useful_everywhere_and_one_that_knows_nothing_nowhere():
    y = np.array([0, 1] * 20)
    assert all(decision_curve(np.where(y, 0.99, 0.01), y).useful)
    assert not any(decision_curve(np.full(40, 0.5), y).useful)
    assert decision_curve(y.astype(float), y).threshold == CURVE_THRESHOLDS


def test_a_threshold_of_one_has_no_net_benefit():
    with pytest.raises(ValueError, match="thresholds"):
        decision_curve([0.5], [1], thresholds=[1.0])
