"""The decision curve as a sentence and a picture, and a threshold in words."""

import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from placement.evaluation.calibration.reliability import LEAST_ROWS
from placement.evaluation.thresholds import DecisionCurve
from placement.reporting.text.thresholds import (
    curve_line,
    decision_plot,
    expectation,
    net_benefit_rows,
    spaced,
)
from placement.stats.metrics import Confusion


def curve(model):
    at = tuple(round(0.1 * (k + 1), 1) for k in range(len(model)))
    return DecisionCurve(at, tuple(model), (0.1,) * len(model))


def test_the_sentence_names_each_run_of_useful_thresholds():
    told = curve_line(curve([0.2, 0.3, 0.1, 0.2, 0.0]))
    assert "at thresholds 0.1 to 0.2, 0.4 (of 0.1 to 0.5)" in told


def test_a_useless_model_is_called_so():
    assert "at no threshold" in curve_line(curve([0.1, 0.05]))


def test_the_rows_hold_the_model_and_both_alternatives():
    assert net_benefit_rows(curve([0.25])) == [
        {"threshold": 0.1, "model": 0.25, "treat_all": 0.1, "treat_none": 0.0}
    ]


def test_the_expectation_is_of_a_thousand_students():
    told = expectation(Confusion(tp=6.0, fp=1.0, fn=1.0, tn=2.0), "Placed", "Not Placed")
    assert "600 rightly and 100 wrongly called 'Placed'" in told
    assert "200 rightly and 100 wrongly called 'Not Placed'" in told


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.integers(1, 3))
def test_no_step_of_the_drawn_line_is_that_of_a_few_rows(p, repeated):
    scores, rows = np.array(p), np.full(len(p), repeated)
    at = spaced(scores, rows)
    above = [rows.sum(), *(rows[scores >= t].sum() for t in at), 0]
    steps = -np.diff(above)
    assert ((steps == 0) | (steps >= LEAST_ROWS) | (rows.sum() < LEAST_ROWS)).all()
    if len(p) * repeated < LEAST_ROWS:
        assert not len(at) or set(above[1:-1]) <= {0, rows.sum()}


def drawn(p, y, threshold=0.5):
    p, y = np.asarray(p, dtype=float), np.asarray(y, dtype=float)
    return decision_plot(p, y, np.ones(len(p)), np.ones(len(p), dtype=int), threshold)


def test_the_picture_can_be_opened_and_is_the_same_each_time():
    draw = np.random.default_rng(1)
    p = draw.random(200)
    y = draw.random(200) < p
    png = drawn(p, y)
    assert Image.open(io.BytesIO(png)).size[0] > 500
    assert drawn(p, y) == png != drawn(p, y, threshold=0.2)


def test_few_rows_or_a_single_outcome_make_no_picture():
    assert drawn([0.2, 0.8] * 9, [1, 1] * 9) is None
    assert drawn([0.2, 0.8], [0, 1]) is None
    assert drawn([0.2, 0.8] * 9, [0, 1] * 9) is not None
