"""Numbers that look like codes of a missing value are warned of."""

import pytest

from placement.data.table.scales.missing_codes import warn_missing_codes
from tests.data.small_columns import all_used, column, evidence, locations


def warned(*numbers):
    made = column([str(number) for number in numbers], "aptitude")
    summary, rows = evidence(made).summary, len(numbers)
    return warn_missing_codes(made, summary, all_used(rows), locations(rows))


def test_codes_far_from_all_other_numbers_are_named_by_row():
    (said,) = warned(51, -1, 39, 999, 57, -99)
    assert "row 2 (line 3), row 4 (line 5), row 6 (line 7), column aptitude" in said
    assert "-1 looks like a code for a missing value" in said
    assert "3 cells" in said


@pytest.mark.parametrize(
    "numbers",
    [
        (51, 39, 57),
        (-1, 0, 1, 1),  # a scale of three
        (-1, -4, 12, 30),  # a difference
        (999, 870, 640),  # a fee
    ],
)
def test_numbers_like_the_others_are_none(numbers):
    assert warned(*numbers) == []
