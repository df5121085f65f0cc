"""The rows a model needs, against figures that were published and the formulas' own meaning."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.stats.sample_size import sample_size


def test_the_rows_are_those_of_pmsampsizes_published_example():
    """24 parameters, Cox and Snell's R² 0.288, rate 0.174 (J. Ensor's package pmsampsize)."""
    largest = 1 - (0.174**0.174 * 0.826**0.826) ** 2
    size = sample_size(24, 0.174, nagelkerke=0.288 / largest)
    assert (size.shrinkage, size.optimism, size.risk) == (623, 662, 221)
    assert size.needed == 662


@given(st.integers(1, 200), st.floats(0.02, 0.98))
def test_so_many_rows_are_the_fewest_with_the_shrinkage_and_the_exactness(parameters, rate):
    size = sample_size(parameters, rate)
    log_null = rate * math.log(rate) + (1 - rate) * math.log(1 - rate)
    cox_snell = 0.15 * (1 - math.exp(2 * log_null))

    def shrinkage(rows):  # solved by steps of S = 1 + p / (n ln(1 - R² / S))
        value = 0.95
        for _ in range(200):
            value = 1 + parameters / (rows * math.log(1 - cox_snell / value))
        return value

    assert shrinkage(size.shrinkage) == pytest.approx(0.9, abs=0.02) or size.shrinkage < 20
    assert shrinkage(size.shrinkage) >= 0.9 - 1e-9
    reach = 1.96 * math.sqrt(rate * (1 - rate) / size.risk)
    assert reach <= 0.05 + 1e-5
