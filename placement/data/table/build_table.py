"""Build a `Table` from loaded columns and their outcome: roles, checks, the used rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from placement.arrays import BoolArray
from placement.data.columns.column import (
    Column,
    refuse_infinity,
)
from placement.data.columns.column_store import (
    ChunkedArray,
    ComputedArray,
    ConstantArray,
)
from placement.data.columns.column_summary import ColumnSummary, merge_summaries, summarize_columns
from placement.data.columns.left_out import count_by_reason
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.formats.faulty_rows import REASON
from placement.data.schema import Feature, Schema
from placement.data.table.column_roles import DataSummary, Roles, assign_roles
from placement.data.table.partial_numbers import refuse_partial_marks
from placement.data.table.roles.column_evidence import ColumnEvidence
from placement.data.table.roles.identifiers import students_note
from placement.data.table.row_copies import RowCopies, row_copies
from placement.data.table.rows_left_out import rows_left_out
from placement.data.table.scales.grade_scales import (
    infer_scale,
    is_graded,
    may_mix_scales,
    refuse_second_scale,
)
from placement.data.table.scales.unlike_files import refuse_unlike_files
from placement.data.table.scales.unlike_training import refuse_unlike_training
from placement.data.table.table import Table, digest_columns, take_used
from placement.data.table.table_inputs import TableInputs, check_classes, read_weights
from placement.data.table.table_notes import few_rows, table_notes, table_warnings
from placement.errors import DataError
from placement.runtime.parallel_map import usable_processors
from placement.runtime.ranks import shared_in_order

_GROUPED = 8  # pieces that are summarized at once


@dataclass(frozen=True)
class ReadNotes:
    """Notes and warnings about a source from before its columns got their roles."""

    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def build_table(inputs: TableInputs, read_notes: ReadNotes, *, drop_missing: bool) -> Table:
    """Choose rows and columns, check the cells, and build the table."""
    outcome = inputs.labels.outcome
    left_out = [*count_by_reason(inputs.data.others), *inputs.labels.left_out]
    if inputs.data.left_out:
        left_out.insert(0, (REASON, len(inputs.data.left_out)))
    check_classes(inputs, *outcome.counts)
    summary = _summarize(inputs, outcome)
    refuse_partial_marks(_considered(inputs), inputs.data.locations)
    roles = _assign_roles(inputs, summary)
    if drop_missing:
        reason = "a feature is missing (--missing drop)"
        complete = outcome.without(_missing_in(inputs, roles.features), reason)
        dropped = outcome.counts[0] - complete.counts[0]
        if dropped:
            left_out.append((reason, dropped))
            outcome = complete
            check_classes(inputs, *outcome.counts)
            # What is constant among the rows that stay is no feature either.
            summary = _summarize(inputs, outcome)
            roles = _assign_roles(inputs, summary)
    chosen = [inputs.columns[name] for name in roles.features]
    for column in chosen:
        if summary.used[column.name].low == -np.inf or summary.used[column.name].high == np.inf:
            refuse_infinity(column, outcome, inputs.data.locations)
    scales = {
        c.name: infer_scale(c, summary.used[c.name].counts_up_to, summary.used[c.name].high)
        for c in chosen
    }

    def check(column: Column) -> None:
        _check_scales(inputs, column, summary)

    list(shared_in_order(chosen, check, usable_processors()))
    features = tuple(
        Feature(c.name, c.kind, scales[c.name], written=c.written, same=c.same_pairs)
        for c in chosen
    )
    schema = Schema(inputs.labels.target, features, roles.dropped)
    warnings = table_warnings(inputs, roles, scales, summary)
    notes = table_notes(inputs, roles, scales, summary)
    return _table_of_used_rows(
        inputs,
        outcome,
        schema,
        roles,
        left_out=tuple(left_out),
        notes=(*read_notes.notes, *inputs.labels.notes, *roles.notes, *notes),
        warnings=(*read_notes.warnings, *inputs.labels.warnings, *warnings),
    )


def _summarize(inputs: TableInputs, outcome: OutcomeCodes) -> DataSummary:
    """Summarize every column: over the rows that are used and, where others are, over all."""
    locations = inputs.data.locations
    rows, positive = outcome.counts
    files = [
        tuple(k for k, (file, _, _) in enumerate(locations.pieces) if file == number)
        for number in range(len(locations.files))
    ]
    groups = [part for pieces in files for part in _groups(pieces)]
    summaries = []
    for group_summaries in summarize_columns(inputs.columns, outcome, groups):
        summaries.append(group_summaries)
        inputs.on_progress(len(locations), f"{len(summaries) / len(groups):.0%} of them checked")
    all_summaries = summaries
    if rows < len(locations):
        all_rows = OutcomeCodes(
            lambda piece: np.zeros(locations.pieces[piece][2], dtype=np.int64),
            np.array([False]),
            outcome.pieces,
        )
        all_summaries = list(summarize_columns(inputs.columns, all_rows, groups))
    of_group = dict(zip(groups, all_summaries, strict=True))
    evidence = _evidence(inputs, of_group, tuple(range(outcome.pieces)))
    by_file = [evidence]
    if len(files) > 1:
        by_file = [_evidence(inputs, of_group, pieces) for pieces in files]
    if all_summaries is summaries:
        used = {name: of_column.summary for name, of_column in evidence.items()}
    else:
        used = merge_summaries(summaries)
    class_counts = np.array([rows - positive, positive])
    return DataSummary(evidence, by_file, used, class_counts, outcome)


def _groups(pieces: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Cut the pieces of a file into groups that are summarized at once."""
    return [pieces[start : start + _GROUPED] for start in range(0, len(pieces), _GROUPED)]


