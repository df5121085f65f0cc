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
    assert empty_reason(column([""] * 98 + ["1", "2"])) is None
    assert empty_reason(column(["", ""])) == "empty"


def test_calendar_years_are_recognised_by_value():
    assert holds_years(column([1990, 2100, ""]))
    assert not holds_years(column([1989, 2000]))
    assert not holds_years(column([2000.5]))
    assert not holds_years(column(["", ""]))


def test_academic_years_are_years():
    assert holds_years(column(["2023-24", "2024-25", "2024/2025", ""]))
    assert not holds_years(column(["2023-24", "10-20"]))
    assert not holds_years(column(["2023-24", "lateral"]))
