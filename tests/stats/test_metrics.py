"""One formula for rows, bins and replicates: scikit-learn is the referee."""

import numpy as np
import pytest
from sklearn import metrics as referee
from sklearn.calibration import calibration_curve

from placement.errors import DataError
from placement.stats.metrics import (
    NAMES,
    Confusion,
    Metrics,
    average_precision,
    confusion,
    metrics,
    totals_of_rows,
)


def sample(n=1003, seed=3):
    rng = np.random.default_rng(seed)
    logit = 1.5 * rng.normal(size=n) + 0.3
    p = 1 / (1 + np.exp(-logit))
    return p, (rng.random(n) < p).astype(float)


def referee_figures(p, y, threshold=0.5):
    predicted = p >= threshold
    true, mean = calibration_curve(y, p, n_bins=10, strategy="quantile")
    edges = np.percentile(p, np.linspace(0, 1, 11) * 100)
    counts = np.bincount(np.searchsorted(edges[1:-1], p), minlength=10)
    return {
        "log_loss": referee.log_loss(y, p),
        "brier": referee.brier_score_loss(y, p),
        "roc_auc": referee.roc_auc_score(y, p),
        "average_precision": referee.average_precision_score(y, p),
        "accuracy": referee.accuracy_score(y, predicted),
        "precision": referee.precision_score(y, predicted),
        "recall": referee.recall_score(y, predicted),
        "f1": referee.f1_score(y, predicted),
        "ece": float(np.sum(counts * np.abs(true - mean)) / len(p)),
    }


@pytest.mark.parametrize("n", [11, 100, 1003])
def test_all_nine_figures_are_those_of_scikit_learn(n):
    p, y = sample(n)
    ours = metrics(p, y, threshold=0.4).as_dict()
    for name, expected in referee_figures(p, y, 0.4).items():
        assert ours[name] == pytest.approx(expected, abs=1e-12), name


