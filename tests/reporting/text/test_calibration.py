"""The sentences about calibration say what the figures say, and no more."""

import re
from dataclasses import replace

import numpy as np
import pytest

from placement.evaluation.calibration.calibration import calibration_figures
from placement.model.figures import ProbabilityFigures, RecalibrationFigures
from placement.model.scorer import Isotonic, Platt
from placement.reporting.text.calibration import (
    calibrate_text,
    calibration_metrics,
    calibration_text,
)


def figures(stretch=1.0, shift=0.0, n=3000):
    rng = np.random.default_rng(3)
    logit = rng.normal(0, 1.5, n)
    y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float)
    p = 1 / (1 + np.exp(-(stretch * logit + shift)))
    return calibration_figures(p, y, np.ones(n))


def said(**how):
    return "\n".join(calibration_text(figures(**how)))


def test_an_honest_model_is_not_found_fault_with():
    text = said()
    assert "neither too extreme nor too timid" in text
    assert "no more than chance makes" in text


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"stretch": 2.0}, "Predictions are too extreme (slope 0."),
        ({"stretch": 0.5}, "Predictions are too timid (slope "),
        ({"stretch": -1.0}, "it happened less often (slope -"),
        ({"shift": 0.8}, "predictions are too high"),
        ({"shift": -0.8}, "predictions are too low"),
        ({"n": 12}, "It is not known whether it happens more often"),
    ],
)
def test_each_fault_is_named(how, words):
    assert words in said(**how)


def test_the_bin_that_is_farthest_off_is_told_with_its_limits_and_rows():
    found = figures(stretch=3.0)
    outside = [b for b in found.bins if not b.low <= b.predicted <= b.high]
    worst = max(found.bins, key=lambda b: abs(b.predicted - b.observed))
    (line,) = (line for line in calibration_text(found) if "When it says" in line)
    shares = (worst.predicted, worst.observed, worst.low, worst.high)
    says = [f"{100 * share:.0f}" for share in shares]
    assert line.strip() == (
        f"When it says {says[0]} in 100, it happened {says[1]} in 100 ({says[2]} to {says[3]}; "
        f"300 rows). No bin is farther off; outside their 95 % limits: {len(outside)} of 10 bins."
    )


def test_bins_are_shown_where_they_are_asked_for():
    found = figures()
    assert len(calibration_text(found, bins=True)) > len(calibration_text(found))
    assert "\n".join(calibration_text(found, bins=True)).count(" 300") == 10 + 1


def test_the_parts_that_are_written_add_up_to_the_score_that_is_written():
    (line,) = (line for line in calibration_text(figures(2.0)) if "Brier score" in line)
    score, _, parts = line.strip().removeprefix("Brier score ").partition(" = ")
    terms = re.findall(r"([+-]) \D*([\d.]+\d)", f"+ {parts}")
    assert len(terms) == 4
    total = sum(float(size) * (1 if sign == "+" else -1) for sign, size in terms)
    assert total == pytest.approx(float(score), abs=3e-4)


def test_few_rows_of_one_outcome_are_told_without_what_is_unknown():
    one = calibration_figures(np.array([0.2, 0.4]), np.ones(2), np.ones(2))
    assert calibration_text(one, bins=True)[1:] == [
        "  On the whole it says 30.0 in 100, and it happened 100.0 in 100."
    ]
    assert set(calibration_metrics(one).values()) == {None}


def test_the_metrics_of_a_run_are_figures_of_the_document():
    found = figures()
    logged = calibration_metrics(found)
    assert logged["calibration_slope"] == found.slope.value
    assert logged["brier_resolution"] == found.brier.resolution
    assert len(logged) == 6


BEFORE = ProbabilityFigures(0.5, 0.2, 0.1, 0.7, 0.5, 0.4)
DONE = RecalibrationFigures("platt", True, 800, 5, BEFORE, replace(BEFORE, log_loss=0.45))


def test_what_a_calibration_did_is_told_before_and_after():
    lines = calibrate_text(DONE, Platt(0.7, -0.25), refitted=False)
    text = "\n".join(lines)
    assert "P = sigmoid(0.7 · z - 0.25)" in text
    assert "800 training rows, each predicted by a model without it" in text
    assert ("0.5000" in text, "0.4500" in text) == (True, True)
    assert "no better" not in text
    assert "Fitted again" not in text


def test_a_calibration_that_did_not_help_or_was_learnt_before_a_refit_is_told_as_such():
    worse = replace(DONE, after=replace(BEFORE, log_loss=0.51))
    line = Isotonic((0.0, 1.0), (0.2, 0.8))
    text = "\n".join(calibrate_text(worse, line, refitted=True))
    assert "--calibrate none serves as well" in text
    assert "keeps the calibration learnt before" in text
    assert "2 steps from 0.2000 to 0.8000" in text


def test_none_is_told_as_none():
    assert calibrate_text(None, None, refitted=False) == []
    nothing = replace(DONE, kept=False, after=None)
    (line,) = calibrate_text(nothing, None, refitted=False)
    assert "left as they are" in line
