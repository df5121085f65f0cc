"""Which rows are held out: the same ones whatever the order, and never one of two equal rows."""

import numpy as np
import pandas as pd
import pytest

from placement.config.train_config import TrainConfig
from placement.data.splits.folds import assign_folds
from placement.data.splits.row_groups import group_of
from placement.data.splits.row_hashes import hash_table
from placement.data.splits.split import (
    TEST,
    TRAIN,
    VALIDATION,
    hold_out,
    mark_smallest,
    order_by_hash,
)
from placement.data.table.read_table import read_table
from placement.errors import DataError
from tests.split_rows import rows_of


def frame(rows=300, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "roll_no": np.arange(rows) + 7000,
            "cgpa": rng.uniform(4, 10, rows).round(3),
            "branch": rng.choice(["CSE", "ECE", "MECH"], rows),
            "college": rng.choice([f"C{k}" for k in range(12)], rows),
            "placed": (rng.random(rows) < 0.6).astype(int),
        }
    )


def held_out(data, **settings):
    """The roll numbers held out, and the split."""
    table = read_table(data, group=settings.get("group"))
    split = hold_out(table, TrainConfig(**settings))
    return set(table.columns["roll_no"][rows_of(split, TEST)]), split


def test_the_same_rows_are_held_out_whatever_the_order_of_rows_and_columns():
    data = frame()
    shuffled = data.sample(frac=1, random_state=1)[
        ["placed", "branch", "roll_no", "college", "cgpa"]
    ]
    assert held_out(data)[0] == held_out(shuffled)[0]


def test_the_same_rows_are_held_out_however_a_cell_is_spelled(tmp_path):
    data = frame()
    data.to_csv(tmp_path / "plain.csv", index=False)
    text = data.astype(str)
    text["cgpa"] = text["cgpa"] + "00"
    text["branch"] = " " + text["branch"].str.lower()
    text.rename(columns={"cgpa": " CGPA "}).to_csv(tmp_path / "odd.csv", index=False, sep=";")
    one, other = (held_out(tmp_path / name)[0] for name in ("plain.csv", "odd.csv"))
    assert one == other


def test_each_outcome_gives_its_share():
    data = frame()
    rolls, _ = held_out(data, test_size=0.3)
    placed = data.set_index("roll_no")["placed"]
    taken = placed[placed.index.isin(rolls)]
    assert (taken == 1).sum() == round(0.3 * (placed == 1).sum())
    assert (taken == 0).sum() == round(0.3 * (placed == 0).sum())


def test_another_seed_holds_out_other_rows():
    data = frame()
    assert held_out(data, seed=1)[0] != held_out(data, seed=2)[0]


def test_equal_rows_never_straddle_whoever_they_are():
    data = frame(120)
    twice = pd.concat([data, data.assign(roll_no=data["roll_no"] + 1000)])
    rolls, _ = held_out(twice)
    assert rolls
    assert {roll % 1000 for roll in rolls if roll < 8000} == {
        roll % 1000 for roll in rolls if roll >= 8000
    }


def test_where_many_rows_are_equal_a_counter_tells_them_apart_and_it_is_said():
    data = frame(300)
    data.loc[data.index < 90, ["cgpa", "branch", "college", "placed"]] = [7.0, "CSE", "C1", 1]
    rolls, split = held_out(data)
    assert "counter" in split.note
    assert len(rolls) == pytest.approx(60, abs=2)
    assert any(roll < 7090 for roll in rolls)
    assert any(roll < 7090 for roll in set(data["roll_no"]) - rolls)


def test_too_small_a_class_holds_nothing_out_and_says_so():
    data = frame(60)
    data["placed"] = (np.arange(60) < 20).astype(int)
    rolls, split = held_out(data)
    assert rolls == set()
    assert "nothing held out" in split.note
    assert len(rows_of(split, TRAIN)) == 60


