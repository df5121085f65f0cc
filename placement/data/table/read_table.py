"""`read_table`: from a file or frame to a checked `Table`."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from placement.arrays import BoolArray
from placement.config.bad_rows import BadRows
from placement.config.file_options import FileOptions
from placement.data.columns.column import Column
from placement.data.columns.column_store import MemoryColumnStore
from placement.data.columns.left_out import describe_rows
from placement.data.columns.load_columns import NOTHING_LEARNT, LoadedColumns, load_columns
from placement.data.columns.loading.column_cache import load_cached_columns
from placement.data.columns.row_rules import Rule, is_rule, parse_rule
from placement.data.columns.storage import IN_MEMORY, Allocation, Storage
from placement.data.formats.faulty_rows import leave_out
from placement.data.formats.table_reader import Reader, WantsSheet, open_table
from placement.data.schema import matching_column, matching_columns, same_column
from placement.data.table.build_table import ReadNotes, build_table
from placement.data.table.column_options import (
    ColumnSpelling,
    column_request,
    columns_by_options,
)
from placement.data.table.table import Table
from placement.data.table.table_inputs import TableInputs
from placement.data.table.wanted_sheets import LEAST_OUTCOMES, sheet_with_key, sheet_with_target
from placement.data.target.label_join import (
    LISTED_LABEL,
    JoinedLabels,
    JoinRequest,
    join_labels,
)
from placement.data.target.label_keys import unique_identifiers
from placement.data.target.labels import LabelRequest, Labels, read_labels
from placement.data.target.target_column import (
    choose_target,
    evidence_of_target,
    may_be_target,
    refuse_without_target,
    unlabelled,
)
from placement.errors import DataError

__all__ = ["Table", "matching_columns", "read_table", "unlabelled"]


def read_table(
    source: Any,
    *,
    target: str | None = None,
    positive: str | None = None,
    negative: str | None = None,
    ignore_label: Sequence[str] = (),
    features: Sequence[str] = (),
    drop: Sequence[str] = (),
    categorical: Sequence[str] = (),
    same: Sequence[str] = (),
    allow_leak: Sequence[str] = (),
    allow_sensitive: Sequence[str] = (),
    weight: str | None = None,
    names: Sequence[str] = (),
    header_row: int | None = None,
    sheet: str | Sequence[str] = (),
    encoding: str | None = None,
    bad_rows: str | None = None,
    rename: Sequence[str] = (),
    mixed_scale: Sequence[str] = (),
    labels: str | None = None,
    on: str | None = None,
    labels_mean: str | None = None,
    absent: str | None = None,
    missing: str = "fill",
    group: str | None = None,
    where: Sequence[str] = (),
    sensitive: Sequence[str] | None = None,
) -> Table:
    """Read a file, a glob, several files or a frame, and decide what its columns mean.

    The keywords are the fields of `TrainConfig` that say how a file is read. Raises
    `DataError` where the table cannot be used, naming file, row, column and the next step.
    """
    options = dict(locals())
    reader = open_labelled_table(options.pop("source"), options)
    return read_opened_table(reader, options, IN_MEMORY)


def open_labelled_table(source: Any, options: Mapping[str, Any]) -> Reader:
    """Open a table with outcomes; `options` has all keywords of `read_table`."""
    if options["labels"] is None:
        least = 1 if options.get("one_outcome") else LEAST_OUTCOMES
        wants = sheet_with_target(options["target"], options["positive"], least)
    else:
        wants = sheet_with_key(options["on"])
    return open_table(source, FileOptions.of(options), wants_sheet=wants)


def read_opened_table(
    reader: Reader,
    options: Mapping[str, Any],
    storage: Storage,
    on_progress: Callable[[int, str], None] = lambda _rows, _detail: None,
) -> Table:
    """Read an opened table into a storage.

    `on_progress` gets the rows read so far, and then how many of them were checked.
    """
    allocation = storage.allocate(reader)
    options = {**options, "learnt": options.get("learnt", NOTHING_LEARNT)}
    data, joined, notes = _read(reader, options, allocation, lambda rows: on_progress(rows, ""))
    faults = _faulty_rows(data, reader)
    of_model = options.get("of_model", False)  # then nobody typed an option
    option = "the model's outcome" if of_model else "--target"
    name = joined.column.name if joined else _target(data, options["target"], option)
    spelling = ColumnSpelling(data)
    request = column_request(spelling, options, name, of_model=of_model)
    positive, negative = options["positive"], options["negative"]
    ignore = tuple(options["ignore_label"])
    errors = reader.error_cells.get(name, 0)
    label_request = LabelRequest(positive, negative, ignore, of_model, errors)
    labels = read_labels(data.columns[name], data.locations, label_request, file=data.name)
    columns = columns_by_options(spelling, options, request.categorical)
    labels = _only_where(labels, columns, options["where"], data.name)
    store, learnt = allocation.store, options["learnt"]
    inputs = TableInputs(data, columns, labels, request, reader.unnamed, store, on_progress, learnt)
    read_notes = _read_notes(reader, data, joined)
    notes = (*read_notes.notes, *allocation.notes, *notes)
    if joined is None and options["target"] is None:
        evidence = evidence_of_target(data.columns, name)
        notes = notes if evidence is None else (*notes, evidence)
    read_notes = ReadNotes(notes, (*faults, *read_notes.warnings))
    return build_table(inputs, read_notes, drop_missing=options["missing"] == "drop")


def _read(
    reader: Reader,
    options: Mapping[str, Any],
    allocation: Allocation,
    on_progress: Callable[[int], None],
) -> tuple[LoadedColumns, JoinedLabels | None, tuple[str, ...]]:
    """Read all rows; with `--labels`, as they are written, and the outcome from the other file."""
    if options["labels"] is not None:
        store, names = allocation.store, frozenset(reader.names)
        learnt = options["learnt"]
        data = load_columns(
            reader, store, names, learnt, max_texts=sys.maxsize, on_progress=on_progress
        )
        return *join_outcomes(data, options), ()
    named = [*options["categorical"], *([] if options["target"] is None else [options["target"]])]
    as_text = [n for n in reader.names if any(same_column(n, other) for other in named)]
    if options["target"] is None:
        as_text += [name for name in reader.names if may_be_target(name)]
    data, notes = load_cached_columns(
        reader, allocation, frozenset(as_text), on_progress, options["learnt"]
    )
    return data, None, notes


def _only_where(
    labels: Labels, columns: Mapping[str, Column], rules: Sequence[str], file: str
) -> Labels:
    """Leave out the rows that do not meet the rules of `--where`, counted."""
    for text in rules:
        rule = parse_rule(text, option="--where")
        name = matching_column(columns, str(rule.column), option=f"--where {rule}", file=file)
        column, before = columns[name], labels.outcome
        if column.is_hashed:
            raise DataError(f"{file}: {name} is free text, which no rule can ask (--where {rule})")
        reason = f"not --where {rule}"
        outcome = before.without(partial(_not_meeting, rule, column), reason)
        rows = before.counts[0] - outcome.counts[0]
        left_out = (*labels.left_out, (reason, rows))
        labels = replace(labels, outcome=outcome, left_out=left_out)
    return labels


def _not_meeting(rule: Rule, column: Column, piece: int) -> BoolArray:
    return ~rule.matches(column.piece(piece))


def _faulty_rows(data: LoadedColumns, reader: Reader) -> tuple[str, ...]:
    """Return a warning about rows whose cells cannot be told apart; DataError for too many."""
    total = len(data.locations) + len(data.left_out)
    return leave_out(data.left_out, total, reader.bad_rows or BadRows(), data.name)


def _target(data: LoadedColumns, target: str | None, option: str) -> str:
    name = choose_target(data.columns, target=target, file=data.name, option=option)
    if name is None:
        identifiers = unique_identifiers(data.columns)
        refuse_without_target(data.columns, file=data.name, identifiers=identifiers)
    return name


def join_outcomes(
    data: LoadedColumns, options: Mapping[str, Any]
) -> tuple[LoadedColumns, JoinedLabels]:
    """Add the outcome column of the file that `labels` of the options names."""
    request = _join_request(options)
    reader = open_table(options["labels"], wants_sheet=_wants_sheet_of_labels(request, options))
    names = frozenset(reader.names)
    other = load_columns(reader, MemoryColumnStore(), names, max_texts=sys.maxsize)
    faults = _faulty_rows(other, reader)
    joined = join_labels(data, other, request)
    others = describe_rows(other.others, f"of {other.name} left out")
    joined = replace(joined, notes=(*others, *joined.notes), warnings=(*faults, *joined.warnings))
    if joined.column.name in data.columns:
        note = f"{joined.column.name} is taken from {other.name}, not from {data.name}"
        joined = replace(joined, notes=(*joined.notes, note))
    columns = {**data.columns, joined.column.name: joined.column}
    return replace(data, columns=columns), joined


def _wants_sheet_of_labels(request: JoinRequest, options: Mapping[str, Any]) -> WantsSheet | None:
    if request.labels_mean is not None:
        return sheet_with_key(request.on) if request.on else None
    # A model's outcome may have another name there, and only one word.
    target, least = (None, 1) if request.of_model else (request.target, LEAST_OUTCOMES)
    return sheet_with_target(target, options["positive"], least)


def _join_request(options: Mapping[str, Any]) -> JoinRequest:
    positive, is_list = options["positive"], options["labels_mean"] is not None
    if is_list and positive is not None and is_rule(positive):
        raise DataError(
            f"{options['labels']}: a list of the placed (--labels-mean) does not tell which of "
            f"them are {positive}; give a file with that column"
        )
    return JoinRequest(
        options["target"],
        options["on"],
        options["absent"],
        options["labels_mean"],
        options.get("of_model", False),
        LISTED_LABEL if positive is None or is_rule(positive) else positive,
    )


def _read_notes(reader: Reader, data: LoadedColumns, joined: JoinedLabels | None) -> ReadNotes:
    blank = (f"blank lines dropped: {data.blank_lines:,}",) if data.blank_lines else ()
    blank = (*blank, *describe_rows(data.others, "left out"))
    if joined is None:
        return ReadNotes((*reader.notes, *blank), reader.warnings)
    warnings = (*reader.warnings, *joined.warnings, *joined.unused)
    return ReadNotes((*reader.notes, *blank, *joined.notes), warnings)
