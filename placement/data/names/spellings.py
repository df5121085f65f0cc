"""Levels of a category that are probably one: abbreviations, slips, ranges made dates."""

import re
from collections.abc import Iterable, Mapping

from placement.data.names.phrases import name_words, plain

MOST_LEVELS = 100  # with more, a column holds names, which may well differ in a letter
_SLIP_ROWS = 2  # a slip stands on so few rows, and what is meant on five times as many at least
_TIMES_MORE = 5
_LEAST_LETTERS = 4  # of a word in which one letter may be a slip
_LEAST_SQUASHED = 3  # letters of a level that is compared by its letters alone

# Engineering branches, each with its usual abbreviations; words that say nothing are left out.
_BRANCHES = {
    "computerscience": "cse cs comp computer computers compsci computersciences cseng compscience",
    "informationtechnology": "it infotech informationtech",
    "informationscience": "ise is",
    "electronicscommunication": "ece ec electronicscommunications electronicscomm",
    "electronicstelecommunication": "etc entc extc etce electronicstelecom electronicstele",
    "electricalelectronics": "eee",
    "electrical": "ee elect elec electricals",
    "electronicsinstrumentation": "eie ei",
    "instrumentation": "ice instru instrumentationcontrol",
    "mechanical": "mech me mechanicals mechnical",
    "civil": "ce civ",
    "chemical": "chem che",
    "biotechnology": "biotech bt",
    "biomedical": "bme biomed",
    "artificialintelligencedatascience": "aids aiands ad",
    "artificialintelligencemachinelearning": "aiml",
    "artificialintelligence": "ai",
    "automobile": "auto automotive",
    "aeronautical": "aero",
    "production": "prod",
    "metallurgical": "meta metallurgy",
    "textile": "textiles",
}
_BRANCH_OF = {short: full for full, all_short in _BRANCHES.items() for short in all_short.split()}
_GENERIC = frozenset(
    {"engineering", "engg", "eng", "engr", "engineer", "dept", "department", "branch"}
    | {"of", "and", "the", "in"}
)
_DEGREE = re.compile(r"^(b\.?\s*tech|b\.?\s*e|btech|be)\b[\s.\-(]+(?=\w)", re.IGNORECASE)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DATED = re.compile(rf"(\d\d?)-({'|'.join(_MONTHS)})|({'|'.join(_MONTHS)})-(\d\d)", re.IGNORECASE)
_RANGE = re.compile(r"\d+\s*-\s*\d+\s*%?")


def probably_same(rows_of: Mapping[str, int]) -> dict[str, str]:
    """Map levels to those that they probably are, from the rows of each level."""
    if len(rows_of) > MOST_LEVELS:
        return {}
    by_rows = sorted(rows_of, key=lambda level: (-rows_of[level], level))
    first: dict[str, str] = {}
    same: dict[str, str] = {}
    for level in by_rows:
        keys = [key for key in (_branch(level), _squashed(level)) if key]
        meant = next((first[key] for key in keys if key in first), None)
        meant = meant or _meant_by_slip(level, by_rows, rows_of)
        if meant is not None:
            same[level] = meant
        for key in keys:
            first.setdefault(key, meant or level)
    return same | _ranges_made_dates(rows_of)


def _branch(level: str) -> str:
    """Return a level without words such as engineering, an abbreviated branch in full."""
    words = [word for word in name_words(_DEGREE.sub("", level)) if word not in _GENERIC]
    glued = "".join(words)
    says_more = "+" in level or "#" in level  # C++ is not C
    letters = "" if says_more or sum(map(str.isalpha, glued)) < _LEAST_SQUASHED else glued
    return _BRANCH_OF.get(glued, letters)


def _squashed(level: str) -> str:
    """Return the letters, digits and plus signs of a level where its letters are some."""
    text = "".join(c for c in plain(level) if c.isalnum() or c == "+")
    return text if sum(map(str.isalpha, text)) >= _LEAST_SQUASHED else ""


def _meant_by_slip(level: str, by_rows: Iterable[str], rows_of: Mapping[str, int]) -> str | None:
    """Return the frequent level that a rare one is but for one letter."""
    rows = rows_of[level]
    if rows > _SLIP_ROWS:
        return None
    frequent = (other for other in by_rows if rows_of[other] >= _TIMES_MORE * rows)
    return next((other for other in frequent if _differ_by_a_slip(level, other)), None)


def _differ_by_a_slip(one: str, other: str) -> bool:
    """Whether one word of two levels differs by a letter, and is long enough for a slip."""
    words, others = plain(one).split(), plain(other).split()
    if len(words) != len(others):
        return False
    different = [(a, b) for a, b in zip(words, others, strict=True) if a != b]
    return len(different) == 1 and _differ_by_a_letter(*different[0])


def _differ_by_a_letter(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if len(short) < _LEAST_LETTERS or not (one.isalpha() and other.isalpha()):
        return False
    if one[0] != other[0]:  # BTech is not MTech; the first letter is rarely mistyped
        return False
    if len(long) == len(short):
        places = [k for k, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        swapped = len(places) == 2 and sorted(one) == sorted(other) and places[1] - places[0] == 1
        return len(places) == 1 or swapped
    return len(long) - len(short) == 1 and any(
        long[:k] + long[k + 1 :] == short for k in range(len(long))
    )


def _ranges_made_dates(levels: Iterable[str]) -> dict[str, str]:
    """Map dates among ranges to what was typed: a spreadsheet shows `10-20` as `20-Oct`."""
    ranges = {level.replace(" ", "").rstrip("%"): level for level in levels if _is_range(level)}
    if not ranges:
        return {}
    typed = {level: _typed(level) for level in levels if _DATED.fullmatch(level)}
    return {level: ranges.get(text, text) for level, text in typed.items()}


def _is_range(level: str) -> bool:
    return _RANGE.fullmatch(level) is not None


def _typed(date: str) -> str:
    """Return the range that a spreadsheet made this date of."""
    match = _DATED.fullmatch(date)
    if match is None:
        return date
    month = _MONTHS.index((match[2] or match[3]).casefold()) + 1
    return f"{month}-{match[1] or match[4]}"
