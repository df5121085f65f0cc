import numpy as np
import pytest

from placement.data.encoding.chunks import ArrayChunks
from placement.data.encoding.design_matrix import DesignMatrix
from placement.errors import DataError
from placement.training.problem import separation, separation_lp
from placement.training.problem.options import Options
from placement.training.problem.problem import define_problem
from placement.training.problem.separation import find_separation
from placement.training.problem.separation_lp import (
    has_optimum,
    is_of_full_rank,
    row_iterator,
    separating_hyperplane,
)


def separated(x, y, names=None, **more):
    names = names or [f"c{j}" for j in range(x.shape[1])]
    source = ArrayChunks(DesignMatrix.of(x), np.asarray(y, dtype=float), np.ones(len(x)), 13)
    return find_separation(source, names, **more)


def test_overlapping_classes_are_not_separable():
    x = np.random.default_rng(0).normal(size=(50, 3))
    assert separated(x, np.arange(50) % 2).columns == ()


def test_a_cut_off_is_complete_separation_by_its_column():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4))
    result = separated(x, x[:, 2] > 0.1)
    assert result.columns == ("c2",)
    assert result.complete


def test_a_level_with_one_outcome_is_quasi_separation():
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=80), np.arange(80) < 5])
    y = np.where(np.arange(80) < 5, 1, np.arange(80) % 2)
    result = separated(x, y)
    assert result.columns == ("c1",)
    assert not result.complete
    assert "quasi" in result.text


def test_columns_that_separate_only_together_are_named_without_the_rest():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 5))
    result = separated(x, x[:, 1] - x[:, 3] > 0)
    assert result.columns == ("c1", "c3")


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
    result = separated(np.random.default_rng(0).normal(size=(20, 2)), np.ones(20))
    assert result.columns == ("(intercept)",)
    assert "same outcome" in result.text


def test_too_many_distinct_rows_leave_it_undecided():
    x = np.linspace(-1, 1, 50)[:, None]
    assert separated(x, x[:, 0] > 0, most_rows=10) is None


def test_the_penalty_turns_the_error_into_a_warning():
    x = np.linspace(-1, 1, 50)[:, None]
    source = ArrayChunks(DesignMatrix.of(x), (x[:, 0] > 0) * 1.0, np.ones(50))
    with pytest.raises(DataError, match="cgpa separates the classes"):
        define_problem(source, Options(l2=0.0), ("cgpa",))
    (warning,) = define_problem(source, Options(l2=1.0), ("cgpa",)).warnings
    assert "cgpa separates the classes" in warning
    mixed = ArrayChunks(DesignMatrix.of(x), np.arange(50) % 2 * 1.0, np.ones(50))
    assert define_problem(mixed, Options(l2=1.0), ("cgpa",)).warnings == ()


def test_where_an_optimum_was_found_the_linear_programme_finds_no_plane():
    rng, found, spared = np.random.default_rng(0), 0, 0
    for _ in range(200):
        rows, columns = int(rng.integers(4, 40)), int(rng.integers(1, 4))
        x = rng.normal(size=(rows, columns)).round(int(rng.integers(0, 3)))
        steep = rng.choice([0.5, 3.0, 30.0]) * rng.normal(size=columns)
        placed = rng.random(rows) < 1 / (1 + np.exp(-x @ steep))
        signed = np.column_stack([x, np.ones(rows)]) * np.where(placed, 1.0, -1.0)[:, None]
        if not is_of_full_rank(signed):
            continue
        overlap = separating_hyperplane(row_iterator(signed)) is None
        assert overlap or not has_optimum(signed)
        found, spared = found + overlap, spared + has_optimum(signed)
    assert spared > 0.8 * found > 50  # and it spares most programmes


CASES = {
    "overlapping": lambda rng, x: rng.random(len(x)) < 1 / (1 + np.exp(-3 * x[:, 0])),
    "a cut-off": lambda _, x: x[:, 1] > 0.3,
    "a cut-off from above": lambda _, x: x[:, 0] < -0.3,
    "two together": lambda _, x: x[:, 0] + x[:, 1] > 0,
    "a rare level": lambda rng, x: (rng.random(len(x)) < 0.5) | (x[:, 2] > 0),
    "one outcome": lambda _, x: np.ones(len(x), dtype=bool),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("columns", [[0, 1, 2], [0, 1, 2, 1]], ids=["full rank", "aliased"])
def test_rows_too_many_to_hold_are_walked_through_to_the_same_answer(monkeypatch, case, columns):
    rng = np.random.default_rng(7)
    x = np.column_stack([rng.normal(size=(6_000, 2)), rng.random(6_000) < 0.002])[:, columns]
    y = CASES[case](rng, x)
    expected = separated(x, y)
    assert bool(expected.columns) == (case != "overlapping")
    monkeypatch.setattr(separation, "MOST_DISTINCT_ROWS", 100)
    assert separated(x, y) == expected


def test_rows_that_few_others_span_are_asked_too():
    """The last row alone tells the columns apart."""
    first = np.repeat(np.random.default_rng(2).normal(size=40), 1_000)
    second = 2 * first + np.where(np.arange(40_000) == 39_999, 1e-3, 0)
    rows = signed_rows(np.column_stack([first, second]), np.arange(40_000) % 2 == 0)
    beta = separating_hyperplane(lambda: iter(np.array_split(rows, 7)))
    assert beta is not None
    assert (rows @ beta).min() >= -1e-6 < 1e-4 < (rows @ beta).max()


def signed_rows(x, y):
    return np.column_stack([x, np.ones(len(x))]) * np.where(y, 1.0, -1.0)[:, None]


def test_very_many_columns_are_left_to_the_end_without_a_look_at_every_row(monkeypatch):
    """As the levels of a city: the sample lacks some, so it decides nothing."""
    x = np.eye(300)[np.arange(9_000) % 300]
    y = np.arange(9_000) % 7 < 3
    monkeypatch.setattr(separation, "_MOST_CELLS", 10_000)
    calls = []
    monkeypatch.setattr(separation_lp, "separating_hyperplane", calls.append)
    assert separated(x, y, most_rows=200_000) is None
    assert calls == []


def test_of_rows_that_come_again_only_the_different_ones_are_counted():
    x = np.tile(np.linspace(-1, 1, 9), 2_000)[:, None]
    assert separated(x, x[:, 0] > 0.1, most_rows=9).complete
    assert separated(x, x[:, 0] > 0.1, most_rows=8) is None


def test_each_column_that_separates_alone_is_named_whichever_its_direction():
    v = np.linspace(-1, 1, 50)
    x = np.column_stack([v, np.cos(40 * v), -(v**3)])
    for y in (v > 0, v < 0):
        assert separated(x, y).columns == ("c0", "c2")
