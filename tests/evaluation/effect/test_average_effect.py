"""The interval of the average effect, held against every pair of outcomes students may have."""

from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest

from placement.evaluation.effect import average_effect as module
from placement.evaluation.effect.average_effect import TAIL, average_effect, possible_tables
from placement.evaluation.effect.randomization_test import Stratum
from tests.evaluation.effect.drawn import students


def every_pair_of_outcomes(stratum):
    """For each student (if drawn, if not): the outcome that was seen, and either for the other."""
    placed = students(stratum)
    for unseen in product((0, 1), repeat=stratum.students):
        yield [
            (seen, other) if index < stratum.drawn else (other, seen)
            for index, (seen, other) in enumerate(zip(placed, unseen, strict=True))
        ]


def differences(pairs, drawn):
    """The difference of every draw of so many, times the students; that which was made first."""
    rest = len(pairs) - drawn
    found = []
    for chosen in combinations(range(len(pairs)), drawn):
        a = sum(pairs[index][0] for index in chosen)
        b = sum(pairs[index][1] for index in range(len(pairs)) if index not in chosen)
        found.append(len(pairs) * (Fraction(a, drawn) - Fraction(b, rest)))
    return found


def interval_by_enumeration(strata):
    """The least and the greatest average effect that luck may have hidden."""
    kept = []
    for pairs in product(*(list(every_pair_of_outcomes(stratum)) for stratum in strata)):
        parts = [differences(p, s.drawn) for p, s in zip(pairs, strata, strict=True)]
        sums = [sum(draw) for draw in product(*parts)]
        as_high = sum(total >= sums[0] for total in sums) / len(sums)
        as_low = sum(total <= sums[0] for total in sums) / len(sums)
        effect = sum(if_drawn - if_not for band in pairs for if_drawn, if_not in band)
        kept.append((effect, as_high > TAIL, as_low > TAIL))
    total = sum(stratum.students for stratum in strata)
    low = min(effect for effect, high_enough, _ in kept if high_enough) / total
    return low, max(effect for effect, _, low_enough in kept if low_enough) / total


@pytest.mark.parametrize(
    "strata",
    [
        [Stratum(4, 4, 0, 4)],
        [Stratum(3, 4, 1, 4)],
        [Stratum(2, 3, 1, 5)],
        [Stratum(3, 3, 0, 2), Stratum(1, 2, 0, 2)],
        [Stratum(2, 2, 0, 2), Stratum(2, 2, 0, 2)],
    ],
)
def test_the_interval_is_that_of_every_pair_of_outcomes(strata):
    effect = average_effect(strata)
    assert effect.enumerated
    assert (effect.low, effect.high) == pytest.approx(interval_by_enumeration(strata))


def test_the_tables_are_those_that_may_have_led_to_what_was_seen():
    stratum = Stratum(2, 3, 1, 4)
    counted = {
        tuple(pairs.count(pair) for pair in ((1, 1), (1, 0), (0, 1), (0, 0)))
        for pairs in every_pair_of_outcomes(stratum)
    }
    assert set(map(tuple, possible_tables(stratum).tolist())) == counted


@pytest.mark.parametrize(
    "strata",
    [
        [Stratum(7, 10, 2, 10)],
        [Stratum(5, 6, 1, 6), Stratum(2, 4, 2, 4)],
        [Stratum(2, 3, 1, 3), Stratum(3, 4, 0, 3)],
    ],
)
def test_the_tables_of_the_greatest_variance_give_the_interval_of_all(strata, monkeypatch):
    monkeypatch.setattr(module, "_MOST_TABLES", 500_000)
    every = average_effect(strata)
    monkeypatch.setattr(module, "_MOST_TABLES", 0)
    chosen = average_effect(strata)
    assert every.enumerated
    assert not chosen.enumerated
    assert (chosen.low, chosen.high) == (every.low, every.high)


def test_placed_and_not_placed_mirror_each_other():
    strata = [Stratum(6, 10, 3, 10), Stratum(2, 5, 1, 5)]
    effect = average_effect(strata)
    other = average_effect([stratum.mirrored for stratum in strata])
    assert (other.low, other.high) == (-effect.high, -effect.low)
    assert other.estimate == pytest.approx(-effect.estimate)


def test_a_large_band_comes_near_the_usual_interval():
    effect = average_effect([Stratum(36, 60, 24, 60)])
    error = np.sqrt(0.6 * 0.4 / 60 + 0.4 * 0.6 / 60)
    assert effect.low == pytest.approx(0.2 - 1.96 * error, abs=0.03)
    assert effect.high == pytest.approx(0.2 + 1.96 * error, abs=0.03)
