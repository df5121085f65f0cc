"""The part each column plays: a feature, or left aside for a stated reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from placement.arrays import IntArray
from placement.data.columns.column_summary import ColumnSummary
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.columns.raw_column import MAX_TEXTS
from placement.data.schema import (
    PREDICTED_NAMES,
    Dropped,
    means_batch,
    means_sensitive,
    quoted,
)
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
    """What the user said of columns, in the file's own spelling.

    `sensitive`: None where the recognised ones are meant. `one_outcome`: nothing is learnt from the
    rows, so all of them may have the same one.
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
    """What became of each column."""

    features: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    identifiers: tuple[str, ...]
    sensitive: tuple[str, ...]
    batch: str | None
    notes: tuple[str, ...]


@dataclass
class _Assignment:
    """What is known so far, gathered column by column."""

    features: list[str] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    batches: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class DataSummary:
    """What was seen of every column: in all rows, file by file, and in the used rows.

    `rows_of` (2,) are the used rows that are negative and positive.
    """

    everywhere: Mapping[str, ColumnEvidence]
    in_files: Sequence[Mapping[str, ColumnEvidence]]
    used: Mapping[str, ColumnSummary]
    rows_of: IntArray
    outcome: OutcomeCodes


def assign(seen: DataSummary, asked: ColumnRequest, unnamed: frozenset[str]) -> Roles:
    """Give each column its part."""
    found = _Assignment()
    for name, sight in seen.everywhere.items():
        if name == asked.target:
            continue
        identifier = identifier_in_files(
            sight, [file[name] for file in seen.in_files], unnamed=name in unnamed
        )
        reason = _asked_reason(name, asked) or _reason(
            sight, seen, asked, identifier, name in unnamed, found
        )
        if reason is not None:
            found.dropped.append(Dropped(name, reason))
            if identifier is not None or (name in unnamed and "no name" in reason):
                found.identifiers.append(name)
        else:
            found.features.append(name)
        if means_batch(name) or (holds_years(sight) and name in _names(found.dropped)):
            found.batches.append(name)
    if not found.features and not asked.one_outcome:
        listed = "; ".join(f"{item.column}: {item.reason}" for item in found.dropped)
        raise DataError(
            f"no column is left to learn from ({listed or 'there is only the outcome'}); bring one "
            "in with --features or --allow-leak"
        )
    named = [name for name in found.batches if means_batch(name)]
    return Roles(
        tuple(found.features),
        tuple(found.dropped),
        tuple(found.identifiers),
        _sensitive(seen, asked),
        next(iter(named + found.batches), None),
        (*found.notes, *_still_features(found.features, asked)),
    )


def _sensitive(seen: DataSummary, asked: ColumnRequest) -> tuple[str, ...]:
    """Return the columns whose groups are compared: those asked for, else the recognised ones."""
    if asked.sensitive is not None:
        return tuple(dict.fromkeys(asked.sensitive))
    return tuple(n for n in seen.everywhere if n != asked.target and means_sensitive(n))


def _still_features(features: list[str], asked: ColumnRequest) -> list[str]:
    """Say that naming a column for figures by group does not take it from the model."""
    return [
        f"{name} is used by the model, and its groups are compared (--sensitive); "
        f"--drop {quoted(name)} leaves it out of the model"
        for name in asked.sensitive or ()
        if name in features
    ]


def _names(dropped: list[Dropped]) -> set[str]:
    return {item.column for item in dropped}


def _asked_reason(name: str, asked: ColumnRequest) -> str | None:
    """Say why the user's own words leave a column out."""
    if name == asked.weight:
        return "the weights of the rows (--weight)"
    if name == asked.group:
        return "the groups that are held out (--group)"
    if name in asked.drop:
        return "asked for by --drop"
    if asked.features and name not in asked.features:
        return "not among --features"
    return None


def _reason(
    sight: ColumnEvidence,
    seen: DataSummary,
    asked: ColumnRequest,
    identifier: str | None,
    unnamed: bool,
    found: _Assignment,
) -> str | None:
    """Say why a column is left out by itself, unless the user brings it in (which is noted)."""
    name, own = sight.column.name, seen.used[sight.column.name]
    empty = empty_reason(own, unnamed=unnamed)
    if empty is not None and (empty.startswith("constant") or empty.endswith("empty")):
        return empty  # there is nothing in it to bring in
    if fold(name) in PREDICTED_NAMES:
        return "an earlier prediction, never a feature"
    if means_batch(name):
        return "a batch or year, never a feature"
    if means_sensitive(name):
        return _unless(
            found,
            "sensitive; kept for fairness figures",
            name,
            {"--features": asked.features, "--allow-sensitive": asked.allow_sensitive},
        )
    reason = (
        empty  # before the identifiers: six stray cells are not a count of rows
        or identifier
        or ("calendar years, never a feature" if holds_years(sight) else None)
        or leak_reason(name, own, seen.rows_of, seen.outcome, asked.target)
    )
    if sight.column.is_hashed:
        return reason or f"free text: more than {MAX_TEXTS:,} different words"
    return reason and _unless(
        found, reason, name, {"--features": asked.features, "--allow-leak": asked.allow_leak}
    )


def _unless(
    found: _Assignment, reason: str, name: str, bringing: Mapping[str, tuple[str, ...]]
) -> str | None:
    for option, names in bringing.items():
        if name in names:
            found.notes.append(f"{name} is used although {reason} ({option})")
            return None
    return reason
