"""What a command answers: a screen that an officer reads, whatever the columns are called."""

import contextlib
import dataclasses
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.cells import cell_len

from placement.config.train_config import TrainConfig
from placement.data.schema import Target
from placement.evaluation.false_alarms import FalseAlarms, GroupFalseAlarms
from placement.evaluation.metrics.accumulator import PredictionAccumulator
from placement.model.fairness_figures import ByColumn, Fairness, Gap, Group
from placement.model.fitted import load_fitted
from placement.reporting.answers.predict import mistaken, mistaken_by_group
from placement.reporting.answers.predictions import groups
from placement.stats.figures import Estimate
from placement.workflows.training.train import train

QUICK = ("--optimizer", "newton")
SHIPPED = Path(__file__).parents[2] / "data" / "students.csv"
SUBJECTS = ("मशीन लर्निंग के आंतरिक अंक", "数据结构与算法课程的平时成绩", "درجات مشروع التخرج النهائية")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def shipped(_students):
    """Students with names, branches, a batch and some without an outcome."""
    return SHIPPED


def noise(students):
    """Columns that say nothing of the outcome."""
    return students(Path("noise.csv"), 240, signal=False)


def few(students):
    """As many as one class has."""
    return students(Path("few.csv"), 60)


def wide(_students):
    """Sixty columns with long names of other scripts, and outcomes in one of them."""
    draw = np.random.default_rng(5)
    marks = draw.normal(60, 12, (150, 60)).round(1)
    names = [f"{SUBJECTS[n % 3]} {n}" for n in range(60)]
    frame = pd.DataFrame(marks, columns=names)
    logit = (marks[:, 0] - 60) / 6
    outcome = draw.uniform(size=150) < 1 / (1 + np.exp(-logit))
    frame.insert(0, "विद्यार्थी का नाम", [f"सुब्रह्मण्यम वेंकटरामन क्रमांक {n}" for n in range(150)])
    frame.insert(0, "Register No", [f"7319{n:06d}" for n in range(150)])
    frame["placed"] = np.where(outcome, "नियुक्ति मिल गई है और पत्र भी", "अब तक नियुक्ति नहीं मिली")
    frame.to_csv("wide.csv", index=False)
    return "wide.csv"


def doubtful(students):
    """Cells that are no numbers or off the scale, in a dozen columns."""
    frame = pd.read_csv(students(Path("plain.csv"), 240))
    draw = np.random.default_rng(1)
    for n in range(12):
        cells = pd.Series(draw.uniform(5, 10, 240).round(2).astype(str))
        cells[n] = "absent" if n % 2 else "77"
        frame[f"sem{n}_gpa"] = cells
    frame.to_csv("doubtful.csv", index=False)
    return "doubtful.csv"


OPTIONS = {
    wide: (
        "--positive", "नियुक्ति मिल गई है और पत्र भी", "--negative", "अब तक नियुक्ति नहीं मिली",
        "--encoding", "utf-8",
    ),
}  # fmt: skip


def check_screen(done):
    """A command was done, in at most 15 lines of at most 80 columns; return them."""
    assert done.code == 0, done.err
    lines = (done.out or done.wrapped_err).splitlines()
    assert 0 < len(lines) <= 15, lines
    prose = [line for line in lines if not line.startswith("Next: placement ")]
    assert max(map(cell_len, prose)) <= 80, prose
    warnings = [line for line in done.err.splitlines() if line.startswith("warning:")]
    assert len(warnings) <= 8
    for line in done.wrapped_err.splitlines():
        assert cell_len(line) <= 80 or "--" in line, line
    return lines


@pytest.mark.parametrize("made", [shipped, noise, few, wide, doubtful])
def test_train_dry_run_and_evaluate_answer_in_a_screen(run, students, made):
    sheet, options = made(students), OPTIONS.get(made, ())
    understood = check_screen(run("train", sheet, *options, "--dry-run"))
    assert understood[-1].startswith(f"Next: placement train {sheet}")
    assert all(word in understood[-1] for word in options)
    trained = check_screen(run("train", sheet, *options, "--no-track", "--out", "model", *QUICK))
    assert any(line.startswith("Learnt from ") for line in trained)
    next_step = "placement predict " if made in (shipped, few, doubtful) else "give other columns"
    assert trained[-1].startswith(f"Next: {next_step}")
    measured = check_screen(run("evaluate", sheet, "--model", "model", "--all-rows"))
    assert measured[0].startswith("Careful: ")  # it was trained on them
    check_screen(run("evaluate", sheet, "--model", "model"))


