"""Which columns identify students, by their names and values, once each or on several rows."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from placement.arrays import UInt64Array
from placement.data.columns.column import Column
from placement.data.columns.column_summary import (
    EXACT_ROWS,
    count_distinct,
    covers_its_range,
    mix_bits,
)
from placement.data.names.identifiers import (
    means_identifier,
    means_person,
    means_persons_name,
    means_serial_number,
    means_student_number,
    says_number,
)
from placement.data.table.roles.column_evidence import ColumnEvidence

DISTINCT_SHARE = 0.95  # of a column named as a number of a person
WORDS_SHARE = 0.5  # of any column of words
LEAST_ROWS = 20  # below this, distinct values say nothing about an unnamed meaning
LONG_NUMBER = 10_000_000  # eight digits
LEAST_STUDENTS = 10  # different numbers, each on several rows
_CODE = 100  # smaller numbers under a name such as Registration may count something
_LARGEST_ROLL = 1_000  # numbers of a class that begin anew in the next one stay below
_FILLED = 0.7  # of their range, where numbers count the students of a class
_ONE_NAME = 1.2  # different pairs of number and name for each number, slips included
MOST_STUDENTS = 1_000_000
WORDS_DISTINCT = "of its words are distinct"
REPEATED = "an identifier by its name, on several rows each"


def identifier_in_files(
    table: ColumnEvidence, files: Sequence[ColumnEvidence], *, unnamed: bool = False
) -> str | None:
    """Say why a column identifies students, in the whole table or in each of its files.

    Serial numbers start anew in every file, and a student may stand in two of them.
    """
    reason = identifier_reason(table, unnamed=unnamed)
    if reason is not None or len(files) < 2:
        return reason
    reasons = [identifier_reason(file, unnamed=unnamed) for file in files]
    return reasons[0] if all(reasons) else None


def identifier_reason(evidence: ColumnEvidence, *, unnamed: bool = False) -> str | None:
    """Say why a column identifies students, by every row given; else None."""
    name, summary = evidence.column.name, evidence.summary
    if means_person(name):
        return "a person's name, e-mail or phone"
    number = evidence.column.kind == "number"
    # Decimals are a measurement.
    if summary.non_missing < 2 or (number and not summary.all_integers):
        return None
    named = unnamed or means_identifier(name)
    if named and evidence.distinct >= DISTINCT_SHARE * summary.non_missing:
        return "no name, and it counts rows" if unnamed else "an identifier by its name and values"
    return _reason_of_many_rows(evidence) if summary.rows >= LEAST_ROWS else None


def _reason_of_many_rows(evidence: ColumnEvidence) -> str | None:
    """Say why enough rows of text or whole numbers identify students; else None."""
    number = evidence.column.kind == "number"
    if number and (reason := _integer_identifier_reason(evidence)):
        return reason
    share = evidence.distinct / evidence.summary.non_missing
    if not number and share > WORDS_SHARE:
        answers = _several_answers(evidence.texts)
        return answers or f"an identifier: {share:.0%} {WORDS_DISTINCT}"
    if _repeats_students(evidence):
        return REPEATED
    is_serial = number and means_serial_number(evidence.column.name)
    return "a serial number that begins anew" if is_serial and _counts_from_one(evidence) else None


def _several_answers(texts: Sequence[str]) -> str | None:
    """Say that cells hold several answers each, as a form writes boxes that were ticked."""
    split = [[part.strip() for part in re.split(r"[,;|]", text)] for text in texts]
    several = sum(len(parts) > 1 for parts in split)
    answers = {part.casefold() for parts in split for part in parts if part}
    if 2 * several < len(texts) or 2 * len(answers) > len(texts):
        return None
    return f"several answers in a cell: {len(texts):,} different ones of {len(answers):,}"


def _integer_identifier_reason(evidence: ColumnEvidence) -> str | None:
    """Say why whole numbers are register numbers or a count of the rows."""
    summary = evidence.summary
    if summary.min_magnitude >= LONG_NUMBER and evidence.all_distinct:
        return "an identifier: long numbers, all distinct"
    low, high = summary.low, summary.high
    consecutive = summary.non_missing == summary.rows and high - low == summary.rows - 1
    if consecutive and covers_its_range(evidence.column, evidence.pieces, low, high):
        return "an identifier: it counts the rows"
    return None


def _repeats_students(evidence: ColumnEvidence) -> bool:
    """Whether a column has the numbers of students that stand on several rows."""
    name, summary = evidence.column.name, evidence.summary
    if not means_student_number(name) or evidence.distinct < LEAST_STUDENTS:
        return False
    small = evidence.column.kind == "number" and summary.min_magnitude < _CODE
    return says_number(name) or not small


def _counts_from_one(evidence: ColumnEvidence) -> bool:
    """Whether whole numbers fill the range from 0 or 1, as the roll numbers of a class do."""
    summary = evidence.summary
    begins = summary.low in (0, 1) and evidence.distinct >= LEAST_STUDENTS
    return begins and _fills_its_range(evidence)


def students_on_several_rows(evidence: Mapping[str, ColumnEvidence]) -> str | None:
    """Return the column whose values are students, some of them on several rows; else None.

    Numbers that begin anew in every class are of as many students; the names, where there are any,
    tell one from the other.
    """
    for name, numbers in evidence.items():
        if not means_student_number(name) or not _is_on_several_rows(numbers):
            continue
        many = numbers.summary.rows > EXACT_ROWS
        names = [] if many else [other for other in evidence if means_persons_name(other)]
        if names:
            pairs = min(_count_pairs(numbers, evidence[other]) for other in names)
            if pairs <= _ONE_NAME * numbers.distinct:
                return name
        elif not _may_begin_anew(numbers):
            return name
    return None


def _may_begin_anew(evidence: ColumnEvidence) -> bool:
    """Whether the values may be small numbers that each class begins anew."""
    is_number = evidence.column.kind == "number"
    small = is_number and evidence.summary.high < _LARGEST_ROLL
    return small and _fills_its_range(evidence)


def _is_on_several_rows(evidence: ColumnEvidence) -> bool:
    """Whether nearly every row has a number of a student, and many the same one."""
    summary = evidence.summary
    if evidence.column.kind == "number" and not summary.all_integers:
        return False
    if summary.rows < LEAST_ROWS or summary.non_missing < DISTINCT_SHARE * summary.rows:
        return False
    most = min(DISTINCT_SHARE * summary.non_missing, MOST_STUDENTS)
    return evidence.distinct < most and _repeats_students(evidence)


def students_note(column: Column, *, together: bool) -> str | None:
    """Say how many students the rows are of, None where each has one row only.

    `together`: the rows of one are kept together where rows are held out.
    """
    is_category = column.kind == "category" and not column.is_hashed
    pieces = range(len(column.array))
    students = column.count_levels() if is_category else count_distinct(column, pieces)
    if students >= len(column):
        return None
    what = "stay together where rows are drawn to test on (--group none undoes it)"
    apart = "may be trained and tested on at once"
    return (
        f"{len(column):,} rows, {students:,} students by {column.name}: rows of one student "
        f"{what if together else apart}; standard errors are clustered by {column.name}"
    )


def _fills_its_range(evidence: ColumnEvidence) -> bool:
    summary = evidence.summary
    return bool(evidence.distinct >= _FILLED * (summary.high - summary.low + 1))


def _count_pairs(one: ColumnEvidence, other: ColumnEvidence) -> int:
    """Count the different pairs of cells of two columns where neither is missing."""
    distinct: UInt64Array = np.empty(0, dtype=np.uint64)
    for piece in one.pieces:
        there = ~(one.column.missing(piece) | other.column.missing(piece))
        hashes = mix_bits(_bits(one.column, piece)) ^ _bits(other.column, piece)
        distinct = np.union1d(distinct, mix_bits(hashes[there]))
    return len(distinct)


def _bits(column: Column, piece: int) -> UInt64Array:
    """Return what tells the cells (n,) of a piece apart, as 64 bits each."""
    cells = column.array.piece(piece)
    if column.is_hashed:
        return np.array(cells, dtype=np.uint64)
    if column.kind == "category":
        return column.level_of[cells].astype(np.uint64)
    return np.array(column.piece(piece), dtype=np.float64).view(np.uint64)
