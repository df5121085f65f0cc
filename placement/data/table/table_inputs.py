"""What a table is built from, and the checks of its outcomes and weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from placement.arrays import BoolArray, FloatArray
from placement.data.columns.column import Column
from placement.data.columns.column_store import ChunkedArray, ColumnStore
from placement.data.columns.load_columns import LoadedColumns
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.columns.row_locations import MatchingRows, RowLocations
from placement.data.schema import same_column
from placement.data.table.column_roles import ColumnRequest
from placement.data.target.labels import Labels
from placement.errors import DataError, counted
from placement.model.scorer import LearntNumbers, NumberColumn


@dataclass(frozen=True, eq=False)
class TableInputs:
    """What a table is built from, once the outcome was read.

    `learnt`: the columns of numbers that a model knows.
    """

    data: LoadedColumns
    columns: Mapping[str, Column]
    labels: Labels
    request: ColumnRequest
    unnamed: frozenset[str]
    store: ColumnStore
    on_progress: Callable[[int, str], None]
    learnt: Mapping[str, LearntNumbers]

    def learnt_number(self, name: str) -> NumberColumn | None:
        """Return the number column of a model that is called so."""
        columns = (c for known, c in self.learnt.items() if same_column(known, name))
        return next((c for c in columns if isinstance(c, NumberColumn)), None)


def check_classes(inputs: TableInputs, rows: int, positive: int) -> None:
    """Raise `DataError` unless there is at least one row of each outcome, or one of any."""
    file = inputs.data.name
    if inputs.request.one_outcome:
        if not rows:
            raise DataError(f"{file}: no row with a known outcome")
        return
    if rows < 2:
        raise DataError(
            f"{file}: {counted(rows, 'row')} with a known outcome; at "
            "least two are needed, one of each outcome"
        )
    if positive in (0, rows):
        raise DataError(
            f"{file}: all {rows:,} rows with a known outcome have the same one; both are "
            "needed, so add students of the other"
        )


def read_weights(
    inputs: TableInputs, column: Column, outcome: OutcomeCodes, labels: ChunkedArray
) -> ChunkedArray:
    """Return the weight of each used row; `DataError` where one is no proper weight."""
    _check_weights(inputs.columns[column.name], outcome, inputs.data.locations)
    weights = inputs.store.new_array(np.float64)
    for piece in range(len(labels)):
        weights.append(column.as_numbers(piece))
    weighted = [label[weight > 0] for label, weight in zip(labels, weights, strict=True)]
    check_classes(inputs, sum(map(len, weighted)), sum(int(label.sum()) for label in weighted))
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
            f"weight {text or 'missing'} ({counted(matching.count, 'cell')}; weights are finite "
            "numbers of 0 or more)"
        )
