import pytest

from placement.data.table.roles import column_evidence
from tests.data.small_columns import column, evidence


def empty_reason(made):
    return column_evidence.empty_reason(evidence(made).summary)


def holds_years(made):
    return evidence(made).holds_years


def test_constants_and_the_empty_are_told():
    assert "constant" in empty_reason(column(["a", "A "]))
    assert empty_reason(column(["a", ""])) is None
    assert empty_reason(column([""] * 99 + ["1"])) == "99.0% missing"
    assert empty_reason(column([""] * 95 + ["1", "2", "3", "4", "5"])) is None
    assert empty_reason(column(["", ""])) == "empty"


@pytest.mark.parametrize(
    ("cells", "rows"),
    [
        ([0] * 19 + [3], "1 row"),
        ([7.5] * 30 + [6.1, 6.2, 8.8, 9.0], "4 rows"),
        (["CSE"] * 30 + ["ECE", "Civil", "", ""], "4 rows"),
        ([1, 2, 3, 4] + [""] * 90, "4 rows"),  # the mean and deviation of four
        ([1] * 40 + [2] + [""] * 40, "1 row"),  # whatever is missing
        ([1] * 30 + ["", "", ""], "3 rows"),
        (["Yes"] * 3 + [""] * 40, "3 rows"),
    ],
)
def test_a_column_in_which_fewer_than_five_are_unlike_the_others_is_told(cells, rows):
    assert empty_reason(column(cells)) == f"the same in all but {rows}"


@pytest.mark.parametrize(
    "cells",
    [
        [0] * 15 + [1] * 5,
        [1] * 18 + [2],  # of so few rows each one shows in every sum
        ["Yes"] * 20 + [""] * 20,
        [1] * 20 + [""] * 5,
        ["CSE"] * 30 + ["ECE"] * 3 + [""] * 2,
        list(range(40)),
        [1, 2, 3, 4, 5] + [""] * 90,
    ],
)
def test_a_column_of_which_five_or_more_are_unlike_the_others_stays(cells):
    assert empty_reason(column(cells)) is None


def test_calendar_years_are_recognised_by_value():
    assert holds_years(column([1990, 2100, ""]))
    assert not holds_years(column([1989, 2000]))
    assert not holds_years(column([2000.5]))
    assert not holds_years(column(["", ""]))


def test_academic_years_are_years():
    assert holds_years(column(["2023-24", "2024-25", "2024/2025", ""]))
    assert not holds_years(column(["2023-24", "10-20"]))
    assert not holds_years(column(["2023-24", "lateral"]))
