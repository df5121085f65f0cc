"""Figures by group: fairlearn, asked row by row, says the same; verdicts follow the intervals."""

import math

import numpy as np
import pytest
from fairlearn import metrics as fairlearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_score, roc_auc_score

from placement.evaluation.fairness.fairness import POOLED, FairnessAccumulator
from placement.stats.intervals import wilson
from tests.evaluation.fairness.grouped import fairness

GAPS = (
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equalized_odds_difference",
    "equal_opportunity_difference",
)


def drawn(seed, rows=400, shift=0.0, words=("F", "M", "X")):
    """Rows of some groups; by `shift` the first is predicted less than it deserves."""
    draw = np.random.default_rng(seed)
    group = draw.choice(words, rows)
    y = (draw.uniform(size=rows) < 0.6).astype(float)
    p = np.clip(draw.normal(0.35 + 0.3 * y, 0.2) - shift * (group == words[0]), 0.01, 0.99)
    return p, y, draw.uniform(0.5, 3, rows), group


def of(found):
    (column,) = found.columns
    return {group.name: group for group in column.groups}, {gap.name: gap for gap in column.gaps}


@settings(max_examples=4)
@given(st.integers(0, 10_000), st.floats(0.2, 0.8), st.booleans())
def test_fairlearn_agrees_on_every_figure_of_every_group(seed, threshold, weighted):
    p, y, w, group = drawn(seed)
    w = w if weighted else np.ones(len(p))
    groups, gaps = of(fairness(p, y, w, {"gender": group}, threshold=threshold))
    chosen = (p >= threshold).astype(int)
    measures = {
        "selection_rate": fairlearn.selection_rate,
        "tpr": fairlearn.true_positive_rate,
        "fpr": fairlearn.false_positive_rate,
        "precision": precision_score,
    }
    rows = {"y_true": y.astype(int), "sensitive_features": group}
    frame = fairlearn.MetricFrame(
        metrics=measures,
        y_pred=chosen,
        sample_params={name: {"sample_weight": w} for name in measures},
        **rows,
    )
    areas = fairlearn.MetricFrame(
        metrics=roc_auc_score, y_pred=p, sample_params={"sample_weight": w}, **rows
    )
    for name, found in groups.items():
        own = group == name
        for measure in measures:
            rate = getattr(found, measure)
            assert rate.value == pytest.approx(frame.by_group[measure][name]), measure
            assert rate.low <= rate.value <= rate.high
        assert found.roc_auc == pytest.approx(areas.by_group[name])
        assert found.rows == own.sum()
        assert found.weight == pytest.approx(w[own].sum())
        assert found.predicted == pytest.approx(np.average(p[own], weights=w[own]))
        assert found.observed.value == pytest.approx(np.average(y[own], weights=w[own]))
        limits = wilson(found.observed.value, w[own].sum())
        assert (found.observed.low, found.observed.high) == pytest.approx(limits)
    assert not any(found.small for found in groups.values())
    for name in GAPS:
        expected = getattr(fairlearn, name)(y_pred=chosen, sample_weight=w, **rows)
        assert gaps[name].value == pytest.approx(expected), name
        assert gaps[name].low <= gaps[name].value <= gaps[name].high


def test_a_label_between_0_and_1_counts_as_shares_of_two_rows():
    p, y, w, group = drawn(1)
    share = 0.2 + 0.6 * y
    twice = [np.concatenate(own) for own in ((p, p), (group, group))]
    outcome = np.concatenate([np.ones(len(p)), np.zeros(len(p))])
    halves = np.concatenate([w * share, w * (1 - share)])
    found, _ = of(fairness(p, share, w, {"gender": group}))
    expected, _ = of(fairness(twice[0], outcome, halves, {"gender": twice[1]}))
    for name, own in found.items():
        assert own.tpr.value == pytest.approx(expected[name].tpr.value)
        assert own.fpr.value == pytest.approx(expected[name].fpr.value)
        assert own.roc_auc == pytest.approx(expected[name].roc_auc)


def test_an_unfair_model_is_beyond_the_tolerance_and_a_fair_one_is_not():
    p, y, _, group = drawn(2, rows=1_500, shift=0.3)
    _, unfair = of(fairness(p, y, None, {"gender": group}))
    assert {gap.verdict for gap in unfair.values()} == {"beyond"}
    assert {gap.lowest for gap in unfair.values()} == {"F"}
    p, y, _, group = drawn(2, rows=1_500)
    _, fair = of(fairness(p, y, None, {"gender": group}))
    assert {gap.verdict for gap in fair.values()} <= {"within", "undecided"}


