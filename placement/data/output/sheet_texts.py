"""The two sheets of a workbook that say what its list is: a page to read, and a table of facts."""

import datetime as dt
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from placement.data.output.writer import Description

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

# The same list makes the same bytes, whenever it is made; a workbook's time has no zone.
WRITTEN = dt.datetime(2000, 1, 1)  # noqa: DTZ001
_WIDTH = 72  # of digits: a page that is read upright
_LETTERS = 0.85  # that are as wide as a digit, in the widest of the usual fonts
_LINE = 15  # points
_NAMES = 28


def row_height(text: str, width: float) -> float:
    """Return the points that a text takes in a column: few programs make room for wrapped text."""
    return _LINE * max(1, ceil(len(text) / (width * _LETTERS)))


def write_summary(
    book: "Workbook", sheet: "Worksheet", description: Description, titles: Sequence[str]
) -> None:
    """Write the sentences under their headings, and which sheets there are."""
    title = book.add_format({"bold": True, "font_size": 16})
    heading = book.add_format({"bold": True, "font_size": 12, "font_color": "#1F4E79"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, _WIDTH)
    sheet.write_string(0, 0, description.title, title)
    row = 2
    for name, sentences in (*description.summary, ("In this workbook", _sheets(titles))):
        if name:
            sheet.write_string(row, 0, name, heading)
            row += 1
        for sentence in sentences:
            sheet.set_row(row, row_height(sentence, _WIDTH))
            sheet.write_string(row, 0, sentence, wrapped)
            row += 1
        row += 1
    _to_print(sheet)


def _sheets(titles: Sequence[str]) -> tuple[str, ...]:
    first, *others = titles
    groups = f"{', '.join(others)}: the rows of each of them." if others else ""
    return tuple(
        text
        for text in (
            f"{first}: every row as it was, and what the model says of it in the columns behind.",
            groups,
            "About: the model, the settings, and what each of these columns means.",
        )
        if text
    )


def write_about(book: "Workbook", sheet: "Worksheet", description: Description) -> None:
    """Write names with what they are."""
    bold = book.add_format({"bold": True, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, _NAMES)
    sheet.set_column(1, 1, _WIDTH - _NAMES)
    for row, (name, text) in enumerate(description.about):
        sheet.set_row(row, row_height(text, _WIDTH - _NAMES))
        sheet.write_string(row, 0, name, bold)
        sheet.write_string(row, 1, text, wrapped)
    _to_print(sheet)


def _to_print(sheet: "Worksheet") -> None:
    sheet.hide_gridlines(2)
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&R&P / &N")


def write_letters(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a workbook of one sheet of text, as a mail merge reads it."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"created": WRITTEN})
        sheet = book.add_worksheet("Letters")
        bold = book.add_format({"bold": True})
        for row, cells in enumerate((header, *rows)):
            for column, text in enumerate(cells):
                sheet.write_string(row, column, text, bold if row == 0 else None)
        for column in range(len(header)):
            longest = max(len(cells[column]) for cells in (header, *rows))
            sheet.set_column(column, column, min(longest + 2, 50))
        sheet.freeze_panes(1, 0)
