import numpy as np
import pandas as pd
import pytest

from placement.data.table.read_table import read_table


def students(seat, **more):
    cgpa = np.random.default_rng(0).normal(7, 1, len(seat)).round(2)
    placed = (np.arange(len(seat)) % 2).astype(int)
    return read_table(pd.DataFrame({"cgpa": cgpa, "placement_seat": seat, "placed": placed} | more))


def seat_warnings(table):
    return [text for text in table.warnings if "had a seat" in text]


def test_students_who_had_a_seat_are_counted_with_the_line_that_leaves_them_out():
    table = students(["certain"] * 12 + ["drawn"] * 6 + ["not drawn"] * 6 + ["none"] * 36)
    (warning,) = seat_warnings(table)
    assert "18 students had a seat (12 certain and 6 drawn)" in warning
    rules = ["placement_seat!=certain", "placement_seat!=drawn"]
    assert all(f"--where '{rule}'" in warning for rule in rules)
    assert warning.short


def test_the_line_that_is_offered_leaves_the_helped_out_and_warns_no_more():
    seat = ["certain"] * 12 + ["none"] * 48
    frame = pd.DataFrame(
        {
            "cgpa": np.random.default_rng(0).normal(7, 1, 60),
            "placement_seat": seat,
            "placed": [0, 1] * 30,
        }
    )
    others = read_table(frame, where=["placement_seat!=certain"])
    assert len(others) == 48
    assert seat_warnings(others) == []


def test_a_blank_seat_is_said_since_no_rule_keeps_it():
    (warning,) = seat_warnings(students(["certain"] * 20 + [None] * 40))
    assert "write none into the 40 blank cells first" in warning


def test_a_file_of_the_helped_alone_has_nobody_else_to_learn_from():
    (warning,) = seat_warnings(students(["certain"] * 30 + ["drawn"] * 30))
    assert "nobody else to learn from" in warning


def test_a_table_in_which_nobody_had_a_seat_is_not_warned_of():
    assert seat_warnings(students(["none"] * 30 + ["not drawn"] * 30)) == []


@pytest.mark.parametrize("name", ["placement_seat", "placement_rank", "override"])
def test_what_a_list_said_is_never_a_feature(name):
    table = students(["none"] * 30 + ["not drawn"] * 30, **{name: ["in", "out"] * 30})
    reasons = {item.column: item.reason for item in table.schema.dropped}
    assert reasons[name] == "of an earlier list, never a feature"