@pytest.fixture(scope="module", params=[shipped, wide])
def learnt(request, tmp_path_factory):
    """A table, one that has shifted, and two models of the first."""
    home, made = tmp_path_factory.mktemp("learnt"), request.param
    words = OPTIONS.get(made, ())
    options = {name[2:]: word for name, word in zip(words[::2], words[1::2], strict=True)}
    with contextlib.chdir(home):
        frame = pd.read_csv(made(None))
        frame.to_csv("table.csv", index=False)
        numbers = frame.select_dtypes("float").columns
        frame.assign(**{name: frame[name] + frame[name].std() for name in numbers}).to_csv(
            "shifted.csv", index=False
        )
        for l2, out in ((1.0, "model"), (50.0, "other")):
            quick = {"track": False, "optimizer": "newton", "l2": l2, "out": out}
            train(["table.csv"], TrainConfig(**quick, **options))
    return home


COMMANDS = [
    ("explain", "--model", "model"),
    ("explain", "table.csv", "--row", 3, "--model", "model", "--reach", 0.99),
    ("explain", "table.csv", "--model", "model"),
    (
        "predict",
        "table.csv",
        "--model",
        "model",
        "--rank",
        "risk",
        "--reasons",
        "--out",
        "list.csv",
    ),
    ("drift", "table.csv", "--model", "model"),
    ("drift", "shifted.csv", "--model", "model"),
    ("compare", "model", "other", "--data", "table.csv"),
    ("report", "model"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(map(str, words)))
def test_other_commands_answer_in_a_screen(run, monkeypatch, learnt, words):
    monkeypatch.chdir(learnt)
    check_screen(run(*words))


def test_who_is_champion_is_said_and_how_another_becomes_it(run, store, students):
    sheet, quick = students(Path("plain.csv"), 240), (*QUICK, "--sensitive", "")
    first, second = (" ".join(check_screen(run("train", sheet, *quick))) for _ in range(2))
    assert "Model placement/1 is now champion; gradients checked" in first
    assert "Model placement/2 is challenger: `placement promote` asks whether" in second
    assert "--model models:/placement/2 " in second


def test_a_model_without_signal_is_not_to_be_used(run, students):
    sheet = noise(students)
    trained = " ".join(check_screen(run("train", sheet, "--no-track", "--out", "model", *QUICK)))
    assert trained.startswith("Careful: no signal: over 240 students")
    measured = " ".join(check_screen(run("evaluate", sheet, "--model", "model")))
    assert "do not choose anybody by it" in " ".join(measured.split())
    for text in (trained, measured):
        assert "taken at their word" not in text
        assert "placement predict" not in text


def test_tune_answers_in_a_screen(run, students):
    lines = check_screen(run("tune", few(students), "--no-track", "--repeats", 1))
    text = " ".join(lines)
    assert re.search(r"Chosen: --l2 \S+ The penalty", text)
    assert lines[-1].startswith("Next: placement train few.csv --l2 ")


def test_the_line_that_train_ends_with_ranks_the_students_that_wait(run, students):
    frame = pd.read_csv(students(Path("plain.csv"), 240))
    frame.loc[:29, "status"] = None
    frame.to_csv("my students.csv", index=False)
    done = run("train", "my students.csv", "--no-track", "--out", "model", *QUICK)
    line = done.out.splitlines()[-1].removeprefix("Next: placement ")
    words = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", line)]
    assert run(*words).code == 0
    called = pd.read_excel("call_in.xlsx", sheet_name="List", engine="calamine")
    assert len(called) == 20
    assert called["status"].isna().all()
    assert called["placement_probability"].is_monotonic_increasing


def test_where_all_outcomes_are_known_the_line_names_a_file_yet_to_come(run, students):
    sheet = students(Path("known.csv"), 240)
    done = run("train", sheet, "--no-track", "--out", "model", *QUICK)
    said, line = done.out.splitlines()[-2:]
    assert line.startswith("Next: placement predict NEXT.csv --model model ")
    assert said == "All outcomes here are known; NEXT.csv stands for the next students' file."


def test_of_several_files_that_whose_students_wait_is_ranked(run, students):
    frame = pd.read_csv(students(Path("plain.csv"), 240))
    frame[:120].to_csv("known.csv", index=False)
    frame["status"] = frame["status"].where(frame.index < 200)
    frame[120:].to_csv("new.csv", index=False)
    done = run("train", "known.csv", "new.csv", "--no-track", "--out", "model", *QUICK)
    assert done.out.splitlines()[-1].startswith("Next: placement predict new.csv ")
    assert "--unknown" in done.out


def test_rows_are_not_called_students_where_one_has_several(run, students):
    frame = pd.read_csv(students(Path("plain.csv"), 240))
    pd.concat([frame] * 2).to_csv("offers.csv", index=False)
    several = "rows (a student, by register_no, may have several)"
    for options, words in (
        (("--dry-run",), f"offers.csv: 480 {several} whose outcome is known"),
        (("--no-track", "--out", "model", *QUICK), f"{several}, tried on"),
    ):
        assert words in " ".join(run("train", "offers.csv", *options).out.split())


def test_the_counts_are_those_of_the_held_out_students(run, students):
    sheet = students(Path("plain.csv"), 240)
    done = run("train", sheet, "--no-track", "--out", "model", *QUICK)
    text = " ".join(line.strip() for line in done.out.splitlines())
    counts = load_fitted("model").figures.evaluated.out_of_sample.confusion
    number = counts.tp + counts.tn + counts.fp + counts.fn
    right = 100 * (counts.tp + counts.tn) / number
    usual = 100 * (counts.tp + counts.fn) / number
    assert f"Learnt from 192 students, tried on {number:.0f} others" in text
    assert f"right for {right:.0f} of 100 (calling all 'Placed': {usual:.0f})" in text
    assert f"Of {counts.tn + counts.fn:.0f} called 'Not Placed', {counts.fn:.0f} w" in text


def test_a_column_that_tells_the_outcome_is_named_first(run, students):
    frame = pd.read_csv(students(Path("plain.csv"), 240))
    draw = np.random.default_rng(2)
    frame["panel_marks"] = np.where(frame["status"] == "Placed", 8, 2) + draw.uniform(0, 1, 240)
    frame.to_csv("leak.csv", index=False)
    lines = check_screen(run("train", "leak.csv", "--no-track", "--out", "model", *QUICK))
    text = " ".join(line.strip() for line in lines)
    assert text.startswith("Careful: too good to be true (ROC AUC 1.000)")
    assert (
        "panel_marks alone tells the outcome: is it written afterwards? If so: --drop panel_marks"
        in text
    )


def test_a_column_that_tells_the_outcome_is_no_longer_among_the_features_asked_for(run, students):
    frame = pd.read_csv(students(Path("plain.csv"), 240))
    frame["panel"] = np.where(frame["status"] == "Placed", 8, 2) + np.arange(240) / 240
    frame.to_csv("leak.csv", index=False)
    asked = ("--features", "panel,cgpa", "--no-track", *QUICK)
    line = run("train", "leak.csv", *asked).out.splitlines()[-1].removeprefix("Next: placement ")
    assert "--drop panel" in line
    again = run(*line.split(), "--dry-run")
    assert again.code == 0, again.err
    assert "Learns from 1 column: cgpa." in again.out


def test_a_rarer_outcome_that_is_never_called_is_said_with_where_to_go(run):
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"gpa": draw.uniform(2, 4, 300), "credits": draw.uniform(9, 18, 300)})
    frame["retained"] = np.where(np.arange(300) % 15, "Yes", "No")
    frame.to_csv("retention.csv", index=False)
    words = ("train", "retention.csv", "--target", "retained", "--no-track")
    lines = check_screen(run(*words, *QUICK))
    text = " ".join(line.strip() for line in lines)
    assert "Not one of the 20 'No' is called so" in text
    assert "calling all 'Yes': 93" in text
    assert "predict --rank risk --top 20" in text
    assert "--threshold capacity=" in text


