"""Names of columns that count things or are in percent, and of columns of dates."""

from itertools import pairwise

from placement.data.names.phrases import name_words, phrases, runs
from placement.model.scorer import NumberFormat

_COUNTED = phrases(
    "backlog, backlogs, arrear, arrears, kt, kts, atkt, internship, internships, project, projects,"
    "paper, papers, certification, certifications, certificate, certificates, workshop, workshops,"
    "course, courses, hackathon, hackathons, publication, publications, training, trainings,"
    "extracurricular, activities, competitions, awards, patents, gap, gaps, failures, absences,"
    "count, num"
)
_COUNT_PAIRS = frozenset({("number", "of"), ("no", "of"), ("nos", "of"), ("how", "many")})
_PERCENT = phrases("percent, percentage, perc, pct")
_POINTS = phrases("cgpa, gpa, sgpa, ugpa, cpi, spi")
_DATES = phrases(
    "date, dates, dob, doj, birthdate, birthday, timestamp, datum, geburtsdatum, geboren, fecha,"
    "nacimiento, naissance, nascimento, tanggal, tanggal lahir, tarih, doğum tarihi,"
    "дата, تاريخ, दिनांक, जन्मतिथि, जन्म तिथि, तारीख, 日期, 出生日期, 生日"
)


def means_count(name: str) -> bool:
    """Whether a column counts things: backlogs, internships, papers, "No. of projects"."""
    words = name_words(name)
    return bool(_COUNTED.intersection(words) or _COUNT_PAIRS.intersection(pairwise(words)))


def format_by_name(name: str) -> NumberFormat:
    """Return what a column's name says of how its numbers are written.

    Neither grade points nor percents reach a thousand, so `6,790` is a decimal there.
    """
    words = name_words(name)
    percent = "%" in name or bool(_PERCENT.intersection(words))
    small = percent or bool(_POINTS.intersection(words))
    scale = 100.0 if percent else None
    return NumberFormat(grouping="" if small else ",", scale=scale, counts=means_count(name))


def means_date(name: str) -> bool:
    """Whether a word of the name says date: DOB, Date of Birth, fecha de nacimiento."""
    return bool(_DATES & runs(name_words(name)))
