import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.stats.proportion import proportion_confint

from placement.model import scorer
from placement.stats.intervals import (
    Z95,
    clopper_pearson,
    clustered_mean,
    percentile_interval,
    wilson,
)


def test_wilson_limits_stay_inside_zero_and_one():
    assert wilson(0.0, 5)[0] == 0
    assert wilson(1.0, 5)[1] == 1


@pytest.mark.parametrize(("hits", "rows"), [(50, 100), (1, 7), (0, 12), (999, 1000)])
def test_wilson_limits_are_those_of_statsmodels(hits, rows):
    expected = proportion_confint(hits, rows, method="wilson")
    assert wilson(hits / rows, rows) == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(("hits", "rows"), [(50, 100), (1, 7), (0, 1), (3, 3)])
def test_exact_limits_are_those_of_statsmodels(hits, rows):
    expected = proportion_confint(hits, rows, method="beta")
    assert clopper_pearson(hits, rows) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_the_limits_of_a_clustered_mean_are_those_of_statsmodels():
    draw = np.random.default_rng(0)
    clusters = draw.integers(0, 40, 200).astype(np.uint64)
    values = draw.normal(size=200) + draw.normal(size=40)[clusters.astype(int)]
    fit = sm.OLS(values, np.ones(200)).fit(
        cov_type="cluster", cov_kwds={"groups": clusters.astype(int)}, use_t=False
    )
    limits = clustered_mean(values, np.ones(200), clusters)
    assert limits == pytest.approx(fit.conf_int()[0], rel=1e-12)
    assert clustered_mean(values, np.ones(200), np.zeros(200, np.uint64)) == (-np.inf, np.inf)


def test_replicates_without_a_figure_are_left_out_of_an_interval():
    values = np.array([np.nan, *np.arange(101.0)])
    assert percentile_interval(values) == pytest.approx((2.5, 97.5))
    assert percentile_interval(values, outside=0.5) == pytest.approx((25, 75))
    assert percentile_interval(np.full(3, np.nan)) is None


def test_the_scorer_that_stands_alone_has_the_same_normal_quantile():
    assert scorer.Z95 == Z95
