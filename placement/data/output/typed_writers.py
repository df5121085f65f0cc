"""Predictions as a workbook or a Parquet file."""

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from placement.arrays import CellArray, IndexArray
from placement.data.formats.blocks import Block, BlockRequest, text_of
from placement.data.output.csv_cells import native_column, positions
from placement.data.output.writer import Output, Plan
from placement.errors import StoreError
from placement.model.scorer import Coded
from placement.runtime.atomic_write import writing

_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.(\d+))?")
_IDENTIFIER_DIGITS = 8
_EXACT_DIGITS = 15
_SHEET_ROWS = 1_048_576


@contextmanager
def open_typed(path: Path, plan: Plan, form: str, name: str) -> Iterator[Output]:
    """Open a workbook or a Parquet file at `path`; `name` is what the user calls it."""
    output = SheetOutput(path, plan, name) if form == "xlsx" else ParquetOutput(path, plan, name)
    try:
        yield output
    except BaseException:
        output.abandon()
        raise
    output.close()


class SheetOutput(Output):
    """Rows in one sheet, streamed: each row is on disk before the next."""

    def __init__(self, path: Path, plan: Plan, name: str) -> None:
        import xlsxwriter

        self._plan, self._name, self.replaced = plan, name, plan.replaced
        # Text goes in by write_string alone, which never makes a formula or a link of it.
        options = {"constant_memory": True, "tmpdir": str(path.parent)}
        with writing(name):
            self._book = xlsxwriter.Workbook(str(path), options)
            self._sheet = self._book.add_worksheet("Predictions")
        self._formats: dict[str, Any] = {}
        self._row = 0
        self._put([title or None for title in plan.titles])
        self._sheet.freeze_panes(1, 0)

    @property
    def wanted(self) -> BlockRequest:
        """Every column, as it is written; typed sources whole."""
        return BlockRequest(as_text=frozenset(self._plan.reader.names), records=True)

    def prepared(self, block: Block, cells: Mapping[str, Any], rows: Any = None) -> Any:
        """Return the columns of a block, and which rows are meant."""
        columns = [_sheet_column(block, name) for name in self._plan.kept]
        columns += [_plain(cells[name]).tolist() for name in self._plan.added]
        return columns, positions(rows, len(block)).tolist()

    def put(self, prepared: Any) -> None:
        """Append those rows."""
        columns, places = prepared
        with writing(self._name):
            for place in places:
                self._put([column[place] for column in columns])

    def _put(self, values: list[Any]) -> None:
        if self._row >= _SHEET_ROWS:
            raise StoreError(f"{self._name}: more rows than a sheet holds: choose .csv or .parquet")
        for place, value in enumerate(values):
            self._put_cell(place, value)
        self._row += 1

    def _put_cell(self, place: int, value: Any) -> None:
        if isinstance(value, _Number):
            self._sheet.write_number(self._row, place, value, self._format(value.form))
        elif isinstance(value, bool):
            self._sheet.write_boolean(self._row, place, value)
        elif isinstance(value, (int, float)):
            self._put_number(place, value)
        elif isinstance(value, (dt.date, dt.time)):
            self._put_date(place, value)
        elif text := text_of(value):
            self._sheet.write_string(self._row, place, text)

    def _put_number(self, place: int, value: float) -> None:
        if not math.isfinite(value):
            if not math.isnan(value):
                self._sheet.write_string(self._row, place, str(value))
        elif float(value).is_integer() and abs(value) >= 10 ** (_IDENTIFIER_DIGITS - 1):
            # Excel would show a register number as 2.2E+13.
            self._sheet.write_string(self._row, place, str(int(value)))
        else:
            self._sheet.write_number(self._row, place, value)

    def _put_date(self, place: int, value: dt.date | dt.time) -> None:
        if isinstance(value, dt.datetime) and value.tzinfo is None:
            form = "yyyy-mm-dd" if value.time() == dt.time() else "yyyy-mm-dd hh:mm:ss"
        elif isinstance(value, dt.time):
            form = "hh:mm:ss"
        elif isinstance(value, dt.datetime):
            self._sheet.write_string(self._row, place, value.isoformat())
            return
        else:
            form = "yyyy-mm-dd"
        self._sheet.write_datetime(self._row, place, value, self._format(form))

    def _format(self, form: str) -> Any:
        if form not in self._formats:
            self._formats[form] = self._book.add_format({"num_format": form})
        return self._formats[form]

    def close(self) -> None:
        """Put the workbook together."""
        import xlsxwriter.exceptions

        with writing(self._name):
            try:
                self._book.close()
            except xlsxwriter.exceptions.XlsxWriterException as error:
                raise StoreError(f"{self._name}: cannot be written ({error})") from error

    def abandon(self) -> None:
        """Let go of the temporary files without making a workbook of them."""
        self._book.fileclosed = True
        self._sheet.row_data_fh.close()
        Path(self._sheet.row_data_filename).unlink(missing_ok=True)


