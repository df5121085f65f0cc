"""PSI, Kolmogorov-Smirnov, chi-square, rates: against brute force, scipy and statsmodels."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom, ks_2samp
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from placement.evaluation.drift.distribution_tests import (
    Psi,
    chi_square,
    holm,
    kolmogorov_smirnov,
    level_of,
    merged_bins,
    merged_levels,
    psi,
    rates,
)

counts = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=20)


def both(pairs):
    table = np.array(pairs, dtype=np.int64)
    return table[:, 0], table[:, 1]


@given(counts)
def test_psi_is_the_sum_of_its_definition(pairs):
    train, now = both(pairs)
    total, rows = sum(train), sum(now)
    found = psi(train, now)
    kept = [(a, b) for a, b in pairs if a or b]
    if len(kept) < 2 or not total or not rows:
        assert found is None
        return
    expected = 0.0
    for a, b in kept:
        p, q = (a or 0.5) / total, (b or 0.5) / rows
        expected += (q - p) * math.log(q / p)
    assert found.value == pytest.approx(expected, rel=1e-12, abs=1e-15)
    assert found.bins == len(kept)
    assert found.expected == pytest.approx((len(kept) - 1) * (1 / rows + 1 / total))


@given(st.lists(st.integers(0, 50), min_size=2, max_size=20), st.integers(1, 7))
def test_the_same_shares_have_a_psi_of_nought_however_many_rows(train, times):
    train = np.array(train)
    found = psi(train, train * times)
    assert found is None or found.value == pytest.approx(0, abs=1e-12) or 0 in train


def test_chance_gives_the_psi_it_is_said_to():
    draw, share = np.random.default_rng(1), np.full(10, 0.1)
    found = [
        psi(draw.multinomial(2_000, share), draw.multinomial(500, share)) for _ in range(2_000)
    ]
    values = np.array([one.value for one in found])
    assert values.mean() == pytest.approx(found[0].expected, rel=0.05)
    assert (values <= found[0].chance).mean() == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(
    ("value", "chance", "p", "level"),
    [
        (0.10, 0.02, 0.01, "stable"), (0.11, 0.02, 0.01, "moderate"),
        (0.25, 0.02, 0.01, "moderate"),
        (0.26, 0.02, 0.01, "large"), (0.11, 0.02, 0.06, "within chance"),
        (0.02, 0.26, 0.01, "too few rows"), (0.20, 0.26, 0.06, "too few rows"),
        (0.30, 0.26, 0.01, "large"), (0.30, 0.02, None, "within chance"),
    ],
)  # fmt: skip
def test_the_size_of_a_psi_is_called_by_the_convention_unless_chance_may_have_made_it(
    value, chance, p, level
):
    assert level_of(Psi(value, 0.01, chance, 10), p) == level


@given(st.lists(st.integers(0, 200), min_size=1, max_size=20), st.integers(10, 5_000))
def test_merged_bins_hold_enough_and_come_in_order(train, rows):
    train = np.array(train)
    starts = merged_bins(train, rows) if train.sum() >= 10 else np.zeros(1, dtype=int)
    assert starts[0] == 0
    assert (np.diff(starts) > 0).all()
    if len(starts) > 1:
        shares = np.add.reduceat(train, starts) / train.sum()
        assert (shares * min(rows, train.sum()) >= 5 - 1e-9).all()
        noise = (len(starts) - 1) * (1 / rows + 1 / train.sum())
        assert noise <= 0.05 or len(starts) == 2


def test_many_rows_keep_every_bin_and_few_are_compared_in_two():
    train = np.full(20, 500)
    assert len(merged_bins(train, 10_000)) == 20
    assert merged_bins(train, 12).tolist() == [0, 9]
    assert len(merged_bins(train, 5)) == 1


def test_levels_are_kept_apart_where_five_rows_are_expected():
    assert merged_levels(np.array([500, 100, 5]), 30).tolist() == [True, False, False]
    assert merged_levels(np.array([500, 100, 5]), 10_000).tolist() == [True, True, True]


def test_ks_of_bins_at_every_value_is_scipy_s():
    draw = np.random.default_rng(2)
    before, after = draw.poisson(3, 400), draw.poisson(3.4, 150)
    top = max(before.max(), after.max()) + 1
    found = kolmogorov_smirnov(
        np.bincount(before, minlength=top), np.bincount(after, minlength=top)
    )
    expected = ks_2samp(before, after, method="asymp")
    assert found == pytest.approx((expected.statistic, expected.pvalue), rel=1e-12)


@given(st.integers(0, 1_000), st.integers(2, 20))
def test_ks_of_bins_is_never_above_that_of_the_rows(seed, bins):
    draw = np.random.default_rng(seed)
    before, after = draw.normal(size=90), draw.normal(0.3, size=60)
    edges = np.sort(draw.normal(size=bins - 1))
    a, b = (
        np.bincount(np.searchsorted(edges, v, side="right"), minlength=bins)
        for v in (before, after)
    )
    statistic, p_value = kolmogorov_smirnov(a, b)
    exact = ks_2samp(before, after, method="asymp")
    assert statistic <= exact.statistic + 1e-12
    assert p_value >= exact.pvalue - 1e-9


def test_ks_without_rows_is_none():
    assert kolmogorov_smirnov(np.array([0, 0]), np.array([1, 2])) == (None, None)


@given(counts)
def test_chi_square_is_the_sum_over_expected_counts(pairs):
    kept = [(a, b) for a, b in pairs if a or b]
    train, now = both(pairs)
    statistic, p_value = chi_square(train, now)
    total, rows = sum(train), sum(now)
    if len(kept) < 2 or not total or not rows:
        assert (statistic, p_value) == (None, None)
        return
    expected = 0.0
    for a, b in kept:
        for seen, side in ((a, total), (b, rows)):
            wanted = (a + b) * side / (total + rows)
            expected += (seen - wanted) ** 2 / wanted
    assert statistic == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert 0 <= p_value <= 1


@pytest.mark.parametrize(
    "cells", [(3, 40, 12, 60), (0, 200, 7, 90), (30, 100, 30, 100), (9, 9, 1, 8)]
)
def test_rates_have_newcombe_s_interval_and_fisher_s_p(cells):
    train, total, now, rows = cells
    found = rates(*cells)
    low, high = confint_proportions_2indep(
        now, rows, train, total, compare="diff", method="newcomb"
    )
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
    law = hypergeom(total + rows, train + now, total)
    each = law.pmf(np.arange(train + now + 1))
    assert found.p_value == pytest.approx(each[each <= law.pmf(train) * (1 + 1e-7)].sum(), rel=1e-6)
    assert (found.train, found.now) == (train / total, now / rows)


def test_p_values_are_adjusted_as_statsmodels_does_and_gaps_stay():
    p = [0.01, None, 0.04, 0.03, 0.5]
    expected = multipletests([0.01, 0.04, 0.03, 0.5], method="holm")[1]
    found = holm(p)
    assert found[1] is None
    assert [one for one in found if one is not None] == pytest.approx(expected.tolist())
    assert holm([None]) == [None]
