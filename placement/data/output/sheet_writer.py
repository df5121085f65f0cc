"""A list as a workbook: Summary, the list with its answers, a sheet for each group, About."""

import datetime as dt
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from placement.data.formats.blocks import Block, text_of
from placement.data.output.csv_cells import row_indices
from placement.data.output.part_names import sheet_names
from placement.data.output.sheet_cells import (
    IDENTIFIER_DIGITS,
    ExactNumber,
    WrittenNumber,
    sheet_column,
)
from placement.data.output.sheet_texts import WRITTEN, row_height, write_about, write_summary
from placement.data.output.take_rows import as_array, take
from placement.data.output.writer import NOTES, Description, Output, Plan
from placement.data.schema import ABOUT, LIST, PROBABILITY, SUMMARY
from placement.errors import StoreError
from placement.model.scorer import Cell, TableLike
from placement.runtime.atomic_write import writing

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format

_SHEET_ROWS = 1_048_576
_CUT = -2  # what xlsxwriter returns where it has written a part of a text alone
_CHANCES = (PROBABILITY, "placement_low", "placement_high")
_WHOLE_PERCENTS = '[>0.995]">99%";[<0.005]"<1%";0%'  # as in our sentences: all or none is unsure
_SENTENCES = (NOTES, "placement_reason")
_MEASURED_ROWS = 200  # by which widths are chosen
_NARROWEST, _WIDEST = 7, 28


class SheetOutput(Output):
    """Rows in sheets, streamed: each row is on disk before the next."""

    def __init__(self, path: Path, plan: Plan, name: str) -> None:
        import xlsxwriter

        super().__init__(plan, name)
        # Text goes in by write_string alone, which never makes a formula or a link of it.
        options = {"constant_memory": True, "tmpdir": str(path.parent)}
        self._description: Description | None = None
        self._names = sheet_names()
        with writing(name):
            self._book = xlsxwriter.Workbook(str(path), options)
            self._book.set_properties({"created": WRITTEN})
            self._summary = self._book.add_worksheet(SUMMARY)
            self._formats = _Formats(self._book)
            self._list = Tab(self._book, LIST, plan, name, self._formats)
        self._tabs = [self._list]

    def prepare(self, block: Block, cells: TableLike, rows: npt.ArrayLike | None = None) -> Any:
        """Return the rows to write, each a tuple of its cells."""
        indices = row_indices(rows, len(block))
        written = take(block, indices)
        columns = [sheet_column(written, name) for name in self._plan.input_columns]
        for name in self._plan.added:
            column: list[Cell] = as_array(cells[name])[indices].tolist()
            for row in written.not_students if name != NOTES else ():
                column[row] = None
            columns.append(column)
        return list(zip(*columns, strict=True))

    def put(self, prepared: Any) -> None:
        """Append those rows."""
        self._list.put(prepared)

    def tab(self, word: str) -> "Tab":
        """Begin a sheet for a group, after the others."""
        title = self._names.sheet(word)
        with writing(self._name):
            self._tabs.append(Tab(self._book, title, self._plan, self._name, self._formats))
        return self._tabs[-1]

    def describe(self, description: Callable[[], Description]) -> None:
        """Keep what Summary and About say."""
        self._description = description()

    def close(self) -> None:
        """Write the workbook."""
        import xlsxwriter.exceptions

        with writing(self._name):
            for tab in self._tabs:
                tab.finish()
            if self._description is not None:
                titles = [tab.title for tab in self._tabs]
                write_summary(self._book, self._summary, self._description, titles)
                write_about(self._book, self._book.add_worksheet(ABOUT), self._description)
            try:
                self._book.close()
            except xlsxwriter.exceptions.XlsxWriterException as error:
                raise StoreError(f"{self._name}: cannot be written ({error})") from error
            self.discard()  # a sheet without rows leaves its file

    def discard(self) -> None:
        """Remove the temporary files without writing a workbook."""
        self._book.fileclosed = True
        for sheet in self._book.worksheets():
            sheet.row_data_fh.close()
            Path(sheet.row_data_filename).unlink(missing_ok=True)


class _Formats:
    """The number formats of a workbook, each made once."""

    def __init__(self, book: "Workbook") -> None:
        self._book = book
        self._made: dict[str, Format] = {}
        style = {
            "bold": True,
            "bottom": 1,
            "bg_color": "#E8EEF4",
            "valign": "top",
            "text_wrap": True,
        }
        self.heading = book.add_format(style)
        self.sentence = book.add_format({"text_wrap": True, "valign": "top"})

    def __getitem__(self, number_format: str) -> "Format":
        if number_format not in self._made:
            self._made[number_format] = self._book.add_format({"num_format": number_format})
        return self._made[number_format]


