"""Lines over one axis as a picture."""

import math

from placement.reporting.plots.line_plot import draw_curves

AXES = ("step", "loss")


def test_each_line_is_drawn_and_a_gap_where_there_is_no_number():
    at = [0.0, 1, 2, 3]
    full = draw_curves("Loss", AXES, at, {"a": [3.0, 2, 1, 0], "b": [3.0, 1, 2, 4]})
    assert full.startswith(b"\x89PNG")
    others = [
        {"a": [3.0, 2, 1, 0], "b": [math.nan] * 4},
        {"a": [3.0, 2, 1, 0], "b": [3.0, 1, 2, 5]},
        {"a": [3.0, math.inf, 1, 0], "b": [3.0, 1, 2, 4]},
        {"a": [3.0, 2, 1, 0]},
    ]
    drawn = {full, *(draw_curves("Loss", AXES, at, lines) for lines in others)}
    assert len(drawn) == 5


def test_the_same_numbers_give_the_same_bytes():
    one, other = (draw_curves("Loss", AXES, [0.0, 1], {"a": [1.0, 2.0]}) for _ in range(2))
    assert one == other
