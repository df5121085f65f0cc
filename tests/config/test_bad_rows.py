import pytest

from placement.config.bad_rows import BadRows
from placement.errors import UsageError


@pytest.mark.parametrize(
    ("text", "rows", "limit"),
    [
        ("leave-out", 9, 0),
        ("leave-out", 20, 2),
        ("leave-out", 60, 3),
        ("leave-out", 1_000, 10),
        ("leave-out=5%", 60, 3),
        ("leave-out=0.05", 1_000, 50),
        ("leave-out=10%", 15, 1),
        ("refuse", 1_000, 0),
    ],
)
def test_so_many_rows_may_be_left_out_and_never_more_than_a_tenth(text, rows, limit):
    policy = BadRows.of(text)
    assert policy is not None
    assert policy.limit(rows) == limit


def test_unless_it_is_said_the_command_decides():
    assert BadRows.of(None) is None


@pytest.mark.parametrize(
    "text", ["leave-out=11%", "leave-out=x", "leave-out=", "keep", "leave-out=2"]
)
def test_another_word_or_a_larger_share_is_wrong_usage(text):
    with pytest.raises(UsageError, match="--bad-rows"):
        BadRows.of(text)
