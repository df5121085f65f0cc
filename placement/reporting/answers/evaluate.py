"""A model measured on a file with outcomes, in an officer's words: the answer of `evaluate`."""

import shlex
from collections.abc import Iterator

from placement.reporting.answers.predictions import (
    accuracy,
    careful,
    chances,
    dangers,
    groups,
    mistakes,
    people,
    total,
    worth,
)
from placement.reporting.answers.understanding import doubtful_columns, in_doubt
from placement.reporting.format.prose import Paste
from placement.reporting.results import EvaluateResult
from placement.reporting.text.alternatives import verdict as alternatives_verdict
from placement.stats.verdict import decide


def evaluation_answer(result: EvaluateResult, command: str = "placement") -> Iterator[str]:
    """Yield how good a model is on the students of a file; `command` is how the user calls us."""
    measured = result.evaluation
    number = total(measured.confusion)
    verdict = "better" if measured.skill is None else decide(measured.skill)
    yield from careful(dangers(result.warnings))
    yield from careful(worth(verdict, number))
    yield from careful(doubtful_columns(result.warnings, measured.rows))
    right = accuracy(measured.confusion, result.target, measured.base_rate)
    yield f"{result.source}: {people(number)} whose outcome is known: {right}."
    if (limits := measured.intervals.get("accuracy")) is not None:
        low, high = (f"{100 * limit:.0f}" for limit in limits)
        yield f"For students like these, expect it to be right for {low} to {high} of 100."
    if verdict != "no_signal":
        yield mistakes(measured.confusion, result.target, measured.threshold)
        yield from chances(measured.calibration, number)
    if result.alternatives is not None:
        yield from alternatives_verdict(result.alternatives)
    yield in_doubt(result.warnings)
    if verdict == "no_signal":
        yield "Next: train again, on newer students or with other columns; all figures: -v."
        return
    yield from groups(measured.fairness)
    model, version = result.model["model"], result.model["version"]
    name = shlex.quote(f"models:/{model}/{version}" if version else model)
    yield "All figures, with intervals: -v. A page about the model:"
    yield Paste(f"Next: {command} report {name}")
