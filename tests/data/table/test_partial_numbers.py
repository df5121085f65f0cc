import pytest

from placement.data.table.partial_numbers import (
    decorated_number,
    partial_numbers,
    refuse_partial_marks,
)
from placement.errors import DataError
from tests.data.small_columns import column, locations

PARTLY = ["71", "good", "80", "65"] * 5


@pytest.mark.parametrize("name", ["Aptitude Score", "X %", "CGPA", "Maths marks"])
def test_a_mark_of_which_some_cells_are_no_numbers_is_refused_with_the_counts(name):
    with pytest.raises(DataError, match=r"15 cells are numbers, 5 are not \('good' …\)") as caught:
        refuse_partial_marks([column(PARTLY, name)], locations(20))
    assert "may.csv, row 2 (line 3)" in str(caught.value)
    assert "--categorical" in str(caught.value)


def test_another_column_of_both_is_a_category_that_is_said():
    made = column(PARTLY, "block")
    refuse_partial_marks([made], locations(20))
    assert str(partial_numbers(made)) == "15 cells are numbers, 5 are not ('good' …)"


@pytest.mark.parametrize(
    ("cells", "name"),
    [
        (["A", "B+", "O"] * 5, "Grade"),
        (["A", "B+", "O", "C"] * 5 + ["10"], "Grade"),  # an odd word of a category
        (["71", "80"] * 20 + ["AB"], "Maths marks"),  # counts as missing, warned of
    ],
)
def test_words_and_numbers_with_few_of_the_other_are_what_they_are(cells, name):
    made = column(cells, name)
    assert partial_numbers(made) is None
    refuse_partial_marks([made], locations(len(cells)))


DECORATED = [f"{60 + k}.5 (A)" for k in range(30)]


def test_a_mark_with_something_behind_each_number_is_refused_with_the_first_cell():
    with pytest.raises(DataError, match=r"column CGPA: '60.5 \(A\)'.*or --drop CGPA"):
        refuse_partial_marks([column(DECORATED, "CGPA")], locations(30))
    refuse_partial_marks(
        [column(DECORATED, "block"), column(["9th", "8th"] * 15, "X grade")], locations(30)
    )


@pytest.mark.parametrize(
    ("cells", "name", "first"),
    [
        (DECORATED, "block", "60.5 (A)"),
        (["1/8", "(2)", "“3”"] * 10, "Backlogs", "1/8"),
        (["22CS1", "22CS2"] * 15, "Roll No", None),
        (["1.7.2024", "2.8.2024"] * 15, "Date of joining", None),
        (["1/8", "Nil"] * 15, "Backlogs", None),
        (["1/8"] * 19, "Backlogs", None),
    ],
)
def test_words_that_begin_with_a_number_are_told_by_the_first(cells, name, first):
    assert decorated_number(column(cells, name)) == first
