"""A line of weight w is w rows: a table of counts is the table that was counted."""

import numpy as np
import pandas as pd
import pytest

from placement.config.train_config import TrainConfig
from placement.data.splits.folds import assign_folds
from placement.data.splits.split import TEST, hold_out
from placement.data.table import row_copies
from placement.data.table.read_table import read_table
from placement.evaluation.evaluate import evaluate
from placement.training.fit import fit
from tests.split_rows import rows_of


def counted():
    """The students of each department and gender by their outcome, one line each."""
    cells = [(d, s, y) for d in "ABCDEF" for s in ("arts", "science") for y in ("Yes", "No")]
    table = pd.DataFrame(cells, columns=["dept", "stream", "placed"])
    return table.assign(n=[7 + 5 * k % 83 for k in range(len(table))])


def expanded(table):
    return table.loc[table.index.repeat(table["n"])].drop(columns="n").reset_index(drop=True)


def held_out_by_kind(table):
    test = rows_of(hold_out(table, TrainConfig()), TEST)
    keys = ["/".join(map(str, row)) for row in zip(*table.columns.values(), strict=True)]
    return pd.Series(keys).iloc[test].value_counts().to_dict()


def test_a_table_of_counts_is_read_as_the_table_that_was_counted():
    table, whole = read_table(counted(), weight="n"), read_table(expanded(counted()))
    assert len(table) == len(whole) == counted()["n"].sum()
    assert table.digest == whole.digest
    assert not table.is_weighted
    assert not any("small sample" in warning for warning in table.warnings)
    assert f"24 lines stand for {len(whole):,} rows, as n counts them" in table.notes


def test_what_few_lines_have_many_students_may_have():
    cells = counted().assign(backlog=[1, 1, 1] + [0] * 21)
    table, whole = read_table(cells, weight="n"), read_table(expanded(cells))
    assert table.schema.feature_names == whole.schema.feature_names
    assert "backlog" in table.schema.feature_names


def test_as_many_rows_of_each_kind_are_held_out_as_of_the_expanded_table():
    table, whole = read_table(counted(), weight="n"), read_table(expanded(counted()))
    held_out = held_out_by_kind(table)
    assert held_out == held_out_by_kind(whole)
    # The copies of one line are parted: some train, some test.
    assert any(0 < held_out.get("/".join(row[:3]), 0) < row[3] for row in counted().to_numpy())


def test_folds_part_the_copies_of_a_line_as_those_of_equal_rows():
    table, whole = read_table(counted(), weight="n"), read_table(expanded(counted()))
    folds = [np.bincount(assign_folds(t, 0, 5).whole() + 1).tolist() for t in (table, whole)]
    assert folds[0] == folds[1]


def test_figures_and_intervals_are_those_of_the_expanded_table():
    table, whole = read_table(counted(), weight="n"), read_table(expanded(counted()))
    ours, theirs = (evaluate(fit(t), t) for t in (table, whole))
    assert ours.metrics == theirs.metrics


def test_lines_that_nobody_stands_behind_are_no_rows():
    lines = counted()
    lines.loc[3, "n"] = 0
    assert len(read_table(lines, weight="n")) == lines["n"].sum()


def test_weights_that_are_not_whole_stay_weights_of_lines():
    lines = counted().assign(n=0.5)
    table = read_table(lines, weight="n")
    assert len(table) == len(lines)
    assert table.weight.tolist() == [0.5] * len(lines)
    assert not any("stand for" in note for note in table.notes)


@pytest.mark.parametrize("most", [10, 100, 333])
def test_where_copies_are_too_many_each_stands_for_several_rows(monkeypatch, most):
    monkeypatch.setattr(row_copies, "MOST_ROWS", most)
    lines = counted()
    table = read_table(lines, weight="n")
    assert len(table) <= most + len(lines)
    assert table.is_weighted
    sums = pd.Series(table.weight).groupby(table.rows).sum()
    assert sums.tolist() == lines["n"].tolist()