def test_patience_watches_a_slice_of_the_training_rows_only():
    plain, watched = held_out(frame())[1], held_out(frame(), patience=3)[1]
    assert set(rows_of(plain, TEST)) == set(rows_of(watched, TEST))
    train, validation = (set(rows_of(watched, subset)) for subset in (TRAIN, VALIDATION))
    assert train | validation == set(rows_of(plain, TRAIN))
    assert not train & validation
    assert len(validation) == pytest.approx(0.1 * len(rows_of(plain, TRAIN)), abs=2)


def test_whole_groups_are_held_out():
    data = frame()
    rolls, split = held_out(data, group="college")
    college = data.set_index("roll_no")["college"]
    inside, outside = (
        set(college[college.index.isin(rolls)]),
        set(college[~college.index.isin(rolls)]),
    )
    assert inside
    assert not inside & outside
    assert "college" in split.note


def test_one_group_of_nearly_all_rows_cannot_be_held_out():
    with pytest.raises(DataError, match="--group"):
        held_out(frame().assign(college="C1"), group="college")


def several_rows_each(rows=300):
    """A table of students, each on three rows."""
    return frame(rows).assign(roll_no=214_000 + 37 * (np.arange(rows) // 3))


def test_rows_of_one_student_are_held_out_together_unless_told_otherwise():
    rows_of_student = pd.Series(0, index=several_rows_each()["roll_no"].unique())
    table = read_table(several_rows_each())
    assert table.students == "roll_no"
    assert any("300 rows, 100 students by roll_no" in note for note in table.notes)
    split = hold_out(table, TrainConfig())
    held = pd.Series(table.columns["roll_no"][rows_of(split, TEST)]).value_counts()
    assert set(held) == {3}
    assert len(rows_of_student) > len(held) > 10
    apart = hold_out(table, TrainConfig(group="none"))
    assert set(pd.Series(table.columns["roll_no"][rows_of(apart, TEST)]).value_counts()) != {3}


def test_folds_keep_the_rows_of_one_student_together_too():
    table = read_table(several_rows_each())
    fold = assign_folds(table, 0, 5, group=group_of(table, TrainConfig())).whole()
    roll = table.columns["roll_no"]
    assert all(len(set(fold[roll == one])) == 1 for one in set(roll))


def test_numbers_that_begin_anew_in_each_class_are_said_and_part_no_rows():
    table = read_table(frame(300).assign(roll_no=1 + np.arange(300) % 60))
    assert table.students is None
    (said,) = (note for note in table.notes if "roll_no repeats, 60 numbers on 300 rows" in note)
    assert "--group roll_no keeps its rows together" in said


def test_another_group_or_none_is_said_to_part_the_rows_of_one_student():
    for group in ("college", "none"):
        notes = read_table(several_rows_each(), group=group).notes
        assert any("rows of one student may be trained and tested on at once" in n for n in notes)
    notes = read_table(several_rows_each(), group="roll_no").notes
    assert any("rows of one student stay together" in note for note in notes)


def test_too_few_students_to_test_on_leave_nothing_held_out():
    table = read_table(several_rows_each(36))
    assert table.students == "roll_no"
    assert "nothing held out: 20% of the students" in hold_out(table, TrainConfig()).note


def test_a_rule_may_hold_out_where_students_are_on_several_rows():
    table = read_table(several_rows_each())
    split = hold_out(table, TrainConfig(test_where="branch == mech", group="none"))
    assert set(table.columns["branch"][rows_of(split, TEST)]) == {"MECH"}


def test_a_rule_holds_out_what_it_says():
    data = frame()
    rolls, _ = held_out(data, test_where="branch == mech")
    assert rolls == set(data.loc[data["branch"] == "MECH", "roll_no"])


def test_a_rule_that_leaves_one_outcome_for_training_is_refused():
    with pytest.raises(DataError, match="one outcome"):
        held_out(frame(), test_where="placed == 1")


def test_two_rows_one_of_each_outcome_train():
    data = pd.DataFrame({"cgpa": [5.5, 8.5], "placed": [0, 1]})
    split = hold_out(read_table(data), TrainConfig())
    assert rows_of(split, TRAIN).tolist() == [0, 1]


def test_negative_zero_and_missing_cells_have_one_hash():
    pairs = {"a": [0.0, -0.0, 1.0], "b": [np.nan, -np.nan, 2.0], "placed": [1, 1, 0]}
    one, other, third = hash_table(read_table(pd.DataFrame(pairs)), 0).whole()
    assert one == other != third


def test_ties_are_held_out_together():
    table = read_table(pd.DataFrame({"cgpa": np.arange(7.0), "placed": [1] * 6 + [0]}))
    hashes = table.store.new_array(np.uint64)
    hashes.append(np.array([5, 5, 5, 9, 10, 11, 1], dtype=np.uint64))
    marked = mark_smallest(table, order_by_hash(table, hashes), 1 / 6)
    assert marked(0).tolist() == [True] * 3 + [False] * 4


def test_folds_keep_equal_rows_together_and_share_each_outcome():
    table = read_table(pd.concat([frame(100), frame(100)]))
    fold = assign_folds(table, 0, 5).whole()
    assert (fold[:100] == fold[100:]).all()
    for outcome in (0, 1):
        counts = np.bincount(fold[table.label == outcome], minlength=5)
        assert counts.min() > 0.6 * counts.max()


def test_students_who_look_alike_share_a_fold_whatever_became_of_them():
    data = pd.concat([frame(400)] * 3, ignore_index=True)
    rng = np.random.default_rng(1)
    data["placed"] = (rng.random(1200) < 0.4).astype(int)
    table = read_table(data)
    fold = assign_folds(table, 0, 5).whole()
    assert (fold.reshape(3, 400) == fold[:400]).all()
    for outcome in (0, 1):
        counts = np.bincount(fold[table.label == outcome], minlength=5)
        assert counts.min() > 0.7 * counts.max()
    split = hold_out(table, TrainConfig())
    some = assign_folds(table, 0, 5, split=split).whole()
    for one in some.reshape(3, 400).T:
        assert len(set(one[one >= 0])) <= 1


def test_what_is_no_feature_decides_no_fold():
    data = frame(300)
    data["salary"] = np.where(data["placed"] == 1, data["cgpa"] * 1e5, np.nan)
    one = assign_folds(read_table(data), 0, 5).whole()
    other = assign_folds(read_table(data.drop(columns=["roll_no", "salary"])), 0, 5).whole()
    assert (one == other).all()


def test_a_group_of_equal_students_that_is_too_large_is_spread_over_the_folds():
    data = frame(300)
    data.loc[:149, ["cgpa", "branch", "college"]] = [7.0, "CSE", "C1"]
    fold = assign_folds(read_table(data), 0, 5).whole()
    assert np.bincount(fold[:150], minlength=5).min() > 10


def test_only_training_rows_have_a_fold_where_a_split_is_given():
    table = read_table(frame(400))
    split = hold_out(table, TrainConfig())
    fold = assign_folds(table, 0, 5, split=split).whole()
    assert (fold[rows_of(split, TEST)] == -1).all()
    train = rows_of(split, TRAIN)
    assert set(fold[train]) == {0, 1, 2, 3, 4}
    for outcome in (0, 1):
        counts = np.bincount(fold[train][table.label[train] == outcome])
        assert counts.min() > 0.8 * counts.max()


def test_folds_of_groups_never_part_a_group():
    table = read_table(frame(600), group="college")
    fold = assign_folds(table, 0, 4, group="college").whole()
    college = table.columns["college"]
    assert all(len(set(fold[college == one])) == 1 for one in set(college))
    assert set(fold) == {0, 1, 2, 3}
    assert (fold != assign_folds(table, 1, 4, group="college").whole()).any()


def test_an_outcome_in_one_fold_only_gives_no_folds():
    data = frame(100)
    data["placed"] = (data["college"] == "C1").astype(int)
    assert assign_folds(read_table(data, group="college"), 0, 3, group="college") is None
