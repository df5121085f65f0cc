"""Damage to the heading, and what stands above it."""

from random import Random

from scripts.damaged.sheet import NAMES, Sheet, guess, kind


@kind
def title_rows_above(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.above = ["Placement register 2025", "Department of CSE"][: 1 + row % 2]


@kind
def a_title_row_with_commas(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.above = ["Placement register, Government College, 2025-26" + "," * (row % 9)]


@kind
def a_title_row_wider_than_the_table(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.above = ["Placement register" + "," * 11]


@kind
def two_heading_rows(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.above = ["Student,,,Record,,,,,Outcome"]


@kind
def a_comma_lost_in_the_heading(sheet: Sheet, row: int, draw: Random) -> None:
    at = draw.randint(1, 7)
    sheet.heading = ",".join(NAMES[:at]) + ",".join(NAMES[at:])


@kind
def a_name_twice_in_the_heading(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.heading = ",".join(NAMES).replace("remark", "branch")


@kind
def a_sep_line_for_excel(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.above = ["sep=,"]


@guess
def row_names_without_a_heading(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.lines = {r: f"{r + 1},{sheet.line(r)}" for r in range(len(sheet.rows))}


@kind
def a_heading_with_padded_quoted_names(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.heading = ",".join(f'" {name} "' for name in NAMES)


@kind
def a_heading_in_capitals(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.heading = ",".join([str.upper, str.title][row % 2](name) for name in NAMES)


@kind
def a_heading_in_quotes_above_none(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.heading = ",".join(f'"{name}"' for name in NAMES)


@kind
def a_line_break_in_a_name_of_the_heading(sheet: Sheet, row: int, draw: Random) -> None:
    names = list(NAMES)
    names[3] = draw.choice(['"cgpa\n"', '"\ncgpa"', '"cgpa\r\n"'])
    sheet.heading = ",".join(names)


@kind
def a_tab_in_a_quoted_name_of_the_heading(sheet: Sheet, row: int, draw: Random) -> None:
    names, at = list(NAMES), draw.randint(0, 8)
    names[at] = f'"{names[at]}\t"'
    sheet.delimiter = ";"
    sheet.heading = ";".join(names)


@kind
def numbers_of_rows_that_start_again(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.heading = "sno," + ",".join(NAMES)
    sheet.lines = {r: f"{r % (row + 5) + 1},{sheet.line(r)}" for r in range(len(sheet.rows))}


@kind
def a_heading_with_a_blank_name(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.heading = ",".join(NAMES).replace("remark", "")


@kind
def blank_columns_between(sheet: Sheet, row: int, draw: Random) -> None:
    at = 1 + row % 8
    sheet.heading = ",".join([*NAMES[:at], "", *NAMES[at:]])
    for r in range(len(sheet.rows)):
        cells = sheet.cells(r)
        sheet.lines[r] = ",".join([*cells[:at], "", *cells[at:]])


@kind
def no_heading(sheet: Sheet, row: int, draw: Random) -> bytes:
    return "".join(sheet.line(r) + "\n" for r in range(len(sheet.rows))).encode()


@kind
def the_heading_below_the_first_students(sheet: Sheet, row: int, draw: Random) -> bytes:
    lines = [sheet.line(r) for r in range(len(sheet.rows))]
    at = 1 + row % 5
    return "\n".join([*lines[:at], ",".join(NAMES), *lines[at:], ""]).encode()


@kind
def a_second_table_beside_the_first(sheet: Sheet, row: int, draw: Random) -> bytes:
    half = len(sheet.rows) // 2
    lines = [",".join([*NAMES, "", *NAMES])]
    lines += [f"{sheet.line(r)},,{sheet.line(half + r)}" for r in range(half)]
    return "\n".join([*lines, ""]).encode()
