"""Predictions gathered piece by piece: exact while they are few, within stated bounds beyond."""

import re

import numpy as np
import pytest

from placement.errors import DataError
from placement.evaluation.metrics import accumulator
from placement.evaluation.metrics.accumulator import PredictionAccumulator
from placement.evaluation.metrics.skill import skill
from placement.stats.metrics import metrics

EXACT = ("log_loss", "brier", "accuracy", "precision", "recall", "f1")
BOUNDED = {"roc_auc": "ROC AUC", "average_precision": "average precision", "ece": "ECE"}


def sample(rows=6_000, seed=1, spread=1.5, weighted=True, fractional=False):
    draw = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(-0.4 - spread * draw.normal(size=rows)))
    y = (draw.random(rows) < p * 0.9).astype(float)
    if fractional:
        y[::3] = draw.random(len(y[::3])).round(1)
    w = draw.integers(0, 4, rows).astype(float) if weighted else np.ones(rows)
    return p, y, w


def judge_of(p, y, w, base=0.4, pieces=7, order=slice(None)):
    judge = PredictionAccumulator(threshold=0.6, seed=3)
    for own in np.array_split(np.arange(len(p))[order], pieces):
        judge.add(p[own], y[own], w[own], base)
    return judge


@pytest.fixture
def many(monkeypatch):
    """So few rows are already many."""
    monkeypatch.setattr(accumulator, "EXACT_ROWS", 1_000)


@pytest.mark.parametrize("pieces", [1, 7])
def test_few_rows_have_the_figures_of_all_of_them_at_once(pieces):
    p, y, w = sample(900)
    found = judge_of(p, y, w, pieces=pieces).result()
    assert found.metrics == metrics(p, y, w, 0.6)
    assert found.skill == skill(p, y, 0.4, w, seed=3)
    assert (found.method, found.bounds) == (None, {})


def test_nothing_to_judge_is_told():
    with pytest.raises(DataError, match="no labelled row"):
        judge_of(*sample(5)[:2], np.zeros(5)).result()


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("fractional", [True, False])
@pytest.mark.parametrize("spread", [1.5, 1e-4, 30.0])
def test_many_rows_have_exact_figures_and_others_within_their_bounds(
    many, weighted, fractional, spread
):
    p, y, w = sample(weighted=weighted, fractional=fractional, spread=spread)
    found, expected = judge_of(p, y, w).result(), metrics(p, y, w, 0.6)
    for name in EXACT:
        assert getattr(found.metrics, name) == pytest.approx(getattr(expected, name), abs=1e-12)
    for name, words in BOUNDED.items():
        off = abs(getattr(found.metrics, name) - getattr(expected, name))
        assert off <= found.bounds[words] + 1e-9, name


def test_a_bound_is_no_wider_than_what_the_order_within_bins_can_do(many):
    """Rows that share a few bins: with all positives first and last, the bounds are reached."""
    draw = np.random.default_rng(2)
    p = 0.5 + draw.random(3_000) * 2e-5
    y = (draw.random(3_000) < 0.5).astype(float)
    bins = accumulator.bin_of(p)
    assert 1 < len(np.unique(bins)) < 10
    best, worst = (np.lexsort((sign * y, bins)) for sign in (1, -1))
    found = judge_of(p, y, np.ones(3_000)).result()
    for order in (best, worst):  # the sorted scores are given to the outcomes in that order
        reached = metrics(np.sort(p), y[order])
        for name, share in (("roc_auc", 0.99), ("average_precision", 0.3), ("ece", 0.25)):
            off = abs(getattr(reached, name) - getattr(found.metrics, name))
            bound = found.bounds[BOUNDED[name]]
            assert share * bound <= off <= bound + 1e-9, name


