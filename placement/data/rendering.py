"""Cells as text in a file's own manner: delimiter, quoting, decimal mark."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from placement.data.blocks import Block, text_of
from placement.data.dialect import Dialect, is_number
from placement.data.records import fields


def quoted(cell: str, dialect: Dialect, *, number: bool = False) -> str:
    """Write a cell so that it reads back as it is."""
    needed = (
        dialect.delimiter in cell
        or '"' in cell
        or "\n" in cell
        or "\r" in cell
        or cell != cell.strip()
        or (not cell and dialect.delimiter == " ")
    )
    wished = dialect.quoting == "all" or (dialect.quoting == "text" and bool(cell) and not number)
    if not (needed or wished):
        return cell
    return '"' + cell.replace('"', '""') + '"'


def rendered(cells: Any, dialect: Dialect) -> list[str]:
    """Write new cells (n,): numbers in shortest form, missing ones blank, words quoted at need."""
    array = np.asarray(cells)
    if array.dtype.kind == "f":
        texts = (_shortest(value, dialect.decimal) for value in array.tolist())
        return [quoted(text, dialect, number=True) for text in texts]
    if array.dtype.kind in "iu":
        return [quoted(str(value), dialect, number=True) for value in array.tolist()]
    return _repeated(map(text_of, array.tolist()), dialect)


def _shortest(value: float, decimal: str) -> str:
    if value != value:  # noqa: PLR0124 - NaN
        return ""
    return repr(value).replace(".", decimal)


def _repeated(texts: Iterable[str], dialect: Dialect) -> list[str]:
    """Quote cells, each different one once."""
    known: dict[str, str] = {}
    found = []
    for text in texts:
        cell = known.get(text)
        if cell is None:
            cell = known[text] = quoted(text, dialect, number=is_number(text))
        found.append(cell)
    return found


def text_columns(block: Block, names: Sequence[str]) -> Iterator[list[str]]:
    """The cells of some columns as text, typed sources from their own types."""
    for name in names:
        yield list(map(text_of, native_column(block, name)))


def native_column(block: Block, name: str) -> list[Any]:
    """The cells of a column as their file keeps them: 21, not 21.0, in a column of integers."""
    place = block.names.index(name)
    raw = block.raw
    cells: list[Any]
    if raw is None:
        cells = block.columns[name].tolist()
    elif isinstance(raw, list):
        cells = [row[place] for row in raw]
    elif hasattr(raw, "iloc"):
        series = raw.iloc[:, place]
        cells = list(series.astype(object).where(series.notna(), None))
    else:
        cells = raw.column(place).to_pylist()
    return cells


def without(records: list[str], places: frozenset[int], delimiter: str) -> list[str]:
    """Take some fields out of raw records; the others stay as they stand."""
    kept = []
    for record in records:
        raw = fields(record, delimiter) or []
        kept.append(delimiter.join(cell for i, cell in enumerate(raw) if i not in places))
    return kept


def positions(rows: Any, count: int) -> npt.NDArray[np.intp]:
    """Return row positions from a mask, from positions in the order wanted, or all of them."""
    if rows is None:
        return np.arange(count)
    chosen = np.asarray(rows)
    if chosen.dtype == bool:
        if len(chosen) != count:
            raise ValueError(f"mask of {len(chosen)} rows for a block of {count}")
        return np.flatnonzero(chosen)
    return chosen.astype(np.intp)
