"""Names of columns, and words in their cells, of what is known only after the outcome."""

import re
from typing import Literal

from placement.data.names.phrases import name_words, phrases, plain, runs

_AFTER = phrases(
    "salary, salaries, package, packages, ctc, lpa, stipend, offer, offers, offered,"
    "company, companies, employer, employers, recruiter, recruiters, designation,"
    "joining, joined, bond, doj, compensation, remuneration, onboarding, job role,"
    "job title, job location, work location, posting location, role offered,"
    "position offered, letter of intent, appointment letter, placement date,"
    "date of placement, placed on, placed at, placed in, placed through, placed by,"
    "selection date, date of selection, selected in, selected by, selected for,"
    "rounds cleared, round cleared, cleared rounds, cleared round, rounds qualified,"
    "rounds attended, round attended, rounds attempted, rounds reached, round reached,"
    "last round, final round, hr round, technical round, tech round, gd round,"
    "interview round, interview rounds, eliminated in, rejected in, rejected by,"
    "reason for rejection, rejection reason, reason for not placed, reason of rejection,"
    "interviews attended, interview attended, interviews attempted, interviews given,"
    "interviews cleared, interview cleared, interviews faced, number of interviews,"
    "no of interviews, interview date, date of interview, interview result,"
    "interview status, interview outcome, drives attended, drive attended, no of drives,"
    "number of drives, drive date, date of drive, drive name, drive id, placement drive,"
    "campus drive, interview remarks, interview feedback, placement remarks,"
    "placement feedback, hr remarks, hr feedback, hr comments, recruiter feedback,"
    "panel remarks, panel feedback, interviewer remarks, interviewer feedback,"
    "interviewer comments, feedback of interviewer, remarks of interviewer,"
    "remarks on result, feedback on result, gaji, nama perusahaan, perusahaan, sueldo,"
    "salario, salário, salaire, gehalt, empresa contratante, tanggal diterima, वेतन,"
    "الراتب"
)
_AFTER_UNSPACED = phrases("薪资, 薪水, 工资, 月薪, 年薪, 录用, 签约单位, 就业单位, 入职")
# Words of such columns where they are the whole name, whoever gave them.
_REMARKS = phrases(
    "remark, remarks, feedback, comment, comments, observation, observations, drive,drives"
)
_WHOSE_REMARKS = phrases(
    "final, overall, general, other, any, if, tpo, tnp, cdc, officer, coordinator,"
    "panel, company, result, results, on, the, status, outcome, selection, placement,"
    "office, cell, of, campus"
)
# What a student had before: the stipend of an internship, an earlier or a wished-for employer.
_BEFORE = phrases(
    "internship, internships, intern, interns, apprenticeship, trainee, scholarship,"
    "fellowship, previous, prior, past, former, earlier, expected, expectation,"
    "expectations, desired, preferred, mock"
)
_OFFERS = phrases("offer, offers, offered")
_MARKS = phrases("marks, mark, cgpa, gpa, percentage")

_NOT_POSITIVE = re.compile(
    r"\b(not|never|no|non|un|yet to be|to be)[\s-]*"
    r"(selected|placed|shortlisted|offered|hired|recruited|cleared|qualified|eligible)\b"
    r"|\b(rejected|unplaced|eliminated|failed in|disqualified|waitlisted|on hold)\b"
)
_POSITIVE = re.compile(
    r"\b(selected|placed|offered|hired|recruited|got (the )?(job|offer)|joined)\b"
)


def means_after_the_event(name: str) -> bool:
    """Whether the name speaks of what is known only after the outcome (salary, company, bond …)."""
    words = name_words(name)
    said = runs(words) & _AFTER
    if said and _BEFORE & set(words):
        said &= _OFFERS
    if said == {"bond"} and _MARKS & set(words):
        return False  # of chemistry
    rest = {word for word in words if not word.isdigit()} - _WHOSE_REMARKS
    joined = "".join(words)
    return (
        bool(said)
        or any(phrase in joined for phrase in _AFTER_UNSPACED)
        or (bool(rest) and rest <= _REMARKS)
    )


def verdict(text: str) -> Literal["positive", "negative"] | None:
    """Return what a cell of free text says of the outcome: `selected in TCS`, `rejected in HR`."""
    said = plain(text)
    if _NOT_POSITIVE.search(said):
        return "negative"
    return "positive" if _POSITIVE.search(said) else None
