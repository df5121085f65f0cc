"""The paired bootstrap beside brute force, and how a difference is judged."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from placement.errors import DataError
from placement.evaluation import comparison
from placement.evaluation.comparison import compare
from placement.stats.resampling import draw_counts

FIGURES = ("log_loss", "brier", "roc_auc")


def sample(n=80, seed=2, digits=None, noise=0.5):
    draw = np.random.default_rng(seed)
    z = draw.normal(size=n)
    y = (draw.random(n) < 1 / (1 + np.exp(-2 * z))).astype(float)
    p, q = (1 / (1 + np.exp(-(z + noise * k * draw.normal(size=n)))) for k in (0, 1))
    return (p, q, y) if digits is None else (p.round(digits), q.round(digits), y)


def limits(found):
    return {name: (own.low, own.high) for name in FIGURES if (own := getattr(found, name))}


@pytest.mark.parametrize("digits", [None, 1])
def test_the_intervals_are_those_of_resampling_the_rows_themselves(digits):
    p, q, y = sample(digits=digits)
    p, q = p.clip(0.02, 0.98), q.clip(0.02, 0.98)
    found, drawn = compare(p, q, y, seed=4, replicates=60), []
    for counts in draw_counts(len(y), 60, np.random.default_rng(4)):
        rows = np.repeat(np.arange(len(y)), counts.astype(int))
        own = [
            [log_loss(y[rows], s[rows]), brier_score_loss(y[rows], s[rows]), roc_auc_score(
                y[rows], s[rows])]
            for s in (p, q)
        ]  # fmt: skip
        drawn.append(np.subtract(own[1], own[0]))
    expected = np.percentile(drawn, [2.5, 97.5], axis=0).T
    for (name, pair), wanted in zip(limits(found).items(), expected, strict=True):
        assert pair == pytest.approx(tuple(wanted), abs=1e-12), name
    assert found.log_loss.difference == pytest.approx(log_loss(y, q) - log_loss(y, p), abs=1e-12)
    assert found.roc_auc.difference == pytest.approx(roc_auc_score(y, q) - roc_auc_score(y, p))


@pytest.mark.parametrize("most", [100_000, 10])
def test_a_whole_weight_is_so_many_equal_rows(monkeypatch, most):
    monkeypatch.setattr(comparison, "EXACT_ROWS", most)
    p, q, y = sample()
    w = np.random.default_rng(0).integers(0, 4, len(y)).astype(float)
    rows = np.repeat(np.arange(len(y)), w.astype(int))
    weighted, repeated = compare(p, q, y, w), compare(p[rows], q[rows], y[rows])
    assert weighted.rows == repeated.rows == w.sum()
    for name, pair in limits(repeated).items():
        assert limits(weighted)[name] == pytest.approx(pair, abs=1e-12), name
    assert weighted.verdict == repeated.verdict


def test_many_rows_have_the_intervals_of_their_standard_error_which_resampling_repeats(monkeypatch):
    p, q, y = sample(4000)
    exact = compare(p, q, y)
    monkeypatch.setattr(comparison, "EXACT_ROWS", 100)
    many = compare(p, q, y)
    assert "standard error" in many.method
    assert "bootstrap" in exact.method
    for name, (low, high) in limits(exact).items():
        assert limits(many)[name] == pytest.approx((low, high), abs=0.1 * (high - low)), name
    assert (many.roc_auc.low, many.roc_auc.high) == (many.delong.low, many.delong.high)
    halved = compare(p, q, y, np.full(len(y), 0.5))  # not whole: each goes with its row
    for name in ("log_loss", "brier"):
        assert limits(halved)[name] == pytest.approx(limits(many)[name]), name


def test_the_better_model_is_found_better_and_the_other_way_round_worse():
    p, q, y = sample(1500, noise=2)
    assert compare(p, q, y).verdict == "worse"
    assert compare(q, p, y).verdict == "better"


def test_a_model_and_itself_differ_by_nothing():
    p, _, y = sample()
    found = compare(p, p, y)
    assert set(limits(found).values()) == {(0, 0)}
    assert (found.verdict, found.delong.p_value, found.mcnemar.p_value) == (
        "no difference beyond chance", 1, 1,
    )  # fmt: skip


def test_models_that_are_equally_good_differ_by_no_more_than_chance_in_about_95_of_100():
    draw, found = np.random.default_rng(5), []
    for _ in range(200):
        z = draw.normal(size=150)
        y = (draw.random(150) < 1 / (1 + np.exp(-z))).astype(float)
        p, q = (1 / (1 + np.exp(-(z + 0.4 * draw.normal(size=150)))) for _ in range(2))
        found.append(compare(p, q, y, replicates=200).verdict)
    assert 180 <= found.count("no difference beyond chance") <= 198


def test_one_row_tells_nothing_of_chance():
    found = compare([0.2], [0.9], [1])
    assert found.verdict == "no difference beyond chance"
    assert (found.log_loss.low, found.log_loss.high) == (-np.inf, np.inf)


def test_rows_of_one_outcome_have_no_roc_area():
    found = compare([0.2, 0.6, 0.4], [0.9, 0.5, 0.6], [1, 1, 1])
    assert found.roc_auc is found.delong is None
    assert found.log_loss.difference < 0


def test_certain_answers_have_a_finite_difference():
    found = compare([0.0, 1.0, 1.0], [1.0, 1.0, 0.0], [0, 1, 1])
    assert np.isfinite([found.log_loss.difference, found.log_loss.low, found.log_loss.high]).all()


def test_replicates_are_told_of_and_no_row_is_an_error():
    told = []
    compare([0.2, 0.6], [0.9, 0.5], [1, 0], replicates=30, on_progress=told.append)
    assert told[-1] == 30
    with pytest.raises(DataError):
        compare([0.2], [0.9], [1], [0])
