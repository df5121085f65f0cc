import numpy as np
import pytest

from placement.data.chunks import ArrayChunks
from placement.errors import DataError
from placement.training.identifiability import (
    _full_rank,
    _separating_plane,
    aliased_columns,
    find_separation,
    has_optimum,
)
from placement.training.moments import totals
from placement.training.options import Options
from placement.training.problem import prepare


def aliased(x, weight=None):
    weight = np.ones(len(x)) if weight is None else weight
    source = ArrayChunks(x, np.zeros(len(x)), weight, 13)
    return aliased_columns(totals(source, products=True).moments)


def separated(x, y, names=None, **more):
    names = names or [f"c{j}" for j in range(x.shape[1])]
    source = ArrayChunks(x, np.asarray(y, dtype=float), np.ones(len(x)), 13)
    return find_separation(source, names, **more)


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


def test_overlapping_classes_are_not_separable():
    x = np.random.default_rng(0).normal(size=(50, 3))
    assert separated(x, np.arange(50) % 2).columns == ()


def test_a_cut_off_is_complete_separation_by_its_column():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4))
    found = separated(x, x[:, 2] > 0.1)
    assert found.columns == ("c2",)
    assert found.complete


def test_a_level_with_one_outcome_is_quasi_separation():
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=80), np.arange(80) < 5])
    y = np.where(np.arange(80) < 5, 1, np.arange(80) % 2)
    found = separated(x, y)
    assert found.columns == ("c1",)
    assert not found.complete
    assert "quasi" in found.text


def test_columns_that_separate_only_together_are_named_without_the_rest():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 5))
    found = separated(x, x[:, 1] - x[:, 3] > 0)
    assert found.columns == ("c1", "c3")


def test_a_rare_level_is_seen_beyond_the_sample():
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=20_000), np.arange(20_000) == 19_999])
    y = rng.random(20_000) < 0.5
    y[-1] = True
    assert separated(x, y).columns == ("c1",)


def test_soft_targets_belong_to_both_classes():
    x = np.linspace(-1, 1, 20)[:, None]
    assert separated(x, np.where(x[:, 0] > 0, 0.9, 0.1)).columns == ()
    assert separated(x, x[:, 0] > 0).columns == ("c0",)


def test_one_outcome_alone_is_said_in_words():
    found = separated(np.random.default_rng(0).normal(size=(20, 2)), np.ones(20))
    assert found.columns == ("(intercept)",)
    assert "same outcome" in found.text


def test_too_many_distinct_rows_leave_it_undecided():
    x = np.linspace(-1, 1, 50)[:, None]
    assert separated(x, x[:, 0] > 0, most_rows=10) is None


def test_the_penalty_turns_the_error_into_a_warning():
    x = np.linspace(-1, 1, 50)[:, None]
    source = ArrayChunks(x, (x[:, 0] > 0) * 1.0, np.ones(50))
    with pytest.raises(DataError, match="cgpa separates the classes"):
        prepare(source, Options(l2=0.0), ("cgpa",))
    (warning,) = prepare(source, Options(l2=1.0), ("cgpa",)).warnings
    assert "cgpa separates the classes" in warning
    mixed = ArrayChunks(x, np.arange(50) % 2 * 1.0, np.ones(50))
    assert prepare(mixed, Options(l2=1.0), ("cgpa",)).warnings == ()


def test_where_an_optimum_was_found_the_linear_programme_finds_no_plane():
    rng, found, spared = np.random.default_rng(0), 0, 0
    for _ in range(200):
        rows, columns = int(rng.integers(4, 40)), int(rng.integers(1, 4))
        x = rng.normal(size=(rows, columns)).round(int(rng.integers(0, 3)))
        steep = rng.choice([0.5, 3.0, 30.0]) * rng.normal(size=columns)
        placed = rng.random(rows) < 1 / (1 + np.exp(-x @ steep))
        signed = np.column_stack([x, np.ones(rows)]) * np.where(placed, 1.0, -1.0)[:, None]
        if not _full_rank(signed):
            continue
        overlap = _separating_plane(signed) is None
        assert overlap or not has_optimum(signed)
        found, spared = found + overlap, spared + has_optimum(signed)
    assert spared > 0.8 * found > 50  # and it spares most programmes
