"""The single column that a list is best made by, and the list by branch."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from placement.config.train_config import TrainConfig
from placement.data.columns.storage import Storage
from placement.data.table.read_table import read_table
from placement.evaluation import single_columns
from placement.evaluation.single_columns import (
    compare_lists,
    learn_rankings,
    sampling_step,
    score_by,
)
from placement.training.prepare import every_row, prepare
from placement.workflows.reading.read_training_tables import read
from placement.workflows.training.final_figures import finalize
from placement.workflows.training.fit_and_test import fit_and_test, understand

RNG = np.random.default_rng(0)
ROWS = 400
CGPA, BRANCH = RNG.normal(7, 1, ROWS), RNG.choice(["CSE", "ECE", "MECH"], ROWS)
PLACED = RNG.random(ROWS) < expit(1.5 * (CGPA - 7) + (BRANCH == "CSE"))
STUDENTS = pd.DataFrame(
    {
        "cgpa": CGPA,
        "backlogs": RNG.poisson(1, ROWS),
        "department": BRANCH,
        "town": RNG.choice([f"town {k}" for k in range(60)], ROWS),
        "placed": PLACED.astype(int),
    }
)


def rankings(students, **terms):
    prepared = prepare(read_table(students, target="placed"), TrainConfig(test_size=0.0, **terms))
    columns = prepared.problem.columns
    return learn_rankings(prepared.observed, prepared.encoder, columns), prepared.encoder


def test_the_best_column_and_that_of_the_branch_are_found_and_none_of_many_levels_by_luck():
    found, _ = rankings(STUDENTS)
    assert [ranking.column for ranking in found] == ["cgpa", "department"]
    without, _ = rankings(STUDENTS.drop(columns=["cgpa", "department"]).assign(cgpa=-CGPA))
    assert [ranking.column for ranking in without] == ["cgpa"]


def test_a_column_ranks_by_what_happened_to_the_training_rows_of_each_level():
    found, encoder = rankings(STUDENTS)
    levels = np.array(["CSE", "ECE", "MECH", "cse"], dtype=object)
    scores = score_by(found[1], encoder, {"department": levels})
    shares = STUDENTS.groupby("department")["placed"].mean()
    assert np.argsort(scores[:3]).tolist() == np.argsort(shares.to_numpy()).tolist()
    assert scores[3] == scores[0]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_ranks_in_its_own_direction(sign):
    found, encoder = rankings(STUDENTS.assign(cgpa=sign * CGPA))
    low, high = score_by(found[0], encoder, {"cgpa": np.array([sign * 5.0, sign * 9.0])})
    assert low < high


@pytest.mark.parametrize(
    "terms", [{"step": ("cgpa:7.5",)}, {"spline": ("cgpa:4",)}, {"interaction": ("cgpa:backlogs",)}]
)
def test_a_column_counts_with_its_bends_and_steps_and_without_its_products(terms):
    found, encoder = rankings(STUDENTS, **terms)
    assert found[0].column == "cgpa"
    scores = score_by(found[0], encoder, {"cgpa": np.array([5.0, 7.0, 9.0])})
    assert (np.diff(scores) > 0).all()


def test_a_column_of_many_levels_is_not_the_best_by_what_its_rows_happened_to_have():
    rng = np.random.default_rng(1)
    marks, town = rng.normal(size=200), np.repeat([f"town {k}" for k in range(20)], 10)
    placed = (rng.random(200) < expit(0.5 * marks)).astype(int)
    found, _ = rankings(pd.DataFrame({"marks": marks, "town": town, "placed": placed}))
    assert found[0].column == "marks"


@pytest.mark.parametrize(("rows", "most", "every"), [(100, 100, 1), (101, 100, 2), (700, 64, 16)])
def test_of_rows_that_are_too_many_every_kth_is_looked_at(rows, most, every):
    assert sampling_step(rows, most) == every
    assert most / 2 <= len(range(0, rows, every)) <= most or every == 1


def test_a_list_of_an_even_sample_holds_what_the_sample_says_and_counts_all(tmp_path, monkeypatch):
    """Pieces of 37 rows: which rows are looked at does not begin anew with each."""
    file, config = tmp_path / "students.csv", TrainConfig(target="placed")
    STUDENTS.to_csv(file, index=False)
    with Storage(stream=False, piece_rows=37) as storage:
        prepared, _ = understand(read([str(file)], config, storage), config)
        fitted = finalize(fit_and_test(prepared))
    table = prepared.table
    assert table.pieces > 10
    monkeypatch.setattr(single_columns, "_MOST_LISTED", 100)
    found = compare_lists(fitted, every_row(table))
    sample = every_row(table.take(np.arange(0, ROWS, 4)))
    of_sample = compare_lists(fitted, sample, seats=found.seats / 4)
    assert (found.model, found.others) == (of_sample.model, of_sample.others)
    assert (found.rows, found.missed) == (ROWS, ROWS - PLACED.sum())
