"""Build a `Table` from loaded columns and their outcome: roles, checks, the used rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from placement.arrays import BoolArray, FloatArray
from placement.data.columns.column import (
    Column,
    count_cells,
    infer_scale,
    refuse_infinity,
    warn_off_scale,
    warn_unparsable,
)
from placement.data.columns.column_store import (
    ChunkedArray,
    ColumnStore,
    ComputedArray,
    ConstantArray,
)
from placement.data.columns.column_summary import ColumnSummary, merge_summaries, summarize_columns
from placement.data.columns.load_columns import LoadedColumns
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.columns.raw_column import NumericColumn
from placement.data.columns.row_locations import MatchingRows, RowLocations
from placement.data.schema import Feature, Schema
from placement.data.table.column_evidence import ColumnEvidence
from placement.data.table.column_roles import ColumnRequest, DataSummary, Roles, assign_roles
from placement.data.table.leakage import separating_auc
from placement.data.table.row_copies import row_copies
from placement.data.table.table import Table, digest_columns, take_used
from placement.data.target.labels import Labels
from placement.errors import DataError
from placement.runtime.parallel_map import in_order, usable_processors

FEW_ROWS = 30
FEW_OF_CLASS = 10


@dataclass(frozen=True)
class ReadNotes:
    """Notes and warnings about a source from before its columns got their roles."""

    notes: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class TableInputs:
    """What a table is built from, once the outcome was read."""

    data: LoadedColumns
    columns: Mapping[str, Column]
    labels: Labels
    request: ColumnRequest
    unnamed: frozenset[str]
    store: ColumnStore
    on_progress: Callable[[int, str], None]


def build_table(inputs: TableInputs, read_notes: ReadNotes, *, drop_missing: bool) -> Table:
    """Choose rows and columns, check the cells, and build the table."""
    outcome, left_out = inputs.labels.outcome, list(inputs.labels.left_out)
    _check_classes(inputs, *outcome.counts)
    summary = _summarize(inputs, outcome)
    roles = _assign_roles(inputs, summary)
    if drop_missing:
        complete = outcome.without(_missing_in(inputs, roles.features))
        dropped = outcome.counts[0] - complete.counts[0]
        if dropped:
            left_out.append(("a feature is missing (--missing drop)", dropped))
            outcome = complete
            _check_classes(inputs, *outcome.counts)
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
    features = tuple(Feature(c.name, c.kind, scales[c.name]) for c in chosen)
    schema = Schema(inputs.labels.target, features, roles.dropped)
    warnings = _warnings(inputs, chosen, scales, summary)
    notes = _notes(inputs, roles, scales, summary)
    return _table_of_used_rows(
        inputs,
        outcome,
        schema,
        roles,
        left_out=tuple(left_out),
        notes=(*read_notes.notes, *inputs.labels.notes, *roles.notes, *notes),
        warnings=(*read_notes.warnings, *inputs.labels.warnings, *warnings),
    )


def _check_classes(inputs: TableInputs, rows: int, positive: int) -> None:
    """Raise `DataError` unless there is at least one row of each outcome, or one of any."""
    file = inputs.data.name
    if inputs.request.one_outcome:
        if not rows:
            raise DataError(f"{file}: no row with a known outcome")
        return
    if rows < 2:
        raise DataError(
            f"{file}: {rows} row{'' if rows == 1 else 's'} with a known outcome; at "
            "least two are needed, one of each outcome"
        )
    if positive in (0, rows):
        raise DataError(
            f"{file}: all {rows:,} rows with a known outcome have the same one; both are "
            "needed, so add students of the other"
        )


def _summarize(inputs: TableInputs, outcome: OutcomeCodes) -> DataSummary:
    """Summarize every column: over the rows that are used and, where others are, over all."""
    locations = inputs.data.locations
    rows, positive = outcome.counts
    summaries = []
    for piece_summaries in summarize_columns(inputs.columns, outcome, range(outcome.pieces)):
        summaries.append(piece_summaries)
        inputs.on_progress(len(locations), f"{len(summaries) / outcome.pieces:.0%} of them checked")
    all_summaries = summaries
    if rows < len(locations):
        all_rows = OutcomeCodes(
            lambda piece: np.zeros(locations.pieces[piece][2], dtype=np.int64),
            np.array([False]),
            outcome.pieces,
        )
        all_summaries = list(summarize_columns(inputs.columns, all_rows, range(outcome.pieces)))
    files = [
        tuple(k for k, (file, _, _) in enumerate(locations.pieces) if file == number)
        for number in range(len(locations.files))
    ]
    evidence = _evidence(inputs, all_summaries, tuple(range(outcome.pieces)))
    by_file = [_evidence(inputs, all_summaries, pieces) for pieces in files]
    class_counts = np.array([rows - positive, positive])
    return DataSummary(evidence, by_file, merge_summaries(summaries), class_counts, outcome)


def _evidence(
    inputs: TableInputs, summaries: list[dict[str, ColumnSummary]], pieces: tuple[int, ...]
) -> dict[str, ColumnEvidence]:
    total = merge_summaries(summaries[piece] for piece in pieces)
    return {n: ColumnEvidence(inputs.columns[n], total[n], pieces) for n in total}


def _assign_roles(inputs: TableInputs, summary: DataSummary) -> Roles:
    try:
        return assign_roles(summary, inputs.request, inputs.unnamed)
    except DataError as problem:
        raise DataError(f"{inputs.data.name}: {problem}") from problem


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
    for piece, used in enumerate(outcome.used_masks()):
        labels.append(outcome.label(piece)[used])
    columns = dict(inputs.columns)
    row_numbers: ChunkedArray = ComputedArray(
        np.int64, [rows for _, _, rows in locations.pieces], locations.row_numbers
    )
    if not all_used:
        row_numbers = take_used(row_numbers, outcome, store)
        columns = {n: c.with_array(take_used(c.array, outcome, store)) for n, c in columns.items()}
    weights: ChunkedArray = ConstantArray(1.0, labels.sizes)
    if inputs.request.weight is not None:
        weights = _weights(inputs, columns[inputs.request.weight], outcome, labels)
        copies = row_copies(weights, store)
        if copies is not None:
            # As the table that was counted has no column of counts, the copies have none.
            del columns[inputs.request.weight]
            columns = {n: c.with_array(copies.of(c.array)) for n, c in columns.items()}
            labels, row_numbers = copies.of(labels), copies.of(row_numbers)
            notes = (*notes, copies.describe(inputs.request.weight))
            weights = copies.weight
    return Table(
        name=inputs.data.name,
        chunked_columns=columns,
        labels=labels,
        weights=weights,
        row_numbers=row_numbers,
        schema=schema,
        identifiers=roles.identifiers,
        sensitive=roles.sensitive,
        batch=roles.batch,
        left_out=left_out,
        notes=notes,
        warnings=(*warnings, *_few_rows(labels)),
        digest=digest_columns(columns),
        store=store,
    )


def _notes(
    inputs: TableInputs, roles: Roles, scales: Mapping[str, float | None], summary: DataSummary
) -> list[str]:
    """Return the facts about scales and the batch column."""
    graded = ", ".join(f"{name} {scale:g}" for name, scale in scales.items() if scale)
    notes = [f"grade scales (inferred): {graded}"] if graded else []
    batch = roles.batch
    latest = batch and _latest(inputs.columns[batch], summary.used[batch])
    if batch is not None and latest is not None:
        name = f"`{batch}`" if " " in batch else batch
        notes.append(
            f"{batch} is the batch; to test on the latest: --test-where '{name}=={latest}'"
        )
    return notes


def _warnings(
    inputs: TableInputs,
    chosen: list[Column],
    scales: Mapping[str, float | None],
    summary: DataSummary,
) -> list[str]:
    """Return the warnings about cells, columns that leak the outcome, and few rows."""
    outcome, locations = summary.outcome, inputs.data.locations
    warnings: list[str] = []
    aucs = in_order(
        chosen, lambda c: separating_auc(c, summary.used[c.name], outcome), usable_processors()
    )
    for column, auc in zip(chosen, aucs, strict=True):
        if not isinstance(column.raw, NumericColumn) or column.raw.unparsable_count:
            warnings += warn_unparsable(column, outcome, locations)
        scale, column_summary = scales[column.name], summary.used[column.name]
        if scale is not None and (column_summary.low < 0 or column_summary.high > scale):
            warnings += warn_off_scale(column, scale, outcome, locations)
        if auc is not None:
            warnings.append(
                f"{column.name} alone predicts {100 * auc:.3g} % (AUC {auc:.4g}): "
                "a cut-off rule, or the answer in disguise?"
            )
    return warnings


def _few_rows(labels: ChunkedArray) -> tuple[str, ...]:
    """Return the warning that the rows are few, where they are."""
    rows, positive = labels.rows, sum(int(np.count_nonzero(piece >= 0.5)) for piece in labels)
    rarer = min(positive, rows - positive)
    if rows >= FEW_ROWS and rarer >= FEW_OF_CLASS:
        return ()
    warning = (
        f"small sample: {rows:,} rows, {rarer} of the rarer outcome; what is learnt "
        "from so few may not hold for the next student"
    )
    return (warning,)


def _latest(column: Column, summary: ColumnSummary) -> str | None:
    """Return the last batch, where there are several."""
    if column.kind == "number":
        return None if summary.low >= summary.high else f"{summary.high:g}"
    if column.is_hashed or summary.level_counts is None:
        return None
    present = set(np.flatnonzero(summary.level_counts.any(axis=1)).tolist())
    names: dict[int, str] = {}
    for level, word in zip(column.level_of.tolist(), column.texts, strict=True):
        if level in present:
            names.setdefault(level, str(word).strip().casefold())
    return max(names.values()) if len(names) > 1 else None


def _weights(
    inputs: TableInputs, column: Column, outcome: OutcomeCodes, labels: ChunkedArray
) -> ChunkedArray:
    """Return the weight of each used row; `DataError` where one is no proper weight."""
    _check_weights(inputs.columns[column.name], outcome, inputs.data.locations)
    weights = inputs.store.new_array(np.float64)
    for piece in range(len(labels)):
        weights.append(column.as_numbers(piece))
    weighted = [label[weight > 0] for label, weight in zip(labels, weights, strict=True)]
    _check_classes(inputs, sum(map(len, weighted)), sum(int(label.sum()) for label in weighted))
    return weights


def _check_weights(column: Column, outcome: OutcomeCodes, locations: RowLocations) -> None:
    """Raise `DataError` at a used row without a proper weight."""

    def is_weight(values: FloatArray) -> BoolArray:
        return np.asarray(np.isfinite(values) & (values >= 0))

    matching = MatchingRows.from_masks(
        ~is_weight(column.as_numbers(piece)) & used
        for piece, used in enumerate(outcome.used_masks())
    )
    if matching:
        text = column.text_at(matching.first[0], locations)
        raise DataError(
            f"{locations.describe(matching.first[0])}, column {column.name}: "
            f"weight {text or 'missing'} ({count_cells(matching.count)}; weights are finite "
            "numbers of 0 or more)"
        )