def test_as_dict_names_the_figures_of_the_contract_in_order():
    assert tuple(metrics(*sample(50)).as_dict()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_weight_of_two_is_the_row_twice_and_a_weight_of_zero_is_no_row(name):
    p, y = sample(203)
    weight = np.arange(203) % 3
    repeated = np.repeat(p, weight), np.repeat(y, weight)
    weighted = getattr(metrics(p, y, weight), name)
    assert weighted == pytest.approx(getattr(metrics(*repeated), name), abs=1e-12)


def test_figures_do_not_depend_on_the_order_of_rows_with_equal_probabilities():
    p, y = sample(400)
    p = np.round(p, 1)
    back = metrics(p[::-1], y[::-1]).as_dict()
    assert metrics(p, y).as_dict() == pytest.approx(back, abs=1e-12)


def test_probabilities_of_exactly_zero_and_one_give_a_finite_log_loss():
    assert np.isfinite(metrics([0.0, 1.0], [1, 0]).log_loss)


def test_one_class_leaves_the_rank_figures_undefined_and_the_rest_defined():
    only_placed = metrics([0.2, 0.9], [1, 1])
    assert only_placed.roc_auc is None
    assert only_placed.average_precision is None
    assert only_placed.recall == 0.5
    none_placed = metrics([0.2, 0.3], [0, 0])
    assert none_placed.recall is None
    assert none_placed.precision is None
    assert none_placed.f1 is None
    assert none_placed.accuracy == 1


def test_a_label_of_one_half_is_half_a_row_of_each_class():
    soft = metrics([0.8, 0.3], [0.5, 1.0])
    hard = metrics([0.8, 0.8, 0.3], [1, 0, 1], [0.5, 0.5, 1.0])
    assert soft.log_loss == pytest.approx(hard.log_loss, abs=1e-12)
    assert soft.roc_auc == pytest.approx(hard.roc_auc, abs=1e-12)
    assert soft.brier == pytest.approx((0.3**2 + 0.7**2) / 2)


def test_confusion_counts_a_probability_at_the_threshold_as_positive():
    assert confusion([0.5, 0.5, 0.4, 0.1], [1, 0, 1, 0]) == Confusion(tp=1, fp=1, fn=1, tn=1)


def test_no_row_is_refused_in_words():
    with pytest.raises(DataError, match="no labelled row"):
        metrics([0.5], [1], [0])


@pytest.mark.parametrize(
    ("p", "y", "w"),
    [([1.2], [1], [1]), ([0.5], [2], [1]), ([0.5], [1], [-1]), ([np.nan], [1], [1])],
)
def test_values_outside_their_range_are_refused(p, y, w):
    with pytest.raises(ValueError, match="must be finite and lie in"):
        metrics(p, y, w)


def test_a_column_against_a_row_is_refused_rather_than_broadcast():
    with pytest.raises(ValueError, match="expected"):
        metrics(np.zeros((3, 1)), np.zeros(3))


def weighted(digits=16):
    p, y = sample()
    return p.round(digits), y, np.random.default_rng(5).random(len(p)) + 0.1


@pytest.mark.parametrize("digits", [1, 2, 16])
def test_weighted_metrics_are_those_of_scikit_learn(digits):
    p, y, w = weighted(digits)
    ours, chosen = metrics(p, y, w, 0.4), p >= 0.4
    expected = {
        "log_loss": referee.log_loss(y, p, sample_weight=w),
        "brier": referee.brier_score_loss(y, p, sample_weight=w),
        "roc_auc": referee.roc_auc_score(y, p, sample_weight=w),
        "average_precision": referee.average_precision_score(y, p, sample_weight=w),
        "accuracy": referee.accuracy_score(y, chosen, sample_weight=w),
        "precision": referee.precision_score(y, chosen, sample_weight=w),
        "recall": referee.recall_score(y, chosen, sample_weight=w),
        "f1": referee.f1_score(y, chosen, sample_weight=w),
    }
    for name, value in expected.items():
        assert getattr(ours, name) == pytest.approx(value, rel=1e-12), name


def test_totals_of_pieces_add_up_to_those_of_all_rows():
    p, y, w = weighted()
    loss = np.arange(len(p)) / 7.0
    columns, pieces = (p, y, w, loss), (slice(300), slice(300, None))
    first, rest = (totals_of_rows(*(own[rows] for own in columns), 0.4) for rows in pieces)
    whole = totals_of_rows(p, y, w, loss, 0.4)
    assert first + rest == pytest.approx(whole, rel=1e-12)


def test_an_undefined_metric_is_none():
    values = dict.fromkeys(NAMES, np.array(0.5)) | {"roc_auc": np.array(np.nan)}
    assert Metrics.of(values).roc_auc is None
    assert Metrics.of(values).ece == 0.5


def test_the_precision_of_an_entry_lies_between_its_extremes():
    negative, positive = np.array([2.0, 3.0, 1.0]), np.array([1.0, 2.0, 4.0])
    least = average_precision(negative, positive, 1.0, 0.0)
    mixed = average_precision(negative, positive, 0.5, 0.5)
    most = average_precision(negative, positive, 0.0, 1.0)
    assert least < mixed < most
    assert np.isnan(average_precision(np.zeros(3), positive))


@pytest.mark.parametrize("seed", range(40))
def test_a_model_that_separates_perfectly_is_perfect_whatever_the_weights(seed):
    rng = np.random.default_rng(seed)
    y = (np.arange(60) % 3 == 0) * 1.0
    p, w = 0.2 + 0.6 * y + 0.1 * rng.random(60), rng.random(60) + 0.01
    perfect = metrics(p, y, w)
    assert (perfect.recall, perfect.precision, perfect.accuracy, perfect.f1) == (1, 1, 1, 1)
    assert perfect.roc_auc <= 1
    assert perfect.roc_auc == pytest.approx(1)
    assert perfect.average_precision <= 1
    assert perfect.average_precision == pytest.approx(1)
