"""The part each column plays: a feature, or left aside for a stated reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from placement.data.kinds import Column
from placement.data.leakage import empty_reason, holds_years, identifier_in_files, leak_reason
from placement.data.raw import Floats
from placement.data.schema import PREDICTED_NAMES, Dropped, means_batch, means_sensitive
from placement.errors import DataError
from placement.model.scorer import fold


@dataclass(frozen=True)
class Asked:
    """What the user said of columns, in the file's own spelling."""

    target: str
    features: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    allow_leak: tuple[str, ...] = ()
    allow_sensitive: tuple[str, ...] = ()
    weight: str | None = None
    group: str | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        for name in (*self.features, *self.drop):
            if name == self.target:
                raise DataError(f"{name} is the outcome; it can be neither feature nor dropped")
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
class _Found:
    """What is known so far, gathered column by column."""

    features: list[str] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    batches: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def assign(
    columns: Mapping[str, Column],
    labelled: Mapping[str, Column],
    label: Floats,
    asked: Asked,
    unnamed: frozenset[str],
    files: Sequence[npt.NDArray[np.intp]] = (),
) -> Roles:
    """Give each column its part. `columns` has every row, `labelled` those with a label (n,).

    `files` are the positions of the rows of each file, where there are several.
    """
    found = _Found()
    for name, column in columns.items():
        if name == asked.target:
            continue
        reason = _asked_reason(name, asked) or _reason(
            column,
            labelled[name],
            labelled[asked.target],
            label,
            asked,
            name in unnamed,
            found,
            files,
        )
        identifier = identifier_in_files(column, files, unnamed=name in unnamed)
        if reason is not None:
            found.dropped.append(Dropped(name, reason))
            if identifier is not None or (name in unnamed and "no name" in reason):
                found.identifiers.append(name)
        else:
            found.features.append(name)
        if means_batch(name) or (holds_years(column) and name in _names(found.dropped)):
            found.batches.append(name)
    if not found.features:
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
        tuple(n for n in columns if n != asked.target and means_sensitive(n)),
        next(iter(named + found.batches), None),
        tuple(found.notes),
    )


def _names(dropped: list[Dropped]) -> set[str]:
    return {item.column for item in dropped}


def _asked_reason(name: str, asked: Asked) -> str | None:
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
    column: Column,
    labelled: Column,
    target: Column,
    label: Floats,
    asked: Asked,
    unnamed: bool,
    found: _Found,
    files: Sequence[npt.NDArray[np.intp]],
) -> str | None:
    """Say why a column is left out by itself, unless the user brings it in (which is noted)."""
    name = column.name
    empty = empty_reason(labelled, unnamed=unnamed)
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
        or identifier_in_files(column, files, unnamed=unnamed)
        or ("calendar years, never a feature" if holds_years(column) else None)
        or leak_reason(labelled, label, target)
    )
    if reason is None:
        return None
    return _unless(
        found, reason, name, {"--features": asked.features, "--allow-leak": asked.allow_leak}
    )


def _unless(
    found: _Found, reason: str, name: str, bringing: Mapping[str, tuple[str, ...]]
) -> str | None:
    for option, names in bringing.items():
        if name in names:
            found.notes.append(f"{name} is used although {reason} ({option})")
            return None
    return reason
