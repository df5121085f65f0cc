"""The groups of a column: words whatever their case, few numbers as they are, many in bands."""

import numpy as np
import pandas as pd
import pytest

from placement.config.train_config import TrainConfig
from placement.data.columns.storage import Storage
from placement.data.profiles.sensitive_groups import MISSING, groups_of_column, sensitive_groups
from placement.data.table.read_table import open_labelled_table, read_opened_table, read_table
from placement.errors import DataError


def table_of(cells, **how):
    rows = len(cells)
    frame = pd.DataFrame({"x": np.arange(rows) * 0.5, "own": cells, "placed": [0, 1] * (rows // 2)})
    return read_table(frame, features=("x",), **how)


def words_of(table, groups):
    return [groups.names[code] for place in range(table.pieces) for code in groups.codes(place)]


def test_words_that_differ_in_case_are_one_group_by_its_most_frequent_spelling():
    table = table_of(["F", "f", "F", "M", None, " m", "M", "F"])
    groups = groups_of_column(table, "own")
    assert words_of(table, groups) == ["F", "F", "F", "M", MISSING, "M", "M", "F"]
    assert groups.names == ("F", "M", MISSING)


def test_few_numbers_are_groups_each():
    table = table_of([1, 0, 1, np.nan, 2.5, 0])
    assert words_of(table, groups_of_column(table, "own")) == ["1", "0", "1", MISSING, "2.5", "0"]


def test_many_numbers_are_cut_at_their_quartiles_and_that_is_said():
    ages = [*range(18, 38), 30, 30, 30, np.nan]
    table = table_of(ages)
    groups = groups_of_column(table, "own")
    one, two, three = pd.Series(ages).quantile([0.25, 0.5, 0.75], interpolation="higher")
    limits = {
        f"below {one:g}": (0, one),
        f"{one:g} to below {two:g}": (one, two),
        f"{two:g} to below {three:g}": (two, three),
        f"{three:g} and above": (three, 99),
    }
    assert groups.names == (*limits, MISSING)
    assert "quartiles" in groups.note
    for age, word in zip(ages, words_of(table, groups), strict=True):
        low, high = limits.get(word, (0, 0))
        assert word == MISSING if np.isnan(age) else low <= age < high


def test_numbers_of_which_most_are_the_same_are_groups_each_while_they_are_few():
    table = table_of([1] * 88 + list(range(2, 14)))
    assert len(groups_of_column(table, "own").names) == 13 + 1


def test_too_many_groups_are_refused_where_asked_for_and_noted_otherwise():
    table = table_of([f"town {n}" for n in range(60)], categorical=("own",))
    with pytest.raises(DataError, match=r"own: 60 different words; at most 50"):
        sensitive_groups(table, ["own"], requested=True)
    found, notes = sensitive_groups(table, ["own"], requested=False)
    assert not found
    assert "60 different words" in notes[0]


def test_numbers_on_the_disk_have_the_borders_of_those_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("placement.data.profiles.sensitive_groups._SAMPLED", 75)
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"x": range(500), "age": draw.normal(20, 3, 500).round(2)})
    frame["placed"] = draw.integers(0, 2, 500)
    frame["gender"] = draw.choice(["F", "M", ""], 500)
    path = tmp_path / "s.csv"
    frame.to_csv(path, index=False)
    whole = read_table(path)
    how = TrainConfig().of_scope("read")
    with Storage(stream=True, folder=str(tmp_path), piece_rows=64) as storage:
        streamed = read_opened_table(open_labelled_table(str(path), how), how, storage)
        assert streamed.pieces > 5
        for name in ("age", "gender"):
            found, expected = groups_of_column(streamed, name), groups_of_column(whole, name)
            assert found.names == expected.names
            assert words_of(streamed, found) == words_of(whole, expected)


def test_the_columns_asked_for_take_the_place_of_the_recognised_ones():
    frame = pd.DataFrame(
        {
            "gender": ["F", "M"] * 20,
            "stream": ["CSE", "ECE", "ME", "CSE"] * 10,
            "cgpa": np.linspace(5, 9, 40),
            "placed": [0, 1, 1, 0] * 10,
        }
    )
    assert read_table(frame).sensitive == ("gender",)
    assert read_table(frame, sensitive=()).sensitive == ()
    asked = read_table(frame, sensitive=("STREAM ",))
    assert asked.sensitive == ("stream",)
    assert "stream" in asked.schema.feature_names
    assert any("--drop stream" in note for note in asked.notes)
    with pytest.raises(DataError, match="did you mean 'gender'"):
        read_table(frame, sensitive=("gendr",))
    with pytest.raises(DataError, match="is the outcome"):
        read_table(frame, sensitive=("placed",))
