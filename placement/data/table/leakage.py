"""Which columns are no features: identifiers, empty ones, and those that leak the outcome."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from placement.arrays import FloatArray, IntArray
from placement.data.columns.column import Column
from placement.data.columns.column_summary import (
    ColumnSummary,
    all_distinct,
    count_distinct,
    covers_its_range,
)
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.schema import means_after_the_event, means_identifier, means_person
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
_SAMPLE_AUC = 0.97  # of a sample of 2,000 or more: ten standard errors below what is sought
_OPEN = 1e-4


@dataclass(frozen=True)
class ColumnEvidence:
    """A column with the summary of some of its `pieces`, all of their rows."""

    column: Column
    summary: ColumnSummary
    pieces: tuple[int, ...]

    @property
    def distinct(self) -> int:
        """Number of its different values."""
        counted = self.summary.distinct
        return count_distinct(self.column, self.pieces) if counted is None else counted

    @property
    def all_distinct(self) -> bool:
        """Whether no value comes twice."""
        nearly = self.distinct >= _NEARLY_ALL * self.summary.non_missing
        return nearly and all_distinct(self.column, self.pieces)


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
    if summary.rows < LEAST_ROWS:
        return None
    if number:
        return _integer_identifier_reason(evidence)
    share = evidence.distinct / summary.non_missing
    return f"an identifier: {share:.0%} of its words are distinct" if share > WORDS_SHARE else None


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


def holds_years(evidence: ColumnEvidence) -> bool:
    """Whether a number column holds only calendar years."""
    summary = evidence.summary
    if evidence.column.kind != "number" or not summary.non_missing or not summary.all_integers:
        return False
    return bool(summary.low >= FIRST_YEAR and summary.high <= LAST_YEAR)


def empty_reason(summary: ColumnSummary, *, unnamed: bool = False) -> str | None:
    """Say why a column has nothing to learn from: constant, or at least 99 % missing."""
    missing = summary.rows - summary.non_missing
    if missing >= EMPTY_SHARE * summary.rows:
        share = "empty" if missing == summary.rows else f"{missing / summary.rows:.1%} missing"
        return f"no name and {share}" if unnamed else share
    if not missing and summary.distinct == 1:
        return "constant: the same in every row"
    return None


def leak_reason(
    name: str, summary: ColumnSummary, class_counts: IntArray, outcome: OutcomeCodes, target: str
) -> str | None:
    """Say why a column leaks the outcome (used rows only); else None.

    `class_counts` (2,) are the rows that are negative and positive.
    """
    if means_after_the_event(name):
        return "known only after the outcome, by its name"
    if _agrees(summary.missing, class_counts) or _agrees(summary.missing[::-1], class_counts[::-1]):
        return "missing exactly where the outcome says so"
    if summary.outcome_counts is not None:
        # Of the words as of the label: `--positive Graduate` makes two outcomes of three words.
        counts, sides = summary.outcome_counts, (~outcome.positive, outcome.positive)
        classes = np.column_stack([counts[:, side].sum(axis=1) for side in sides])
        if _recodes(counts) or _recodes(classes):
            return f"a copy or recoding of {target}"
    return None


def _agrees(missing: IntArray, rows: IntArray) -> bool:
    """Whether cells are missing in the second class, and not in the first."""
    if rows.min() < LEAST_OF_CLASS:
        return False
    return bool(missing[1] >= AGREE_SHARE * rows[1] and missing[0] <= (1 - AGREE_SHARE) * rows[0])


def _recodes(pairs: IntArray) -> bool:
    """Whether levels and outcomes correspond one to one, where both are known."""
    table = pairs[pairs.any(axis=1)][:, pairs.any(axis=0)]
    paired = ((table > 0).sum(axis=0) == 1).all() and ((table > 0).sum(axis=1) == 1).all()
    return bool(paired and len(table) > 1 and (table.sum(axis=1) >= LEAST_OF_CLASS).all())


def separating_auc(column: Column, summary: ColumnSummary, outcome: OutcomeCodes) -> float | None:
    """Return the AUC of a column alone where it nearly separates the classes, else None."""
    if column.kind == "number":
        area = _auc_of_numbers(column, summary, outcome)
    elif summary.level_counts is None or not _has_enough_rows(summary.level_counts):
        return None
    else:
        share = summary.level_counts[:, 1] / np.maximum(summary.level_counts.sum(axis=1), 1)
        area = roc_area_of_rows(share, *summary.level_counts.T)
    best = max(area, 1 - area)
    return best if best > NEARLY_SEPARATES else None


def _has_enough_rows(levels: IntArray) -> bool:
    """Whether levels have enough rows to tell, and are more than one."""
    present = levels.any(axis=1).sum()
    return bool(present >= 2 and present * ROWS_PER_LEVEL <= levels.sum())


def _auc_of_numbers(column: Column, summary: ColumnSummary, outcome: OutcomeCodes) -> float:
    """Return the AUC of numbers: exact up to 100,000 rows, beyond from bins that count ties half.

    One row in 50 decides whether to go on. Bins of equal width serve while the pairs within bins
    cannot decide; else, as where an outlier puts all others into one, bins of about equal count
    are used.
    """
    if summary.non_missing <= _EXACT_ROWS or not np.isfinite(summary.high - summary.low):
        parts = list(_labelled_values(column, outcome))
        values, label = (np.concatenate(part) for part in zip(*parts, strict=True))
        return roc_area_of_rows(values, 1 - label, label)
    sample = list(_labelled_values(column, outcome, every=_EVERY))
    values, label = (np.concatenate(part) for part in zip(*sample, strict=True))
    area = roc_area_of_rows(values, 1 - label, label)
    if max(area, 1 - area) < _SAMPLE_AUC:
        return area
    scale = (_BINS - 1) / ((summary.high - summary.low) or 1.0)
    area, uncertain = _binned(
        column, outcome, lambda v: ((v - summary.low) * scale).astype(np.int64)
    )
    if max(area, 1 - area) + uncertain > NEARLY_SEPARATES and uncertain > _OPEN:
        edges = np.unique(np.quantile(values, np.linspace(0, 1, _BINS)[1:-1]))
        area, _ = _binned(column, outcome, lambda v: np.searchsorted(edges, v, side="right"))
    return area


def _binned(
    column: Column, outcome: OutcomeCodes, bin_of: Callable[[FloatArray], IntArray]
) -> tuple[float, float]:
    """Return the AUC of the bins of numbers, and by how much it may be off."""
    counts = np.zeros((_BINS, 2), dtype=np.int64)
    for values, label in _labelled_values(column, outcome):
        codes = bin_of(values) * 2 + label
        counts += np.bincount(codes, minlength=2 * _BINS).reshape(-1, 2)
    pairs = float(counts[:, 0].sum()) * float(counts[:, 1].sum())
    within = float((counts[:, 0].astype(np.float64) * counts[:, 1]).sum())
    area = float(roc_area(*counts.T.astype(np.float64)))
    return area, within / 2 / max(pairs, 1.0)


def _labelled_values(
    column: Column, outcome: OutcomeCodes, every: int = 1
) -> Iterator[tuple[FloatArray, IntArray]]:
    """Yield the numbers of the used rows of each piece, and whether each is positive."""
    for piece in range(outcome.pieces):
        values, codes = np.asarray(column.piece(piece))[::every], outcome.codes(piece)[::every]
        labelled = (codes >= 0) & ~np.isnan(values)
        yield values[labelled], outcome.positive[codes[labelled]].astype(np.int64)
