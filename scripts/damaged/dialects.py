"""Other delimiters, and delimiters where there is nothing to part."""

from random import Random

from scripts.damaged.sheet import NAMES, Sheet, kind


@kind
def semicolons_and_decimal_commas(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.delimiter = ";"
    sheet.write_all("cgpa", lambda cgpa: cgpa.replace(".", ","))


@kind
def tabs_and_a_row_without_its_last_cells(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.delimiter = "\t"
    sheet.lines[row] = "\t".join(sheet.cells(row)[:7])


@kind
def a_rare_delimiter(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.delimiter = ["#", "~", "^", "::"][row % 4]


@kind
def lists_split_by_bars(sheet: Sheet, row: int, draw: Random) -> None:
    for number, r in enumerate(sheet.rows):
        r["remark"] = "python|sql|excel" if number % 2 else "java|c|html"


@kind
def every_delimiter_twice(sheet: Sheet, row: int, draw: Random) -> None:
    twice = [",", ";", "\t", "|"][row % 4] * 2
    sheet.heading = twice.join(NAMES)
    for r, cells in enumerate(sheet.rows):
        cells["remark"] = cells["remark"].replace(",", "")
        sheet.lines[r] = twice.join(cells[n] for n in NAMES)


@kind
def a_delimiter_before_every_line(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.heading = "," + ",".join(NAMES)
    sheet.lines = {r: "," + sheet.line(r) for r in range(len(sheet.rows))}


@kind
def semicolons_behind_every_line_of_commas(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.heading = ",".join(NAMES) + ";;;"
    sheet.lines = {r: sheet.line(r) + ";;;" for r in range(len(sheet.rows))}


@kind
def a_table_of_a_web_page_pasted(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.delimiter = "\t"
    sheet.end = ["\n\n", " \n", "\t\n", "\r\n\r\n"][row % 4]


@kind
def a_table_of_markdown(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.delimiter = "|"
    sheet.heading = "| " + " | ".join(NAMES) + " |"
    sheet.before[0] = "|" + "---|" * len(NAMES)
    for r in range(len(sheet.rows)):
        sheet.lines[r] = "| " + " | ".join(sheet.cells(r)) + " |"


@kind
def a_heading_by_semicolons_above_commas(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.heading = ";".join(NAMES)


@kind
def tabs_beside_every_comma(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.heading = ",\t".join(NAMES)
    sheet.lines = {r: ",\t".join(sheet.cells(r)) for r in range(len(sheet.rows))}
