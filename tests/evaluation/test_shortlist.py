"""Lists of students against Python's own sorting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.evaluation.shortlist import shortlist

PROBABILITIES = st.lists(st.sampled_from([0.0, 0.1, 0.1 + 2**-56, 0.4, 1.0]), max_size=20)


def by_hand(probability, rank, top=None):
    sign = 1 if rank == "risk" else -1
    order = sorted(range(len(probability)), key=lambda place: (sign * probability[place], place))
    return order[:top]


@pytest.mark.parametrize("rank", ["risk", "chance"])
@given(PROBABILITIES, st.none() | st.integers(1, 25))
def test_rows_are_in_order_and_equal_ones_as_they_came(rank, probability, top):
    found = shortlist(np.array(probability, dtype=float), rank, top=top)
    assert found.tolist() == by_hand(probability, rank, top)
    if top:
        assert len(found) == min(top, len(probability))


@pytest.mark.parametrize("rank", ["risk", "chance"])
@given(PROBABILITIES, st.data(), st.none() | st.integers(1, 6))
def test_each_group_has_a_list_of_its_own(rank, probability, data, top):
    size = len(probability)
    group = data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    expected = []
    for own in range(4):
        rows = [place for place in range(size) if group[place] == own]
        expected += [rows[k] for k in by_hand([probability[r] for r in rows], rank, top)]
    found = shortlist(
        np.array(probability, dtype=float), rank, top=top, group=np.array(group, dtype=int)
    )
    assert found.tolist() == expected