def test_the_verdict_is_where_the_interval_stands_to_the_tolerance():
    p, y, _, group = drawn(3, rows=600, shift=0.1)
    for difference in np.linspace(0.01, 0.6, 8):
        _, gaps = of(fairness(p, y, None, {"g": group}, difference=difference, ratio=difference))
        for name, gap in gaps.items():
            above, below = gap.low > difference, gap.high < difference
            worse, better = (below, above) if name.endswith("ratio") else (above, below)
            expected = "beyond" if worse else "within" if better else "undecided"
            assert gap.verdict == expected, (name, gap)


def test_a_group_that_is_too_small_is_shown_but_decides_nothing():
    p, y, _, group = drawn(4, words=("F", "M"))
    alone = fairness(p, y, None, {"gender": group})
    p, y = np.append(p, [0.01, 0.02]), np.append(y, [1, 1])
    with_two = fairness(p, y, None, {"gender": np.append(group, ["X", "X"])})
    groups, gaps = of(with_two)
    assert groups["X"].small == "fewer than 30 rows"
    assert groups["X"].tpr.value == 0
    assert gaps == of(alone)[1]


def test_a_group_with_few_of_an_outcome_is_too_small():
    p, y, _, group = drawn(5, words=("F", "M"))
    y[(group == "F") & (np.cumsum(group == "F") > 4)] = 1
    y[(group == "F") & (np.cumsum(group == "F") <= 4)] = 0
    groups, gaps = of(fairness(p, y, None, {"gender": group}))
    assert groups["F"].small == "fewer than 5 of an outcome"
    assert groups["M"].small is None
    assert not gaps  # one group cannot be compared


def test_what_cannot_be_divided_is_none_and_not_zero():
    p, y = np.full(8, 0.2), np.zeros(8)
    groups, _ = of(fairness(p, y, None, {"gender": ["F"] * 8}))
    assert (groups["F"].tpr, groups["F"].precision, groups["F"].roc_auc) == (None, None, None)
    assert groups["F"].fpr.value == 0
    assert math.isclose(groups["F"].predicted, 0.2)


def test_where_nobody_is_predicted_positive_there_is_no_ratio():
    p, y, _, group = drawn(6, words=("F", "M"))
    _, gaps = of(fairness(p, y, None, {"gender": group}, threshold=1.0))
    assert set(gaps) == set(GAPS) - {"demographic_parity_ratio"}


def test_what_is_kept_tells_nothing_of_fewer_than_five_students():
    draw = np.random.default_rng(7)
    codes = np.repeat([0, 1, 2, 3], [100, 90, 3, 2])
    p, y = draw.uniform(size=195), np.tile([0.0, 1.0, 1.0], 65)
    judge = FairnessAccumulator({"caste": ["A", "B", "Rare", "Rarer"]})
    judge.add([codes], p, y, np.ones(195))
    assert set(of(judge.result())[0]) == {"A", "B", "Rare", "Rarer"}
    private, gaps = of(judge.result(private=True))
    assert set(private) == {"A", "B", POOLED}
    assert private[POOLED].rows == 5
    assert gaps == of(judge.result())[1]


def test_where_even_all_small_groups_are_fewer_than_five_the_next_joins_them():
    codes, p = np.repeat([0, 1, 2], [100, 40, 4]), np.linspace(0, 1, 144)
    judge = FairnessAccumulator({"caste": ["A", "B", "Rare"]})
    judge.add([codes], p, np.round(p), np.ones(144))
    (column,) = judge.result(private=True).columns
    # Without B, what all 144 rows have beyond those of A and B would be the four of Rare.
    assert [(group.name, group.rows) for group in column.groups] == [("A", 100), (POOLED, 44)]
    assert "Rare" not in repr(column)


def test_each_column_has_figures_of_its_own():
    p, y, w, group = drawn(8)
    stream = np.where(np.arange(len(p)) % 2 == 0, "CSE", "ECE")
    both = fairness(p, y, w, {"gender": group, "stream": stream})
    assert [own.column for own in both.columns] == ["gender", "stream"]
    assert both.columns[0] == fairness(p, y, w, {"gender": group}).columns[0]
