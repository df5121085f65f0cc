"""The role of each column: a feature, or dropped for a stated reason."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from placement.arrays import IntArray
from placement.config.option import flag
from placement.data.columns.column_summary import ColumnSummary
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.columns.raw_column import MAX_TEXTS
from placement.data.names.after_outcome import means_after_the_event
from placement.data.names.sensitive import sensitive_trait
from placement.data.schema import (
    COUNTED_BY,
    PREDICTED_NAMES,
    Dropped,
    means_batch,
    quoted,
)
from placement.data.table.partial_numbers import partial_numbers
from placement.data.table.roles.column_evidence import ALL_BUT, ColumnEvidence, empty_reason
from placement.data.table.roles.dates import date_reason
from placement.data.table.roles.identifiers import identifier_in_files, students_on_several_rows
from placement.data.table.roles.leakage import leak_reason, tells_verdict
from placement.errors import DataError
from placement.model.scorer import fold


@dataclass(frozen=True)
class ColumnRequest:
    """The options that name columns, in the file's own spelling.

    `group_is_given`: by `--group COL` or `--group none`. `sensitive`: None for the recognised ones.
    `one_outcome`: nothing is learnt from the rows, so all of them may have the same outcome.
    `of_model`: a model says what the columns mean.
    """

    target: str
    features: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    allow_leak: tuple[str, ...] = ()
    allow_sensitive: tuple[str, ...] = ()
    weight: str | None = None
    group: str | None = None
    group_is_given: bool = False
    sensitive: tuple[str, ...] | None = None
    one_outcome: bool = False
    categorical: tuple[str, ...] = ()
    of_model: bool = False

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
    students: str | None
    notes: tuple[str, ...]


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


@dataclass(frozen=True)
class ColumnFacts:
    """What the rules look at: a column, by all of its rows and by the used ones."""

    evidence: ColumnEvidence
    used: ColumnSummary
    identifier: str | None
    is_unnamed: bool
    summary: DataSummary
    request: ColumnRequest

    @property
    def name(self) -> str:
        """The file's name of the column."""
        return self.evidence.column.name

    @property
    def trait(self) -> str | None:
        """The protected trait that the column tells."""
        return sensitive_trait(self.name, self.evidence.texts)


@dataclass(frozen=True)
class RoleRule:
    """Why a column is no feature, None where it may be; and the options that bring it in."""

    reason: Callable[[ColumnFacts], str | None]
    overridable_by: tuple[str, ...] = ()


def _requested(column: ColumnFacts) -> str | None:
    name, request = column.name, column.request
    if name == request.weight:
        return COUNTED_BY
    if name == request.group:
        return "the groups that are held out (--group)"
    if name in request.drop:
        return "asked for by --drop"
    if request.features and name not in request.features:
        return "not among --features"
    return None


def _without_content(column: ColumnFacts) -> str | None:
    reason = _nearly_empty(column)
    return reason if reason and reason.endswith(("in every row", "empty")) else None


def _nearly_empty(column: ColumnFacts) -> str | None:
    reason = empty_reason(column.used, unnamed=column.is_unnamed)
    # Each line of a weighted table may be of many students.
    is_unknown = column.request.weight is not None and reason and reason.startswith(ALL_BUT)
    return None if is_unknown else reason


def _sensitive(column: ColumnFacts) -> str | None:
    return f"sensitive ({column.trait}); kept for fairness figures" if column.trait else None


def _by_name_after(column: ColumnFacts) -> str | None:
    after = means_after_the_event(column.name)
    return "known only after the outcome, by its name" if after else None


def _by_words_after(column: ColumnFacts) -> str | None:
    tells = tells_verdict(column.evidence.column, column.used)
    return "known only after the outcome, by its words (selected, rejected …)" if tells else None


def _identifier(column: ColumnFacts) -> str | None:
    partial = partial_numbers(column.evidence.column)
    return column.identifier and column.identifier + (f"; {partial}" if partial else "")


def _leak(column: ColumnFacts) -> str | None:
    summary, target = column.summary, column.request.target
    return leak_reason(column.used, summary.class_counts, summary.outcome, target)


