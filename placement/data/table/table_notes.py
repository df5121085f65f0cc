"""What is said of a table: its scales, its batches, cells in doubt, columns that tell too much."""

import shlex
from collections.abc import Mapping, Sequence

import numpy as np

from placement.data.columns.column import Column, warn_unparsable
from placement.data.columns.column_summary import ColumnSummary
from placement.data.columns.raw_column import CategoricalColumn, HashedColumn, NumericColumn
from placement.data.names.sensitive import means_age
from placement.data.names.spellings import MOST_LEVELS, probably_same
from placement.data.schema import quoted
from placement.data.table.batches import Batches, batch_warnings, batches_of
from placement.data.table.column_roles import DataSummary, Roles
from placement.data.table.partial_numbers import decorated_number, partial_numbers
from placement.data.table.roles.column_evidence import ALL_BUT
from placement.data.table.roles.earlier_lists import warn_of_seats
from placement.data.table.roles.identifiers import REPEATED, WORDS_DISTINCT
from placement.data.table.roles.leakage import separating_auc
from placement.data.table.scales.grade_scales import warn_off_scale
from placement.data.table.scales.missing_codes import warn_missing_codes
from placement.data.table.table_inputs import TableInputs
from placement.errors import Grave, TellsOutcome
from placement.runtime.parallel_map import usable_processors
from placement.runtime.ranks import shared_in_order

FEW_ROWS = 30
FEW_OF_CLASS = 10
_MOST_SAID = 4
_SPARSE = 0.1


def table_notes(
    inputs: TableInputs, roles: Roles, scales: Mapping[str, float | None], summary: DataSummary
) -> list[str]:
    """Return the facts about scales and the batch column."""
    graded = ", ".join(f"{name} {scale:g}" for name, scale in scales.items() if scale)
    notes = [note for name in roles.features for note in _read_notes(inputs.columns[name])]
    notes += _cleaned_notes(inputs)
    notes += [f"grade scales (inferred): {graded}"] if graded else []
    notes += [
        f"{name} is an age, which the model uses: --sensitive {quoted(name)} compares its groups, "
        f"--drop {quoted(name)} leaves it out"
        for name in roles.features
        if means_age(name)
    ]
    for column in (inputs.columns[name] for name in roles.features):
        pairs = ", ".join(f"{other!r} as {level!r}" for other, level in column.same_pairs)
        notes += [f"{column.name}: read {pairs} (--same)"] if pairs else []
    notes += [
        f"{name} repeats, {summary.evidence[name].distinct:,} numbers on "
        f"{summary.evidence[name].summary.rows:,} rows, as where each class counts its own "
        f"students; if a number is one student, --group {quoted(name)} keeps its rows together"
        for name in (item.column for item in roles.dropped if item.reason == REPEATED)
        if name != roles.students
    ]
    batches = _batches(inputs, roles, summary)
    if batches is not None and batches.latest_rule is not None:
        line = f"--test-where '{batches.latest_rule}'"
        notes.append(f"{batches.column} says who is of which batch; to test on the latest: {line}")
    return notes


def _meant_as_features(roles: Roles) -> list[str]:
    """Return the features, and what would be one if its words came again or had more cells."""
    dropped = (
        item.column
        for item in roles.dropped
        if item.reason.endswith(WORDS_DISTINCT) or item.reason.startswith(ALL_BUT)
    )
    return [*roles.features, *dropped]


def _sparse_columns(roles: Roles, summary: DataSummary) -> list[str]:
    """Warn of columns with next to no cells: of another table, or one for a group."""
    rows = {name: summary.evidence[name].summary for name in _meant_as_features(roles)}
    return [
        f"{name} is filled in {one.non_missing:,} of {one.rows:,} rows only: if it belongs to "
        f"another table, --drop {quoted(name)}; if a cell holds for the rows below it as well, "
        "write it in each of them"
        for name, one in rows.items()
        if one.non_missing < _SPARSE * one.rows
    ]


def _decorated_numbers(inputs: TableInputs, roles: Roles) -> list[str]:
    """Warn of columns of words that were perhaps meant as numbers."""
    first = {name: decorated_number(inputs.columns[name]) for name in _meant_as_features(roles)}
    return [
        f"{name}: each cell begins with a number, such as {cell!r}, but is read as a word: write "
        f"plain numbers, or say --categorical {quoted(name)}"
        for name, cell in first.items()
        if cell is not None
    ]


def _read_notes(column: Column) -> list[str]:
    """Say how cells that are no plain numbers were read."""
    if partial := partial_numbers(column):
        return [f"{column.name}: {partial}, so it is a category"]
    if isinstance(column.raw, HashedColumn) or column.kind != "number" or not column.raw.notes:
        return []
    return [f"{column.name}: {'; '.join(column.raw.notes)}"]


