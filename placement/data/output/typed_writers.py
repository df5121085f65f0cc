"""Write predictions to a workbook or a Parquet file."""

import datetime as dt
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from placement.arrays import BoolArray, CellArray, IndexArray
from placement.data.formats.blocks import Block, text_of
from placement.data.output.csv_cells import native_column, row_indices
from placement.data.output.take_rows import as_array
from placement.data.output.writer import NOTES, Output, Plan
from placement.errors import StoreError
from placement.model.scorer import Cell, TableLike
from placement.runtime.atomic_write import writing

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from xlsxwriter.format import Format

_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.(\d+))?")
_IDENTIFIER_DIGITS = 8
_EXACT_DIGITS = 15
_SHEET_ROWS = 1_048_576


@contextmanager
def open_typed(path: Path, plan: Plan, number_format: str, name: str) -> Iterator[Output]:
    """Open a workbook or a Parquet file at `path`; `name` is what the user calls it."""
    kind: type[SheetOutput | ParquetOutput]
    kind = SheetOutput if number_format == "xlsx" else ParquetOutput
    output = kind(path, plan, name)
    try:
        yield output
    except BaseException:
        output.discard()
        raise
    output.close()


class SheetOutput(Output):
    """Rows in one sheet, streamed: each row is on disk before the next."""

    def __init__(self, path: Path, plan: Plan, name: str) -> None:
        import xlsxwriter

        super().__init__(plan, name)
        # Text goes in by write_string alone, which never makes a formula or a link of it.
        options = {"constant_memory": True, "tmpdir": str(path.parent)}
        with writing(name):
            self._book = xlsxwriter.Workbook(str(path), options)
            self._sheet = self._book.add_worksheet("Predictions")
        self._formats: dict[str, Format] = {}
        self._row = 0
        self._put([title or None for title in plan.header])
        self._sheet.freeze_panes(1, 0)

    def prepare(self, block: Block, cells: TableLike, rows: npt.ArrayLike | None = None) -> Any:
        """Return the columns of a block, and the indices of the rows to write."""
        columns = [_sheet_column(block, name) for name in self._plan.input_columns]
        for name in self._plan.added:
            column: list[Cell] = as_array(cells[name]).tolist()
            for row in block.not_students if name != NOTES else ():
                column[row] = None
            columns.append(column)
        return columns, row_indices(rows, len(block)).tolist()

    def put(self, prepared: Any) -> None:
        """Append those rows."""
        columns, indices = prepared
        with writing(self._name):
            for index in indices:
                self._put([column[index] for column in columns])

    def _put(self, values: list[Cell]) -> None:
        if self._row >= _SHEET_ROWS:
            raise StoreError(f"{self._name}: more rows than a sheet holds: choose .csv or .parquet")
        for index, value in enumerate(values):
            self._put_cell(index, value)
        self._row += 1

    def _put_cell(self, index: int, value: Cell) -> None:
        if isinstance(value, _Number):
            self._sheet.write_number(self._row, index, value, self._format(value.number_format))
        elif isinstance(value, bool):
            self._sheet.write_boolean(self._row, index, value)
        elif isinstance(value, (int, float)):
            self._put_number(index, value)
        elif isinstance(value, (dt.date, dt.time)):
            self._put_date(index, value)
        elif text := text_of(value):
            self._sheet.write_string(self._row, index, text)

    def _put_number(self, index: int, value: float) -> None:
        if not math.isfinite(value):
            if not math.isnan(value):
                self._sheet.write_string(self._row, index, str(value))
        elif float(value).is_integer() and abs(value) >= 10 ** (_IDENTIFIER_DIGITS - 1):
            # Excel would show a register number as 2.2E+13.
            self._sheet.write_string(self._row, index, str(int(value)))
        else:
            self._sheet.write_number(self._row, index, value)

    def _put_date(self, index: int, value: dt.date | dt.time) -> None:
        if isinstance(value, dt.datetime) and value.tzinfo is None:
            number_format = "yyyy-mm-dd" if value.time() == dt.time() else "yyyy-mm-dd hh:mm:ss"
        elif isinstance(value, dt.time):
            number_format = "hh:mm:ss"
        elif isinstance(value, dt.datetime):
            self._sheet.write_string(self._row, index, value.isoformat())
            return
        else:
            number_format = "yyyy-mm-dd"
        self._sheet.write_datetime(self._row, index, value, self._format(number_format))

    def _format(self, number_format: str) -> "Format":
        if number_format not in self._formats:
            self._formats[number_format] = self._book.add_format({"num_format": number_format})
        return self._formats[number_format]

    def close(self) -> None:
        """Write the workbook."""
        import xlsxwriter.exceptions

        with writing(self._name):
            try:
                self._book.close()
            except xlsxwriter.exceptions.XlsxWriterException as error:
                raise StoreError(f"{self._name}: cannot be written ({error})") from error

    def discard(self) -> None:
        """Remove the temporary files without writing a workbook."""
        self._book.fileclosed = True
        self._sheet.row_data_fh.close()
        Path(self._sheet.row_data_filename).unlink(missing_ok=True)


