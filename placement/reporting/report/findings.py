"""The first page of a report: can its list be used, and for whom not?"""

from collections.abc import Iterator

from placement.data.profiles.column_profile import CategoryProfile
from placement.model.fitted import Fitted
from placement.reporting.answers.predictions import (
    accuracy,
    chances,
    groups,
    mistakes,
    most_important,
    people,
    total,
)
from placement.reporting.format.blocks import Points, Section, State
from placement.reporting.format.probability_words import of_100
from placement.reporting.format.prose import name_list, shortened
from placement.reporting.report.verdicts import LaterBatch, Report


def findings_section(report: Report) -> Section:
    """Return the findings, each a sentence that a dean can read."""
    points = (*findings(report), *_for_whom_not(report.fitted))
    return Section("Can its list be used, and for whom not?", (Points(points),))


def findings(report: Report) -> Iterator[tuple[State, str]]:
    """Yield what a model is worth and what is wrong with it, in a dean's words."""
    fitted = report.fitted
    measured, target = fitted.figures.evaluated, fitted.schema.target
    yield _use(report)
    yield from _not_sound(fitted)
    if measured.verdict.name == "no_signal":
        return
    unseen = measured.out_of_sample
    if unseen is not None:
        right = accuracy(unseen.confusion, target, fitted.figures.base_rate)
        on = "not one of whom it had seen" if unseen.measured_on != "train" else "it learnt from"
        yield "plain", f"Of {people(total(unseen.confusion))}, {on}, it is {right}."
        yield "plain", mistakes(unseen.confusion, target, fitted.threshold)
        if unseen.measured_on != "train":
            for text in chances(unseen.calibration, total(unseen.confusion)):
                yield ("good" if "at their word" in text else "doubt"), text
    if report.later is not None:
        yield _latest(report.later)
    for text in groups(measured.fairness, report.fitted.schema.target):
        state: State = "good" if text.endswith("are treated alike.") else "doubt"
        yield (
            ("bad" if "not treated alike" in text else state),
            text.removesuffix(": see the warnings; figures: -v."),
        )
    if named := most_important(fitted):
        yield "plain", f"Counts most: {named}."


def _use(report: Report) -> tuple[State, str]:
    """Say whether the list can be used at all."""
    verdict = report.fitted.figures.evaluated.verdict
    if verdict.is_too_good:
        return "bad", (
            f"Do not use its list yet: it is too good to be true (ROC AUC {verdict.roc_auc:.3f}). "
            "Does a column tell what was known only afterwards?"
        )
    if verdict.name == "no_signal":
        return "bad", (
            f"Do not use its list: over {people(verdict.rows)} it is no better than saying the "
            "same of everybody."
        )
    if verdict.name == "not_shown":
        return "doubt", (
            f"Use its list only as one hint among others: {people(verdict.rows)} are too few to "
            "show that it is better than saying the same of everybody."
        )
    return "good", (
        "Its list can be used to see early who may need help: it is better than saying the same "
        f"of everybody, as {people(verdict.rows)} show."
    )


def _not_sound(fitted: Fitted) -> Iterator[tuple[State, str]]:
    if not fitted.figures.converged:
        yield "bad", "Its training did not come to its end: train it again before anything is done."
    if not fitted.figures.evaluated.gradcheck.passed:
        yield "bad", "Its own check of the computation failed: do not use it."


def _latest(later: LaterBatch) -> tuple[State, str]:
    """Say what the same settings are worth on the latest batch."""
    metrics, rows = later.tested.metrics, later.rows[1]
    right = "" if metrics.accuracy is None else f"right for {of_100(metrics.accuracy)} of 100"
    state: State = "good" if later.tested.skill.better_than_base_rate else "doubt"
    return state, (
        f"Learnt from earlier batches and tried on the {people(rows)} of {later.column} "
        f"{later.batch}, it is {right}: nearest to what the next batch will bring."
    )


def _for_whom_not(fitted: Fitted) -> Iterator[tuple[State, str]]:
    """Yield of which students its chances say little or nothing."""
    yield "bad", "Not for students of another college or course, which it has never seen."
    profile = fitted.figures.profile
    rare = [
        shortened(column.column)
        for column in (() if profile is None else profile.columns)
        if isinstance(column, CategoryProfile) and column.rare
    ]
    if rare:
        few = f"students whose {name_list(rare)} it had met fewer than five times"
        yield "doubt", f"Little is known of {few}."
    yield "bad", "Not to shut a student out, and not to judge one: a chance is of many alike."
