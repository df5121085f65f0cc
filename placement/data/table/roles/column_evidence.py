"""A column with a summary of its rows, and what that alone says of it."""

import re
from dataclasses import dataclass
from functools import cached_property

from placement.data.columns.column import Column
from placement.data.columns.column_summary import ColumnSummary, all_distinct, count_distinct
from placement.data.columns.raw_column import CategoricalColumn
from placement.data.schema import FEWEST
from placement.errors import counted

JUDGED_FROM = 20  # rows: of fewer, each one shows in every sum
EMPTY_SHARE = 0.99
ALL_BUT = "the same in all but "
FIRST_YEAR, LAST_YEAR = 1990, 2100
_NEARLY_ALL = 0.998  # fewer different values, though only estimated, are not all different
_ACADEMIC_YEAR = re.compile(r"(19|20)\d\d\s*[-–/]\s*((19|20)?\d\d)")


@dataclass(frozen=True)
class ColumnEvidence:
    """A column with the summary of some of its `pieces`, all of their rows."""

    column: Column
    summary: ColumnSummary
    pieces: tuple[int, ...]

    @cached_property
    def distinct(self) -> int:
        """Number of its different values."""
        counted = self.summary.distinct
        return count_distinct(self.column, self.pieces) if counted is None else counted

    @property
    def all_distinct(self) -> bool:
        """Whether no value comes twice."""
        nearly = self.distinct >= _NEARLY_ALL * self.summary.non_missing
        return nearly and all_distinct(self.column, self.pieces)

    @property
    def texts(self) -> list[str]:
        """The different texts of a column of words that are not blank, none of free text."""
        raw = self.column.raw
        if self.column.kind == "number" or not isinstance(raw, CategoricalColumn):
            return []
        return [text for text in self.column.texts if text is not None]

    @property
    def holds_years(self) -> bool:
        """Whether it holds only calendar years, or academic ones such as 2024-25."""
        summary = self.summary
        if self.column.kind == "category":
            texts = self.texts
            return bool(texts) and all(map(_ACADEMIC_YEAR.fullmatch, texts))
        if not summary.non_missing or not summary.all_integers:
            return False
        return bool(summary.low >= FIRST_YEAR and summary.high <= LAST_YEAR)


def empty_reason(summary: ColumnSummary, *, unnamed: bool = False) -> str | None:
    """Say why a column has nothing to learn from: constant, nearly so, or at least 99 % missing."""
    missing = summary.rows - summary.non_missing
    if missing >= EMPTY_SHARE * summary.rows:
        share = "empty" if missing == summary.rows else f"{missing / summary.rows:.1%} missing"
        return f"no name and {share}" if unnamed else share
    if not missing and summary.distinct == 1:
        return "constant: the same in every row"
    if 0 < (rows := _exceptions(summary)) < FEWEST:
        return ALL_BUT + counted(rows, "row")
    return None


def _exceptions(summary: ColumnSummary) -> int:
    """Return how many rows are unlike the others, where that may be few; else 0.

    The mean and deviation of a column tell the figure of one student who differs from all others,
    and the sign of a coefficient whether a student who has it alone was placed.
    """
    counts = summary.outcome_counts if summary.level_counts is None else summary.level_counts
    if counts is None or summary.rows < JUDGED_FROM:  # too many values to be nearly one
        return 0
    most = int(counts.sum(axis=1).max(initial=0))
    exceptions = summary.rows - max(most, summary.rows - summary.non_missing)
    if summary.level_counts is None and summary.non_missing > most:
        # The mean and deviation of numbers are those of the cells that are there.
        among = summary.non_missing - (most if most >= FEWEST else 0)
        exceptions = min(exceptions, among)
    return exceptions
