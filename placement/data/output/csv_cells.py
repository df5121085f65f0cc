"""Cells as text in the dialect of a file: delimiter, quoting, decimal mark."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from placement.arrays import IndexArray
from placement.data.formats.arrow_arrays import from_numpy, from_texts, text_scalar
from placement.data.formats.blocks import Block, Cells, text_of
from placement.data.formats.delimited.csv_records import fields
from placement.data.formats.delimited.dialect import Dialect, is_number
from placement.model.scorer import Cell, Coded, ColumnLike

if TYPE_CHECKING:
    import pyarrow as pa


def quote_cell(cell: str, dialect: Dialect, *, number: bool = False) -> str:
    """Write a cell so that it reads back as it is."""
    needed = (
        dialect.delimiter in cell
        or dialect.quote in cell
        or (bool(dialect.escape) and dialect.escape in cell)
        or "\n" in cell
        or "\r" in cell
        or cell != cell.strip()
        or (not cell and dialect.delimiter == " ")
    )
    by_dialect = dialect.quoting == "all" or (
        dialect.quoting == "text" and bool(cell) and not number
    )
    if not (needed or by_dialect):
        return cell
    quote, escape = dialect.quote, dialect.escape
    if escape:
        inside = cell.replace(escape, escape * 2).replace(quote, escape + quote)
    else:
        inside = cell.replace(quote, quote * 2)
    return quote + inside + quote


def render_cells(cells: ColumnLike, dialect: Dialect) -> list[str]:
    """Write new cells (n,): numbers in shortest form, missing ones blank, words quoted at need."""
    if isinstance(cells, Coded):
        texts = _quote_distinct(map(text_of, cells.texts.tolist()), dialect)
        return [texts[code] for code in cells.codes.tolist()]
    array = np.asarray(cells)
    if array.dtype.kind == "f":
        numbers = (_shortest(value, dialect.decimal) for value in array.tolist())
        return [quote_cell(text, dialect, number=True) for text in numbers]
    if array.dtype.kind in "iu":
        return [quote_cell(str(value), dialect, number=True) for value in array.tolist()]
    return _quote_distinct(map(text_of, array.tolist()), dialect)


def _shortest(value: float, decimal: str) -> str:
    if value != value:  # noqa: PLR0124 - NaN
        return ""
    return repr(value).replace(".", decimal)


def _quote_distinct(texts: Iterable[str], dialect: Dialect) -> list[str]:
    """Quote cells, each different one once."""
    quoted: dict[str, str] = {}
    cells = []
    for text in texts:
        cell = quoted.get(text)
        if cell is None:
            cell = quoted[text] = quote_cell(text, dialect, number=is_number(text))
        cells.append(cell)
    return cells


def append_cells(records: "pa.Array", columns: Sequence[Cells], dialect: Dialect) -> "pa.Buffer":
    """Append new cells to records, both for many rows at once: the bytes of all lines, in UTF-8.

    `records` is an Arrow array of text; the columns are floats, whole numbers or coded words (n,).
    The texts are those that `render_cells` writes.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    *others, last = columns
    written = [_render_arrow(cells, dialect) for cells in others]
    written.append(_render_arrow(last, dialect, dialect.line_end))
    lines = pc.binary_join_element_wise(records, *written, text_scalar(dialect.delimiter))
    if not len(lines):
        return b""
    _, offsets, data = lines.buffers()
    first, end = np.frombuffer(offsets, dtype=np.int32)[[lines.offset, lines.offset + len(lines)]]
    return pa.py_buffer(data)[first:end]


def _render_arrow(cells: Cells, dialect: Dialect, end: str = "") -> "pa.Array | pa.StringScalar":
    """Return new cells with `end` behind each: an array, or one text where all are the same."""
    import pyarrow.compute as pc

    if isinstance(cells, Coded):
        quoted = _quote_distinct(map(text_of, cells.texts.tolist()), dialect)
        texts = from_texts([text + end for text in quoted])
        return texts[0] if len(texts) == 1 else texts.take(from_numpy(cells.codes))
    if cells.dtype.kind == "f" and dialect.delimiter == dialect.decimal:
        rendered = render_cells(cells, dialect)  # some are quoted and some are not
        return from_texts([text + end for text in rendered])
    written = pc.cast(from_numpy(cells), "string")
    if cells.dtype.kind == "f":
        # Arrow and Python write the same but for whole, very small and very large numbers.
        size = np.abs(cells)
        differs = ~((size >= 1e-4) & (size < 1e16)) | (np.floor(cells) == cells)
        if differs.any():
            texts = from_texts([_shortest(value, ".") for value in cells[differs].tolist()])
            written = pc.replace_with_mask(written, from_numpy(differs), texts)
        if dialect.decimal != ".":
            written = pc.replace_substring(written, ".", dialect.decimal)
    quote = dialect.quote if dialect.quoting == "all" else ""
    if quote or end:
        before, behind, nothing = map(text_scalar, (quote, quote + end, ""))
        written = pc.binary_join_element_wise(before, written, behind, nothing)
    return written


def text_columns(block: Block, names: Sequence[str]) -> Iterator[list[str]]:
    """The cells of some columns as text, typed sources from their own types."""
    for name in names:
        yield list(map(text_of, native_column(block, name)))


def native_column(block: Block, name: str) -> list[Cell]:
    """The cells of a column as their file has them: 21, not 21.0, in a column of integers."""
    index = block.names.index(name)
    raw = block.raw
    cells: list[Cell]
    if raw is None:
        cells = block.columns[name].tolist()
    elif isinstance(raw, list):
        cells = [row[index] for row in raw]
    elif hasattr(raw, "iloc"):
        series = raw.iloc[:, index]
        cells = list(series.astype(object).where(series.notna(), None))
    else:
        cells = raw.column(index).to_pylist()
    return cells


def drop_fields(records: list[str], indices: frozenset[int], dialect: Dialect) -> list[str]:
    """Remove the fields at some indices from raw records; the others stay as they are."""
    remaining = []
    for record in records:
        raw = fields(record, dialect) or []
        remaining.append(
            dialect.delimiter.join(cell for i, cell in enumerate(raw) if i not in indices)
        )
    return remaining


def row_indices(rows: npt.ArrayLike | None, count: int) -> IndexArray:
    """Return row indices (m,) from a mask (n,), from indices in order, or all of them for None."""
    if rows is None:
        return np.arange(count)
    selected = np.asarray(rows)
    if selected.dtype == bool:
        if len(selected) != count:
            raise ValueError(f"mask of {len(selected)} rows for a block of {count}")
        return np.flatnonzero(selected)
    return selected.astype(np.intp)
