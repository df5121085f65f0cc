"""The three verdicts, and whether predictions out of fold go with the outcome."""

import math

import numpy as np
import pytest
from scipy import stats

from placement.stats.figures import Skill
from placement.stats.verdict import Verdict, association, decide, useful_gain


def gain(gain, low, high):
    return Skill(0.7, gain, low, high, better_than_base_rate=low > 0)


@pytest.mark.parametrize(
    ("skill", "related", "expected"),
    [
        (gain(0.10, 0.05, 0.15), None, "better"),
        (gain(0.10, -0.05, 0.25), None, "not_shown"),
        (gain(-0.01, -0.03, 0.0139), None, "no_signal"),
        (gain(-0.01, -0.03, 0.0141), None, "not_shown"),
        (gain(0.005, 0.001, 0.009), None, "no_signal"),
        (gain(0.0, -math.inf, math.inf), None, "not_shown"),
        (gain(0.10, -0.05, 0.25), 2.1, "better"),
        (gain(0.10, 0.05, 0.15), 1.9, "not_shown"),
        (gain(-0.10, -0.25, 0.05), 5.0, "not_shown"),
        (gain(-0.10, -0.25, 0.01), 1.0, "no_signal"),
    ],
)
def test_the_gain_and_the_association_decide(skill, related, expected):
    assert useful_gain(skill) == pytest.approx(0.014)
    assert decide(skill, related) == expected


def folds(*, groups=None, repeats=1):
    """Two folds of noise, each row `repeats` times, with the groups that `groups` makes of them."""
    rng = np.random.default_rng(3)
    for _ in range(2):
        p, y = rng.uniform(0.1, 0.9, 40), rng.integers(0, 2, 40).astype(float)
        rows = np.repeat(np.arange(40), repeats)
        yield p[rows], y[rows], np.ones(len(rows)), groups and groups(rows)


def test_a_fold_alone_is_the_correlation_of_outcome_and_log_odds_in_standard_errors():
    p, y, w, _ = next(folds())
    correlation = stats.pearsonr(np.log(p / (1 - p)), y).statistic
    # Under no signal nr² is chi-square on one degree of freedom; here the variance is twice that,
    # and that of the products themselves instead of the product of the variances.
    found = association([(p, y, w, None)])
    assert found == pytest.approx(correlation * np.sqrt(40 / 2), rel=0.2)
    assert association([(p, 1 - y, w, None)]) == pytest.approx(-found)


def test_a_weight_is_so_many_rows():
    weighted = [(p, y, 3 * w, None) for p, y, w, _ in folds()]
    assert association(weighted) == pytest.approx(association(folds(repeats=3)))


def test_a_student_on_several_rows_is_no_more_sure_than_on_one():
    several = association(folds(repeats=3, groups=lambda rows: rows.astype(np.uint64)))
    assert several == pytest.approx(association(folds()))
    assert abs(association(folds(repeats=3))) > 1.5 * abs(several)


def test_constant_predictions_go_with_nothing():
    assert association([(np.full(9, 0.5), np.arange(9) % 2.0, np.ones(9), None)]) == 0.0


@pytest.mark.parametrize(("area", "is_too_good"), [(0.99, True), (0.9899, False), (None, False)])
def test_a_model_is_too_good_from_a_roc_area_of_99_hundredths_on(area, is_too_good):
    verdict = Verdict("better", "test", 300, 300, gain(0.1, 0.05, 0.15), roc_auc=area)
    assert verdict.is_too_good == is_too_good
