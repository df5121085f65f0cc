"""The intervals of the largest gap: they cover it, and do not accuse a model that is fair."""

import numpy as np
import pytest

from placement.evaluation.fairness import gap_intervals as gaps
from placement.evaluation.fairness.gap_intervals import gap_intervals

SAMPLES = 250
CASES = {  # rows, share positive, true- and false-positive rate of each group
    "two alike": [(100, 0.6, 0.8, 0.3)] * 2,
    "six alike and small": [(40, 0.6, 0.85, 0.2)] * 6,
    "two apart": [(150, 0.6, 0.9, 0.3), (150, 0.6, 0.7, 0.1)],
    "a small one apart": [(30, 0.7, 0.9, 0.3), (90, 0.7, 0.6, 0.3)],
    "rates near 1 and 0": [(60, 0.8, 0.97, 0.05)] * 3,
}


def truth(groups):
    _, base, tpr, fpr = (np.array(own) for own in zip(*groups, strict=True))
    selection = base * tpr + (1 - base) * fpr
    return {
        "demographic_parity_difference": np.ptp(selection),
        "demographic_parity_ratio": selection.min() / selection.max(),
        "equal_opportunity_difference": np.ptp(tpr),
        "equalized_odds_difference": max(np.ptp(tpr), np.ptp(fpr)),
    }


def sample(groups, draw):
    """Draw the counts (g, 2, 2) by outcome and prediction of one sample of students."""
    cells = []
    for rows, base, tpr, fpr in groups:
        positive = draw.binomial(rows, base)
        hits, alarms = draw.binomial(positive, tpr), draw.binomial(rows - positive, fpr)
        cells.append([[rows - positive - alarms, alarms], [positive - hits, hits]])
    return np.array(cells, dtype=float)


@pytest.mark.parametrize("case", CASES)
def test_the_intervals_cover_the_largest_gap_in_95_of_100_samples(case, monkeypatch):
    monkeypatch.setattr(gaps, "REPLICATES", 300)
    groups, draw = CASES[case], np.random.default_rng(0)
    covered, accused = dict.fromkeys(truth(groups), 0), dict.fromkeys(truth(groups), 0)
    for _ in range(SAMPLES):
        mass = sample(groups, draw)
        for name, (low, high) in gap_intervals(mass, mass, draw).items():
            covered[name] += low - 1e-12 <= truth(groups)[name] <= high + 1e-12
            accused[name] += high < 0.8 if name.endswith("ratio") else low > 0.1
    # 95 % less three standard errors of 250 samples; groups of few rows are covered more often.
    assert min(covered.values()) >= 0.91 * SAMPLES, covered
    if truth(groups)["equalized_odds_difference"] == 0:
        assert max(accused.values()) <= 0.025 * SAMPLES, accused


def test_a_percentile_interval_would_accuse_small_groups_that_are_treated_alike():
    """Why the intervals are not those of the replicated largest gap itself."""
    groups, draw = CASES["six alike and small"], np.random.default_rng(0)
    accused = 0
    for _ in range(40):
        mass = sample(groups, draw)
        again = draw.poisson(mass, size=(300, *mass.shape))
        rates = again[..., 1].sum(axis=-1) / again.sum(axis=(-2, -1))
        accused += np.quantile(np.ptp(rates, axis=1), 0.025) > 0.1
    assert accused > 8


def test_weights_that_count_students_do_not_make_few_rows_certain():
    rows = np.array([[[10, 5], [5, 20]], [[5, 10], [10, 15]]], dtype=float)
    one = gap_intervals(rows, rows, np.random.default_rng(0))
    hundred = gap_intervals(rows * 100, rows * 100**2, np.random.default_rng(0))
    for name, interval in one.items():
        assert hundred[name] == pytest.approx(interval), name


def test_the_seed_decides_the_intervals():
    mass = sample(CASES["two apart"], np.random.default_rng(0))
    one, again, other = (gap_intervals(mass, mass, np.random.default_rng(s)) for s in (3, 3, 4))
    assert one == again != other


def test_groups_that_are_predicted_alike_to_the_last_student_have_finite_intervals():
    mass = np.array([[[0, 6], [0, 40]], [[0, 9], [0, 50]]], dtype=float)
    for name, (low, high) in gap_intervals(mass, mass, np.random.default_rng(0)).items():
        assert 0 <= low < high <= 1, name
