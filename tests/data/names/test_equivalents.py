import pytest

from placement.data.names.equivalents import equivalents


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("tenth", "X %"),
        ("tenth", "10th Percentage"),
        ("ssc_p", "SSC Marks"),
        ("hsc_p", "12th %"),
        ("cgpa", "UG CGPA"),
        ("cgpa", "What is your CGPA? Only the number"),
        ("active_backlogs", "Active Backlogs (No.)"),
        ("aptitude", "Aptitude Score"),
        ("degree_p", "Degree %"),
        ("branch", "Dept"),
        ("projects", "Proyects"),
    ],
)
def test_a_name_of_the_same_words_and_units_is_proposed(name, other):
    assert equivalents([name], [other, "Blood pressure"]) == {name: other}


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("cgpa", "PG CGPA"),
        ("cgpa", "10th CGPA"),
        ("tenth", "XII %"),
        ("twelfth", "tenth"),
        ("active_backlogs", "Arrears"),
        ("aptitude", "Attitude towards placement"),
    ],
)
def test_another_measurement_is_not_proposed(name, other):
    assert equivalents([name], [other]) == {}


def test_of_two_that_fit_neither_is_proposed():
    assert equivalents(["cgpa"], ["UG CGPA", "Overall CGPA"]) == {}
    assert equivalents(["tenth", "ssc_p"], ["X %"]) == {}