class Tab:
    """A sheet of rows under a heading."""

    def __init__(
        self, book: "Workbook", title: str, plan: Plan, name: str, formats: _Formats
    ) -> None:
        self.title, self._name, self._formats = title, name, formats
        self._sheet = book.add_worksheet(title)
        names = self._headings = plan.file_names
        first = len(names) - len(plan.added)
        percents = {n: i for i, n in enumerate(plan.added, first) if n in _CHANCES}
        self._percents = dict.fromkeys(percents.values(), formats[_WHOLE_PERCENTS])
        self._bars = percents.get(PROBABILITY)
        self._row, self._columns = 1, len(names)
        self._widths = [_heading_width(heading) for heading in names]
        self._sentences = {
            index for index, n in enumerate(names) if index >= first and n.startswith(_SENTENCES)
        }
        for index in self._sentences:
            self._widths[index] = _WIDEST
        self._sheet.set_row(0, max(map(row_height, names, self._widths)))
        for index, heading in enumerate(plan.header):
            write = self._sheet.write_string if heading else self._sheet.write_blank
            write(0, index, heading, formats.heading)

    def put(self, prepared: Any) -> None:
        """Append prepared rows."""
        with writing(self._name):
            for values in prepared:
                self._put(values)

    def _put(self, values: Sequence[Cell]) -> None:
        if self._row >= _SHEET_ROWS:
            raise StoreError(f"{self._name}: more rows than a sheet holds: choose .csv or .parquet")
        if self._row <= _MEASURED_ROWS:
            self._measure(values)
        if self._sentences:
            texts = (text_of(values[index]) for index in self._sentences)
            self._sheet.set_row(self._row, max(row_height(text, _WIDEST) for text in texts))
        for index, value in enumerate(values):
            self._put_cell(index, value)
        self._row += 1

    def _measure(self, values: Sequence[Cell]) -> None:
        for index, value in enumerate(values):
            if index not in self._percents and len(text := text_of(value)) >= self._widths[index]:
                self._widths[index] = min(len(text) + 1, _WIDEST)

    def _put_cell(self, index: int, value: Cell) -> None:
        if isinstance(value, WrittenNumber):
            self._sheet.write_number(self._row, index, value, self._formats[value.number_format])
        elif isinstance(value, bool):
            self._sheet.write_boolean(self._row, index, value)
        elif isinstance(value, (int, float)):
            self._put_number(index, value)
        elif isinstance(value, (dt.date, dt.time)):
            self._put_date(index, value)
        elif text := text_of(value):
            self._put_text(index, text)

    def _put_text(self, index: int, text: str) -> None:
        wrapped = self._formats.sentence if index in self._sentences else None
        if self._sheet.write_string(self._row, index, text, wrapped) == _CUT:
            raise StoreError(
                f"{self._name}: column {self._headings[index]}: a cell of {len(text):,} characters "
                "is more than a sheet holds: choose .csv or .parquet"
            )

    def _put_number(self, index: int, value: float) -> None:
        if not math.isfinite(value):
            if not math.isnan(value):
                self._sheet.write_string(self._row, index, str(value))
        elif float(value).is_integer() and abs(value) >= 10 ** (IDENTIFIER_DIGITS - 1):
            # Excel would show a register number as 2.2E+13.
            self._sheet.write_string(self._row, index, str(int(value)))
        else:
            self._sheet.write_number(
                self._row, index, ExactNumber(value), self._percents.get(index)
            )

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
        self._sheet.write_datetime(self._row, index, value, self._formats[number_format])

    def finish(self) -> None:
        """Make the sheet fit to be read, sorted and printed, once all rows are in."""
        sheet, last, edge = self._sheet, self._row - 1, self._columns - 1
        for index, width in enumerate(self._widths):
            sheet.set_column(index, index, width)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, last, edge)
        if self._bars is not None and last:
            sheet.conditional_format(1, self._bars, last, self._bars, _BAR)
        sheet.print_area(0, 0, last, edge)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.set_margins(left=0.4, right=0.4)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&R&P / &N")


_A4 = 9
_BAR = {
    "type": "data_bar", "bar_solid": True, "bar_color": "#9BC2E6",
    "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 1,
}  # fmt: skip


def _heading_width(heading: str) -> int:
    """Return the width in which no word of a heading is broken, with its arrow to filter by."""
    longest = max(map(len, heading.split()), default=0)
    return max(_NARROWEST, min(longest + 3, _WIDEST))
