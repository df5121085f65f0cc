import numpy as np
import pytest

from placement.data.columns import column_summary
from placement.data.schema import (
    means_after_the_event,
    means_batch,
    means_grade,
    means_identifier,
    means_person,
    means_sensitive,
)
from placement.data.table import leakage
from tests.data.small_columns import column, evidence, outcome

TARGET = outcome(["Placed"] * 10 + ["Not Placed"] * 10, {"Placed"})
OPPOSITE = outcome(["Placed"] * 10 + ["Not Placed"] * 10, {"Not Placed"})


def identifier_reason(made, **how):
    return leakage.identifier_reason(evidence(made), **how)


def empty_reason(made):
    return leakage.empty_reason(evidence(made).summary)


def holds_years(made):
    return leakage.holds_years(evidence(made))


def leak_reason(made, of=TARGET):
    rows, positive = of.counts
    seen = evidence(made, of).summary
    return leakage.leak_reason(made.name, seen, np.array([rows - positive, positive]), of, "status")


def separating_auc(made):
    return leakage.separating_auc(made, evidence(made, TARGET).summary, TARGET)


@pytest.mark.parametrize(
    "name", ["name", "Student Name", "full_name", "Email ID", "mobile", "Phone No.", "StudentName"]
)
def test_a_persons_name_mail_and_phone_are_identifiers_whatever_their_values(name):
    assert identifier_reason(column(["same"] * 3, name))


@pytest.mark.parametrize(
    "name", ["college_name", "has_mobile_app", "name of college", "contact hours"]
)
def test_names_of_other_things_are_no_persons(name):
    assert not means_person(name)


@pytest.mark.parametrize(
    "name",
    ["StudentID", "sl_no", "S.No", "Serial", "Roll Number", "RegNo", "register_no", "USN", "PRN",
     "Hall Ticket", "Admission No", "index", "Enrolment"],
)  # fmt: skip
def test_numbered_names_are_identifiers_where_values_are_distinct(name):
    assert identifier_reason(column([5, 9, 30, 2], name))
    assert not identifier_reason(column([5, 5, 5, 2], name))


@pytest.mark.parametrize("name", ["Admission grade", "Internships", "video", "noise", "grid"])
def test_word_parts_and_grades_are_no_identifiers(name):
    assert not means_identifier(name)


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


def test_constants_and_the_empty_are_told():
    assert "constant" in empty_reason(column(["a", "A "]))
    assert empty_reason(column(["a", ""])) is None
    assert empty_reason(column([""] * 99 + ["1"])) == "99.0% missing"
    assert empty_reason(column([""] * 98 + ["1", "2"])) is None
    assert empty_reason(column(["", ""])) == "empty"


@pytest.mark.parametrize(
    "name", ["salary", "ctc_lpa", "Package", "Stipend", "OfferLetter", "company", "Joining Date"]
)
def test_names_known_only_after_the_event_are_leaks(name):
    assert leak_reason(column([1, 2] * 10, name))
    assert not means_after_the_event("WorkshopPackaging")


def test_missingness_that_agrees_with_the_label_is_a_leak():
    agreeing = column([""] * 10 + list(range(10)), "bond")
    assert "missing" in leak_reason(agreeing)
    assert "missing" in leak_reason(agreeing, OPPOSITE)
    half = column([""] * 5 + list(range(15)), "bond")
    assert leak_reason(half) is None


def test_missingness_needs_five_rows_of_each_class():
    few = column([""] * 4 + [1, 2, 3, 4])
    assert leak_reason(few, outcome([1, 1, 1, 1, 0, 0, 0, 0], {1})) is None


def test_a_copy_or_recoding_of_the_target_is_a_leak():
    assert "recoding of status" in leak_reason(column([7] * 10 + [3] * 10))
    assert leak_reason(column([7] * 9 + [3] * 11)) is None
    three = column(["a"] * 5 + ["b"] * 5 + ["c"] * 10)
    target = outcome(["G"] * 5 + ["D"] * 5 + ["E"] * 10, {"G", "D"})
    assert leak_reason(three, target)
    assert leak_reason(three) is None


def test_a_recoding_of_the_two_outcomes_is_a_leak_where_the_words_are_three():
    three = outcome(["G"] * 10 + ["D"] * 5 + ["E"] * 5, {"G"})
    assert leak_reason(column([1] * 10 + [0] * 10), three)


def test_a_feature_of_a_few_rows_is_no_recoding():
    assert leak_reason(column([8.1, 6.2]), outcome(["Yes", "No"], {"Yes"})) is None


def test_a_column_that_separates_is_found_in_either_direction_and_in_words():
    values = list(range(20))
    assert separating_auc(column(values)) == 1
    assert separating_auc(column(values[::-1])) == 1
    assert separating_auc(column(["a"] * 10 + ["b"] * 10)) == 1
    assert separating_auc(column(values[5:] + values[:5])) is None
    assert separating_auc(column([f"w{k}" for k in range(20)])) is None


def test_calendar_years_are_recognised_by_value():
    assert holds_years(column([1990, 2100, ""]))
    assert not holds_years(column([1989, 2000]))
    assert not holds_years(column([2000.5]))
    assert not holds_years(column(["", ""]))


@pytest.mark.parametrize(
    "name",
    ["Gender", "Caste", "Category", "community", "Religion", "Disability", "Marital status",
     "Nacionality", "Father's occupation", "family_income"],
)  # fmt: skip
def test_sensitive_names_are_recognised(name):
    assert means_sensitive(name)


@pytest.mark.parametrize(
    "name", ["community_service_hours", "job category", "Father's age", "mba_p"]
)
def test_names_that_only_resemble_sensitive_ones_are_not(name):
    assert not means_sensitive(name)


def test_batches_and_grades_are_recognised_by_name():
    assert all(map(means_batch, ["Batch", "cohort", "Passing Year", "year_of_passing"]))
    assert not means_batch("batch size")
    assert all(map(means_grade, ["CGPA", "college_gpa", "degree_p", "HSC_Marks"]))
    assert not means_grade("internships")
