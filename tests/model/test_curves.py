"""Curves, steps and products as they are scored: of one row, of many, of cells in doubt."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from placement.model.scorer import (
    CategoryColumn,
    Coded,
    InteractionColumn,
    NumberColumn,
    Scorer,
    SplineColumn,
    StepColumn,
    encode_in_order,
    restricted_cubic,
)

KNOTS = (5.5, 6.2, 7.0, 8.1, 9.0)
BENT = SplineColumn(
    "cgpa", 7.0, 1.5, 4.0, 10.0, 10.0, 0.1, KNOTS, (0.6, 0.3, 0.05),
    ((-0.9, 1.3), (0.4, -2.0, 5.0), (0.2, 1.0, -3.0, 9.0)),
)  # fmt: skip
STEP = StepColumn("cgpa", (6.5, 8.0), (0.7, 0.25))
STREAM = CategoryColumn(
    "stream", ("CSE", "ECE"), rare=False, missing=False, shares=(0.6, 0.4), numeric=False
)
BOTH = InteractionColumn("cgpa:stream", ("cgpa:stream=ECE",), ((0, 7),), (0.02,))
COLUMNS = (BENT, STEP, STREAM, BOTH)
WEIGHTS = np.array([1.1, -0.7, 0.3, 0.9, -0.4, 0.5, 1.3, -0.2, 0.6])
SCORER = Scorer(COLUMNS, WEIGHTS, -0.3)

knots = st.lists(st.integers(-50, 50), min_size=3, max_size=8, unique=True).map(sorted)


def harrell(x, t):
    """Restricted cubic functions as Harrell writes them, with no regard to rounding."""
    cube = lambda v: max(v, 0.0) ** 3  # noqa: E731
    last, before = t[-1], t[-2]
    return [
        (
            cube(x - knot)
            - cube(x - before) * (last - knot) / (last - before)
            + cube(x - last) * (before - knot) / (last - before)
        )
        / (last - t[0]) ** 2
        for knot in t[:-2]
    ]


@given(knots, st.floats(-60, 60))
def test_the_functions_are_harrells(t, x):
    result = [own[0] for own in restricted_cubic(np.array([x]), t)]
    assert result == pytest.approx(harrell(x, t), rel=1e-9, abs=1e-9)


@given(knots, st.floats(0, 1))
def test_between_the_knots_they_are_scipys_natural_cubic_splines(t, share):
    x = t[0] + share * (t[-1] - t[0])
    at_knots = restricted_cubic(np.array(t, dtype=float), t)
    for own, heights in zip(restricted_cubic(np.array([x]), t), at_knots, strict=True):
        assert own[0] == pytest.approx(
            float(CubicSpline(t, heights, bc_type="natural")(x)), abs=1e-8
        )


def test_beyond_the_outer_knots_they_are_straight_however_far():
    far = 9.0 + np.array([0.0, 1.0, 2.0, 1e6, 2e6])
    for own in restricted_cubic(far, KNOTS):
        slope = own[1] - own[0]
        assert slope > 0
        assert own == pytest.approx(own[0] + slope * (far - 9.0), rel=1e-9)
    low = restricted_cubic(np.array([-1e9, 0.0, 5.5]), KNOTS)
    assert [own.tolist() for own in low] == [[0.0, 0.0, 0.0]] * 3


def test_a_spline_has_the_standardised_number_first_and_a_column_per_bend():
    assert BENT.names == ("cgpa", "cgpa.spline2", "cgpa.spline3", "cgpa.spline4", "cgpa=(missing)")
    (first, second, *_, gap), problems = BENT.encode(np.array([8.5, 7.0]))
    plain = NumberColumn("cgpa", 7.0, 1.5, 4.0, 10.0, 10.0, 0.1).encode(np.array([8.5, 7.0]))
    assert first.tolist() == plain[0][0].tolist()
    expected = [-0.9 * (x - 7.0) + 1.3 * (harrell(x, KNOTS)[0] - 0.6) for x in (8.5, 7.0)]
    assert second == pytest.approx(expected)
    assert (gap.tolist(), problems) == ([0.0, 0.0], [])


def test_a_missing_cell_of_a_spline_is_the_average_in_each_column():
    encoded, problems = BENT.encode(np.array(["7.5", "", "oops"], dtype=object))
    for own in encoded[:-1]:
        assert own[0] != 0
        assert own[1:].tolist() == [0.0, 0.0]
    assert encoded[-1].tolist() == [0.0, 1.0, 1.0]
    assert [(p.what, p.rows.tolist()) for p in problems] == [("not a number", [2])]


def test_a_step_is_reached_by_the_value_itself_and_a_missing_cell_is_the_average():
    assert STEP.names == ("cgpa>=6.5", "cgpa>=8")
    cells = np.array([6.4999, 6.5, 8.0, np.nan])
    (low, high), problems = STEP.encode(cells)
    assert low.tolist() == [0.0, 1.0, 1.0, 0.7]
    assert high.tolist() == [0.0, 0.0, 1.0, 0.25]
    assert problems == []


def test_a_product_is_that_of_the_columns_before_it_whatever_their_cells():
    table = {"cgpa": np.array([8.5, 8.5, np.nan, 8.5]), "stream": ["ECE", "CSE", "ECE", "LAW"]}
    encoded = [own for some, _ in encode_in_order(COLUMNS, table) for own in some]
    assert encoded[-1].tolist() == [1.0, 0.0, 0.0, pytest.approx(0.4)]


def test_the_logit_is_the_sum_by_hand():
    table = {"cgpa": np.array([8.5]), "stream": ["ECE"]}
    z, bends = 1.5 / 1.5, harrell(8.5, KNOTS)
    c = [1.5, bends[0] - 0.6, bends[1] - 0.3, bends[2] - 0.05]
    encoded = [
        z, -0.9 * c[0] + 1.3 * c[1], 0.4 * c[0] - 2 * c[1] + 5 * c[2],
        0.2 * c[0] + c[1] - 3 * c[2] + 9 * c[3], 0, 1, 1, 1, z,
    ]  # fmt: skip
    assert SCORER.score(table).logit[0] == pytest.approx(-0.3 + WEIGHTS @ encoded)


def test_a_row_has_the_same_bits_alone_in_a_batch_and_as_text():
    draw = np.random.default_rng(2)
    cells = np.where(draw.random(2_000) < 0.1, np.nan, draw.normal(7, 2, 2_000).round(3))
    stream = draw.choice(["CSE", "ECE", "LAW"], 2_000).astype(object)
    batch = SCORER.score({"cgpa": cells, "stream": stream})
    texts, codes = np.unique([str(cell) for cell in cells], return_inverse=True)
    coded = Coded(codes, texts.astype(object))
    assert SCORER.score({"cgpa": coded, "stream": stream}).logit.tolist() == batch.logit.tolist()
    for row in (0, 1, 7, 1_023, 1_999):
        alone = SCORER.score({"cgpa": cells[row : row + 1], "stream": stream[row : row + 1]})
        assert alone.logit[0].tobytes() == batch.logit[row].tobytes()


def test_a_column_that_is_used_in_several_ways_is_asked_for_and_doubted_once():
    assert SCORER.feature_columns == ("cgpa", "stream")
    doubts = SCORER.score({"cgpa": ["99", "x"], "stream": ["CSE", "LAW"]}).problems
    assert [(p.column, p.what) for p in doubts] == [
        ("cgpa", "not a number"),
        ("cgpa", "far outside training"),
        ("stream", "unseen level"),
    ]
