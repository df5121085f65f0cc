"""Sums by group: the same however the rows come, and never of too few when they are to be kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from placement.evaluation.fairness import group_counts
from placement.evaluation.fairness.group_counts import GroupCounter


def drawn(rows, seed=0, groups=3):
    draw = np.random.default_rng(seed)
    p = draw.uniform(size=rows)
    y = (draw.uniform(size=rows) < p).astype(float)
    return draw.integers(0, groups, rows), p, y, draw.uniform(0.5, 3, rows)


def summed(parts, names="ABC", **how):
    sums = GroupCounter(names, 0.5)
    for part in parts:
        sums.add(*part)
    return sums.totals(**how)


@settings(max_examples=15)
@given(st.lists(st.integers(0, 60), max_size=4))
def test_the_sums_do_not_depend_on_how_the_rows_are_cut(cuts):
    rows = drawn(60)
    places = sorted(cuts)
    pieces = zip(*(np.split(own, places) for own in rows), strict=True)
    whole, parts = summed([rows]), summed(pieces)
    assert whole.names == parts.names
    assert whole.roc_auc == pytest.approx(parts.roc_auc)
    for name in ("rows", "positive_rows", "mass", "square", "score"):
        assert getattr(whole, name) == pytest.approx(getattr(parts, name)), name


def test_the_sums_are_those_of_the_rows():
    codes, p, y, w = drawn(200)
    found = summed([(codes, p, y, w)])
    for place in range(3):
        own = codes == place
        chosen = own & (p >= 0.5)
        assert found.rows[place] == own.sum()
        assert found.mass[place, 1, 1] == pytest.approx(w[chosen] @ y[chosen])
        assert found.square[place, 0].sum() == pytest.approx((w * w * (1 - y))[own].sum())
        assert found.score[place] == pytest.approx(w[own] @ p[own])
        expected = roc_auc_score(y[own], p[own], sample_weight=w[own])
        assert found.roc_auc[place] == pytest.approx(expected, rel=1e-12)


def test_rows_of_weight_zero_do_not_count():
    codes, p, y, w = drawn(50)
    w[codes == 1] = 0
    assert summed([(codes, p, y, w)]).names == ("A", "C")


def test_the_roc_area_of_many_rows_is_within_the_bound_it_states(monkeypatch):
    rows = drawn(20_000)
    exact = summed([rows])
    monkeypatch.setattr(group_counts, "EXACT_ROWS", 1_000)
    binned = summed([tuple(own[half::2] for own in rows) for half in (0, 1)])
    assert 0 < binned.bound < 1e-3
    assert exact.bound == 0
    gaps = np.abs(np.array(exact.roc_auc) - np.array(binned.roc_auc))
    assert (gaps <= binned.bound).all()
    assert gaps.any()


@pytest.mark.parametrize("exact_rows", [10, 1_000])
def test_groups_of_few_rows_are_pooled_where_asked(monkeypatch, exact_rows):
    monkeypatch.setattr(group_counts, "EXACT_ROWS", exact_rows)
    codes = np.repeat([0, 1, 2, 3], [20, 4, 3, 0])
    draw = np.random.default_rng(1)
    p, y, w = draw.uniform(size=27), np.tile([0.0, 1.0, 1.0], 9), np.ones(27)
    found = summed([(codes, p, y, w)], "ABCD", pool_below=5, pool="(few)")
    assert found.names == ("A", "(few)")
    assert found.rows.tolist() == [20, 7]
    own = codes > 0
    assert found.roc_auc[1] == pytest.approx(roc_auc_score(y[own], p[own]), abs=found.bound + 1e-12)


def test_a_group_of_one_outcome_has_no_roc_area():
    found = summed([(np.zeros(9, int), np.linspace(0, 1, 9), np.ones(9), np.ones(9))])
    assert found.roc_auc == (None,)


def test_a_whole_weight_is_so_many_rows():
    codes, p, y, _ = drawn(40)
    w = (np.arange(40) % 5).astype(float)
    grouped = summed([(codes, p, y, w)])
    again = np.repeat(np.arange(40), w.astype(int))
    expanded = summed([(codes[again], p[again], y[again], np.ones(len(again)))])
    for name in ("rows", "positive_rows", "mass", "square", "score"):
        assert getattr(grouped, name) == pytest.approx(getattr(expanded, name)), name