@pytest.mark.parametrize("first", [0, 3_000])
def test_parts_of_a_row_are_cut_where_all_rows_at_once_are(many, first):
    p, y, _ = sample(spread=30.0)
    w = np.ones(len(p))
    w[first : first + 3_000] = np.random.default_rng(4).random(3_000)
    found = judge_of(p, y, w, pieces=2).result()
    assert found.metrics.ece == pytest.approx(metrics(p, y, w).ece, abs=1e-12)


def test_ties_are_exact_however_many_share_a_bin(many):
    draw = np.random.default_rng(5)
    p = draw.choice([0.2, 0.5, 0.7], 5_000)
    y, w = (draw.random(5_000) < p).astype(float), np.ones(5_000)
    found, expected = judge_of(p, y, w).result(), metrics(p, y, w, 0.6)
    for name in BOUNDED:
        assert getattr(found.metrics, name) == pytest.approx(getattr(expected, name), abs=1e-12)
    assert set(found.bounds.values()) == {0.0}
    assert found.method.endswith("exact, as its rows are ties")


def test_the_bounds_are_said_in_words_and_rounded_upwards(many):
    found = judge_of(*sample(spread=1e-4)).result()
    assert found.method.startswith(f"of {(sample()[2] > 0).sum():,} rows in 262,144 bins")
    for words, bound in found.bounds.items():
        said = float(re.search(rf"{words} within (\S+?)[,;]", found.method).group(1))
        assert bound <= said <= 2 * bound


def test_order_and_pieces_do_not_matter(many):
    p, y, w = sample(weighted=True)
    one = judge_of(p, y, w).result()
    other = judge_of(p, y, w, pieces=2, order=slice(None, None, -1)).result()
    for name in (*EXACT, *BOUNDED):
        assert getattr(other.metrics, name) == pytest.approx(
            getattr(one.metrics, name), abs=1e-12
        )  # fmt: skip
    assert other.skill.gain == pytest.approx(one.skill.gain, abs=1e-12)


@pytest.mark.parametrize("weighted", [True, False])
def test_the_gain_of_many_rows_has_the_interval_that_resampling_gives(many, weighted):
    p, y, w = sample(weighted=weighted)
    base = np.where(np.arange(len(p)) % 2, 0.02, 0.03)  # far off: the mean outweighs the spread
    judge = PredictionAccumulator()
    for own in np.array_split(np.arange(len(p)), 3):
        judge.add(p[own], y[own], w[own], base[own])
    found, expected = judge.result().skill, skill(p, y, base, w)
    assert found.gain == pytest.approx(expected.gain, abs=1e-12)
    assert found.base_log_loss == pytest.approx(expected.base_log_loss, abs=1e-12)
    width = expected.high - expected.low
    assert found.low == pytest.approx(expected.low, abs=0.05 * width)
    assert found.high == pytest.approx(expected.high, abs=0.05 * width)
    assert found.better_than_base_rate


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_many_rows_of_one_outcome_have_no_ranking(many, label):
    p, _, w = sample()
    found = judge_of(p, np.full(len(p), label), w).result()
    assert found.metrics.roc_auc is found.metrics.average_precision is None
    assert set(found.bounds) == {"ECE"}


def test_certain_predictions_fall_into_the_outermost_bins(many):
    assert accumulator.bin_of(np.array([0.0, 1.0])).tolist() == [0, accumulator.BINS - 1]
    p = np.tile([0.0, 1.0, 0.3], 1_000)
    y = np.tile([0.0, 1.0, 1.0], 1_000)
    found = judge_of(p, y, np.ones(3_000)).result()
    assert found.metrics.roc_auc == 1.0
    assert found.metrics.log_loss == pytest.approx(metrics(p, y).log_loss)


def test_bins_stand_for_their_rows(many):
    p, y, w = sample()
    found, there = judge_of(p, y, w).summary(), w > 0
    assert found.rows.sum() == there.sum()
    assert found.weight.sum() == w.sum()
    assert found.weight @ found.label == pytest.approx(w @ y)
    assert found.weight @ found.probability == pytest.approx(w @ p)
    assert (np.diff(found.probability) > 0).all()
