import pytest

from placement.data.table import grade_scales
from placement.data.table.grade_scales import warn_off_scale
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


def test_a_few_grades_beyond_the_scale_are_named_by_row():
    made = column(["7.5"] * 97 + ["10.46", "83.1", "-1"], "cgpa")
    assert infer_scale(made) == 10
    (said,) = warn_off_scale(made, 10.0, all_used(100), locations(100))
    assert "row 98 (line 99), row 99 (line 100), row 100 (line 101)" in said
    assert "10.46 is off the inferred scale of 10" in said
    assert warn_off_scale(column(["10", "0"], "cgpa"), 10.0, all_used(2), locations(2)) == []
