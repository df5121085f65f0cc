"""The effect of coming, where not all who were drawn came."""

import numpy as np
import pytest

from placement.evaluation.effect.attendance import attendance_effect
from placement.evaluation.effect.randomization_test import Stratum, randomization_test


def counts(not_drawn, drawn):
    """Counts of each group: neither placed nor there, only there, only placed, both."""
    return np.array([not_drawn, drawn]).reshape(2, 2, 2)


def test_where_all_who_were_drawn_came_it_is_the_effect_of_the_draw():
    effect = attendance_effect([counts([16, 0, 4, 0], [0, 6, 0, 14])])
    assert (effect.came_drawn, effect.came_others) == (1.0, 0.0)
    assert effect.estimate == pytest.approx(14 / 20 - 4 / 20)
    assert effect.low is not None
    assert 0 < effect.low < 0.5
    assert effect.high is not None
    assert 0.5 < effect.high < 1


def test_where_half_came_it_is_twice_the_effect_of_the_draw():
    effect = attendance_effect([counts([40, 0, 10, 0], [20, 5, 5, 20])])
    assert effect.estimate == pytest.approx((25 / 50 - 10 / 50) / 0.5)
    assert effect.low is not None
    assert effect.low > 0.2


def test_where_as_many_came_of_those_not_drawn_nothing_is_known():
    effect = attendance_effect([counts([5, 2, 2, 1], [3, 1, 4, 2])])
    assert effect.estimate is None
    assert (effect.low, effect.high) == (None, None)


def test_no_effect_is_refused_where_luck_alone_may_be_all():
    kinds = counts([7, 0, 3, 0], [1, 3, 1, 5])
    effect = attendance_effect([kinds])
    luck = randomization_test([Stratum(6, 10, 3, 10)])
    assert luck.p_value > 0.05
    assert effect.low is None or effect.low < 0


def test_several_bands_are_taken_together():
    one = counts([8, 0, 2, 0], [1, 4, 0, 5])
    alone, three = attendance_effect([one]), attendance_effect([one] * 3)
    assert three.estimate == pytest.approx(alone.estimate)
    assert three.low is not None
    assert alone.low is None or alone.low < three.low
