"""The same damage, and more, in a workbook of Excel."""

import io
from collections.abc import Callable, Sequence
from random import Random

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from scripts.damaged.sheet import NAMES, NUMBERS, Row, Sheet, guess, kind

Cell = str | float
Finish = Callable[[Workbook, Worksheet], None]


def _cells(row: Row) -> list[Cell]:
    return [float(row[n]) if n in NUMBERS else row[n] for n in NAMES]


def _grid(sheet: Sheet) -> list[list[Cell]]:
    return [list(NAMES), *map(_cells, sheet.rows)]


def _book(
    grid: Sequence[Sequence[Cell]], finish: Finish | None = None, at: tuple[int, int] = (0, 0)
) -> bytes:
    """Write cells as a workbook with one sheet; `finish` damages it further."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    page = book.add_worksheet("Students")
    for r, cells in enumerate(grid, start=at[0]):
        for c, cell in enumerate(cells, start=at[1]):
            if cell != "":
                page.write(r, c, cell)
    if finish is not None:
        finish(book, page)
    book.close()
    return stream.getvalue()


@kind
def workbook_of_numbers_as_text(sheet: Sheet, row: int, draw: Random) -> bytes:
    return _book([list(NAMES), *([r[n] for n in NAMES] for r in sheet.rows)])


@kind
def workbook_with_one_number_as_text(sheet: Sheet, row: int, draw: Random) -> bytes:
    grid = _grid(sheet)
    grid[row + 1][3] = draw.choice(["{}", " {}", "\u00a0{}", "{} "]).format(sheet.rows[row]["cgpa"])
    return _book(grid)


@kind
def workbook_with_a_section_title(sheet: Sheet, row: int, draw: Random) -> bytes:
    grid, title = _grid(sheet), draw.choice(["Section B", "Mechanical Engineering", "Batch 2025"])
    grid.insert(row + 1, [""] * 9)

    def merge(book: Workbook, page: Worksheet) -> None:
        page.merge_range(row + 1, 0, row + 1, 8, title)

    return _book(grid, merge)


@kind
def workbook_with_totals(sheet: Sheet, row: int, draw: Random) -> bytes:
    grid = _grid(sheet)
    fees = sum(int(r["fee"]) for r in sheet.rows)

    def add(book: Workbook, page: Worksheet) -> None:
        page.write(91, draw.choice([0, 1]), draw.choice(["Total", "TOTAL :", "Grand total"]))
        page.write_formula(91, 6, "=SUM(G2:G91)", value=fees)

    return _book(grid, add)


@kind
def workbook_with_averages_and_maxima(sheet: Sheet, row: int, draw: Random) -> bytes:
    mean = sum(float(r["cgpa"]) for r in sheet.rows) / len(sheet.rows)
    grid = _grid(sheet)
    grid.append(["Average", "", "", round(mean, 2), "", "", "", "", ""])
    grid.insert(1, ["", "Max. marks", "", 10.0, 100.0, "", "", "", ""])
    return _book(grid)


@kind
def workbook_with_the_heading_again(sheet: Sheet, row: int, draw: Random) -> bytes:
    grid = _grid(sheet)
    grid.insert(row + 1, list(NAMES))
    return _book(grid)


@kind
def workbook_with_a_merged_title(sheet: Sheet, row: int, draw: Random) -> bytes:
    above = 1 + row % 3

    def merge(book: Workbook, page: Worksheet) -> None:
        for r in range(above):
            page.merge_range(r, 0, r, 8, ["Government College", "Placements 2025-26", ""][r])

    return _book([*([[""] * 9] * above), *_grid(sheet)], merge)


@kind
def workbook_with_two_rows_of_names(sheet: Sheet, row: int, draw: Random) -> bytes:
    def merge(book: Workbook, page: Worksheet) -> None:
        page.merge_range(0, 0, 0, 2, "Student")
        page.merge_range(0, 3, 0, 5, "Record")
        page.merge_range(0, 6, 0, 7, "Office")
        page.merge_range(0, 8, 1, 8, "status")

    grid = [[""] * 9, *_grid(sheet)]
    grid[1][8] = ""
    return _book(grid, merge)


@kind
def workbook_with_blank_rows(sheet: Sheet, row: int, draw: Random) -> bytes:
    grid = _grid(sheet)
    for at in (row + 1, len(grid) // 2, 1):
        grid.insert(at, [""] * 9)
    return _book(grid)


@kind
def workbook_whose_table_stands_apart(sheet: Sheet, row: int, draw: Random) -> bytes:
    return _book(_grid(sheet), at=(2 + row % 4, 1 + row % 3))


@kind
def workbook_with_a_cover(sheet: Sheet, row: int, draw: Random) -> bytes:
    def cover(book: Workbook, page: Worksheet) -> None:
        notes = book.add_worksheet("Notes")
        notes.write(0, 0, "Prepared by the placement cell")
        notes.write(1, 0, "Provisional")

    return _book(_grid(sheet), cover)


@guess
def workbook_with_hidden_rows(sheet: Sheet, row: int, draw: Random) -> bytes:
    def hide(book: Workbook, page: Worksheet) -> None:
        page.set_row(row + 1, None, None, {"hidden": True})

    return _book(_grid(sheet), hide)


@kind
def workbook_with_an_error(sheet: Sheet, row: int, draw: Random) -> bytes:
    def divide(book: Workbook, page: Worksheet) -> None:
        page.write_formula(row + 1, 3, "=1/0", value="#DIV/0!")

    return _book(_grid(sheet), divide)


@kind
def workbook_of_calculated_grades(sheet: Sheet, row: int, draw: Random) -> bytes:
    def calculate(book: Workbook, page: Worksheet) -> None:
        for r, cells in enumerate(sheet.rows, start=1):
            page.write_formula(r, 3, f"=ROUND({cells['cgpa']}, 2)", value=float(cells["cgpa"]))

    return _book(_grid(sheet), calculate)


@kind
def workbook_of_formulas_never_calculated(sheet: Sheet, row: int, draw: Random) -> bytes:
    def calculate(book: Workbook, page: Worksheet) -> None:
        for r in range(1, len(sheet.rows) + 1):
            page.write_formula(r, 3, f"=ROUND({sheet.rows[r - 1]['cgpa']}, 2)", value="")

    return _book(_grid(sheet), calculate)


@kind
def workbook_with_a_stray_cell(sheet: Sheet, row: int, draw: Random) -> bytes:
    def stray(book: Workbook, page: Worksheet) -> None:
        page.write(200 + 97 * row, 20 + row, draw.choice(["x", " ", "checked"]))

    return _book(_grid(sheet), stray)


@guess
def workbook_with_merged_branches(sheet: Sheet, row: int, draw: Random) -> bytes:
    sheet.rows.sort(key=lambda cells: cells["branch"])
    branches = [cells["branch"] for cells in sheet.rows]

    def merge(book: Workbook, page: Worksheet) -> None:
        for branch in sorted(set(branches)):
            first, number = branches.index(branch), branches.count(branch)
            page.merge_range(first + 1, 2, first + number, 2, branch)

    return _book([[*c[:2], "" if r else c[2], *c[3:]] for r, c in enumerate(_grid(sheet))], merge)


@kind
def workbook_of_percents_beside_numbers(sheet: Sheet, row: int, draw: Random) -> bytes:
    def show(book: Workbook, page: Worksheet) -> None:
        shown = book.add_format({"num_format": draw.choice(["0%", "0.00%", "0.0 %"])})
        for number in range(row % 2, len(sheet.rows), 2):
            page.write(number + 1, 4, float(sheet.rows[number]["aptitude"]) / 100, shown)

    return _book(_grid(sheet), show)


@kind
def workbook_with_line_breaks_in_the_heading(sheet: Sheet, row: int, draw: Random) -> bytes:
    grid = _grid(sheet)
    grid[0][3] = draw.choice(["cgpa\n", "\ncgpa", "cgpa\u00a0", " cgpa "])
    return _book(grid)


@kind
def workbook_with_a_note_below(sheet: Sheet, row: int, draw: Random) -> bytes:
    note = draw.choice(["Principal", "* provisional", "Prepared by: S. Kumar", "Date: 02-05-2026"])
    return _book([*_grid(sheet), [""] * 9, [note]])