@pytest.mark.parametrize(
    ("students", "shift", "words"),
    [
        (4000, 0.0, "taken at their word"),
        (4000, 1.5, "too high"),
        (40, 0.0, "right as far as 40 students can tell"),
    ],
)
def test_chances_are_believed_only_where_they_came_true(students, shift, words):
    from placement.evaluation.calibration.calibration import calibration_figures
    from placement.reporting.answers.predictions import chances

    draw = np.random.default_rng(4)
    logit = draw.normal(0, 1.5, students)
    happened = (draw.uniform(size=students) < 1 / (1 + np.exp(-logit))).astype(float)
    rows = PredictionAccumulator()
    rows.add(1 / (1 + np.exp(-logit - shift)), happened, np.ones(students), 0.5)
    summary = rows.summary()
    figures = calibration_figures(summary.probability, summary.label, summary.weight, summary.rows)
    (sentence,) = chances(figures, students)
    assert words in sentence
    assert f"{100 * happened.mean():.0f} happened" in sentence


def test_of_all_is_said_only_where_not_one_was_called_wrongly():
    from placement.data.schema import Target
    from placement.reporting.answers.predictions import accuracy
    from placement.stats.metrics import Confusion

    target = Target("status", "Placed", "Not Placed")
    one_wrong = accuracy(Confusion(tp=424, fp=1, tn=775, fn=0), target, 0.35)
    assert one_wrong.startswith("right for over 99 of 100 ")
    assert accuracy(Confusion(425, 0, 0, 775), target, 0.35).startswith("right for 100 of 100 ")


