"""Which columns are no features: identifiers, the empty, and those that know the outcome."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from placement.data.kinds import Column
from placement.data.schema import (
    means_after_the_event,
    means_identifier,
    means_person,
)

DISTINCT_SHARE = 0.95  # of a column named as a number of a person
WORDS_SHARE = 0.5  # of any column of words
EMPTY_SHARE = 0.99
AGREE_SHARE = 0.99
LEAST_ROWS = 20  # below this, distinct values say nothing about an unnamed meaning
LEAST_OF_CLASS = 5
LONG_NUMBER = 10_000_000  # eight digits
RECODED_LEVELS = 20
FIRST_YEAR, LAST_YEAR = 1990, 2100
NEARLY_SEPARATES = 0.99
ROWS_PER_LEVEL = 5

Floats = npt.NDArray[np.float64]


def identifier_in_files(
    column: Column, files: Sequence[npt.NDArray[np.intp]], *, unnamed: bool = False
) -> str | None:
    """Say why a column tells who a student is, in the whole table or in each of its files.

    Serial numbers start anew in every file, and a student may stand in two of them.
    """
    reason = identifier_reason(column, unnamed=unnamed)
    if reason is not None or len(files) < 2:
        return reason
    each = [identifier_reason(column.take(rows), unnamed=unnamed) for rows in files]
    return each[0] if all(each) else None


def identifier_reason(column: Column, *, unnamed: bool = False) -> str | None:
    """Say why a column tells who a student is, judged on every row given; else None."""
    if means_person(column.name):
        return "a person's name, e-mail or phone"
    counts, _ = column.tally()
    rows, distinct = int(counts.sum()), int((counts > 0).sum())
    if rows < 2 or _decimal(column):
        return None
    if distinct >= DISTINCT_SHARE * rows and (unnamed or means_identifier(column.name)):
        return "no name, and it counts rows" if unnamed else "an identifier by its name and values"
    if len(column.raw) < LEAST_ROWS:
        return None
    if column.kind == "number":
        return _numbering(column.levels[counts > 0], rows, len(column.raw))
    share = distinct / rows
    return f"an identifier: {share:.0%} of its words are distinct" if share > WORDS_SHARE else None


def _numbering(distinct: Floats, present: int, rows: int) -> str | None:
    """Say why whole numbers are register numbers or a count of the rows."""
    if len(distinct) < present:
        return None
    if np.abs(distinct).min() >= LONG_NUMBER:
        return "an identifier: long numbers, all distinct"
    if present == rows and np.ptp(distinct) == rows - 1:
        return "an identifier: it counts the rows"
    return None


def holds_years(column: Column) -> bool:
    """Whether a number column holds only calendar years."""
    numbers = column.raw.numbers[column.raw.counts > 0]
    seen = numbers[~np.isnan(numbers)]
    if column.kind != "number" or not len(seen) or not np.isfinite(seen).all():
        return False
    return bool(((seen >= FIRST_YEAR) & (seen <= LAST_YEAR) & (seen % 1 == 0)).all())


def empty_reason(column: Column, *, unnamed: bool = False) -> str | None:
    """Say why a column has nothing to learn from: constant, or at least 99 % missing."""
    counts, gaps = column.tally()
    rows = len(column.raw)
    if gaps >= EMPTY_SHARE * rows:
        share = "empty" if gaps == rows else f"{gaps / rows:.1%} missing"
        return f"no name and {share}" if unnamed else share
    if not gaps and (counts > 0).sum() == 1:
        return "constant: the same in every row"
    return None


def leak_reason(column: Column, label: Floats, target: Column) -> str | None:
    """Say why a column knows the outcome (labelled rows only); else None."""
    if means_after_the_event(column.name):
        return "known only after the outcome, by its name"
    positive = label >= 0.5
    gaps = column.missing()
    if _agrees(gaps, positive) or _agrees(gaps, ~positive):
        return "missing exactly where the outcome says so"
    # Of the words as of the label: `--positive Graduate` makes two outcomes of three words.
    if _recodes(column, target.codes()) or _recodes(column, positive.astype(np.int64)):
        return f"a copy or recoding of {target.name}"
    return None


def separates(column: Column, label: Floats) -> float | None:
    """Return the AUC of a column alone where it nearly separates the classes, else None."""
    number = column.kind == "number"
    values = column.raw.numbers[column.raw.codes] if number else _shares(column, label)
    if values is None:
        return None
    seen = ~np.isnan(values)
    found = auc(values[seen], label[seen])
    best = max(found, 1 - found)
    return best if best > NEARLY_SEPARATES else None


def auc(values: Floats, label: Floats) -> float:
    """Return the area under the ROC curve of values (n,) for labels in [0, 1]; 0.5 if one class."""
    _, place = np.unique(values, return_inverse=True)
    yes, no = np.bincount(place, label), np.bincount(place, 1 - label)
    pairs = float(yes.sum() * no.sum())
    below = np.cumsum(no) - no
    return float((yes * (below + no / 2)).sum() / pairs) if pairs else 0.5


def _decimal(column: Column) -> bool:
    """Whether a number column has a value with decimals: a measurement, never an identifier."""
    numbers = column.raw.numbers[column.raw.counts > 0]
    finite = numbers[np.isfinite(numbers)]
    return column.kind == "number" and bool((finite % 1 != 0).any())


def _agrees(gaps: npt.NDArray[np.bool_], chosen: npt.NDArray[np.bool_]) -> bool:
    inside, outside = gaps[chosen], gaps[~chosen]
    if min(len(inside), len(outside)) < LEAST_OF_CLASS:
        return False
    return bool(inside.mean() >= AGREE_SHARE and outside.mean() <= 1 - AGREE_SHARE)


def _recodes(column: Column, outcome: npt.NDArray[np.int64]) -> bool:
    """Whether the column's levels and the outcome's (n,) correspond one to one, where known."""
    kinds = int(outcome.max(initial=0)) + 1
    if not 2 <= len(column.levels) <= RECODED_LEVELS or kinds > RECODED_LEVELS:
        return False
    own = column.codes()
    known = (own >= 0) & (outcome >= 0)
    pairs = np.bincount(own[known] * kinds + outcome[known], minlength=len(column.levels) * kinds)
    table = pairs.reshape(-1, kinds)
    table = table[table.any(axis=1)][:, table.any(axis=0)]
    paired = ((table > 0).sum(axis=0) == 1).all() and ((table > 0).sum(axis=1) == 1).all()
    return bool(paired and len(table) > 1 and (table.sum(axis=1) >= LEAST_OF_CLASS).all())


def _shares(column: Column, label: Floats) -> Floats | None:
    """Return each row's level's share of positives; None where levels have too few rows to tell."""
    codes = column.codes()
    known = codes >= 0
    counts, _ = column.tally()
    if (counts > 0).sum() * ROWS_PER_LEVEL > known.sum() or (counts > 0).sum() < 2:
        return None
    yes = np.bincount(codes[known], label[known], minlength=len(counts))
    return np.where(known, (yes / np.maximum(counts, 1))[codes], np.nan)
