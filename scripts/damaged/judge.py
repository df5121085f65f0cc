"""What was read of a damaged table, against what is true; nothing of the reader is used here."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from scripts.damaged.sheet import NAMES, NUMBERS, Row

WRONG = "WRONG"
_MOST_LEFT_OUT = 0.1
_NUMBER = re.compile(r"-?\d+\.?\d*(e[+-]?\d+)?")
_GAP = re.compile(r"missing|not a number|not numbers|blank|error|cannot be read")
_PLACE = re.compile(r"\b(line|lines|row|rows|column|columns|cell|cells|sheet|encoding)\b|--\w")


@dataclass(frozen=True)
class Verdict:
    """What became of one damaged file: right, repaired, said, refused or WRONG, and why.

    Repaired: right, and something is said of it. Said: a part is missing, and that is said.
    """

    word: str
    why: str = ""


@dataclass(frozen=True)
class Read:
    """What was read of a file: the students, their outcomes (1 or 0), and all that was said.

    `left_out` has the text of each row that was left out, `uncounted` how many more were.
    """

    rows: Sequence[Row]
    outcomes: Sequence[float]
    said: Sequence[str]
    left_out: Sequence[str]
    uncounted: int


def compare(truth: Sequence[Row], read: Read, usual: Sequence[str], *, guess: bool) -> Verdict:
    """Compare the students read with those that there were.

    A student is known by name and by roll number: whoever has neither any more is a stranger.
    `usual` is said of the undamaged table, too; where all came right by a `guess`, more must be.
    """
    by_key = {key(row): row for row in truth}
    for row, outcome in zip(read.rows, read.outcomes, strict=True):
        true = by_key.get(key(row))
        if true is None:
            return Verdict(WRONG, f"no such student: {row}")
        if outcome != (true["status"] == "Placed"):
            return Verdict(WRONG, f"{key(row)}: {true['status']} counted as {outcome}")
        for name in NAMES:
            if row[name] != "" and not same(name, row[name], true[name]):
                return Verdict(WRONG, f"{key(row)} {name}: {true[name]!r} as {row[name]!r}")
    absent = Counter(map(key, truth))
    absent.subtract(map(key, read.rows))
    if min(absent.values()) < 0:
        return Verdict(WRONG, f"a student twice: {-absent}")
    new = [text for text in read.said if text not in usual]
    return _gone(+absent, len(truth), read) or _gaps(by_key, read, new) or _whole(new, guess=guess)


def _gone(absent: Counter[tuple[str, str]], students: int, read: Read) -> Verdict | None:
    """Judge the students that were not read; None where there are none."""
    if not absent:
        return None
    unnamed = [roll for roll, _ in absent.elements() if not _has(read.left_out, roll)]
    others = [text for text in read.left_out if not re.search(r"22CS\d{3}", text)]
    if len(unnamed) > len(others) + read.uncounted:
        return Verdict(WRONG, f"students gone without a word: {sorted(unnamed)}")
    if absent.total() > max(3, students * _MOST_LEFT_OUT):
        return Verdict(WRONG, f"{absent.total()} of {students} students are gone")
    return Verdict("said", f"{absent.total()} left out")


def _has(texts: Sequence[str], roll: str) -> bool:
    return any(roll in text.casefold() for text in texts)


def _gaps(by_key: dict[tuple[str, str], Row], read: Read, new: Sequence[str]) -> Verdict | None:
    """Judge the cells that were not blank and are; None where there are none."""
    gaps = [n for row in read.rows for n in NAMES if row[n] == "" != by_key[key(row)][n]]
    for name in dict.fromkeys(gaps):
        if not any(re.search(rf"\b{name}\b", text) and _GAP.search(text) for text in new):
            return Verdict(WRONG, f"{gaps.count(name)} cells of {name} gone without a word")
    return Verdict("said", f"missing cells: {dict(Counter(gaps))}") if gaps else None


def _whole(new: Sequence[str], *, guess: bool) -> Verdict:
    if guess and not new:
        return Verdict(WRONG, "guessed right, but without a word")
    return Verdict("repaired", " | ".join(new)) if new else Verdict("right")


def key(row: Row) -> tuple[str, str]:
    """Who a row is of; a quote or a full stop beside a name is no part of it."""
    return row["roll"].casefold(), _word(row["name"])


def _word(cell: str) -> str:
    return " ".join(cell.split()).casefold().strip('".')


def same(name: str, read: str, true: str) -> bool:
    """Whether a cell is what it was, numbers as numbers, words whatever their case."""
    if name in NUMBERS and _NUMBER.fullmatch(read) and true != "":
        return math.isclose(float(read), float(true), rel_tol=1e-12)
    return _word(read) == _word(true)


def refused(file: str, message: str) -> Verdict:
    """A refusal must name the file and say something that one can do or look at."""
    if file not in message:
        return Verdict(WRONG, f"a refusal without the file: {message}")
    if not _PLACE.search(message) and "cut short" not in message:
        return Verdict(WRONG, f"a refusal without a place or a way: {message}")
    return Verdict("refused", message)
