"""Which columns are no features: identifiers, the empty, and those that know the outcome."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from placement.arrays import FloatArray, IntArray
from placement.data.columns.column import Column
from placement.data.columns.column_summary import (
    ColumnSummary,
    are_distinct,
    count_distinct,
    covers_its_range,
)
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.schema import (
    means_after_the_event,
    means_identifier,
    means_person,
)
from placement.stats.roc_area import roc_area, roc_area_of_rows

DISTINCT_SHARE = 0.95  # of a column named as a number of a person
WORDS_SHARE = 0.5  # of any column of words
EMPTY_SHARE = 0.99
AGREE_SHARE = 0.99
LEAST_ROWS = 20  # below this, distinct values say nothing about an unnamed meaning
LEAST_OF_CLASS = 5
LONG_NUMBER = 10_000_000  # eight digits
_NEARLY_ALL = 0.998  # fewer different values, though only estimated, are not all different
FIRST_YEAR, LAST_YEAR = 1990, 2100
NEARLY_SEPARATES = 0.99
ROWS_PER_LEVEL = 5
_BINS = 4_096
_EXACT_ROWS = 100_000
_EVERY = 50
_WORTH_A_LOOK = 0.97  # of a sample of 2,000 or more: ten standard errors below what is sought
_OPEN = 1e-4


@dataclass(frozen=True)
class ColumnEvidence:
    """A column with what was seen of it: over some pieces (`places`), all of their rows."""

    column: Column
    survey: ColumnSummary
    places: tuple[int, ...]

    @property
    def distinct(self) -> int:
        """Number of its different values."""
        counted = self.survey.distinct
        return count_distinct(self.column, self.places) if counted is None else counted

    @property
    def all_distinct(self) -> bool:
        """Whether no value comes twice."""
        nearly = self.distinct >= _NEARLY_ALL * self.survey.present
        return nearly and are_distinct(self.column, self.places)


def identifier_in_files(
    whole: ColumnEvidence, files: Sequence[ColumnEvidence], *, unnamed: bool = False
) -> str | None:
    """Say why a column tells who a student is, in the whole table or in each of its files.

    Serial numbers start anew in every file, and a student may stand in two of them.
    """
    reason = identifier_reason(whole, unnamed=unnamed)
    if reason is not None or len(files) < 2:
        return reason
    each = [identifier_reason(one, unnamed=unnamed) for one in files]
    return each[0] if all(each) else None


def identifier_reason(sight: ColumnEvidence, *, unnamed: bool = False) -> str | None:
    """Say why a column tells who a student is, judged on every row given; else None."""
    name, seen = sight.column.name, sight.survey
    if means_person(name):
        return "a person's name, e-mail or phone"
    number = sight.column.kind == "number"
    if seen.present < 2 or (number and not seen.whole):  # decimals are a measurement
        return None
    named = unnamed or means_identifier(name)
    if named and sight.distinct >= DISTINCT_SHARE * seen.present:
        return "no name, and it counts rows" if unnamed else "an identifier by its name and values"
    if seen.rows < LEAST_ROWS:
        return None
    if number:
        return _numbering(sight)
    share = sight.distinct / seen.present
    return f"an identifier: {share:.0%} of its words are distinct" if share > WORDS_SHARE else None


def _numbering(sight: ColumnEvidence) -> str | None:
    """Say why whole numbers are register numbers or a count of the rows."""
    seen = sight.survey
    if seen.least >= LONG_NUMBER and sight.all_distinct:
        return "an identifier: long numbers, all distinct"
    fits = seen.present == seen.rows and seen.high - seen.low == seen.rows - 1
    if fits and covers_its_range(sight.column, sight.places, seen.low, seen.high):
        return "an identifier: it counts the rows"
    return None


def holds_years(sight: ColumnEvidence) -> bool:
    """Whether a number column holds only calendar years."""
    seen = sight.survey
    if sight.column.kind != "number" or not seen.present or not seen.whole:
        return False
    return bool(seen.low >= FIRST_YEAR and seen.high <= LAST_YEAR)


def empty_reason(seen: ColumnSummary, *, unnamed: bool = False) -> str | None:
    """Say why a column has nothing to learn from: constant, or at least 99 % missing."""
    gaps = seen.rows - seen.present
    if gaps >= EMPTY_SHARE * seen.rows:
        share = "empty" if gaps == seen.rows else f"{gaps / seen.rows:.1%} missing"
        return f"no name and {share}" if unnamed else share
    if not gaps and seen.distinct == 1:
        return "constant: the same in every row"
    return None


def leak_reason(
    name: str, seen: ColumnSummary, rows_of: IntArray, outcome: OutcomeCodes, target: str
) -> str | None:
    """Say why a column knows the outcome (used rows only); else None.

    `rows_of` (2,) are the rows that are negative and positive.
    """
    if means_after_the_event(name):
        return "known only after the outcome, by its name"
    if _agrees(seen.gaps, rows_of) or _agrees(seen.gaps[::-1], rows_of[::-1]):
        return "missing exactly where the outcome says so"
    if seen.pairs is not None:
        # Of the words as of the label: `--positive Graduate` makes two outcomes of three words.
        sides = (seen.pairs[:, side].sum(axis=1) for side in (~outcome.positive, outcome.positive))
        classes = np.column_stack(list(sides))
        if _recodes(seen.pairs) or _recodes(classes):
            return f"a copy or recoding of {target}"
    return None


def _agrees(gaps: IntArray, rows: IntArray) -> bool:
    """Whether cells are missing in the second class, and not in the first."""
    if rows.min() < LEAST_OF_CLASS:
        return False
    return bool(gaps[1] >= AGREE_SHARE * rows[1] and gaps[0] <= (1 - AGREE_SHARE) * rows[0])


def _recodes(pairs: IntArray) -> bool:
    """Whether levels and outcomes correspond one to one, where both are known."""
    table = pairs[pairs.any(axis=1)][:, pairs.any(axis=0)]
    paired = ((table > 0).sum(axis=0) == 1).all() and ((table > 0).sum(axis=1) == 1).all()
    return bool(paired and len(table) > 1 and (table.sum(axis=1) >= LEAST_OF_CLASS).all())


def separates(column: Column, seen: ColumnSummary, outcome: OutcomeCodes) -> float | None:
    """Return the AUC of a column alone where it nearly separates the classes, else None."""
    if column.kind == "number":
        found = _auc_of_numbers(column, seen, outcome)
    elif seen.levels is None or not _tells(seen.levels):
        return None
    else:
        share = seen.levels[:, 1] / np.maximum(seen.levels.sum(axis=1), 1)
        found = roc_area_of_rows(share, *seen.levels.T)
    best = max(found, 1 - found)
    return best if best > NEARLY_SEPARATES else None


def _tells(levels: IntArray) -> bool:
    """Whether levels have enough rows to tell, and are more than one."""
    there = levels.any(axis=1).sum()
    return bool(there >= 2 and there * ROWS_PER_LEVEL <= levels.sum())


def _auc_of_numbers(column: Column, seen: ColumnSummary, outcome: OutcomeCodes) -> float:
    """Return the AUC of numbers: exact up to 100,000 rows, beyond from bins that count ties half.

    One row in 50 tells whether it is worth a look. Bins of equal width serve while what they leave
    open cannot decide; else, as where an outlier puts all others into one, bins of about equal
    count take their place.
    """
    if seen.present <= _EXACT_ROWS or not np.isfinite(seen.high - seen.low):
        parts = list(_known(column, outcome))
        values, label = (np.concatenate(part) for part in zip(*parts, strict=True))
        return roc_area_of_rows(values, 1 - label, label)
    some = list(_known(column, outcome, every=_EVERY))
    values, label = (np.concatenate(part) for part in zip(*some, strict=True))
    found = roc_area_of_rows(values, 1 - label, label)
    if max(found, 1 - found) < _WORTH_A_LOOK:
        return found
    scale = (_BINS - 1) / ((seen.high - seen.low) or 1.0)
    found, open_ = _binned(column, outcome, lambda v: ((v - seen.low) * scale).astype(np.int64))
    if max(found, 1 - found) + open_ > NEARLY_SEPARATES and open_ > _OPEN:
        edges = np.unique(np.quantile(values, np.linspace(0, 1, _BINS)[1:-1]))
        found, _ = _binned(column, outcome, lambda v: np.searchsorted(edges, v, side="right"))
    return found


def _binned(
    column: Column, outcome: OutcomeCodes, bin_of: Callable[[FloatArray], IntArray]
) -> tuple[float, float]:
    """Return the AUC of the bins of numbers, and by how much it may be off."""
    counts = np.zeros((_BINS, 2), dtype=np.int64)
    for values, label in _known(column, outcome):
        codes = bin_of(values) * 2 + label
        counts += np.bincount(codes, minlength=2 * _BINS).reshape(-1, 2)
    pairs = float(counts[:, 0].sum()) * float(counts[:, 1].sum())
    within = float((counts[:, 0].astype(np.float64) * counts[:, 1]).sum())
    area = float(roc_area(*counts.T.astype(np.float64)))
    return area, within / 2 / max(pairs, 1.0)


def _known(
    column: Column, outcome: OutcomeCodes, every: int = 1
) -> Iterator[tuple[FloatArray, IntArray]]:
    """Yield the numbers of the used rows of each piece, and whether each is positive."""
    for place in range(outcome.pieces):
        values, codes = np.asarray(column.piece(place))[::every], outcome.codes(place)[::every]
        seen = (codes >= 0) & ~np.isnan(values)
        yield values[seen], outcome.positive[codes[seen]].astype(np.int64)
