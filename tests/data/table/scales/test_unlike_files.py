"""Files of one training that write a column on two scales, or in two multiples, are refused."""

import numpy as np
import pytest

from placement.data.table.scales.unlike_files import refuse_unlike_files
from placement.errors import DataError
from tests.data.small_columns import column, evidence

RUPEES, LAKHS = np.linspace(168_000, 2_000_000, 20), np.linspace(2.1, 22.5, 20)
OF_TEN, OF_FOUR = np.linspace(5.1, 9.8, 20), np.linspace(2.4, 3.9, 20)
SHARES, PERCENTS = OF_TEN / 10, OF_TEN * 10


def check(name, *files):
    """Check a column of files that have these numbers."""
    made = [column([f"{number:g}" for number in numbers], name) for numbers in files]
    seen = [{name: evidence(one)} for one in made]
    refuse_unlike_files(made[0], seen, ["a.csv", "b.csv"], "2 files")


@pytest.mark.parametrize(
    ("name", "files", "said"),
    [
        ("fee", (RUPEES, LAKHS), r"up to 22.5 in b.csv and from 168000 in a.csv.*22.5 lakhs"),
        ("cgpa", (OF_FOUR, OF_TEN), r"scale of 4, but on one of 10 in b.csv.*--mixed-scale cgpa:4"),
        ("12th %", (PERCENTS, SHARES), '--mixed-scale "12th %:1"'),
    ],
)
def test_files_of_two_scales_or_multiples_are_refused(name, files, said):
    with pytest.raises(DataError, match=said):
        check(name, *files)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("fee", (RUPEES, RUPEES * 3)),
        ("score", (OF_TEN, OF_FOUR)),  # of a name that tells no scale
        ("cgpa", (OF_FOUR[:5], OF_TEN)),  # of five weak students
        ("cgpa", (OF_FOUR, np.linspace(2.0, 9.8, 20))),  # low grades are in the other, too
    ],
)
def test_files_that_may_be_alike_are_accepted(name, files):
    check(name, *files)
