"""The role of each column: a feature, or dropped for a stated reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from placement.arrays import IntArray
from placement.data.columns.column_summary import ColumnSummary
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.columns.raw_column import MAX_TEXTS
from placement.data.schema import PREDICTED_NAMES, Dropped, means_batch, means_sensitive, quoted
from placement.data.table.leakage import (
    ColumnEvidence,
    empty_reason,
    holds_years,
    identifier_in_files,
    leak_reason,
)
from placement.errors import DataError
from placement.model.scorer import fold


@dataclass(frozen=True)
class ColumnRequest:
    """The options that name columns, in the file's own spelling.

    `sensitive`: None for the recognised ones. `one_outcome`: nothing is learnt from the rows, so
    all of them may have the same outcome.
    """

    target: str
    features: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    allow_leak: tuple[str, ...] = ()
    allow_sensitive: tuple[str, ...] = ()
    weight: str | None = None
    group: str | None = None
    sensitive: tuple[str, ...] | None = None
    one_outcome: bool = False

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        for name in (*self.features, *self.drop):
            if name == self.target:
                raise DataError(f"{name} is the outcome; it can be neither feature nor dropped")
        if self.target in (self.sensitive or ()):
            raise DataError(f"{self.target} is the outcome; leave it out of --sensitive")
        both = [name for name in self.features if name in self.drop]
        if both:
            raise DataError(f"{both[0]} stands in --features and in --drop; choose one")
        named = [name for name in (*self.features, *self.allow_leak) if means_batch(name)]
        if named:
            raise DataError(
                f"{named[0]} is a batch or year, which the next students will not share, so it is "
                f"never a feature; leave it out of --features, or hold out with --test-where"
            )


@dataclass(frozen=True)
class Roles:
    """The role of each column."""

    features: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    identifiers: tuple[str, ...]
    sensitive: tuple[str, ...]
    batch: str | None
    notes: tuple[str, ...]


@dataclass
class _Assignment:
    """The roles assigned so far, column by column."""

    features: list[str] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    batches: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class DataSummary:
    """Summaries of every column: of all rows, file by file, and of the used rows.

    `class_counts` (2,) are the used rows that are negative and positive.
    """

    evidence: Mapping[str, ColumnEvidence]
    evidence_by_file: Sequence[Mapping[str, ColumnEvidence]]
    used: Mapping[str, ColumnSummary]
    class_counts: IntArray
    outcome: OutcomeCodes


def assign_roles(summary: DataSummary, request: ColumnRequest, unnamed: frozenset[str]) -> Roles:
    """Give each column its role."""
    assignment = _Assignment()
    for name, evidence in summary.evidence.items():
        if name == request.target:
            continue
        identifier = identifier_in_files(
            evidence, [file[name] for file in summary.evidence_by_file], unnamed=name in unnamed
        )
        reason = _requested_reason(name, request) or _own_reason(
            evidence, summary, request, identifier, name in unnamed, assignment
        )
        if reason is not None:
            assignment.dropped.append(Dropped(name, reason))
            if identifier is not None or (name in unnamed and "no name" in reason):
                assignment.identifiers.append(name)
        else:
            assignment.features.append(name)
        if means_batch(name) or (holds_years(evidence) and reason is not None):
            assignment.batches.append(name)
    if not assignment.features and not request.one_outcome:
        listed = "; ".join(f"{item.column}: {item.reason}" for item in assignment.dropped)
        raise DataError(
            f"no column is left to learn from ({listed or 'there is only the outcome'}); bring one "
            "in with --features or --allow-leak"
        )
    by_name = [name for name in assignment.batches if means_batch(name)]
    return Roles(
        tuple(assignment.features),
        tuple(assignment.dropped),
        tuple(assignment.identifiers),
        _sensitive(summary, request),
        next(iter(by_name + assignment.batches), None),
        (*assignment.notes, *_still_features(assignment.features, request)),
    )


def _sensitive(summary: DataSummary, request: ColumnRequest) -> tuple[str, ...]:
    """Return the columns whose groups are compared: those requested, else the recognised ones."""
    if request.sensitive is not None:
        return tuple(dict.fromkeys(request.sensitive))
    return tuple(n for n in summary.evidence if n != request.target and means_sensitive(n))


def _still_features(features: list[str], request: ColumnRequest) -> list[str]:
    """Say that naming a column for figures by group does not take it from the model."""
    return [
        f"{name} is used by the model, and its groups are compared (--sensitive); "
        f"--drop {quoted(name)} leaves it out of the model"
        for name in request.sensitive or ()
        if name in features
    ]


def _requested_reason(name: str, request: ColumnRequest) -> str | None:
    """Say which option leaves a column out; None where none does."""
    if name == request.weight:
        return "the weights of the rows (--weight)"
    if name == request.group:
        return "the groups that are held out (--group)"
    if name in request.drop:
        return "asked for by --drop"
    if request.features and name not in request.features:
        return "not among --features"
    return None


def _own_reason(
    evidence: ColumnEvidence,
    summary: DataSummary,
    request: ColumnRequest,
    identifier: str | None,
    unnamed: bool,
    assignment: _Assignment,
) -> str | None:
    """Say why a column is left out by itself, unless the user brings it in (which is noted)."""
    name, used = evidence.column.name, summary.used[evidence.column.name]
    empty = empty_reason(used, unnamed=unnamed)
    if empty is not None and (empty.startswith("constant") or empty.endswith("empty")):
        return empty  # there is nothing in it to bring in
    if fold(name) in PREDICTED_NAMES:
        return "an earlier prediction, never a feature"
    if means_batch(name):
        return "a batch or year, never a feature"
    if means_sensitive(name):
        named_by = {"--features": request.features, "--allow-sensitive": request.allow_sensitive}
        return _unless_requested(assignment, "sensitive; kept for fairness figures", name, named_by)
    reason = (
        empty  # before the identifiers: six cells are not a count of rows
        or identifier
        or ("calendar years, never a feature" if holds_years(evidence) else None)
        or leak_reason(name, used, summary.class_counts, summary.outcome, request.target)
    )
    if evidence.column.is_hashed:
        return reason or f"free text: more than {MAX_TEXTS:,} different words"
    named_by = {"--features": request.features, "--allow-leak": request.allow_leak}
    return reason and _unless_requested(assignment, reason, name, named_by)


def _unless_requested(
    assignment: _Assignment, reason: str, name: str, named_by: Mapping[str, tuple[str, ...]]
) -> str | None:
    for option, names in named_by.items():
        if name in names:
            assignment.notes.append(f"{name} is used although {reason} ({option})")
            return None
    return reason
