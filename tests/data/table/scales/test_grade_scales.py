import numpy as np
import pytest

from placement.data.columns.column import infer_kind
from placement.data.table.scales import grade_scales
from placement.data.table.scales.grade_scales import (
    mixed_scales,
    on_one_scale,
    refuse_second_scale,
    second_scale,
    warn_off_scale,
)
from placement.errors import DataError, UsageError
from tests.data.small_columns import all_used, column, evidence, locations


def infer_scale(made):
    seen = evidence(made).summary
    return grade_scales.infer_scale(made, seen.counts_up_to, seen.high)


@pytest.mark.parametrize(
    ("name", "grades", "scale"),
    [
        ("college_gpa", [2.0, 3.9, 4.0], 4),
        ("gpa", [2.0, 3.9] * 20 + [4.3], 5),
        ("CGPA", [5.9, 8.9], 10),
        ("Curricular units (grade)", [12.0, 18.9], 20),
        ("degree_p", [50.0, 91.0], 100),
        ("SSC_Marks", [55, 90], 100),
        ("Admission grade", [95, 190], None),
        ("aptitude", [5.9, 8.9], None),
    ],
)
def test_grade_scales_are_inferred_for_grades_only(name, grades, scale):
    assert infer_scale(column([str(g) for g in grades], name)) == scale


def test_a_column_of_two_words_is_dropped_as_one_types_it():
    made = column(["7.5"] * 98 + ["10.46", "-1"], "UG CGPA")
    (said,) = warn_off_scale(made, 10.0, all_used(100), locations(100))
    assert '--drop "UG CGPA")' in said


def test_a_few_grades_beyond_the_scale_are_named_by_row():
    made = column(["7.5"] * 97 + ["10.46", "83.1", "-1"], "cgpa")
    assert infer_scale(made) == 10
    (said,) = warn_off_scale(made, 10.0, all_used(100), locations(100))
    assert "row 98 (line 99), row 99 (line 100), row 100 (line 101)" in said
    assert "10.46 is off the inferred scale of 10" in said
    assert warn_off_scale(column(["10", "0"], "cgpa"), 10.0, all_used(2), locations(2)) == []


CGPA = [6.5, 7.1, 8.4, 9.2]
PERCENT = [65.0, 71.5, 84.2, 91.0]
MARKS = [3.0, 12.0, 21.0, 33.0, 48.0, 57.0, 66.0, 71.0, 88.0]


@pytest.mark.parametrize(
    ("grades", "scale"),
    [
        (CGPA + PERCENT, 10),
        (CGPA * 20 + PERCENT[:3], 10),
        (PERCENT * 20 + CGPA[:3], 10),
        ([3.1, 3.5, 2.9, *PERCENT], 4),
        ([0.78, 0.81, 0.7, *PERCENT], 1),
        ([12.5, 14.0, 16.5, *PERCENT], 20),
        (CGPA, None),
        (PERCENT, None),
        (MARKS * 5, None),  # low marks, with others between
        ([4.0, 7.0, 8.0, *map(round, PERCENT * 9)], None),  # three failed an exam in whole marks
        ([0.0] * 30 + PERCENT, None),  # absent
        ([*CGPA, 83.1, 84.0], None),  # slips, which are warned of
        ([6.5, np.nan, np.inf, *PERCENT], None),
    ],
)
def test_two_groups_of_grades_with_nothing_between_are_two_scales(grades, scale):
    found = second_scale([np.array(grades[:3]), np.array(grades[3:])])
    assert (found and found.scale) == scale


def test_a_column_of_two_scales_is_refused_with_the_line_to_type():
    made = column([str(g) for g in CGPA + PERCENT], "10th %")
    with pytest.raises(DataError, match=r"4 cells up to 10, 4 above 25.*--mixed-scale") as caught:
        refuse_second_scale(made, all_used(8), locations(8), "may.csv")
    assert "6.5 in may.csv, row 1 (line 2) and 65 in may.csv, row 5 (line 6)" in str(caught.value)
    assert '"10th %:10"' in str(caught.value)
    other = column([str(g) for g in CGPA + PERCENT], "income")
    refuse_second_scale(other, all_used(8), locations(8), "may.csv")


def test_cells_up_to_the_smaller_scale_are_brought_to_that_of_the_others():
    made = on_one_scale(column([str(g) for g in [8.4, 10.0, 84.0]], "cgpa").raw, 10.0)
    np.testing.assert_allclose(infer_kind(made).cells(), [84, 100, 84])
    assert (made.form.mixed, made.form.scale) == (10, 100)
    assert made.notes == ("2 cells brought from 10 to 100 (--mixed-scale)",)
    with pytest.raises(DataError, match="no larger scale"):
        on_one_scale(column(["450", "8.4"], "marks").raw, 10.0)


@pytest.mark.parametrize("text", ["cgpa", "cgpa:", ":10", "cgpa:x", "cgpa:0", "cgpa:500"])
def test_a_scale_that_is_none_is_told(text):
    with pytest.raises(UsageError, match="write it like cgpa:10"):
        mixed_scales([text])


def test_a_column_with_a_colon_has_its_scale_behind_the_last():
    assert mixed_scales(["X: marks:10"]) == {"X: marks": 10.0}
