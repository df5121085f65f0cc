"""Damage to which cell is which: too many, too few, or elsewhere."""

from random import Random

from scripts.damaged.sheet import Sheet, kind


@kind
def comma_in_a_name_without_quotes(sheet: Sheet, row: int, draw: Random) -> None:
    cells = sheet.cells(row)
    cells[1] = cells[1].replace(" ", ", ")
    sheet.lines[row] = ",".join(cells)


@kind
def comma_without_quotes_and_a_blank_last_cell(sheet: Sheet, row: int, draw: Random) -> None:
    cells = sheet.cells(row)
    cells[1], cells[-1] = cells[1].replace(" ", ", "), ""
    sheet.lines[row] = ",".join(cells)


@kind
def comma_without_quotes_and_a_cell_left_out(sheet: Sheet, row: int, draw: Random) -> None:
    cells = sheet.cells(row)
    del cells[draw.choice([5, 6, 7])]
    cells[1] = cells[1].replace(" ", ",")
    sheet.lines[row] = ",".join(cells)


@kind
def row_cut_short(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.lines[row] = ",".join(sheet.cells(row)[: draw.randint(1, 7)])


@kind
def last_row_cut_in_mid_cell(sheet: Sheet, row: int, draw: Random) -> bytes:
    last = len(sheet.rows) - 1
    text = sheet.text().rstrip("\n")
    return text[: len(text) - draw.randint(3, len(sheet.line(last)) - 2)].encode()


@kind
def a_trailing_comma_in_one_row(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.lines[row] = sheet.line(row) + ","


@kind
def trailing_commas_in_every_row(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.lines = {r: sheet.line(r) + "," * (1 + row % 3) for r in range(len(sheet.rows))}


@kind
def a_cell_left_out_in_the_middle(sheet: Sheet, row: int, draw: Random) -> None:
    cells = sheet.cells(row)
    del cells[draw.randint(1, 6)]
    sheet.lines[row] = ",".join(cells)


@kind
def a_cell_twice(sheet: Sheet, row: int, draw: Random) -> None:
    cells = sheet.cells(row)
    at = draw.randint(0, 8)
    sheet.lines[row] = ",".join([*cells[:at], cells[at], *cells[at:]])


@kind
def cells_shifted_right_over_a_blank_end(sheet: Sheet, row: int, draw: Random) -> None:
    cells = sheet.cells(row)
    sheet.lines[row] = ",".join([*cells[:2], "", *cells[2:-1]])


@kind
def two_rows_on_one_line(sheet: Sheet, row: int, draw: Random) -> None:
    row = min(row, len(sheet.rows) - 2)
    sheet.lines[row] = sheet.line(row) + "," + sheet.line(row + 1)
    sheet.lines[row + 1] = ""


@kind
def two_rows_on_one_line_without_a_comma(sheet: Sheet, row: int, draw: Random) -> None:
    row = min(row, len(sheet.rows) - 2)
    sheet.lines[row] = sheet.line(row) + sheet.line(row + 1)
    sheet.lines[row + 1] = ""


@kind
def a_row_broken_over_two_lines(sheet: Sheet, row: int, draw: Random) -> None:
    cells = sheet.cells(row)
    at = draw.randint(2, 7)
    sheet.lines[row] = ",".join(cells[:at]) + "\n" + ",".join(cells[at:])


@kind
def a_cell_broken_over_two_lines(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.lines[row] = sheet.line(row).replace(" ", "\n", 1)


@kind
def semicolons_in_one_row(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.lines[row] = ";".join(sheet.cells(row))


@kind
def tabs_in_one_row(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.lines[row] = "\t".join(sheet.cells(row))


@kind
def a_tab_for_one_comma(sheet: Sheet, row: int, draw: Random) -> None:
    cells = sheet.cells(row)
    at = draw.randint(1, 8)
    sheet.lines[row] = ",".join(cells[:at]) + "\t" + ",".join(cells[at:])
