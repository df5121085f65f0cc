import numpy as np
import pandas as pd
import pytest

from placement.data.columns.raw_column import MAX_TEXTS
from placement.data.table.read_table import read_table
from placement.errors import DataError
from placement.evaluation.overrides import evaluate_overrides
from placement.stats.list_precision import list_precision, precision_difference

# Twelve students by risk: four have a seat. Placed in the end: the second, the fourth, and those
# from the eighth on.
PLACED = [0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1]
SEATS = ["certain"] * 3 + ["drawn", "not drawn"] + ["none"] * 7
OVERRIDES = ["in", "Out ", None, "OUT", "in", None, "in", None, None, None, None, "in"]


def listed(**changed):
    columns = {
        "cgpa": np.linspace(5, 9, 12),
        "placement_probability": np.linspace(0.1, 0.9, 12),
        "placement_prediction": [0] * 6 + [1] * 6,
        "placement_seat": SEATS,
        "placement_rank": range(1, 13),
        "override": OVERRIDES,
        "placed": PLACED,
    }
    columns |= changed
    frame = pd.DataFrame({name: cells for name, cells in columns.items() if cells is not None})
    return read_table(frame, target="placed")


def members(*rows):
    return np.isin(np.arange(12), rows)


def test_model_adviser_and_both_are_scored_on_the_same_students():
    found = evaluate_overrides(listed())
    not_placed = np.array(PLACED) == 0
    model, adviser, both = members(0, 1, 2, 3), members(0, 4, 6, 11), members(0, 2, 4, 6, 11)
    assert (found.rank, found.students) == ("risk", 12)
    assert found.model == list_precision(model, not_placed)
    assert found.adviser == list_precision(adviser, not_placed)
    assert found.both == list_precision(both, not_placed)
    assert found.both_difference == precision_difference(model, both, not_placed)
    assert found.adviser_difference == precision_difference(model, adviser, not_placed)


def test_an_override_is_right_where_the_outcome_bears_it_out():
    found = evaluate_overrides(listed())
    # Put in: 4, 6 and 11, who was placed; 0 had a seat already. Taken out: 1 and 3, both placed.
    assert (found.put_in.listed, found.put_in.right) == (3, 2)
    assert (found.taken_out.listed, found.taken_out.right) == (2, 2)
    assert (found.right, found.number) == (4, 5)


def test_a_list_of_the_best_chances_is_right_of_those_who_were_placed():
    chances = np.linspace(0.9, 0.1, 12)
    found = evaluate_overrides(listed(placement_probability=chances))
    unranked = evaluate_overrides(listed(placement_probability=chances, placement_rank=None))
    assert found == unranked
    assert found.rank == "chance"
    assert (found.model.right, found.put_in.right) == (2, 1)


def test_without_the_column_of_seats_only_the_changes_are_scored():
    found = evaluate_overrides(listed(placement_seat=None))
    assert (found.rank, found.model, found.both) == ("risk", None, None)
    assert (found.put_in.right, found.taken_out.right) == (3, 2)
    ranked = listed(placement_seat=None, placement_probability=np.linspace(0.9, 0.1, 12))
    assert evaluate_overrides(ranked).rank == "chance"


def test_seats_by_branch_do_not_hide_whom_a_list_has_first():
    # Of a small branch of good chances nearly all have a seat, of a large one few.
    frame = pd.DataFrame({
        "cgpa": np.linspace(5, 9, 52), "placed": np.arange(52) % 2,
        "placement_probability": np.r_[np.linspace(0.85, 0.95, 12), np.linspace(0.2, 0.6, 40)],
        "placement_seat": ["certain"] * 10 + ["none"] * 2 + ["certain"] * 10 + ["none"] * 30,
        "placement_rank": [*range(1, 13), *range(1, 41)], "override": ["in"] + [None] * 51,
    })  # fmt: skip
    table = read_table(frame, target="placed")
    assert evaluate_overrides(table).rank == "risk"
    assert evaluate_overrides(table, "chance").rank == "chance"


def test_rows_that_stand_for_several_students_are_refused():
    frame = pd.DataFrame({"cgpa": np.linspace(5, 9, 12), "times": [1, 2.5] * 6, "placed": PLACED,
        "placement_probability": np.linspace(0.1, 0.9, 12), "override": OVERRIDES})  # fmt: skip
    with pytest.raises(DataError, match="stand for several students"):
        evaluate_overrides(read_table(frame, target="placed", weight="times"))


def test_nothing_is_said_without_an_override():
    assert evaluate_overrides(listed(override=None)) is None
    assert evaluate_overrides(listed(override=[None] * 12)) is None


def test_a_word_that_is_neither_in_nor_out_is_refused_by_its_row():
    words = [*OVERRIDES[:5], "maybe", *OVERRIDES[6:]]
    with pytest.raises(
        DataError, match=r"row 6, column override: 'maybe' \(1\) is neither in nor out"
    ):
        evaluate_overrides(listed(override=words))


def test_overrides_without_a_reason_are_counted():
    assert evaluate_overrides(listed()).without_reason is None
    reasons = ["ill", None, None, "offer elsewhere", "father died", "-", None, *[None] * 5]
    assert evaluate_overrides(listed(override_reason=reasons)).without_reason == 3


def test_sentences_in_place_of_in_and_out_are_refused():
    rows = MAX_TEXTS + 1
    frame = pd.DataFrame({
        "cgpa": np.linspace(5, 9, rows), "placement_probability": np.linspace(0, 1, rows),
        "placed": np.arange(rows) % 2, "override": [f"call her on day {n}" for n in range(rows)],
    })  # fmt: skip
    with pytest.raises(DataError, match="override: is free text, where few words belong"):
        evaluate_overrides(read_table(frame, target="placed"))
