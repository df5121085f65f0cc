import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from placement.stats.roc_area import roc_area, roc_area_of_rows, sum_ties


def area_of(score, label):
    return roc_area_of_rows(np.asarray(score), 1 - np.asarray(label), np.asarray(label))


def test_ties_count_half():
    assert area_of([1.0, 2, 2, 3], [0.0, 0, 1, 1]) == 0.875


@pytest.mark.parametrize("digits", [1, 2, 16])
def test_the_area_is_that_of_scikit_learn(digits):
    rng = np.random.default_rng(1)
    p = rng.random(2_000).round(digits)
    y, w = (rng.random(2_000) < p).astype(float), rng.random(2_000)
    ours = roc_area_of_rows(p, w * (1 - y), w * y)
    assert ours == pytest.approx(roc_auc_score(y, p, sample_weight=w), abs=1e-12)


def test_each_replicate_has_the_area_of_its_weights():
    rng = np.random.default_rng(2)
    negative, positive = rng.random((2, 7, 50))
    rows = [float(roc_area(*pair)) for pair in zip(negative, positive, strict=True)]
    assert roc_area(negative, positive).tolist() == pytest.approx(rows, abs=1e-12)


def test_one_outcome_or_no_row_has_no_area():
    assert np.isnan(area_of([1.0, 2.0], [1.0, 1.0]))
    assert np.isnan(area_of([], []))


def test_equal_scores_are_summed_up_in_ascending_order():
    sums = sum_ties(np.array([3, 1, 3]), np.array([1, 2, 4]), np.array([0, 1, 2]))
    assert [column.tolist() for column in sums] == [[1, 3], [2.0, 5.0], [1.0, 2.0]]
