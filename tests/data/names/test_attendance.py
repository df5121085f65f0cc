"""Who came, in the words and numbers of offices."""

from placement.data.names.attendance import came_of


def test_words_and_numbers_say_who_came_and_a_blank_that_nobody_did():
    came, unknown = came_of(["yes", "present", "x", "3", "1", "", "no", "absent", "0", "-"])
    assert came.tolist() == [True] * 5 + [False] * 5
    assert unknown == []


def test_words_that_say_neither_are_named():
    assert came_of(["yes", "perhaps", "-1"])[1] == [1, 2]
