"""The terms that are tried beside a line."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.evaluation.terms import (
    Product,
    Spline,
    Step,
    knots_of,
    natural_splines,
    shortest_between,
)
from tests.evaluation.worlds import straight, world

KNOTS = np.array([1.0, 2.0, 4.0, 7.0, 8.0])


def harrell(x, t):
    """The truncated cubes of Harrell, Regression Modeling Strategies (2015), section 2.4.5."""
    cube = lambda v: np.maximum(v, 0) ** 3  # noqa: E731
    columns = [x]
    for own in t[:-2]:
        end = cube(x - t[-2]) * (t[-1] - own) / (t[-1] - t[-2])
        last = cube(x - t[-1]) * (t[-2] - own) / (t[-1] - t[-2])
        columns.append(cube(x - own) - end + last)
    return np.column_stack(columns)


def test_the_splines_are_harrells_restricted_cubic_ones():
    x = np.linspace(-3, 12, 200)
    one = np.column_stack([np.ones(200), natural_splines(x, KNOTS)])
    other = np.column_stack([np.ones(200), harrell(x, KNOTS)])
    for a, b in ((one, other), (other, one)):
        fitted = a @ np.linalg.lstsq(a, b, rcond=None)[0]
        np.testing.assert_allclose(fitted, b, atol=1e-8 * np.abs(b).max())


def test_knots_are_quantiles_and_of_distinct_values_where_these_tie():
    values = np.arange(101.0)
    assert knots_of(values).tolist() == pytest.approx([5, 27.5, 50, 72.5, 95])
    assert knots_of(np.repeat([5.0, 6, 7, 8], [96, 834, 956, 915])).tolist() == [5, 6, 7, 8]
    ages = np.repeat(np.arange(19.0, 30), [1, 500, 900, 900, 300, 9, 9, 3, 1, 1, 1])
    assert len(knots_of(ages)) == 5


def test_a_missing_cell_is_the_average_one():
    rows = world(straight)
    rows.columns["cgpa"][:50] = np.nan
    fold = next(rows.folds())
    curve = Spline(rows, "cgpa").encoded(fold, fold.x)
    train = np.setdiff1d(fold.train, np.arange(50))
    assert not curve[:50].any()
    np.testing.assert_allclose(curve[train].mean(axis=0), 0, atol=1e-12)
    step = Step(rows, "cgpa").encoded(fold, fold.x)
    assert step[0, 0] == pytest.approx(step[train].mean())
    assert set(np.unique(step[50:])) == {0, 1}


def test_terms_are_learnt_from_training_rows_alone():
    rows = world(straight)
    fold = next(rows.folds())
    before = [t(rows, "cgpa").encoded(fold, fold.x)[fold.train] for t in (Spline, Step)]
    rows.columns["cgpa"][fold.test] = 1e6
    rows.label[fold.test] = 1 - rows.label[fold.test]
    after = [t(rows, "cgpa").encoded(fold, fold.x)[fold.train] for t in (Spline, Step)]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_product_has_every_pair_of_encoded_columns():
    rows = world(straight)
    fold = next(rows.folds())
    found = Product("cgpa", "age").encoded(fold, fold.x)
    np.testing.assert_allclose(found[:, 0], fold.x[:, 0] * fold.x[:, 2])


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e3))
def test_a_cut_is_above_the_lower_value_and_not_above_the_higher(low, width):
    high = low + width
    if low < high:
        assert low < shortest_between(low, high) <= high


def test_a_cut_has_as_few_digits_as_will_do():
    assert shortest_between(7.0, 8.0) == 8.0
    assert shortest_between(6.98, 7.03) == 7.0
    assert shortest_between(7.01, 7.03) == 7.02
