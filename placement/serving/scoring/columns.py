"""From the rows of a request to columns of cells, as the scorer takes them; no data frame."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from placement.arrays import CellArray
from placement.errors import DataError
from placement.model.scorer import ColumnLike
from placement.serving.errors import Refused

Columns = dict[str, ColumnLike]
_NUMBERS = frozenset({int, float, type(None)})


def refuse_many(rows: int, most_rows: int) -> None:
    """Refuse more rows than a request may have."""
    if rows > most_rows:
        raise Refused(413, f"{rows:,} rows are more than the {most_rows:,} of a request")


def columns_of_records(records: Sequence[Any]) -> Columns:
    """Turn records into columns; a name that a record lacks is a missing cell."""
    names: dict[str, None] = {}
    keys: object = None
    for record in records:
        if type(record) is not dict:
            raise DataError("every record must be an object: {column: cell, …}")
        if record.keys() != keys:
            keys = record.keys()
            names.update(dict.fromkeys(keys))
    return {name: column([record.get(name) for record in records]) for name in names}


def columns_of_rows(names: Sequence[Any], rows: Sequence[Any]) -> Columns:
    """Turn rows of cells into columns of those names; a shorter row ends in missing cells."""
    width = len(names)
    if len(set(map(str, names))) < width:
        raise DataError("a column stands twice")
    for row in rows:
        if type(row) is not list or len(row) > width:
            raise DataError(f"every row must be a list of {width} cells, as there are columns")
    if rows and max(map(len, rows)) < width:
        raise DataError(f"there are {width} columns, and no row has as many cells")
    padded = [row if len(row) == width else row + [None] * (width - len(row)) for row in rows]
    cells = zip(*padded, strict=True) if padded else [()] * width
    return {str(name): column(list(own)) for name, own in zip(names, cells, strict=True)}


def columns_of_lists(lists: Mapping[str, Any]) -> Columns:
    """Turn a mapping of columns into columns; a cell alone is that of one row."""
    columns = {
        name: column(cells if type(cells) is list else [cells]) for name, cells in lists.items()
    }
    if len({len(cells) for cells in columns.values()}) > 1:
        raise DataError("the columns are not of one length")
    return columns


def column(cells: list[Any]) -> ColumnLike:
    """Return a column of cells, with a type where all are numbers, as those of a file have."""
    kinds = set(map(type, cells))
    if kinds == {bool}:
        return np.array(cells)
    if kinds <= _NUMBERS and kinds != {type(None)} and kinds:
        return _numbers(cells, whole=kinds == {int})
    return cells


def _numbers(cells: list[Any], *, whole: bool) -> "CellArray | list[Any]":
    try:
        return np.array(cells, dtype=np.int64 if whole else np.float64)
    except OverflowError:
        return cells