def test_the_limits_of_how_many_fare_otherwise_never_promise_that_none_of_a_few_does():
    alarms = FalseAlarms("risk", 2, Estimate(0.0, 0.0, 0.27), 25)
    said = mistaken(alarms, Target("status", "Placed", "Not Placed"))
    assert "Of 2 such students about 0 end 'Placed' all the same (0 to 1; measured on 25" in said


def test_by_group_it_is_said_how_many_fare_otherwise_of_those_called_what_the_list_expects():
    shares = Estimate(0.3, 0.2, 0.4)
    groups = [("gender", "F", 41, 12), ("gender", "M", 80, 25), ("region", "north", 50, 0)]
    alarms = FalseAlarms(
        "risk", 60, Estimate(22, 14, 31), 252, tuple(GroupFalseAlarms(*g, shares) for g in groups)
    )
    said = list(mistaken_by_group(alarms, Target("status", "Placed", "Not Placed")))
    called = "of those called 'Not Placed' there, 'Placed' all the same"
    assert said == [
        f"By gender, {called}: 12 of 41 F, 25 of 80 M.",
        f"By region, {called}: 0 of 50 north.",
    ]
    best = dataclasses.replace(alarms, rank="chance")
    said = next(mistaken_by_group(best, Target("status", "Placed", "Not Placed")))
    assert "of those called 'Placed' there, 'Not Placed' all the same" in said


def test_of_groups_that_few_students_cannot_judge_the_farthest_apart_are_named():
    def group(name, called):
        rate, share = Estimate(called, 0, 1), Estimate(0.5, 0.4, 0.6)
        return Group(name, 60, 60, 30, rate, share, share, share, 0.5, share, 0.8, None)

    def said(low):
        gap = Gap(
            "demographic_parity_difference", 0.35, low, 0.6, 0.1, "undecided", "selection_rate",
            "CIVIL", "CSE",
        )  # fmt: skip
        column = ByColumn("branch", (group("CIVIL", 0.5), group("CSE", 0.85)), (gap,))
        target = Target("status", "Placed", "Not Placed")
        return list(groups(Fairness(0.5, (column,), ""), target))

    unsure = "Whether groups of branch are treated alike, 120 students cannot tell."
    named = "By branch, CIVIL is called 'Placed' least often (50 in 100), CSE most often (85)."
    assert said(0.05) == [unsure, named]
    assert said(0.0) == [unsure]


def test_many_cells_in_doubt_are_said_first(run, students):
    frame = pd.read_csv(students(Path("plain.csv"), 240))
    frame["tests"] = np.where(np.arange(240) % 4 == 0, -1, 20 + np.arange(240) % 50)
    frame.to_csv("odd.csv", index=False)
    done = run("train", "odd.csv", "--dry-run")
    assert done.out.startswith("Careful: 60 of 240 cells of tests are in doubt"), done.out


def test_the_whole_text_is_there_for_who_asks(run, students):
    done = run("train", few(students), "--no-track", "-v", *QUICK)
    for words in ("Coefficients (log-odds)", "Columns used", "Calibration on these rows"):
        assert words in done.out
