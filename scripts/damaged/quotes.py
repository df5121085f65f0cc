"""Damage to the quotes round cells."""

from random import Random

from scripts.damaged.sheet import NAMES, NUMBERS, Sheet, kind


@kind
def quote_never_closed(sheet: Sheet, row: int, draw: Random) -> None:
    cells = sheet.cells(row)
    at = draw.choice([1, 2, 8])
    cells[at] = '"' + cells[at]
    sheet.lines[row] = ",".join(cells)


@kind
def quote_within_a_cell(sheet: Sheet, row: int, draw: Random) -> None:
    cells = sheet.cells(row)
    cells[1] += ' 5"'
    sheet.rows[row]["name"] += ' 5"'
    sheet.lines[row] = ",".join(cells)


@kind
def text_after_a_closing_quote(sheet: Sheet, row: int, draw: Random) -> None:
    cells = sheet.cells(row)
    cells[1] = f'"{sheet.rows[row]["name"]}" jr'
    sheet.lines[row] = ",".join(cells)


@kind
def a_quote_that_swallows_a_comma(sheet: Sheet, row: int, draw: Random) -> None:
    cells = sheet.cells(row)
    cells[1], cells[2] = '"' + cells[1], cells[2] + '"'
    sheet.lines[row] = ",".join(cells)


@kind
def a_quote_that_swallows_a_row(sheet: Sheet, row: int, draw: Random) -> None:
    row = min(row, len(sheet.rows) - 2)
    first, second = sheet.cells(row), sheet.cells(row + 1)
    first[1], second[1] = '"' + first[1], second[1] + '"'
    sheet.lines[row], sheet.lines[row + 1] = ",".join(first), ",".join(second)


@kind
def quotes_escaped_by_a_backslash(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.rows[row]["remark"] = 'called "good"'
    cells = sheet.cells(row)
    cells[7] = '"called \\"good\\""'
    sheet.lines[row] = ",".join(cells)


@kind
def quotes_escaped_by_a_backslash_beside_commas(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.rows[row]["remark"] = 'said "yes, sir"'
    cells = sheet.cells(row)
    cells[7] = '"said \\"yes, sir\\""'
    sheet.lines[row] = ",".join(cells)


@kind
def single_quotes_round_every_word(sheet: Sheet, row: int, draw: Random) -> None:
    words = set(NAMES) - NUMBERS
    for r in range(len(sheet.rows)):
        sheet.lines[r] = ",".join(
            f"'{sheet.rows[r][n]}'" if n in words else sheet.rows[r][n] for n in NAMES
        )


@kind
def typographic_quotes_round_a_cell_with_a_comma(sheet: Sheet, row: int, draw: Random) -> None:
    cells = sheet.cells(row)
    cells[1] = "\u201c" + cells[1].replace(" ", ", ") + "\u201d"
    sheet.lines[row] = ",".join(cells)


@kind
def every_line_quoted_as_one_cell(sheet: Sheet, row: int, draw: Random) -> bytes:
    lines = sheet.text().splitlines()
    return "".join('"' + line.replace('"', '""') + '"\n' for line in lines).encode()
