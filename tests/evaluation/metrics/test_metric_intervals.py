"""Intervals of the metrics: against statsmodels, all pairs, small changes of weights, the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import binomtest, skew
from scipy.stats import t as student
from statsmodels.stats.proportion import proportion_confint

from placement.evaluation.metrics.metric_intervals import metric_intervals
from placement.stats.log_loss import row_log_loss
from placement.stats.metrics import NAMES, confusion, metrics


def sample(n=300, seed=3, digits=None):
    rng = np.random.default_rng(seed)
    p = expit(1.5 * rng.normal(size=n))
    y = (rng.random(n) < p).astype(float)
    return (p if digits is None else np.round(p, digits)), y


def on_logit_scale(value, variance, rows):
    reach = student.ppf(0.975, rows - 1) * np.sqrt(variance) / (value * (1 - value))
    return expit(logit(value) - reach), expit(logit(value) + reach)


def test_shares_have_the_wilson_limits_of_statsmodels():
    p, y = sample()
    found, counts = metric_intervals(p, y, threshold=0.4), confusion(p, y, threshold=0.4)
    tp, fp, fn, tn = counts.tp, counts.fp, counts.fn, counts.tn
    shares = {"accuracy": (tp + tn, 300), "precision": (tp, tp + fp), "recall": (tp, tp + fn)}
    for name, (hits, rows) in shares.items():
        assert found[name] == pytest.approx(proportion_confint(hits, rows, method="wilson")), name
    jaccard = np.array(proportion_confint(tp, tp + fp + fn, method="wilson"))
    assert found["f1"] == pytest.approx(tuple(2 * jaccard / (1 + jaccard)))


def test_limits_of_the_losses_are_where_halls_transform_of_t_is_at_its_quantiles():
    p, y = sample()
    found = metric_intervals(p, y)
    for name, losses in (("log_loss", row_log_loss(p, y)), ("brier", (p - y) ** 2)):
        slant = skew(losses, bias=False) / np.sqrt(300)
        error = losses.std(ddof=1) / np.sqrt(300)
        for limit, quantile in zip(found[name], (0.975, 0.025), strict=True):
            t = (losses.mean() - limit) / error
            transform = t + slant * t**2 / 3 + slant**2 * t**3 / 27 + slant / 6
            assert transform == pytest.approx(student.ppf(quantile, 299), rel=1e-9), name


@pytest.mark.parametrize("digits", [None, 1])
def test_the_roc_area_has_delongs_variance_over_all_pairs(digits):
    p, y = sample(120, digits=digits)
    yes, no = p[y == 1], p[y == 0]
    above = (yes[:, None] > no) + 0.5 * (yes[:, None] == no)
    variance = sum(above.mean(axis=k).var(ddof=1) / above.shape[1 - k] for k in (0, 1))
    expected = on_logit_scale(above.mean(), variance, min(above.shape))
    assert metric_intervals(p, y)["roc_auc"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("digits", [None, 1])
def test_average_precision_has_the_variance_of_what_a_little_more_of_each_row_changes(digits):
    p, y = sample(120, digits=digits)
    value, step = metrics(p, y).average_precision, 1e-6
    moved = []
    for row in range(120):
        w = np.ones(120)
        w[row] += step
        moved.append((metrics(p, y, w).average_precision - value) / step)
    expected = on_logit_scale(value, np.sum(np.square(moved)), y.sum())
    assert metric_intervals(p, y)["average_precision"] == pytest.approx(expected, rel=1e-4)


@given(st.integers(0, 500), st.sampled_from([None, 1]))
def test_weights_are_frequencies(seed, digits):
    p, y = sample(40, seed, digits)
    w = np.random.default_rng(seed).integers(0, 4, 40)
    grouped = metric_intervals(p, y, w)
    expanded = metric_intervals(np.repeat(p, w), np.repeat(y, w))
    for name in NAMES:
        assert grouped[name] == (expanded[name] and pytest.approx(expanded[name], rel=1e-9)), name


@given(st.integers(0, 500), st.integers(2, 40))
def test_an_interval_holds_its_figure_and_stays_where_the_metric_is(seed, n):
    p, y = sample(n, seed, 1)
    values = metrics(p, y).as_dict()
    for name, interval in metric_intervals(p, y).items():
        if interval is not None:
            low, high = interval
            assert 0 <= low <= values[name] + 1e-12, name
            assert values[name] - 1e-12 <= high, name
            assert name in ("log_loss", "brier") or high <= 1, name


def test_the_calibration_error_and_what_is_undefined_have_none():
    found = metric_intervals([0.2, 0.9, 0.8], [1, 1, 1])
    assert [name for name, interval in found.items() if interval is None] == [
        "roc_auc",
        "average_precision",
        "ece",
    ]
    assert metric_intervals([0.2], [1])["log_loss"] is None
    assert metric_intervals([0.2, 0.3], [1, 0])["precision"] is None


def test_a_perfect_order_of_few_rows_is_no_certainty():
    p, y = np.linspace(0.1, 0.9, 20), np.repeat([0.0, 1.0], 10)
    low, high = metric_intervals(p, y)["roc_auc"]
    assert (low, high) == pytest.approx(proportion_confint(10, 10, method="wilson"))


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Over 300 samples of three kinds; `scripts/intervals.py --metrics` counts 4,000 of nine."""
    from scripts import intervals

    for scenario in intervals.HELD_OUT[:3]:
        for name, (hits, count) in intervals.coverage_of_metrics(scenario, 300).items():
            fewer = binomtest(hits, count, 0.95, alternative="less")
            assert fewer.pvalue > 0.0005, (scenario.name, name, hits)
