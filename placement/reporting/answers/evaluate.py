"""A model measured on a file with outcomes, in an officer's words: the answer of `evaluate`."""

from collections.abc import Iterator

from placement.reporting.answers.predictions import (
    accuracy,
    chances,
    dangers,
    groups,
    mistakes,
    people,
    total,
)
from placement.reporting.answers.understanding import doubtful_columns, in_doubt
from placement.reporting.results import EvaluateResult
from placement.reporting.text.alternatives import verdict


def evaluation_answer(result: EvaluateResult) -> Iterator[str]:
    """Yield how good a model is on the students of a file."""
    measured = result.evaluation
    number = total(measured.confusion)
    yield from dangers(result.warnings)
    yield from doubtful_columns(result.warnings, measured.rows)
    right = accuracy(measured.confusion, result.target, measured.base_rate)
    yield f"{result.source}: {people(number)} whose outcome is known: {right}."
    if (limits := measured.intervals.get("accuracy")) is not None:
        low, high = (f"{100 * limit:.0f}" for limit in limits)
        yield f"For students like these, expect it to be right for {low} to {high} of 100."
    yield mistakes(measured.confusion, result.target, measured.threshold)
    yield from chances(measured.calibration, number)
    if result.alternatives is not None:
        yield from verdict(result.alternatives)
    yield in_doubt(result.warnings)
    yield from groups(measured.fairness)
    yield "All figures, with intervals: -v. A page about the model: `placement report`."