def _evidence(
    inputs: TableInputs,
    summaries: Mapping[tuple[int, ...], dict[str, ColumnSummary]],
    pieces: tuple[int, ...],
) -> dict[str, ColumnEvidence]:
    some = set(pieces)
    total = merge_summaries(one for group, one in summaries.items() if group[0] in some)
    return {n: ColumnEvidence(inputs.columns[n], total[n], pieces) for n in total}


def _assign_roles(inputs: TableInputs, summary: DataSummary) -> Roles:
    try:
        return assign_roles(summary, inputs.request, inputs.unnamed)
    except DataError as problem:
        raise DataError(f"{inputs.data.name}: {problem}") from problem


def _check_scales(inputs: TableInputs, column: Column, summary: DataSummary) -> None:
    """Raise `DataError` where grades are on two scales, or on another than the model's."""
    if column.kind != "number":
        return
    name, outcome, learnt = inputs.data.name, summary.outcome, inputs.learnt_number(column.name)
    low, high = summary.used[column.name].low, summary.used[column.name].high
    if learnt is not None and outcome.pieces:
        first = np.asarray(column.piece(0))[next(outcome.used_masks())]
        refuse_unlike_training(learnt, first, name, is_stated=column.written.mixed is not None)
    if learnt is None:
        refuse_unlike_files(column, summary.evidence_by_file, inputs.data.locations.files, name)
    if is_graded(column.name) and may_mix_scales(low, high):
        refuse_second_scale(column, outcome, inputs.data.locations, name)


def _considered(inputs: TableInputs) -> list[Column]:
    """Return the columns that may become features as they are read."""
    request = inputs.request
    left_out = {request.target, request.weight, request.group, *request.drop, *request.categorical}
    names = (n for n in inputs.columns if not request.features or n in request.features)
    return [inputs.columns[name] for name in names if name not in left_out]


def _missing_in(inputs: TableInputs, features: tuple[str, ...]) -> Callable[[int], BoolArray]:
    return lambda piece: np.any([inputs.columns[f].missing(piece) for f in features], axis=0)


def _table_of_used_rows(
    inputs: TableInputs,
    outcome: OutcomeCodes,
    schema: Schema,
    roles: Roles,
    *,
    left_out: tuple[tuple[str, int], ...],
    notes: tuple[str, ...],
    warnings: tuple[str, ...],
) -> Table:
    """Build the table of the used rows."""
    store, all_used = inputs.store, outcome.counts[0] == len(inputs.data.locations)
    locations, labels = inputs.data.locations, store.new_array(np.float64)
    pieces = range(outcome.pieces)
    for of_piece in shared_in_order(pieces, outcome.used_labels, usable_processors()):
        labels.append(of_piece)
    columns = dict(inputs.columns)
    row_numbers: ChunkedArray = ComputedArray(
        np.int64, [rows for _, _, rows in locations.pieces], locations.row_numbers
    )
    if not all_used:
        row_numbers = take_used(row_numbers, outcome, store)
        columns = {n: c.with_array(take_used(c.array, outcome, store)) for n, c in columns.items()}
    students = roles.students
    if students is not None:
        together = inputs.request.group == students or not inputs.request.group_is_given
        note = students_note(columns[students], together=together)
        students, notes = (students, (*notes, note)) if note else (None, notes)
    weight, copies = inputs.request.weight, None
    weights: ChunkedArray = ConstantArray(1.0, labels.sizes)
    if weight is not None:
        weights = read_weights(inputs, columns[weight], outcome, labels)
        copies = row_copies(weights, store)
    table = Table(
        name=inputs.data.name,
        chunked_columns=columns,
        labels=labels,
        weights=weights,
        row_numbers=row_numbers,
        schema=schema,
        identifiers=roles.identifiers,
        students=students,
        sensitive=roles.sensitive,
        batch=roles.batch,
        left_out=left_out,
        left_out_rows=partial(rows_left_out, inputs, outcome),
        notes=notes,
        warnings=warnings if copies else (*warnings, *few_rows(*outcome.counts)),
        digest="" if copies else digest_columns(columns),
        store=store,
        files=tuple(file for file, _, _ in locations.pieces),
    )
    return table if copies is None else _repeat_rows(table, str(weight), copies)


def _repeat_rows(table: Table, weight: str, copies: RowCopies) -> Table:
    """Return the table of the rows that the lines of a table of counts stand for."""
    columns = {
        name: column.with_array(copies.of(column.array))
        for name, column in table.chunked_columns.items()
        if name != weight  # the table that was counted has no column of counts
    }
    labels = copies.of(table.labels)
    positive = sum(int(piece.sum()) for piece in labels)
    return replace(
        table,
        chunked_columns=columns,
        labels=labels,
        weights=copies.weight,
        row_numbers=copies.of(table.row_numbers),
        notes=(*table.notes, copies.describe(weight)),
        warnings=(
            *table.warnings,
            *few_rows(labels.rows, positive),
        ),
        digest=digest_columns(columns),
    )
