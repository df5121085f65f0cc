import re

import numpy as np
import pandas as pd
import pytest

from placement.data.splits.repeated_rows import warn_of_copies
from placement.data.table.read_table import read_table
from tests.data.table.test_read_table import students


def said_of(frame):
    return warn_of_copies(read_table(frame), seed=0)


def copied(times, **columns):
    """Sixty students, each so many times, under names and numbers of their own."""
    frame = pd.concat([students(**columns)] * times, ignore_index=True)
    return frame.assign(roll_no=[f"R{k}" for k in range(len(frame))])


def coarse(rows=400):
    """Students of whom many are alike by chance."""
    draw = np.random.default_rng(1)
    names = {"gender": ["M", "F"], "branch": ["CSE", "ECE", "MECH"], "status": ["Yes", "No"]}
    frame = pd.DataFrame({name: draw.choice(words, rows) for name, words in names.items()})
    return frame.assign(backlogs=draw.integers(0, 3, rows))


@pytest.mark.parametrize("times", [2, 4])
def test_a_table_that_was_multiplied_is_said_with_what_it_does_to_the_errors(times):
    said = said_of(copied(times))
    assert f"{60 * times} of {60 * times} rows are equal to another but for roll_no" in said
    assert "(60 different)" in said
    assert float(re.search(r"factor of ([\d.]+)", said)[1]) == pytest.approx(times**0.5, abs=0.05)


def test_most_rows_of_a_table_may_be_copies_though_not_all():
    assert "keep one row a student" in said_of(copied(3).sample(100, random_state=0))


def test_a_plain_table_and_students_who_are_alike_by_chance_are_no_copies():
    assert said_of(students()) is None
    assert said_of(coarse()) is None


def test_a_coarse_table_that_was_multiplied_has_every_row_equally_often():
    assert "keep one row a student" in said_of(pd.concat([coarse()] * 2))


def test_a_few_copies_are_not_worth_a_word():
    assert said_of(pd.concat([students(), students().head(10)])) is None
