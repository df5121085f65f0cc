"""A table in the bins of a profile: whatever the parts it comes in."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.data.profiles.column_profile import (
    CategoryProfile,
    NumberProfile,
    Profile,
    in_bins,
    profile_of_document,
)
from placement.model.scorer import NumberFormat

GRADES = NumberProfile("cgpa", (6.0, 7.5), (10, 20, 30), 5, 4.0, 10.0)
STREAMS = CategoryProfile("stream", ("CSE", "ECE"), (40, 20), 5, 0, numeric=False)
RANKS = CategoryProfile("rank", ("1", "2"), (40, 20), 0, 0, numeric=True)

numbers = st.lists(st.floats(-20, 20) | st.sampled_from([np.nan, 6.0, 7.5, np.inf]), max_size=30)
streams = st.lists(st.sampled_from(["CSE", " cse", "ECE", "Civil", "civil ", "", None]))


def objects(cells):
    array = np.empty(len(cells), dtype=object)
    array[:] = cells
    return array


@given(numbers)
def test_numbers_fall_into_the_bins_that_begin_at_an_edge(values):
    found = GRADES.count(np.array(values, dtype=float))
    known = [v for v in values if np.isfinite(v)]
    assert found.counts.tolist() == [
        sum(v < 6 for v in known), sum(6 <= v < 7.5 for v in known), sum(v >= 7.5 for v in known),
    ]  # fmt: skip
    assert found.missing == len(values) - len(known)
    assert found.beyond == sum(not 4 <= v <= 10 for v in known)
    assert found.rows == len(values)


@given(numbers, st.integers(0, 30))
def test_numbers_of_two_parts_merge_into_those_of_the_whole(values, cut):
    cells = np.array(values, dtype=float)
    whole, parts = GRADES.count(cells), GRADES.count(cells[:cut]).merge(GRADES.count(cells[cut:]))
    assert parts.counts.tolist() == whole.counts.tolist()
    assert (parts.missing, parts.beyond) == (whole.missing, whole.beyond)


@given(streams, st.integers(0, 30))
def test_words_of_two_parts_merge_into_those_of_the_whole(words, cut):
    cells = objects(words)
    whole, parts = (
        STREAMS.count(cells),
        STREAMS.count(cells[:cut]).merge(STREAMS.count(cells[cut:])),
    )
    assert parts.counts.tolist() == whole.counts.tolist()
    assert (parts.missing, dict(parts.unknown)) == (whole.missing, dict(whole.unknown))
    assert whole.rows == len(words)


def test_words_match_after_trimming_and_folding_and_unknown_ones_are_counted():
    found = STREAMS.count(objects(["CSE", "cse ", "Civil", "CIVIL", "Law", None, "", "ECE"]))
    assert found.counts.tolist() == [2, 1]
    assert found.missing == 2
    assert found.unknown == {"civil": 2, "law": 1}


@pytest.mark.parametrize("cells", [["1", "2.0", " 2", "x"], [1.0, 2.0, 2.0, np.nan]])
def test_numbers_that_are_levels_match_as_numbers(cells):
    found = RANKS.count(objects(cells) if isinstance(cells[0], str) else np.array(cells))
    assert (found.counts.tolist(), found.missing) == ([1, 2], 1)


def test_a_decimal_comma_is_read_where_the_file_has_one():
    assert GRADES.count(objects(["6,5", "7,9"]), NumberFormat(grouping=".")).counts.tolist() == [
        0,
        1,
        1,
    ]


def test_no_edge_makes_one_bin():
    assert in_bins(np.array([1.0, 2.0]), ()).tolist() == [2]


def test_a_profile_is_read_from_its_document_as_it_was():
    profile = Profile(
        65, 60, (GRADES, STREAMS), NumberProfile("p", (0.5,), (9, 9), 0, 0, 1), 0.5, 0.2
    )
    assert profile_of_document(json.loads(json.dumps(profile.document))) == profile
