import numpy as np
import pandas as pd
import pytest

from placement.data.table.read_table import read_table
from placement.errors import DataError
from placement.evaluation.as_told import (
    evaluate_as_told,
    outcomes_by_seat,
    rows_with_probability,
    warn_of_help,
)
from placement.evaluation.evaluate import evaluate_probabilities


def told(**changed):
    draw = np.random.default_rng(0)
    p = draw.random(60).round(3)
    columns = {
        "cgpa": draw.normal(7, 1, 60).round(2),
        "placed": (draw.random(60) < p).astype(int),
        "placement_probability": p,
        "placement_prediction": (p >= 0.4).astype(int),
    }
    return read_table(pd.DataFrame(columns | changed), target="placed")


def test_the_chances_of_a_list_are_measured_as_they_stand():
    table = told()
    p = np.concatenate([table.chunked_columns["placement_probability"].piece(0)])
    measured = evaluate_as_told(rows_with_probability(table))
    expected = evaluate_probabilities(p, table.label, threshold=measured.threshold)
    assert measured.metrics == expected.metrics
    assert measured.confusion == evaluate_probabilities(p, table.label, threshold=0.4).confusion
    assert measured.skill is None


def test_a_list_on_which_nobody_was_called_placed_counts_nobody_so():
    measured = evaluate_as_told(told(placement_prediction=np.zeros(60, dtype=int)))
    assert measured.confusion.tp == measured.confusion.fp == 0


def test_the_threshold_of_a_list_is_the_supposed_one_where_that_gives_its_predictions():
    low = told().chunked_columns["placement_probability"].piece(0) * 0.3
    nobody = told(placement_probability=low, placement_prediction=np.zeros(60, dtype=int))
    assert evaluate_as_told(nobody).threshold == 0.5
    assert evaluate_as_told(nobody, supposed=0.7).threshold == 0.7
    assert evaluate_as_told(nobody, supposed=0.1).threshold == pytest.approx(low.max())


def test_rows_without_a_chance_are_no_students_of_the_list():
    p = told().chunked_columns["placement_probability"].piece(0).astype(float)
    p[:7] = np.nan
    assert len(rows_with_probability(told(placement_probability=p))) == 53


def test_a_file_that_tells_no_chances_is_refused_with_what_to_give():
    table = read_table(pd.DataFrame({"cgpa": [7.5, 8, 6.5, 9] * 10, "placed": [0, 1] * 20}))
    with pytest.raises(DataError, match=r"no column placement_probability.*predict wrote"):
        rows_with_probability(table)


def test_a_chance_beyond_1_is_refused():
    with pytest.raises(DataError, match="60 cells are no probability from 0 to 1"):
        rows_with_probability(told(placement_probability=np.linspace(2, 99, 60)))


def test_what_was_told_is_set_beside_what_happened_apart_for_those_who_were_helped():
    seats = np.array(["certain", "Drawn", "not drawn", "none"] * 15)
    table = told(placement_seat=seats)
    p, seated = table.columns["placement_probability"], np.arange(60) % 4 < 2
    without, seated_ones = outcomes_by_seat(table)
    assert (without.has_seat, without.students, seated_ones.students) == (False, 30, 30)
    assert without.told == pytest.approx(p[~seated].mean())
    assert without.happened == pytest.approx(table.label[~seated].mean())
    assert seated_ones.told == pytest.approx(p[seated].mean())
    assert "30 students had a seat" in warn_of_help(table)[0]


def test_rows_that_stand_for_several_students_count_as_often():
    frame = pd.DataFrame({
        "cgpa": range(6), "placed": [0, 1, 1, 0, 1, 1], "times": [1.5, 2, 2.5] * 2,
        "placement_probability": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        "placement_seat": ["certain", "none"] * 3,
    })  # fmt: skip
    table = read_table(frame, target="placed", weight="times")
    without, seated = outcomes_by_seat(table)
    assert (without.students, seated.students) == (6, 6)
    assert without.told == pytest.approx((2 * 0.2 + 1.5 * 0.4 + 2.5 * 0.6) / 6)
    assert seated.happened == pytest.approx((2.5 + 2) / 6)
    assert "6 students had a seat" in warn_of_help(table)[0]


def test_nothing_is_set_apart_where_nobody_or_everybody_had_a_seat():
    assert outcomes_by_seat(told()) == ()
    assert outcomes_by_seat(told(placement_seat=["none"] * 60)) == ()
    assert outcomes_by_seat(told(placement_seat=["certain"] * 60)) == ()
    assert warn_of_help(told()) == ()
