import numpy as np
import pytest
from scipy.stats import rankdata

from placement.evaluation.metrics import bootstrap
from placement.evaluation.metrics.bootstrap import bootstrap_intervals, describe_method
from placement.stats import resampling
from placement.stats.metrics import NAMES, checked, metrics


def sample(n=503, seed=3, digits=None):
    rng = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(-1.5 * rng.normal(size=n)))
    y = (rng.random(n) < p).astype(float)
    return (p if digits is None else np.round(p, digits)), y


def figures_of_counts(monkeypatch, counts, p, y, w=None):
    """The figures of one replicate that drew these counts."""
    monkeypatch.setattr(resampling, "draw_counts", lambda *_: np.array([counts], dtype=float))
    p, y, w = checked(p, y, w)
    drawn = bootstrap.replicated(p, y, w, 0.4, 1, np.random.default_rng(0))
    return {name: values[0] for name, values in drawn.items()}


@pytest.mark.parametrize("digits", [None, 2, 1])
def test_every_row_drawn_once_gives_the_figures_of_the_sample(monkeypatch, digits):
    p, y = sample(digits=digits)
    order = np.argsort(p, kind="stable")
    ours = figures_of_counts(monkeypatch, np.ones(len(p)), p, y)
    expected = metrics(p[order], y[order], threshold=0.4).as_dict()
    for name in NAMES:
        assert ours[name] == pytest.approx(expected[name], abs=1e-12), name


@pytest.mark.parametrize("fractional", [False, True])
def test_a_replicate_has_the_figures_of_the_rows_it_drew(monkeypatch, fractional):
    p, y = sample(digits=2)
    rng = np.random.default_rng(1)
    p, w = np.sort(p), rng.integers(1, 4, len(p)).astype(float)
    y = rng.random(len(p)) if fractional else y
    counts = rng.multinomial(len(p), np.full(len(p), 1 / len(p)))
    ours = figures_of_counts(monkeypatch, counts, p, y, w)
    expected = metrics(p, y, counts * w, threshold=0.4).as_dict()
    for name in NAMES:
        assert ours[name] == pytest.approx(expected[name], abs=1e-12), name


def test_intervals_are_those_of_a_plain_bootstrap_within_its_noise():
    p, y = sample(400)
    rng = np.random.default_rng(7)
    plain = []
    for _ in range(1500):
        rows = rng.integers(0, 400, 400)
        score, label = p[rows], y[rows]
        ranks, count = rankdata(score)[label == 1], int(label.sum())
        area = (ranks.sum() - count * (count + 1) / 2) / (count * (400 - count))
        plain.append((np.mean((score - label) ** 2), area, np.mean((score >= 0.5) == label)))
    low, high = np.percentile(plain, [2.5, 97.5], axis=0)
    ours = bootstrap_intervals(p, y, replicates=1500)
    for i, name in enumerate(["brier", "roc_auc", "accuracy"]):
        assert ours[name] == pytest.approx((low[i], high[i]), abs=0.12 * (high[i] - low[i]))


def test_the_histogram_agrees_with_the_rows_themselves(monkeypatch):
    p, y = sample(5_000)
    exact = bootstrap_intervals(p, y, replicates=800)
    monkeypatch.setattr(resampling, "EXACT_ROWS", 1000)
    binned = bootstrap_intervals(p, y, replicates=800)
    for name in NAMES:
        width = exact[name][1] - exact[name][0]
        assert binned[name] == pytest.approx(exact[name], abs=0.15 * width), name
    assert binned != exact


def test_no_bin_of_a_coarse_histogram_straddles_the_threshold(monkeypatch):
    p, y = sample(5_000)
    monkeypatch.setattr(resampling, "EXACT_ROWS", 1000)
    monkeypatch.setattr(resampling, "HISTOGRAM_BINS", 4)
    low, high = bootstrap_intervals(p, y, threshold=0.9)["recall"]
    assert low < metrics(p, y, threshold=0.9).recall < high


def test_the_histogram_respects_weights(monkeypatch):
    p, y = sample(5_000)
    w = np.random.default_rng(2).integers(0, 5, 5_000)
    exact = bootstrap_intervals(p, y, w, replicates=1000)
    monkeypatch.setattr(resampling, "EXACT_ROWS", 1000)
    binned = bootstrap_intervals(p, y, w, replicates=1000)
    for name in ("log_loss", "brier", "roc_auc", "accuracy", "recall"):
        width = exact[name][1] - exact[name][0]
        assert binned[name] == pytest.approx(exact[name], abs=0.15 * width), name


def test_the_method_says_when_a_histogram_was_used():
    assert "histogram" not in describe_method(100_000)
    assert "Poisson weights on a histogram" in describe_method(100_001)
    assert "200 replicates" in describe_method(50)


def test_the_same_seed_draws_the_same_and_another_does_not():
    p, y = sample(100)
    assert bootstrap_intervals(p, y, seed=1) == bootstrap_intervals(p, y, seed=1)
    assert bootstrap_intervals(p, y, seed=1) != bootstrap_intervals(p, y, seed=2)


def test_undefined_figures_have_no_interval():
    drawn = bootstrap_intervals([0.2, 0.9, 0.8], [1, 1, 1])
    assert drawn["roc_auc"] is None
    assert drawn["average_precision"] is None
    assert drawn["log_loss"] is not None


def test_replicates_of_a_small_sample_that_miss_a_class_are_left_out():
    low, high = bootstrap_intervals([0.2, 0.9, 0.8], [0, 1, 1])["roc_auc"]
    assert (low, high) == (1.0, 1.0)


def test_the_size_of_a_block_does_not_change_the_spread(monkeypatch):
    p, y = sample(300)
    whole = bootstrap_intervals(p, y)
    monkeypatch.setattr(resampling, "_BLOCK_CELLS", 3_000)
    for name, interval in bootstrap_intervals(p, y).items():
        assert interval == pytest.approx(whole[name]), name


def test_the_interval_of_the_calibration_error_holds_its_figure():
    rng = np.random.default_rng(3)
    p = rng.uniform(0.05, 0.95, 1200)
    y = (rng.random(1200) < p).astype(float)
    low, high = bootstrap_intervals(p, y)["ece"]
    assert low <= metrics(p, y).ece <= high