class _Number(float):
    """A number with the format that shows it as it was written: 67.00."""

    form: str


def _sheet_column(block: Block, name: str) -> list[Any]:
    cells = native_column(block, name)
    return list(map(_sheet_value, cells)) if (block.raw is None) else cells


def _sheet_value(cell: Any) -> Any:
    """A number where its text is kept by showing it; identifiers and all else stay text."""
    if not isinstance(cell, str) or (match := _PLAIN_NUMBER.fullmatch(cell)) is None:
        return cell
    decimals = match.group(1)
    digits = sum(map(str.isdigit, cell))
    if digits > _EXACT_DIGITS or (decimals is None and digits >= _IDENTIFIER_DIGITS):
        return cell
    number = _Number(cell)
    number.form = "0" if decimals is None else "0." + "0" * len(decimals)
    return number


class ParquetOutput(Output):
    """Rows in a Parquet file: a Parquet input keeps its types, text stays text."""

    def __init__(self, path: Path, plan: Plan, name: str) -> None:
        self._path, self._plan, self._name = path, plan, name
        self.replaced = plan.replaced
        self._writer: Any = None
        self._schema: Any = None

    @property
    def wanted(self) -> BlockRequest:
        """Every column, as it is written; typed sources whole."""
        return BlockRequest(as_text=frozenset(self._plan.reader.names), records=True)

    def prepared(self, block: Block, cells: Mapping[str, Any], rows: Any = None) -> Any:
        """Return the rows that are meant as an Arrow table."""
        import pyarrow as pa

        chosen = positions(rows, len(block))
        kept = [_arrow_column(block, name, chosen) for name in self._plan.kept]
        new = [_arrow_new(_plain(cells[name])[chosen]) for name in self._plan.added]
        return pa.Table.from_arrays([*kept, *new], names=list(self._names()))

    def put(self, prepared: Any) -> None:
        """Append those rows."""
        self._append(prepared)

    def _names(self) -> tuple[str, ...]:
        return (*self._plan.kept, *self._plan.added)

    def _append(self, table: Any) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        with writing(self._name):
            try:
                if self._writer is None:
                    self._schema = table.schema
                    self._writer = pq.ParquetWriter(self._path, self._schema)
                self._writer.write_table(table.cast(self._schema))
            except pa.ArrowException as error:
                raise StoreError(f"{self._name}: cannot be written as Parquet ({error})") from error

    def close(self) -> None:
        """Write the footer; a file without rows still has its columns."""
        import pyarrow as pa

        if self._writer is None:
            empty = [pa.array([], pa.string()) for _ in self._names()]
            self._append(pa.Table.from_arrays(empty, names=list(self._names())))
        with writing(self._name):
            self._writer.close()

    def abandon(self) -> None:
        """Close what is open; the file is removed by the caller."""
        if self._writer is not None:
            self._writer.close()


def _arrow_column(block: Block, name: str, chosen: IndexArray) -> Any:
    import pyarrow as pa

    raw = block.raw
    if raw is not None and not isinstance(raw, list):
        place = block.names.index(name)
        if hasattr(raw, "iloc"):
            return pa.array(raw.iloc[chosen, place], from_pandas=True)
        return raw.column(place).take(pa.array(chosen))
    cells = block.columns[name][chosen]
    return pa.array(list(map(text_of, cells.tolist())), pa.string())


def _plain(cells: Any) -> CellArray:
    """Return new cells (n,) as an array."""
    return cells.to_numpy() if isinstance(cells, Coded) else np.asarray(cells)


def _arrow_new(cells: CellArray) -> Any:
    import pyarrow as pa

    if cells.dtype.kind == "f":
        return pa.array(cells, pa.float64(), from_pandas=True)
    if cells.dtype.kind in "iu":
        return pa.array(cells, pa.int64())
    return pa.array([None if c is None else text_of(c) for c in cells.tolist()], pa.string())
