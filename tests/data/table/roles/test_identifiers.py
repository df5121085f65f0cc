import numpy as np
import pytest

from placement.data.columns import column_summary
from placement.data.table.roles import identifiers
from placement.data.table.roles.identifiers import REPEATED, students_on_several_rows
from tests.data.small_columns import column, evidence


def identifier_reason(made, **how):
    return identifiers.identifier_reason(evidence(made), **how)


@pytest.mark.parametrize(
    "name", ["name", "Student Name", "full_name", "Email ID", "mobile", "Phone No.", "StudentName"]
)
def test_a_persons_name_mail_and_phone_are_identifiers_whatever_their_values(name):
    assert identifier_reason(column(["same"] * 3, name))


@pytest.mark.parametrize(
    "name",
    ["StudentID", "sl_no", "S.No", "Serial", "Roll Number", "RegNo", "register_no", "USN", "PRN",
     "Hall Ticket", "Admission No", "index", "Enrolment"],
)  # fmt: skip
def test_numbered_names_are_identifiers_where_values_are_distinct(name):
    assert identifier_reason(column([5, 9, 30, 2], name))
    assert not identifier_reason(column([5, 5, 5, 2], name))


def test_a_decimal_number_is_never_an_identifier():
    assert not identifier_reason(column([k + 0.5 for k in range(30)], "roll no"))
    assert not identifier_reason(column([k + 0.25 for k in range(30)], "cgpa"))


def test_an_unnamed_column_that_counts_rows_is_an_identifier():
    assert identifier_reason(column(range(8), "unnamed_1"), unnamed=True)
    assert not identifier_reason(column(range(8), "IQ"))


def test_long_distinct_numbers_need_twenty_rows():
    long = [21_000_000 + 7 * k for k in range(20)]
    assert identifier_reason(column(long))
    assert not identifier_reason(column(long[:19]))
    assert not identifier_reason(column([k // 10 for k in long]))
    assert not identifier_reason(column([*long[:19], long[0]]))


def test_consecutive_numbers_in_any_order_need_twenty_rows():
    assert identifier_reason(column([*range(51, 61), *range(41, 51)]))
    assert not identifier_reason(column(range(19)))
    assert not identifier_reason(column([*range(19), 20]))


def test_one_number_that_comes_twice_among_very_many_makes_no_register_number(monkeypatch):
    monkeypatch.setattr(
        column_summary, "EXACT_ROWS", 1_000
    )  # beyond, different values are estimated
    monkeypatch.setattr(column_summary, "_SORTED", 700)
    long = [21_000_000 + 7 * (k * 7_919 % 10_007) for k in range(6_000)]
    assert identifier_reason(column(long)) == "an identifier: long numbers, all distinct"
    for again in (1, 3_000, 5_998):
        assert not identifier_reason(column([*long[:-1], long[again]]))


def test_mostly_distinct_text_needs_twenty_rows():
    words = [f"w{k}" for k in range(11)]
    assert identifier_reason(column(words + ["w0"] * 9))
    assert not identifier_reason(column(words[:10] + ["w0"] * 10))
    assert not identifier_reason(column(words))


@pytest.mark.parametrize("name", ["Roll No", "id_student", "USN", "Student ID", "Register Number"])
def test_numbers_of_students_that_come_again_are_identifiers(name):
    numbers = [146289 + 7919 * (k % 15) for k in range(40)]
    assert identifier_reason(column(numbers, name)) == REPEATED
    assert identifier_reason(column([f"21CS{number}" for number in numbers], name)) == REPEATED


def test_numbers_that_come_again_under_another_name_are_a_feature():
    numbers = [146289 + 7919 * (k % 15) for k in range(40)]
    for name in ("Enrolment Fee", "income", "College ID", "Centre No", "Index"):
        assert identifier_reason(column(numbers, name)) is None


def test_small_numbers_under_a_name_that_may_count_something_are_a_feature():
    assert identifier_reason(column([k % 12 for k in range(40)], "Enrolment")) is None
    assert identifier_reason(column([k % 12 for k in range(40)], "Roll No")) == REPEATED
    assert identifier_reason(column([k % 9 for k in range(40)], "Roll No")) is None


def test_a_serial_number_that_begins_anew_is_no_feature():
    cells = [*range(1, 31), *range(1, 29)]
    assert "begins anew" in identifier_reason(column(cells, "Sl. No."))
    assert identifier_reason(column(cells, "Serial Arrears")) is None


def test_quantities_with_a_word_of_identifiers_in_their_name_are_none_though_all_distinct():
    fees = [20_066 + 997 * k for k in range(40)]
    for name in ("Enrolment Fee", "Registration Marks", "enrolment_income_rupees"):
        assert identifier_reason(column(fees, name)) is None
    assert identifier_reason(column(fees, "Enrolment No"))


def students(**columns):
    return students_on_several_rows({n: evidence(column(c, n)) for n, c in columns.items()})


def test_students_on_several_rows_are_those_of_a_number_that_comes_again():
    numbers = [146289 + 7919 * (k % 15) for k in range(40)]
    assert students(score=range(40), id_student=numbers) == "id_student"
    assert students(id_student=[146289 + 7919 * k for k in range(40)]) is None
    assert students(score=numbers) is None


def test_numbers_that_begin_anew_in_every_class_are_of_as_many_students():
    numbers = [1 + k % 20 for k in range(60)]
    assert students(roll=numbers) is None
    assert students(roll=numbers, name=[f"N{k}" for k in range(60)]) is None
    assert students(roll=numbers, name=[f"N{k % 20}" for k in range(60)]) == "roll"
    long = [2_101_000 + number for number in numbers]
    assert students(roll=long) == "roll"
    assert students(roll=long, name=[f"N{k}" for k in range(60)]) is None


def test_pairs_of_number_and_name_are_counted_where_neither_is_missing():
    cells = np.where(np.arange(60) % 3 == 0, "", [f"N{k % 20}" for k in range(60)])
    assert students(roll=[1 + k % 20 for k in range(60)], name=cells) == "roll"


def test_boxes_that_were_ticked_are_said_to_be_several_answers():
    answers = ("Go", "Java", "Python", "R", "C")
    ticked = [
        ", ".join(answer for k, answer in enumerate(answers) if which >> k & 1)
        for which in range(1, 32)
    ]
    assert identifier_reason(column(ticked)) == (
        "several answers in a cell: 31 different ones of 5"
    )
    names = [f"Kumar{k}, Ravi{k}" for k in range(31)]
    assert identifier_reason(column(names)) == "an identifier: 100% of its words are distinct"
