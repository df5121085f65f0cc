"""What is promised of a lottery before it is held, held against Fisher's test."""

import numpy as np
import pytest
from scipy.stats import binom, fisher_exact

from placement.evaluation.effect.power import Band, detectable_effect, power


def power_by_fisher(band, effect):
    total = 0.0
    for a in range(band.drawn + 1):
        for b in range(band.others + 1):
            table = [[a, band.drawn - a], [b, band.others - b]]
            if fisher_exact(table, "greater").pvalue <= 0.025:
                drawn = binom.pmf(a, band.drawn, band.chance + effect)
                total += drawn * binom.pmf(b, band.others, band.chance)
    return total


@pytest.mark.parametrize("effect", [0.0, 0.3, 0.55])
def test_the_power_is_that_of_fishers_test(effect):
    band = Band(10, 10, 0.3)
    assert power([band], effect) == pytest.approx(power_by_fisher(band, effect), abs=0.03)


def test_more_lists_find_a_smaller_effect():
    band = Band(10, 10, 0.3)
    one, three = detectable_effect([band]), detectable_effect([band] * 3)
    assert one.effect is not None
    assert three.effect is not None
    assert three.effect < one.effect
    assert power([band] * 3, three.effect) >= 0.8 > power([band] * 3, three.effect - 0.01)


def test_too_small_a_band_finds_no_effect_that_there_can_be():
    detectable = detectable_effect([Band(3, 3, 0.5)])
    assert detectable.effect is None
    assert detectable.most == 0.0
    assert np.isclose(detectable_effect([Band(10, 10, 0.6)]).most, 0.38, atol=0.05)
