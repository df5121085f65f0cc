"""One formula for rows, bins and replicates: scikit-learn is the referee."""

import numpy as np
import pytest
from sklearn import metrics as referee

from placement.stats.figures import NAMES, Metrics
from placement.stats.metrics import average_precision, metrics_of_rows, totals_of_rows


def sample(n=1003, seed=3, digits=16):
    rng = np.random.default_rng(seed)
    p = (1 / (1 + np.exp(-1.5 * rng.normal(size=n) - 0.3))).round(digits)
    return p, (rng.random(n) < p).astype(float), rng.random(n) + 0.1


@pytest.mark.parametrize("digits", [1, 2, 16])
def test_weighted_metrics_are_those_of_scikit_learn(digits):
    p, y, w = sample(digits=digits)
    ours, chosen = metrics_of_rows(p, y, w, 0.4), p >= 0.4
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
    p, y, w = sample()
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
