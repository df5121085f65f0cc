"""Numbers that stand for a missing value: -1, -99, 999."""

import numpy as np

from placement.data.columns.column import Column, rows_where
from placement.data.columns.column_summary import ColumnSummary
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.columns.row_locations import RowLocations
from placement.data.schema import quoted
from placement.errors import CellsInDoubt, counted

_NEGATIVE = (-1.0, -9.0, -99.0, -999.0, -9999.0)
_POSITIVE = (999.0, 9999.0)
_LEAST_HIGH = 10.0  # of a scale from -1 to 1, -1 is a value


def warn_missing_codes(
    column: Column, summary: ColumnSummary, outcome: OutcomeCodes, locations: RowLocations
) -> list[CellsInDoubt]:
    """Name the cells that are such numbers, where all others are far from them."""
    low, high = summary.low, summary.high
    if column.kind != "number" or high < _LEAST_HIGH:
        return []
    if low not in _NEGATIVE and high not in _POSITIVE:
        return []
    codes = np.array([*_NEGATIVE, *(_POSITIVE if high in _POSITIVE else ())])
    most = high / 2 if high in _POSITIVE else high
    others = rows_where(column, outcome, lambda v: ~np.isin(v, codes) & ((v < 0) | (v > most)))
    matching = rows_where(column, outcome, lambda v: np.isin(v, codes))
    if others or not matching:
        return []
    first = matching.first[0]
    warning = (
        f"{locations.file(first)}, {locations.describe_rows(matching)}, column {column.name}: "
        f"{column.number_at(first, locations):g} looks like a code for a missing value and is "
        f"read as a number ({counted(matching.count, 'cell')}; leave it blank, or --drop "
        f"{quoted(column.name)})"
    )
    return [CellsInDoubt(warning, column.name, matching.count)]
