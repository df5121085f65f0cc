import pytest

from placement.data.table.partial_numbers import partial_numbers, refuse_partial_marks
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
