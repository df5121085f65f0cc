import pytest

from placement.data.table.roles.dates import date_reason
from tests.data.small_columns import column, evidence

DATES = [
    "2003-05-17", "2003/5/17", "17/05/2003", "5/17/03", "17-May-2003", "17 mai 2003",
    "17.05.2003", "May 17, 2003", "17th May 2003", "17 de mayo de 2003",
    "2003-05-17T10:30:00", "2025/01/24 12:32:11 AM GMT+5:30", "01-Aug-25", "Saturday, 17 May 2003",
    "१७/०५/२००३", "2003年5月17日", "1er juin 2004", "12 février 2003", "3. März 2003",
    "17 مايو 2003", "17 mei 2003", "Apr-2025",
]  # fmt: skip
OTHERS = [
    "10-20%", "1/2", "2003", "7.5", "Sem 5 2003", "CSE-2003", "12 LPA", "may", "3 months",
    "99/99/2003", "2022-23", "1.234.567", "10 CGPA", "12-34-56-78", "B.Tech 2003",
]  # fmt: skip


def reason(cells, name):
    made = column(cells, name)
    return date_reason(made, evidence(made).summary)


@pytest.mark.parametrize("cell", DATES)
def test_a_date_is_one_in_any_order_and_language(cell):
    assert reason([cell, "", "2003-05-18"], "when") == "a date"


@pytest.mark.parametrize("cell", OTHERS)
def test_what_has_digits_and_a_dash_is_no_date_for_that(cell):
    assert reason([cell] * 3, "when") is None


def test_few_days_are_a_date_and_not_a_category():
    assert reason(["01-Aug-25", "02-Aug-25"] * 20, "Interview Date") == "a date"


def test_words_that_excel_made_dates_of_stay_levels():
    assert reason(["20-Oct", "10-20%", "20-30%"] * 10, "share") is None
    assert reason(["20-Oct", "10-May", "1-Feb"] * 10, "share") is None
    assert reason(["20-Oct", "10-May", "1-Feb"] * 10, "Drive date") == "a date"


@pytest.mark.parametrize("name", ["DOB", "Date of Birth", "fecha de nacimiento", "जन्म तिथि"])
def test_serial_numbers_are_dates_where_the_heading_says_so(name):
    assert reason(["37043", "38140", ""], name) == "a date"
    assert reason(["7.5", "8"], name) is None


def test_fees_in_the_range_of_serial_numbers_are_no_dates():
    assert reason(["37043", "38140"], "Fee") is None
