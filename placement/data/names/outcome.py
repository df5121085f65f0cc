"""Names of outcome columns: whole ones, and those that speak of placement among other words."""

import re

from placement.data.names.phrases import name_words, phrases, runs

# Compared as letters only: `Placed_Or_Not` is `placedornot`.
TARGET_NAMES = phrases(
    "placed, placement, placement status, placed or not, placed or not placed, is placed, admit,"
    "admitted, hired, selected, target, label, outcome"
)
SECOND_TARGET_NAMES = frozenset({"status"})

_OUTCOME = phrases(
    "placed, unplaced, placement, placements, selected, selection, hired, hiring, recruited,"
    "recruitment, employed, employment, offer, offered, joboffer, got a job, got job,"
    "job status, placed status, placed yn, placement yn, placement result, selection status,"
    "colocado, colocada, colocación, colocação, contratado, contratada, contratación,"
    "contratação, empleado, empleada, empleo, empregado, empregada, emprego, diterima,"
    "penempatan, bekerja, embauché, embauchée, नियुक्ति, नियुक्त, चयन, चयनित, प्लेसमेंट, 就业, 录用,"
    "是否就业, 就业情况, 是否录用"
)
# With one of these words a name speaks of something else: of a course, a wish, a count.
_OTHER = phrases(
    "training, trainings, trained, exam, test, tests, marks, score, scores, rank, cgpa,"
    "percentage, percent, aptitude, prep, preparation, preparedness, readiness, ready, course,"
    "courses, class, classes, workshop, workshops, seminar, session, sessions, program, programme,"
    "drive, drives, registered, registration, register, interest, interested, willing,"
    "willingness, wish, want, wants, need, needs, eligible, eligibility, opted, opting, opt,"
    "preference, preferred, cell, coordinator, committee, member, volunteer, officer, fee, fees,"
    "paid, attended, attendance, count, number, total, many, internship, internships, intern,"
    "scholarship, hackathon, ncc, nss, sports, team, club, award, policy, portal, orientation,"
    "guidance, counselling, support, assistance, help, aware, awareness, form, applied,"
    "application, before, previous, previously, prior, past, earlier, experience, self, time"
)
# What is guessed, or is somebody else's.
_NEVER = phrases(
    "predicted, prediction, predictions, forecast, expected, likely, mock, father, fathers,"
    "mother, mothers, parent, parents, guardian, brother, brothers, sister, sisters, sibling,"
    "siblings, spouse, husband, wife, friend, friends, relative, relatives, family, senior,"
    "seniors, alumni"
)

# `Placed or Not`, `Placed/Not Placed` name both outcomes.
_OR_NOT = re.compile(r"(?<=\w)\s*(?:\bor\b|[/|,&(-])\s*(?:not|non|un|no)\b.*", re.IGNORECASE)
_NEGATIONS = phrases(
    "not, un, non, yet, pending, without, awaiting, unplaced, notplaced, unselected, notselected,"
    "unhired, unemployed, jobless, rejected, não, nao, belum, tidak, desempleado, desempleada,"
    "desempregado, desempregada"
)


def negates_outcome(name: str) -> bool:
    """Whether yes below a name says that somebody was not placed: `Unplaced`, `Not Placed?`."""
    words = name_words(_OR_NOT.sub("", name))
    negated = runs(words) & _NEGATIONS and "or" not in words
    return bool(negated) or words[:1] == ["no"]


def means_outcome(name: str) -> bool:
    """Whether a name speaks of being placed, if its cells say yes or no: `Placed (Y/N)`."""
    words = name_words(name)
    return bool(runs(words) & _OUTCOME) and may_name_outcome(name)


def may_name_outcome(name: str) -> bool:
    """Whether no word of a name says that it is of something else than the outcome."""
    words = name_words(name)
    return not runs(words) & (_OTHER | _NEVER) and words[:1] != ["no"]


def means_no_outcome(name: str) -> bool:
    """Whether a name is that of a guess, or of somebody else's outcome, whatever its cells."""
    return bool(runs(name_words(name)) & _NEVER)
