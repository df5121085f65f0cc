"""A model measured on a file with outcomes, in an officer's words: the answer of `evaluate`."""

import shlex
from collections.abc import Iterator, Sequence

from placement.data.schema import Target
from placement.evaluation.as_told import ToldOutcome
from placement.reporting.answers.predictions import (
    accuracy,
    cautions,
    chances,
    dangers,
    groups,
    mistakes,
    people,
    total,
    verdict_caution,
)
from placement.reporting.answers.understanding import doubtful_columns, in_doubt
from placement.reporting.format.probability_words import in_100, of_100
from placement.reporting.format.prose import Paste, shortened
from placement.reporting.results import EvaluateResult
from placement.reporting.text.alternatives import override_sentences
from placement.reporting.text.alternatives import verdict as alternatives_verdict
from placement.stats.capture import Capture
from placement.stats.verdict import decide

AS_TOLD = "These are the chances as the list told them, not scored anew."
HELD_OUT = "The model was trained on the rest of this table; all its rows: --all-rows."


def evaluation_answer(result: EvaluateResult, command: str = "placement") -> Iterator[str]:
    """Yield how good a model is on the students of a file; `command` is how the user calls us."""
    measured = result.evaluation
    number = total(measured.confusion)
    verdict = "better" if measured.skill is None else decide(measured.skill)
    yield from cautions(dangers(result.warnings))
    yield from cautions(verdict_caution(verdict, number))
    yield from cautions(doubtful_columns(result.warnings, measured.rows))
    right = accuracy(measured.confusion, result.target, measured.base_rate)
    held_out = measured.metrics_on == "test"
    whom = "held out of its training" if held_out else "whose outcome is known"
    yield f"{result.source}: {people(number)} {whom}: {right}."
    if held_out:
        yield HELD_OUT
    if result.as_told:
        yield AS_TOLD
    yield from _expected(result)
    if verdict != "no_signal":
        yield mistakes(measured.confusion, result.target, measured.threshold)
        yield from _told(result.by_seat) or chances(measured.calibration, number)
        if result.capture is not None:
            yield _listed(result.capture, result.target)
    if result.alternatives is not None:
        yield from alternatives_verdict(result.alternatives)
    if not result.as_told:  # whose chances are not told anew, so no cell is read anew
        yield in_doubt(result.warnings)
    if verdict == "no_signal":
        yield "Next: train again, on newer students or with other columns; all figures: -v."
        return
    yield from groups(measured.fairness, result.target)
    if result.as_told:
        yield "All figures, with intervals and by group: -v. What today's model says of them:"
        yield Paste(f"Next: {command} {shlex.join(result.words)}")
        return
    model, version = result.model["model"], result.model["version"]
    name = shlex.quote(f"models:/{model}/{version}" if version else model)
    yield "All figures, with intervals: -v. A page about the model:"
    yield Paste(f"Next: {command} report {name}")


def _told(by_seat: Sequence[ToldOutcome]) -> list[str]:
    """Say what was told and what happened, apart for those who were helped; nothing of no seats."""
    parts = [
        f"of the {one.students:,} {'with' if one.has_seat else 'without'} a seat it said "
        f"{in_100(one.told)} in 100 on average, {of_100(one.happened)} happened"
        for one in by_seat
    ]
    text = "; ".join(parts)
    return [f"{text[0].upper()}{text[1:]}."] if text else []


def _expected(result: EvaluateResult) -> Iterator[str]:
    """Yield how often to expect it to be right, or what an adviser made of its list."""
    if result.overrides is not None:
        yield from override_sentences(result.overrides, result.target)
    elif (limits := result.evaluation.intervals.get("accuracy")) is not None:
        low, high = (f"{100 * limit:.0f}" for limit in limits)
        yield f"For students like these, expect it to be right for {low} to {high} of 100."


def _listed(capture: Capture, target: Target) -> str:
    """Say whom a list by chance holds, and whether a list by one column would do."""
    parts = []
    for other in capture.others:
        unsure = " (better)" if other.lead.high < 0 else " (no sure difference)"
        doubt = "" if other.lead.low > 0 else unsure
        parts.append(f"by {shortened(other.column)} alone {100 * other.captured:.0f}{doubt}")
    return (
        f"Its {capture.seats:,.0f} most at risk hold {100 * capture.model.value:.0f} of 100 who "
        f"end {target.other_outcome}; {', '.join([*parts, 'by lot'])} "
        f"{100 * capture.seats / capture.rows:.0f}."
    )
