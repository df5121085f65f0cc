import numpy as np
import pytest

from placement.data.schema import Target
from placement.data.table.batches import Batch, Batches, batch_warnings, batches_of
from placement.data.table.read_table import read_table
from placement.errors import DataError, UsageError
from tests.data.small_columns import column, evidence, outcome
from tests.data.table.test_read_table import students

TARGET = Target("status", "Placed", "Not Placed")
PLACED = Batch("2024", 10, 10), Batch("2025", 12, 8)
WAITING = Batch("2026", 20, 0), Batch("2027", 20, 0)


def batches(*of, are_numbers=True, name="batch"):
    return Batches(name, of, are_numbers)


@pytest.mark.parametrize("cells", [[2024, 2025], ["2023-27", "2024-28"]])
def test_batches_are_counted_by_outcome_from_the_first_to_the_last(cells):
    labels = outcome(["Placed", "Not"] * 6 + ["Not"] * 3, {"Placed"})
    made = column([cells[1]] * 7 + [cells[0]] * 8, "batch")
    found = batches_of(made, evidence(made, labels).summary, labels)
    assert found.batches == (Batch(str(cells[0]), 6, 2), Batch(str(cells[1]), 3, 4))


def test_the_latest_batch_with_both_outcomes_is_the_one_to_test_on():
    assert batches(*PLACED).latest_rule == "batch==2025"
    assert batches(*PLACED, *WAITING).latest_rule == "batch==2025"
    assert batches(*PLACED, name="Year of Passing").latest_rule == "`Year of Passing`==2025"


def test_no_batch_is_proposed_where_the_others_would_have_one_outcome():
    assert batches(PLACED[0], *WAITING).latest_rule is None
    assert batches(*WAITING).latest_rule is None
    assert batches().latest_rule is None


def test_batches_not_placed_yet_are_warned_of_with_the_line_to_type():
    (said,) = batch_warnings(batches(*PLACED, *WAITING), TARGET)
    assert said.startswith("batch 2026 and 2027 (40 rows): not one 'Placed'")
    assert "--where 'batch<2026'" in said
    assert "leave status blank" in said
    (said,) = batch_warnings(batches(PLACED[0], *WAITING), TARGET)
    assert "--where 'batch==2024'" in said


def test_batches_of_words_or_between_others_are_left_out_one_by_one():
    (said,) = batch_warnings(batches(WAITING[0], *PLACED, WAITING[1]), TARGET)
    assert "--where 'batch!=2026' --where 'batch!=2027'" in said
    (said,) = batch_warnings(batches(*PLACED, *WAITING, are_numbers=False), TARGET)
    assert "--where 'batch!=2026' --where 'batch!=2027'" in said


def test_a_batch_of_placed_students_alone_is_warned_of():
    (said,) = batch_warnings(batches(*PLACED, Batch("2026", 0, 30)), TARGET)
    assert "only 'Placed': are the others missing?" in said


def test_what_may_be_chance_is_not_warned_of():
    assert not batch_warnings(batches(*PLACED, Batch("2026", 4, 0)), TARGET)
    rare = Batch("2024", 97, 3), Batch("2025", 20, 0)
    assert not batch_warnings(batches(*rare), TARGET)
    assert not batch_warnings(batches(*WAITING), TARGET)


def test_the_table_warns_first_of_batches_not_placed_and_where_leaves_them_out():
    frame = students(batch=np.repeat([2024, 2025, 2026], 20))
    frame.loc[frame["batch"] == 2026, "status"] = "Not Placed"
    table = read_table(frame)
    assert table.warnings[0].startswith("batch 2026 (20 rows)")
    assert any("--test-where 'batch==2025'" in note for note in table.notes)
    kept = read_table(frame, where=("batch<2026",))
    assert len(kept) == 40
    assert kept.left_out == (("not --where batch<2026", 20),)
    assert not kept.warnings
    assert len(read_table(frame, where=("batch!=2026", "BATCH != 2025"))) == 20


def test_a_rule_of_where_must_be_one_and_of_a_column_that_is_there():
    with pytest.raises(UsageError, match="--where 'batch': not a rule"):
        read_table(students(batch=[2024, 2025] * 30), where=("batch",))
    with pytest.raises(DataError, match="did you mean 'batch'"):
        read_table(students(batch=[2024, 2025] * 30), where=("bach==2024",))