def _cleaned_notes(inputs: TableInputs) -> list[str]:
    """Say in which columns signs that no one sees, and what programs put there, are read away."""
    raws = {name: column.raw for name, column in inputs.columns.items()}
    said = [
        f"{name} {raw.cleaned}"
        for name, raw in raws.items()
        if not isinstance(raw, HashedColumn) and raw.cleaned
    ]
    more = [f"{len(said) - _MOST_SAID} more columns"] if len(said) > _MOST_SAID else []
    shown = "; ".join([*said[:_MOST_SAID], *more])
    return [f"what is no part of a cell is read away: {shown}"] if said else []


def _batches(inputs: TableInputs, roles: Roles, summary: DataSummary) -> Batches | None:
    if roles.batch is None:
        return None
    column = inputs.columns[roles.batch]
    return batches_of(column, summary.used[roles.batch], summary.outcome)


def table_warnings(
    inputs: TableInputs,
    roles: Roles,
    scales: Mapping[str, float | None],
    summary: DataSummary,
) -> list[str]:
    """Return the warnings about cells, columns that leak the outcome, and few rows."""
    outcome, locations = summary.outcome, inputs.data.locations
    chosen, warnings = [inputs.columns[name] for name in roles.features], list[str]()
    if not inputs.request.of_model:
        batches = _batches(inputs, roles, summary)
        warnings += [] if batches is None else batch_warnings(batches, inputs.labels.target)
        warnings += warn_of_seats(inputs.columns, summary.used)
        warnings += _unknown_levels(chosen)
        warnings += _decorated_numbers(inputs, roles) + _sparse_columns(roles, summary)
        warnings += [w for c in chosen for w in _warn_of_spellings(c, summary.used[c.name])]
    aucs = shared_in_order(
        chosen, lambda c: separating_auc(c, summary.used[c.name], outcome), usable_processors()
    )
    for column, auc in zip(chosen, aucs, strict=True):
        if not isinstance(column.raw, NumericColumn) or column.raw.unparsable_count:
            warnings += warn_unparsable(column, outcome, locations)
        scale, column_summary = scales[column.name], summary.used[column.name]
        if scale is not None and (column_summary.low < 0 or column_summary.high > scale):
            warnings += warn_off_scale(column, scale, outcome, locations)
        else:
            warnings += warn_missing_codes(column, column_summary, outcome, locations)
        if auc is not None:
            warnings.append(_separates(column.name, auc))
    return warnings


def _separates(column: str, auc: float) -> TellsOutcome:
    """Warn of a column that nearly tells the outcome alone."""
    return TellsOutcome(
        f"{column} alone predicts {100 * auc:.3g} % (AUC {auc:.4g}): "
        "a cut-off rule, or the answer in disguise?",
        f"{column} alone tells the outcome: is it written afterwards? If so: "
        f"--drop {quoted(column)}",
        column,
    )


def _unknown_levels(columns: Sequence[Column]) -> list[str]:
    """Name the levels of `--same` that no row has."""
    return [
        f"{column.name}: no row says {', '.join(unknown)} (--same)"
        for column in columns
        if column.same is not None
        and isinstance(column.raw, CategoricalColumn)
        and (unknown := column.same.unknown(column.raw.texts.tolist()))
    ]


def _warn_of_spellings(column: Column, summary: ColumnSummary) -> list[str]:
    """Name levels that are probably one, with the line that makes them one."""
    if column.kind == "number" or column.is_hashed or summary.level_counts is None:
        return []
    rows = summary.level_counts.sum(axis=1).tolist()
    if np.count_nonzero(rows) > MOST_LEVELS:
        return []
    rows_of = {name: n for name, n in zip(column.level_names, rows, strict=True) if n}
    others: dict[str, list[str]] = {}
    for other, level in probably_same(rows_of).items():
        others.setdefault(level, []).append(other)
    if not others:
        return []
    listed = ", ".join(
        f"{' and '.join(f'{other!r} ({rows_of[other]:,})' for other in same)} probably {level!r}"
        for level, same in others.items()
    )
    values = (f"{column.name}:{'='.join([level, *same])}" for level, same in others.items())
    line = " ".join(f"--same {shlex.quote(value)}" for value in values)
    return [f"{column.name}: {listed}; if so, make them one by {line}"]


def few_rows(rows: int, positive: int) -> tuple[str, ...]:
    """Return the warning that the rows are few, where they are."""
    rarer = min(positive, rows - positive)
    if rows >= FEW_ROWS and rarer >= FEW_OF_CLASS:
        return ()
    sample = f"{rows:,} rows, {rarer} of the rarer outcome"
    unsure = "what is learnt from so few may not hold for the next student"
    short = f"only {sample}: too few to be sure of anything."
    return (Grave(f"small sample: {sample}; {unsure}", short),)