def _if(test: Callable[[ColumnFacts], bool], reason: str) -> Callable[[ColumnFacts], str | None]:
    return lambda column: reason if test(column) else None


BY_LEAK = ("features", "allow_leak")
# Walked in order: the first that gives a reason decides.
RULES = (
    RoleRule(_requested),
    RoleRule(_without_content),  # there is nothing in it to bring in
    RoleRule(_if(lambda c: fold(c.name) in PREDICTED_NAMES, "of an earlier list, never a feature")),
    RoleRule(_if(lambda c: means_batch(c.name), "a batch or year, never a feature")),
    RoleRule(_sensitive, ("features", "allow_sensitive")),
    RoleRule(_nearly_empty, BY_LEAK),  # before the identifiers: six cells are not a count of rows
    RoleRule(lambda column: date_reason(column.evidence.column, column.evidence.summary), BY_LEAK),
    RoleRule(_if(lambda c: c.evidence.holds_years, "calendar years, never a feature"), BY_LEAK),
    RoleRule(_by_name_after, BY_LEAK),
    RoleRule(_identifier, BY_LEAK),
    RoleRule(_leak, BY_LEAK),
    RoleRule(_by_words_after, BY_LEAK),
    RoleRule(
        _if(
            lambda c: c.evidence.column.is_hashed,
            f"free text: more than {MAX_TEXTS:,} different words",
        )
    ),
)


def _decide(column: ColumnFacts) -> tuple[str | None, str | None]:
    """Return why a column is no feature, or a note where an option brings it in."""
    for rule in RULES:
        reason = rule.reason(column)
        if reason is None:
            continue
        named = (o for o in rule.overridable_by if column.name in getattr(column.request, o))
        option = next(named, None)
        if option is None or column.evidence.column.is_hashed:
            return reason, None
        return None, f"{column.name} is used although {reason} ({flag(option)})"
    return None, None


def assign_roles(summary: DataSummary, request: ColumnRequest, unnamed: frozenset[str]) -> Roles:
    """Give each column its role."""
    features, dropped, identifiers, sensitive, batches, notes = [], [], [], [], [], []
    for column in _columns(summary, request, unnamed):
        name = column.name
        reason, note = _decide(column)
        if reason is None:
            features.append(name)
            notes += [] if note is None else [note]
        else:
            dropped.append(Dropped(name, reason))
            if column.identifier is not None or (column.is_unnamed and "no name" in reason):
                identifiers.append(name)
        if means_batch(name) or (column.evidence.holds_years and reason is not None):
            batches.append(name)
        if column.trait is not None:
            sensitive.append(name)
    if not features and not request.one_outcome:
        listed = "; ".join(f"{item.column}: {item.reason}" for item in dropped)
        raise DataError(
            f"no column is left to learn from ({listed or 'there is only the outcome'}); bring one "
            "in with --features or --allow-leak"
        )
    batch = next(iter([name for name in batches if means_batch(name)] + batches), None)
    if request.sensitive is not None:
        sensitive = list(dict.fromkeys(request.sensitive))
        notes += _still_features(features, request)
    others = {n: one for n, one in summary.evidence.items() if n != request.target}
    return Roles(
        tuple(features),
        tuple(dropped),
        tuple(identifiers),
        tuple(sensitive),
        batch,
        students_on_several_rows(others),
        tuple(notes),
    )


def _columns(
    summary: DataSummary, request: ColumnRequest, unnamed: frozenset[str]
) -> Iterator[ColumnFacts]:
    for name, evidence in summary.evidence.items():
        if name == request.target:
            continue
        files, is_unnamed = [file[name] for file in summary.evidence_by_file], name in unnamed
        identifier = identifier_in_files(evidence, files, unnamed=is_unnamed)
        used = summary.used[name]
        yield ColumnFacts(evidence, used, identifier, is_unnamed, summary, request)


def _still_features(features: Sequence[str], request: ColumnRequest) -> list[str]:
    """Say that naming a column for figures by group does not take it from the model."""
    return [
        f"{name} is used by the model, and its groups are compared (--sensitive); "
        f"--drop {quoted(name)} leaves it out of the model"
        for name in request.sensitive or ()
        if name in features
    ]
