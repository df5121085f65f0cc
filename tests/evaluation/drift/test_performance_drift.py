"""Does a model still do as well? Figures now beside those of its held-out rows."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from placement.evaluation.drift.performance_drift import performance
from placement.model.figures import RowCounts
from tests.figures import evaluation_figures, model_figures

DRAW = np.random.default_rng(0)
P = DRAW.uniform(0.05, 0.95, 1_500)
Y = (DRAW.random(1_500) < P).astype(float)
THEN = {"log_loss": log_loss(Y, P), "brier": brier_score_loss(Y, P), "roc_auc": roc_auc_score(Y, P)}


def known(rows=1_500, **metrics):
    evaluation = evaluation_figures(**THEN | metrics)
    return model_figures(rows=RowCounts(0, rows, 0), evaluation=evaluation)


def test_figures_are_scikit_learn_s_and_unchanged_ones_are_not_worse():
    found = performance(P, Y, known())
    assert set(found.figures) == set(THEN)
    for name, own in found.figures.items():
        assert own.now == pytest.approx(THEN[name])
        assert own.change == pytest.approx(0, abs=1e-12)
        assert own.change_low < 0 < own.change_high
        assert not own.worse
    assert (found.observed, found.predicted) == pytest.approx((Y.mean(), P.mean()))
    assert found.low < Y.mean() - P.mean() < found.high
    assert found.then == "test"


def test_the_figure_of_then_lends_its_own_error_to_the_change():
    equal, many = performance(P, Y, known()), performance(P, Y, known(rows=10**9))
    for name in THEN:
        a, b = equal.figures[name], many.figures[name]
        assert a.change_high - a.change_low == pytest.approx(2**0.5 * (a.high - a.low))
        assert b.change_high - b.change_low == pytest.approx(b.high - b.low, rel=1e-6)


def test_worse_figures_are_said_to_be_worse_and_better_ones_are_not():
    worse = performance(P, Y, known(log_loss=0.3, brier=0.1, roc_auc=0.95))
    assert all(own.worse for own in worse.figures.values())
    better = performance(P, Y, known(log_loss=0.9, brier=0.4, roc_auc=0.55))
    assert not any(own.worse for own in better.figures.values())


def test_predictions_that_are_all_too_high_are_found():
    found = performance(np.clip(P + 0.2, 0, 1), Y, known())
    assert found.high < -0.1


def test_students_of_one_outcome_have_no_roc_area():
    found = performance(P[Y == 1], Y[Y == 1], known()).figures["roc_auc"]
    assert (found.now, found.change, found.worse) == (None, None, False)


def test_a_model_that_was_never_measured_has_nothing_to_compare_with():
    found = performance(P, Y, model_figures())
    assert found.then is None
    assert all(own.then is None and not own.worse for own in found.figures.values())
