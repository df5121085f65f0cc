"""Damage to the bytes of a file."""

import gzip
from random import Random

from scripts.damaged.sheet import NAMES, ROWS, Sheet, kind


@kind
def a_zero_byte_in_a_cell(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.rows[row]["remark"] = "good"
    sheet.write(row, remark="go\0od")


@kind
def a_byte_order_mark_in_mid_file(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.lines[row] = "\ufeff" + sheet.line(row)


@kind
def one_byte_of_another_encoding(sheet: Sheet, row: int, draw: Random) -> bytes:
    sheet.rows[row]["name"] = "José Ñuñez" + sheet.rows[row]["name"]
    sheet.rows[(row + 7) % ROWS]["remark"] = "naïve"
    return sheet.text().encode().replace("naïve".encode(), "naïve".encode("cp1252"))


@kind
def written_in_cp1252(sheet: Sheet, row: int, draw: Random) -> bytes:
    sheet.rows[row]["name"] = "José Ñuñez " + sheet.rows[row]["name"]
    return sheet.text().encode("cp1252")


@kind
def utf_16_without_a_mark(sheet: Sheet, row: int, draw: Random) -> bytes:
    return sheet.text().encode(["utf-16-le", "utf-16-be"][row % 2])


@kind
def a_lone_carriage_return(sheet: Sheet, row: int, draw: Random) -> bytes:
    line = sheet.line(row) + "\n"
    return sheet.text().replace(line, sheet.line(row) + "\r").encode()


@kind
def mixed_line_ends(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.lines = {r: sheet.line(r) + "\r" for r in range(row, len(sheet.rows), 1 + row % 3)}


@kind
def a_control_z_at_the_end(sheet: Sheet, row: int, draw: Random) -> bytes:
    return sheet.text().encode() + b"\x1a"


@kind
def gzip_cut_short(sheet: Sheet, row: int, draw: Random) -> bytes:
    whole = gzip.compress(sheet.text().encode(), mtime=0)
    return whole[: len(whole) * (row + 1) // (ROWS + 4)]


@kind
def carriage_returns_alone(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.end = "\r"


@kind
def two_carriage_returns_on_each_line(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.end = "\r\r\n"


@kind
def two_byte_order_marks(sheet: Sheet, row: int, draw: Random) -> bytes:
    return b"\xef\xbb\xbf" * 2 + sheet.text().encode()


@kind
def a_byte_order_mark_before_a_quoted_name(sheet: Sheet, row: int, draw: Random) -> bytes:
    sheet.heading = ",".join(f'"{name}"' for name in NAMES)
    return b"\xef\xbb\xbf" + sheet.text().encode()


@kind
def a_byte_order_mark_and_no_line_end(sheet: Sheet, row: int, draw: Random) -> None:
    lines = ",".join(NAMES)
    sheet.lines[row] = sheet.line(row) + "\ufeff" + lines


@kind
def a_byte_order_mark_before_a_quoted_cell(sheet: Sheet, row: int, draw: Random) -> None:
    cells = sheet.cells(row)
    sheet.lines[row] = ",".join([f'\ufeff"{cells[0]}"', *cells[1:]])


@kind
def control_z_behind_the_last_cell(sheet: Sheet, row: int, draw: Random) -> bytes:
    return sheet.text().rstrip("\n").encode() + b"\x1a" * (1 + row % 3)


@kind
def zero_bytes_behind_the_table(sheet: Sheet, row: int, draw: Random) -> bytes:
    return sheet.text().encode() + b"\0" * (1 + row * 3)


@kind
def bells_and_escapes_in_cells(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write(
        row, branch=sheet.rows[row]["branch"] + draw.choice(["\x07", "\x1b", "\x7f", "\x08"])
    )


@kind
def line_separators_of_unicode_in_a_cell(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.rows[row]["remark"] = "good work"
    sheet.write(
        row, remark="good" + draw.choice(["\u2028", "\u2029", "\x85", "\x0b", "\x0c"]) + "work"
    )
