import numpy as np
import pytest

from placement.data.columns.row_rules import is_rule, parse_rule
from placement.errors import DataError, UsageError
from placement.model.scorer import NumberFormat


def texts(*cells):
    array = np.empty(len(cells), dtype=object)
    array[:] = cells
    return array


@pytest.mark.parametrize(
    ("sign", "expected"),
    [
        ("==", [False, True, False]),
        ("!=", [True, False, True]),
        ("<", [True, False, False]),
        ("<=", [True, True, False]),
        (">", [False, False, True]),
        (">=", [False, True, True]),
    ],
)
def test_numbers_compare_as_numbers(sign, expected):
    rule = parse_rule(f"score{sign}9", option="--where")
    assert rule.matches(texts("8.5", "9.0", "10")).tolist() == expected
    assert rule.matches(np.array([8.5, 9.0, 10.0])).tolist() == expected


def test_words_compare_trimmed_and_case_folded():
    rule = parse_rule("branch == ' cse '", option="--where")
    assert rule.matches(texts("CSE", "cse ", "ECE")).tolist() == [True, True, False]


@pytest.mark.parametrize("sign", ["==", "!=", "<", "<=", ">", ">="])
def test_missing_cells_never_match(sign):
    rule = parse_rule(f"score{sign}3", option="--where")
    assert not rule.matches(np.array([np.nan])).any()
    assert not rule.matches(texts("", None, "NA")).any()


def test_missing_words_never_match_an_inequality():
    assert parse_rule("b!=x", option="--where").matches(texts(None, "y")).tolist() == [False, True]


def test_a_word_is_not_the_number_of_an_inequality():
    assert parse_rule("b!=3", option="--where").matches(texts("abc", "3", "4")).tolist() == [
        True,
        False,
        True,
    ]


def test_decimal_comma_is_read_where_the_file_has_it():
    rule = parse_rule("cgpa>=7,5", option="--where")
    assert rule.matches(texts("7,500", "7,499"), NumberFormat(grouping="")).tolist() == [
        True,
        False,
    ]


def test_a_name_with_spaces_stands_in_backticks_and_matches_forgivingly():
    rule = parse_rule("`Year of Passing`==2025", option="--test-where")
    assert rule.mask({"year of passing ": np.array([2024.0, 2025.0])}).tolist() == [False, True]
    assert str(rule) == "`Year of Passing`==2025"


def test_an_unknown_column_is_a_data_error_with_the_nearest_name():
    rule = parse_rule("bach==2025", option="--where")
    with pytest.raises(DataError, match="did you mean 'batch'"):
        rule.mask({"batch": np.array([2025.0])})


@pytest.mark.parametrize(
    "text", ["batch", "batch=2025", "==2025", "batch==", "batch>>3", "a<b", ""]
)
def test_what_is_no_rule_is_a_usage_error(text):
    with pytest.raises(UsageError, match="--where"):
        parse_rule(text, option="--where")


def test_after_positive_the_column_is_left_out():
    rule = parse_rule(">= 3", option="--positive", column_needed=False)
    assert rule.column is None
    assert str(rule) == ">=3"
    assert rule.negated() == "<3"
    assert is_rule(">=3")
    assert not is_rule("Placed")
