"""A column of another scale or multiple than a model knows is refused, with what to do."""

import numpy as np
import pytest

from placement.data.table.scales.unlike_training import refuse_unlike_training
from placement.errors import DataError
from placement.model.scorer import NumberColumn, NumberFormat

CGPA = [6.5, 7.1, 8.4, 9.2]
PERCENT = [65.0, 71.5, 84.2, 91.0]
OF_FOUR = [2.6, 2.8, 3.4, 3.7]


def learnt(scale, low, high, mean=None, std=None, written=None):
    """A column of numbers from `low` to `high`, as a model remembers it."""
    mean, std = mean or (low + high) / 2, std or (high - low) / 4
    form = NumberFormat(scale=written)
    return NumberColumn("cgpa", mean, std, low, high, scale, None, written=form)


POINTS, PERCENTS = learnt(10.0, 5.0, 10.0, 7.4, 0.9), learnt(100.0, 40.0, 100.0)
RUPEES, LAKHS = learnt(None, 0.0, 3e6, 528_041.0, 3e5), learnt(None, 0.0, 30.0)
OF_FIFTY = learnt(None, 0.0, 50.0, written=50.0)
SHARES = learnt(None, 0.4, 1.0)


@pytest.mark.parametrize(
    ("column", "numbers", "said"),
    [
        (POINTS, PERCENT, r"all 4 cells are beyond.*a percentage.*--mixed-scale cgpa:100"),
        (POINTS, OF_FOUR, r"at most 4, .*--mixed-scale cgpa:4 .*--mixed-scale cgpa:10"),
        (POINTS, [4.6, *OF_FOUR], "--mixed-scale cgpa:5"),
        (PERCENTS, CGPA, "all 4 cells are at most 10.*--mixed-scale cgpa:10"),
        (PERCENTS, [0.78, 0.91], "at most 1, .*--mixed-scale cgpa:1 "),
        (PERCENTS, CGPA + PERCENT, "mixes two scales"),
        (SHARES, PERCENT, "--mixed-scale cgpa:100"),
        (OF_FIFTY, [*range(30, 50), *range(51, 63)], "12 of 32 cells are beyond its scale of 50"),
        (RUPEES, [3.2, 7.4, 11.0], "look like lakhs.*such as 3.2 lakhs"),
        (LAKHS, [320_000.0, 740_000.0], "training was in lakhs"),
    ],
)
def test_numbers_of_another_scale_than_the_model_knows_are_refused(column, numbers, said):
    with pytest.raises(DataError, match=said):
        refuse_unlike_training(column, np.array(numbers), "may.csv")


@pytest.mark.parametrize(
    ("column", "numbers"),
    [
        (POINTS, CGPA),
        (POINTS, [7.1, 83.0]),
        (POINTS, [3.9, 4.0]),  # two weak students
        (POINTS, []),
        (learnt(10.0, 1.0, 10.0, 5.5, 2.0), OF_FOUR),  # of whom training knew more
        (learnt(100.0, 0.0, 100.0), [4.0, 7.0]),
        (OF_FIFTY, [*range(20, 50), 51, 52]),
        (RUPEES, [3.2, 740_000.0, 1_100_000.0]),
    ],
)
def test_numbers_like_those_of_training_are_accepted_with_slips_and_failures(column, numbers):
    refuse_unlike_training(column, np.array(numbers, dtype=float), "may.csv")


def test_whoever_says_what_the_cells_are_out_of_is_believed():
    refuse_unlike_training(POINTS, np.array(OF_FOUR), "may.csv", is_stated=True)