class _Number(float):
    """A number with the format that shows it as it was written: 67.00."""

    number_format: str


def _sheet_column(block: Block, name: str) -> list[Cell]:
    cells = native_column(block, name)
    return list(map(_sheet_value, cells)) if (block.raw is None) else cells


def _sheet_value(cell: Cell) -> Cell:
    """A number where it can be shown as its text; identifiers and all else stay text."""
    if not isinstance(cell, str) or (match := _PLAIN_NUMBER.fullmatch(cell)) is None:
        return cell
    decimals = match.group(1)
    digits = sum(map(str.isdigit, cell))
    if digits > _EXACT_DIGITS or (decimals is None and digits >= _IDENTIFIER_DIGITS):
        return cell
    number = _Number(cell)
    number.number_format = "0" if decimals is None else "0." + "0" * len(decimals)
    return number


class ParquetOutput(Output):
    """Rows in a Parquet file: a Parquet input keeps its types, text stays text."""

    def __init__(self, path: Path, plan: Plan, name: str) -> None:
        super().__init__(plan, name)
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self._schema: pa.Schema | None = None

    def prepare(self, block: Block, cells: TableLike, rows: npt.ArrayLike | None = None) -> Any:
        """Return the rows to write as an Arrow table."""
        import pyarrow as pa

        indices = row_indices(rows, len(block))
        existing = [_arrow_column(block, name, indices) for name in self._plan.input_columns]
        others = ~block.is_student[indices]
        blank = {n: others & (n != NOTES) for n in self._plan.added}
        new = [_arrow_new(as_array(cells[n])[indices], blank[n]) for n in self._plan.added]
        return pa.Table.from_arrays([*existing, *new], names=list(self._plan.file_names))

    def put(self, prepared: Any) -> None:
        """Append those rows."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        with writing(self._name):
            try:
                if self._writer is None:
                    self._schema = prepared.schema
                    self._writer = pq.ParquetWriter(self._path, self._schema)
                self._writer.write_table(prepared.cast(self._schema))
            except pa.ArrowException as error:
                raise StoreError(f"{self._name}: cannot be written as Parquet ({error})") from error

    def close(self) -> None:
        """Write the footer; a file without rows still has its columns."""
        import pyarrow as pa

        if self._writer is None:
            names = list(self._plan.file_names)
            self.put(pa.Table.from_arrays([pa.array([], pa.string()) for _ in names], names=names))
        with writing(self._name):
            self.discard()

    def discard(self) -> None:
        """Close what is open; the file is removed by the caller."""
        if self._writer is not None:
            self._writer.close()


def _arrow_column(block: Block, name: str, indices: IndexArray) -> "pa.Array":
    import pyarrow as pa

    raw = block.raw
    if raw is not None and not isinstance(raw, list):
        index = block.names.index(name)
        if hasattr(raw, "iloc"):
            return pa.array(raw.iloc[indices, index], from_pandas=True)
        return raw.column(index).take(pa.array(indices))
    cells = block.columns[name][indices]
    return pa.array(list(map(text_of, cells.tolist())), pa.string())


def _arrow_new(cells: CellArray, blank: BoolArray) -> "pa.Array":
    import pyarrow as pa

    if cells.dtype.kind == "f":
        return pa.array(cells, pa.float64(), from_pandas=True, mask=blank)
    if cells.dtype.kind in "iu":
        return pa.array(cells, pa.int64(), mask=blank)
    texts = [None if c is None else text_of(c) for c in cells.tolist()]
    return pa.array(np.array(texts, dtype=object), pa.string(), mask=blank)
