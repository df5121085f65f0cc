"""What the cells of a column tell of a row whose cells may stand one column off."""

import pytest

from placement.data.formats.delimited.column_kinds import ColumnKinds, kind_of

ROWS = [
    (f"{70 + k % 25}/100" if k % 3 else "8.5", ["0", "1", "2", "Nil"][k % 4], answer, "Yes")
    for k, answer in enumerate(["0", "No", "Yes, 1", "1", "2"] * 12)
]


@pytest.fixture
def kinds():
    """The kinds of four columns: grades, arrears, internships and a word."""
    return ColumnKinds(tuple(kind_of(column, ".") for column in zip(*ROWS, strict=True)))


def shifted(kinds, *cells):
    return kinds.shifted_cell(cells, frozenset(), 2)


def test_another_number_among_numbers_and_words_is_not_odd(kinds):
    assert shifted(kinds, "8.5", "Nil", "4", "Yes") is None


def test_another_word_there_is_odd_where_it_would_fit_one_column_on(kinds):
    assert shifted(kinds, "8.5", "Nil", "Nil", "Yes") == 2
    assert shifted(kinds, "8.5", "No", "1", "Yes") == 1


def test_a_number_by_itself_is_not_odd_among_words_that_begin_with_one():
    kind = kind_of(["1 (cleared)", "0", "2 (cleared)", "1 (cleared)", "0 "] * 10, ".")
    assert kind.fits("3")
    assert not kind_of(["1st", "2nd"] * 20, ".").fits("3")
