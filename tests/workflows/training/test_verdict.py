"""Whether a model is better than the base rate, and which rows decide that."""

import numpy as np
import pandas as pd
import pytest

from placement.config.train_config import TrainConfig
from placement.data.table.read_table import read_table
from placement.training.prepare import prepare
from placement.workflows.training.final_figures import evaluation_of
from placement.workflows.training.fit_and_test import fit_and_test


def sheet(rows, signal, seed=0):
    rng = np.random.default_rng(seed)
    cgpa, tests = rng.normal(7, 1, rows).round(4), rng.normal(50, 9, rows).round(4)
    chance = 1 / (1 + np.exp(-signal * (cgpa - 7)))
    return pd.DataFrame({"cgpa": cgpa, "tests": tests, "placed": rng.random(rows) < chance})


def evaluated(frame, **settings):
    read = {name: settings[name] for name in ("group", "weight") if name in settings}
    config = TrainConfig(optimizer="newton", sensitive=(), **settings)
    return evaluation_of(fit_and_test(prepare(read_table(frame, target="placed", **read), config)))


def test_few_held_out_rows_leave_the_verdict_to_five_folds_of_all_rows():
    measured = evaluated(sheet(100, 1.4, seed=0))
    verdict = measured.verdict
    assert (verdict.name, verdict.decided_on) == ("better", "out_of_fold")
    assert (verdict.rows, verdict.held_out) == (100, 20)
    # On the held-out rows alone nothing could be told: the metrics are theirs all the same.
    assert measured.metrics_on == "test"
    assert measured.skill.low < 0 < verdict.skill.low


def test_enough_held_out_rows_decide_alone():
    measured = evaluated(sheet(1100, 1.0))
    assert (measured.verdict.decided_on, measured.verdict.rows) == ("test", 220)
    assert measured.verdict.skill == measured.skill
    assert measured.verdict.association is None


def test_200_held_out_rows_are_too_few_where_50_are_not_of_the_rarer_outcome():
    frame = sheet(1100, 1.0)
    few = frame[frame.placed | (np.arange(1100) % 8 == 0)]
    frame = pd.concat([few, few.assign(tests=few.tests + 0.01)], ignore_index=True)
    measured = evaluated(frame)
    assert measured.verdict.held_out >= 200
    assert measured.verdict.decided_on == "out_of_fold"


def test_noise_is_no_signal_and_too_few_rows_are_not_shown():
    assert evaluated(sheet(600, 0.0)).verdict.name == "no_signal"
    assert evaluated(sheet(40, 0.6, seed=1)).verdict.name == "not_shown"


def test_rows_that_cannot_be_divided_into_folds_show_nothing():
    frame = sheet(30, 2.0).assign(placed=[True, *[False] * 29])
    verdict = evaluated(frame, test_size=0.0).verdict
    assert (verdict.name, verdict.decided_on) == ("not_shown", "train")


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_a_calibrated_model_is_judged_by_folds_that_are_calibrated_by_the_others(method):
    plain, mended = (
        evaluated(sheet(300, 2.0), class_weight="balanced", calibrate=c) for c in ("none", method)
    )
    assert mended.verdict.decided_on == "out_of_fold"
    assert mended.verdict.rows == 300
    assert mended.verdict.association == pytest.approx(plain.verdict.association)
    assert mended.verdict.skill.gain != plain.verdict.skill.gain


def test_a_table_of_counts_has_the_verdict_of_its_students():
    students = sheet(400, 1.5).round(0)
    counts = students.groupby(list(students.columns)).size().reset_index(name="n")
    lines, rows = evaluated(counts, weight="n").verdict, evaluated(students).verdict
    assert (lines.name, lines.rows, lines.held_out) == (rows.name, rows.rows, rows.held_out)
    assert lines.skill.gain == pytest.approx(rows.skill.gain, abs=0.01)


def test_noise_that_was_multiplied_is_no_more_related_to_the_outcome():
    once = evaluated(sheet(120, 0.0, seed=7))
    many = evaluated(pd.concat([sheet(120, 0.0, seed=7)] * 10, ignore_index=True))
    assert many.verdict.held_out >= 200
    assert many.verdict.decided_on == once.verdict.decided_on == "out_of_fold"
    assert abs(many.verdict.association) < 2
    assert many.verdict.association == pytest.approx(once.verdict.association, abs=1.0)


def test_few_groups_leave_every_row_on_its_own():
    frame = sheet(240, 1.5).assign(college=[f"C{n % 5}" for n in range(240)])
    verdict = evaluated(frame, group="college").verdict
    assert (verdict.name, verdict.decided_on) == ("better", "out_of_fold")


def test_a_student_on_many_rows_is_one():
    rng = np.random.default_rng(5)
    frame = sheet(40, 0.8, seed=5)
    rows = frame.loc[np.repeat(frame.index, 8)].assign(tests=rng.normal(50, 9, 320).round(3))
    rows = rows.assign(student=[f"S{n}" for n in rows.index]).reset_index(drop=True)
    as_students = evaluated(rows, group="student").verdict.association
    as_rows = evaluated(rows, group="student", test_size=0.0).verdict.association
    assert as_students == as_rows
    assert as_students < 3


def test_the_gain_of_a_multiplied_table_is_no_surer_than_that_of_its_rows():
    frame = sheet(120, 0.0, seed=7)
    once, many = (evaluated(pd.concat([frame] * copies)).verdict for copies in (1, 10))
    width = many.skill.high - many.skill.low
    assert width == pytest.approx(once.skill.high - once.skill.low, rel=0.3)
