"""The batches of a table with their outcomes: which to test on, which have not been placed yet."""

from dataclasses import dataclass

import numpy as np

from placement.data.columns.column import Column
from placement.data.columns.column_summary import ColumnSummary
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.schema import Target
from placement.errors import Grave

LEAST_ROWS = 5
CHANCE = 0.01  # that a batch has one outcome only, were it like the others


@dataclass(frozen=True)
class Batch:
    """A batch in the words of a rule, with its rows that have an outcome, negative and positive."""

    value: str
    negative: int
    positive: int

    @property
    def rows(self) -> int:
        """Rows that have an outcome."""
        return self.negative + self.positive

    @property
    def has_both(self) -> bool:
        """Whether both outcomes are there."""
        return min(self.negative, self.positive) > 0


@dataclass(frozen=True)
class Batches:
    """The batches of a column from first to last; `are_numbers`: a rule can compare them."""

    column: str
    batches: tuple[Batch, ...]
    are_numbers: bool

    @property
    def latest_rule(self) -> str | None:
        """The rule of the last batch on which one can test what the others teach."""
        for batch in reversed(self.batches):
            others = [other for other in self.batches if other is not batch]
            counts = sum(b.negative for b in others), sum(b.positive for b in others)
            if batch.has_both and min(counts) > 0:
                return self._rule("==", batch)
        return None

    @property
    def of_one_outcome(self) -> tuple[Batch, ...]:
        """Batches with one outcome only, and too many rows for that to be chance."""
        both = [batch for batch in self.batches if batch.has_both]
        rows = sum(batch.rows for batch in both)
        if not rows:
            return ()
        share = sum(batch.positive for batch in both) / rows
        single = [b for b in self.batches if b.rows >= LEAST_ROWS and not b.has_both]
        return tuple(b for b in single if (share if b.positive else 1 - share) ** b.rows < CHANCE)

    def without(self, left_out: tuple[Batch, ...]) -> str:
        """Return the options that keep all batches but some."""
        stay = [batch for batch in self.batches if batch not in left_out]
        if len(stay) == 1:
            rules = [self._rule("==", stay[0])]
        elif self.are_numbers and self.batches[-len(left_out) :] == left_out:
            rules = [self._rule("<", left_out[0])]
        else:
            rules = [self._rule("!=", batch) for batch in left_out]
        return " ".join(f"--where '{rule}'" for rule in rules)

    def _rule(self, sign: str, batch: Batch) -> str:
        name = f"`{self.column}`" if " " in self.column else self.column
        return f"{name}{sign}{batch.value}"


def batches_of(column: Column, summary: ColumnSummary, outcome: OutcomeCodes) -> Batches:
    """Return the batches of the used rows; of free text, and of very many numbers, none."""
    batches: list[Batch] = []
    if column.kind == "number" and summary.outcome_counts is not None:
        positive = summary.outcome_counts[:, outcome.positive].sum(axis=1)
        negative = summary.outcome_counts.sum(axis=1) - positive
        for value, *counts in zip(summary.values, negative, positive, strict=True):
            batches.append(Batch(f"{value:g}", *map(int, counts)))
    elif column.kind == "category" and summary.level_counts is not None and not column.is_hashed:
        names: dict[int, str] = {}
        for level, word in zip(column.level_of.tolist(), column.texts, strict=True):
            if level >= 0:
                names.setdefault(level, str(word).strip().casefold())
        present = np.flatnonzero(summary.level_counts.any(axis=1)).tolist()
        counts = summary.level_counts.tolist()
        batches = sorted((Batch(names[k], *counts[k]) for k in present), key=lambda b: b.value)
    return Batches(column.name, tuple(b for b in batches if b.rows), column.kind == "number")


def batch_warnings(batches: Batches, target: Target) -> list[Grave]:
    """Return the warning about batches that are not placed yet, or of which some are lacking."""
    warnings = list[Grave]()
    for is_positive in (False, True):
        single = tuple(b for b in batches.of_one_outcome if bool(b.positive) == is_positive)
        if not single:
            continue
        listed = " and ".join([b.value for b in single][:4])
        more = f" and {len(single) - 4} more" if len(single) > 4 else ""
        rows = sum(batch.rows for batch in single)
        what = f"only {target.outcome}" if is_positive else f"not one {target.outcome}"
        why = "are the others missing" if is_positive else "have they been placed yet"
        short = f"{batches.column} {listed}{more} ({rows:,} rows): {what}: {why}?"
        remedy = f"Learn from the other batches by {batches.without(single)}"
        full = f"{short} {remedy}, or leave {target.name} blank for these"
        warnings.append(Grave(full, f"{short} {remedy}"))
    return warnings
