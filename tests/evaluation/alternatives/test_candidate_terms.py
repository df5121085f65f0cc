"""The terms that are tried beside a line."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.config.nonlinear_terms import DEFAULT_KNOTS
from placement.data.encoding.encoder import learn_encoder
from placement.data.encoding.nonlinear_terms import NonlinearTerms
from placement.evaluation.alternatives.candidate_terms import (
    Product,
    Spline,
    Step,
    shortest_between,
)
from tests.evaluation.worlds import straight, world


def test_a_spline_is_the_very_one_that_train_makes_of_the_option():
    rows = world(straight)
    fold = next(rows.folds())
    curves = NonlinearTerms(splines={"cgpa": DEFAULT_KNOTS})
    own = {name: cells[fold.train] for name, cells in rows.columns.items()}
    encoder = learn_encoder(own, rows.schema, rows.weight[fold.train], curves)
    encoded = encoder.encode(rows.columns)
    places = [k for k, name in enumerate(encoder.names) if name.startswith("cgpa.spline")]
    assert len(places) == DEFAULT_KNOTS - 2
    found = Spline(rows, "cgpa").encoded(fold, fold.x)
    np.testing.assert_array_equal(found, encoded[:, places])


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
