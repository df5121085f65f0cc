"""Where rows stand, also where their cells have line ends."""

import json

import numpy as np
import pytest

from placement.data.columns.row_locations import MatchingRows, RowLocations
from placement.data.formats.blocks import Block


def block(lines, first_row=1, file="may.csv"):
    own = None if lines is None else np.array(lines)
    rows = 3 if lines is None else len(lines)
    return Block((), {}, rows, file, first_row, own)


@pytest.fixture(params=["built", "from JSON"])
def locations(request):
    made = RowLocations(4)
    made.add(block([2, 3, 4]))
    made.add(block([5, 7, 8, 312, 313], first_row=4))
    made.add(block(None, file="june.xlsx"))
    return (
        made
        if request.param == "built"
        else RowLocations.from_json(json.loads(json.dumps(made.to_json())))
    )


def test_a_row_is_named_with_its_line(locations):
    rows = [locations.describe(position) for position in range(len(locations))]
    assert rows == [
        "may.csv, row 1 (line 2)",
        "may.csv, row 2 (line 3)",
        "may.csv, row 3 (line 4)",
        "may.csv, row 4 (line 5)",
        "may.csv, row 5 (line 7)",
        "may.csv, row 6 (line 8)",
        "may.csv, row 7 (line 312)",
        "may.csv, row 8 (line 313)",
        "june.xlsx, row 1",
        "june.xlsx, row 2",
        "june.xlsx, row 3",
    ]


def test_some_rows_are_named_and_the_others_counted(locations):
    named = locations.describe_rows(MatchingRows(4, (0, 6, 8)))
    assert (
        named == "may.csv, row 1 (line 2), may.csv, row 7 (line 312), june.xlsx, row 1 and 1 more"
    )


def test_pieces_end_with_their_file(locations):
    assert locations.pieces == [(0, 1, 4), (0, 5, 4), (1, 1, 3)]
    assert locations.find(9) == (2, 1)
    assert locations.row_numbers(1).tolist() == [5, 6, 7, 8]


def test_the_lines_of_many_rows_take_a_byte_each():
    made = RowLocations()
    made.add(block(np.arange(0, 20_000, 2)))
    (origin,) = made.to_json()["_blocks"]
    assert len(origin[-1][-1]) < 2 * 10_000
