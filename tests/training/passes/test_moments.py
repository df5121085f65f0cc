"""Which columns are combinations of earlier ones."""

import numpy as np
import pytest

from placement.data.encoding.chunks import ArrayChunks
from placement.data.encoding.design_matrix import DesignMatrix
from placement.training.passes.moments import column_totals
from placement.training.problem.options import Options
from placement.training.problem.problem import define_problem


def aliased(x, weight=None):
    weight = np.ones(len(x)) if weight is None else weight
    source = ArrayChunks(DesignMatrix.of(x), np.zeros(len(x)), weight, 13)
    return column_totals(source, products=True).moments.aliased


def test_the_later_of_dependent_columns_is_aliased():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 5))
    x[:, 1] = 7.0
    x[:, 3] = x[:, 0] + 2 * x[:, 2] - 1
    assert aliased(x) == (1, 3)


def test_all_levels_of_a_category_alias_the_last():
    levels = np.eye(3)[np.arange(30) % 3]
    assert aliased(levels) == (2,)


def test_a_calendar_year_beside_the_intercept_is_not_aliased():
    x = np.column_stack([2020.0 + np.arange(40) % 2, 1e6 + np.arange(40) % 3])
    assert aliased(x) == ()


def test_rows_of_weight_0_do_not_tell_columns_apart():
    x = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [4.0, 9.0]])
    assert aliased(x) == ()
    assert aliased(x, np.array([1.0, 1, 1, 0])) == (1,)


@pytest.mark.parametrize("twice", [False, True])
def test_in_float32_a_column_that_is_nearly_another_is_told_from_one_that_is(monkeypatch, twice):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5_000, 3))
    x[:, 2] = x[:, 0] + x[:, 1] + (0 if twice else 1e-3) * rng.normal(size=5_000)
    rows = ArrayChunks(
        DesignMatrix.of(x.astype(np.float32)), np.arange(5_000) % 2 * 1.0, np.ones(5_000)
    )
    options = Options(l2=0.0, dtype="float32")
    assert define_problem(rows, options).aliased == ((2,) if twice else ())
    assert column_totals(rows, products=True).rounded
    assert not column_totals(rows, products=True, double=True).rounded


def test_in_float32_plain_columns_are_summed_up_once(monkeypatch):
    from placement.training.problem import inspection

    taken = []
    monkeypatch.setattr(
        inspection, "column_totals", lambda *a, **k: taken.append(k) or column_totals(*a, **k)
    )
    x = np.random.default_rng(0).normal(size=(500, 3)).astype(np.float32)
    rows = ArrayChunks(DesignMatrix.of(x), np.arange(500) % 2 * 1.0, np.ones(500))
    define_problem(rows, Options(l2=0.0, dtype="float32"))
    assert len(taken) == 1
