"""The randomisation test, held against every draw that could have been made, and against scipy."""

from fractions import Fraction
from itertools import combinations, product

import pytest
from scipy.stats import fisher_exact

from placement.evaluation.effect.randomization_test import (
    Stratum,
    pooled_difference,
    randomization_test,
)
from tests.evaluation.effect.drawn import students


def every_difference(strata):
    """The pooled difference of every draw that could have been made; that which was comes first."""
    total = sum(stratum.students for stratum in strata)
    of_stratum = []
    for stratum in strata:
        placed = students(stratum)
        differences = []
        for chosen in combinations(range(stratum.students), stratum.drawn):
            drawn = sum(placed[index] for index in chosen)
            difference = Fraction(drawn, stratum.drawn)
            difference -= Fraction(sum(placed) - drawn, stratum.others)
            differences.append(difference * stratum.students / total)
        of_stratum.append(differences)
    return [sum(parts) for parts in product(*of_stratum)]


@pytest.mark.parametrize(
    "strata",
    [
        [Stratum(4, 5, 1, 5)],
        [Stratum(1, 3, 3, 5)],
        [Stratum(2, 3, 0, 3), Stratum(1, 2, 1, 3)],
        [Stratum(2, 2, 0, 2), Stratum(1, 2, 1, 2), Stratum(2, 3, 1, 3)],
    ],
)
def test_the_chances_are_those_counted_over_every_draw(strata):
    differences = every_difference(strata)
    test = randomization_test(strata)
    observed = differences[0]
    assert float(observed) == pytest.approx(pooled_difference(strata))
    share = 1 / len(differences)
    assert test.p_greater == pytest.approx(share * sum(d >= observed for d in differences))
    assert test.p_less == pytest.approx(share * sum(d <= observed for d in differences))


@pytest.mark.parametrize("counts", [(7, 10, 3, 10), (2, 9, 5, 9), (30, 50, 12, 50)])
def test_one_band_of_which_half_was_drawn_has_fishers_p_value(counts):
    a, drawn, b, others = counts
    table = [[a, drawn - a], [b, others - b]]
    test = randomization_test([Stratum(*counts)])
    assert test.p_value == pytest.approx(fisher_exact(table).pvalue, rel=1e-9)
    assert test.p_greater == pytest.approx(fisher_exact(table, "greater").pvalue, rel=1e-9)


def test_one_band_of_which_another_share_was_drawn_has_fishers_one_sided_p_values():
    test = randomization_test([Stratum(5, 8, 2, 14)])
    table = [[5, 3], [2, 12]]
    assert test.p_greater == pytest.approx(fisher_exact(table, "greater").pvalue, rel=1e-9)
    assert test.p_less == pytest.approx(fisher_exact(table, "less").pvalue, rel=1e-9)


def test_the_order_of_the_strata_changes_no_bit():
    strata = [Stratum(3, 5, 1, 5), Stratum(4, 10, 4, 10), Stratum(2, 4, 1, 6)]
    assert randomization_test(strata) == randomization_test(strata[::-1])


def test_a_band_of_which_nobody_was_drawn_is_no_band():
    with pytest.raises(ValueError, match="some must be drawn"):
        Stratum(0, 0, 1, 5)
    with pytest.raises(ValueError, match="more are placed"):
        Stratum(6, 5, 1, 5)
