"""The kinds of damage a table of students comes with, each done to a sheet at one of its rows."""

import gzip
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

NAMES = ("roll", "name", "branch", "cgpa", "aptitude", "backlogs", "fee", "remark", "status")
NUMBERS = frozenset({"cgpa", "aptitude", "backlogs", "fee"})
ROWS = 90
_FIRST = [
    "Asha",
    "Ravi",
    "Meena",
    "Arun",
    "Zoya",
    "Imran",
    "Divya",
    "Karthik",
    "Leela",
    "Nikhil",
    "Pooja",
    "Sanjay",
]
_LAST = ["Rao", "Iyer", "Khan", "Das", "Nair", "Gupta", "Sharma", "Reddy", "Bose", "Jain"]

Row = dict[str, str]


@dataclass
class Sheet:
    """A table as it will be written: cells as text, and the lines round them."""

    rows: list[Row]
    delimiter: str = ","
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    lines: dict[int, str] = field(default_factory=dict)  # a row's line, where it is no plain one
    before: dict[int, str] = field(default_factory=dict)  # a line above a row
    heading: str | None = None
    end: str = "\n"

    def line(self, row: int) -> str:
        """Write a row as an undamaged line."""
        return self.delimiter.join(_quoted(self.rows[row][n], self.delimiter) for n in NAMES)

    def text(self) -> str:
        """Write the table."""
        heading = self.heading if self.heading is not None else self.delimiter.join(NAMES)
        lines = [*self.above, heading]
        for row in range(len(self.rows)):
            lines += [self.before[row]] if row in self.before else []
            lines.append(self.lines.get(row, self.line(row)))
        return self.end.join([*lines, *self.below]) + self.end

    def cells(self, row: int) -> list[str]:
        """Return the written cells of a row."""
        return [_quoted(self.rows[row][n], self.delimiter) for n in NAMES]


def _quoted(cell: str, delimiter: str) -> str:
    needs = delimiter in cell or '"' in cell or "\n" in cell
    return '"' + cell.replace('"', '""') + '"' if needs else cell


def students(seed: int = 7) -> list[Row]:
    """Draw the students whose table is damaged; every name is one student's alone."""
    draw = Random(seed)
    rows = []
    for number in range(ROWS):
        cgpa = round(draw.uniform(5.2, 9.8), 2)
        aptitude = draw.randint(31, 98)
        chance = 1 / (1 + math.exp(-(1.3 * (cgpa - 7.3) + 0.05 * (aptitude - 60))))
        rows.append(
            {
                "roll": f"22CS{number + 101}",
                "name": f"{_FIRST[number % 12]} {_LAST[number // 12]}",
                "branch": draw.choice(["CSE", "ECE", "MECH", "IT"]),
                "cgpa": f"{cgpa:.2f}",
                "aptitude": str(aptitude),
                "backlogs": str(draw.choice([0, 0, 0, 1, 2, 3])),
                "fee": str(draw.randint(40_000, 220_000)),
                "remark": draw.choice(["", "", "good", "late, but fine", "asked twice"]),
                "status": "Placed" if draw.random() < chance else "Not Placed",
            }
        )
    return rows


Damage = Callable[[Sheet, int, Random], bytes | None]
KINDS: dict[str, Damage] = {}


def kind(damage: Damage) -> Damage:
    """Register a kind of damage under the name of its function."""
    KINDS[damage.__name__] = damage
    return damage


# ---- Cells that one row has too many, too few, or elsewhere
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


# ---- Quotes
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


# ---- Rows that are no students
@kind
def heading_again(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.before[row] = draw.choice([",".join(NAMES), ",".join(NAMES).upper()])


@kind
def heading_again_at_the_end(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.below = [",".join(NAMES)]


@kind
def a_row_of_totals(sheet: Sheet, row: int, draw: Random) -> None:
    total = sum(int(r["fee"]) for r in sheet.rows)
    sheet.below = [f"{draw.choice(['Total', 'GRAND TOTAL', 'Sum'])},,,,,,{total},,"]


@kind
def a_row_of_averages(sheet: Sheet, row: int, draw: Random) -> None:
    mean = sum(float(r["cgpa"]) for r in sheet.rows) / len(sheet.rows)
    word = draw.choice(["Average", "Mean", "Class average", "AVG"])
    sheet.below = [f",{word},,{mean:.2f},,,,,"]


@kind
def a_row_of_maxima(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.before[0] = draw.choice(["Out of,,,10,100,,,,", ",Max marks,,10,100,,,,"])


@kind
def a_section_title(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.before[row] = draw.choice(
        ["Section B,,,,,,,,", "Mechanical Engineering,,,,,,,,", ",,,Batch 2025,,,,,"]
    )


@kind
def a_signature_below(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.below = ["", draw.choice(["Prepared by: S. Kumar", "Principal,,,,,,,,HoD", "Signature"])]


@kind
def a_note_below(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.below = [draw.choice(["* provisional results", "Note: fees in rupees", "End of report"])]


@kind
def a_second_table_below(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.below = ["", "branch,students", "CSE,40", "ECE,30", "MECH,20"]


@kind
def a_comment_line(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.before[row] = "# exported on 2026-05-02"


@kind
def a_blank_line_of_commas(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.before[row] = draw.choice([",,,,,,,,", "", "   ", " , , , , , , , , "])


@kind
def page_numbers_between_the_rows(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.before = {r: f"Page {r // 30 + 1} of 3,,,,,,,," for r in (29, 59)}


# ---- The heading
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


@kind
def row_names_without_a_heading(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.lines = {r: f"{r + 1},{sheet.line(r)}" for r in range(len(sheet.rows))}


@kind
def a_heading_with_padded_quoted_names(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.heading = ",".join(f'" {name} "' for name in NAMES)


# ---- Cells written otherwise
def _cell(sheet: Sheet, row: int, name: str, written: str) -> None:
    cells = sheet.cells(row)
    cells[NAMES.index(name)] = _quoted(written, ",")
    sheet.lines[row] = ",".join(cells)


@kind
def a_unit_behind_one_number(sheet: Sheet, row: int, draw: Random) -> None:
    _cell(sheet, row, "cgpa", sheet.rows[row]["cgpa"] + draw.choice([" CGPA", " cgpa", "/10"]))


@kind
def units_behind_every_number(sheet: Sheet, row: int, draw: Random) -> None:
    for r in range(len(sheet.rows)):
        _cell(sheet, r, "cgpa", sheet.rows[r]["cgpa"] + [" CGPA", "/10", " GPA"][row % 3])


@kind
def money_written_as_in_offices(sheet: Sheet, row: int, draw: Random) -> None:
    for r in range(len(sheet.rows)):
        fee = int(sheet.rows[r]["fee"])
        lakh = f"{fee // 100_000},{fee // 1000 % 100:02d},{fee % 1000:03d}"
        written = lakh if fee >= 100_000 else f"{fee // 1000},{fee % 1000:03d}"
        _cell(sheet, r, "fee", ["₹ ", "Rs. ", "INR ", ""][row % 4] + written)


@kind
def a_decimal_comma_in_one_cell(sheet: Sheet, row: int, draw: Random) -> None:
    _cell(sheet, row, "cgpa", sheet.rows[row]["cgpa"].replace(".", ","))


@kind
def a_letter_in_a_number(sheet: Sheet, row: int, draw: Random) -> None:
    _cell(sheet, row, "cgpa", sheet.rows[row]["cgpa"].replace(".", draw.choice(["..", ".O", "l"])))


@kind
def a_blank_within_a_number(sheet: Sheet, row: int, draw: Random) -> None:
    _cell(sheet, row, "fee", sheet.rows[row]["fee"][:-3] + "\u00a0" + sheet.rows[row]["fee"][-3:])


@kind
def full_width_digits(sheet: Sheet, row: int, draw: Random) -> None:
    wide = sheet.rows[row]["aptitude"].translate({ord("0") + d: 0xFF10 + d for d in range(10)})
    _cell(sheet, row, "aptitude", wide)


@kind
def devanagari_digits_in_a_column(sheet: Sheet, row: int, draw: Random) -> None:
    for r in range(len(sheet.rows)):
        text = sheet.rows[r]["aptitude"].translate({ord("0") + d: 0x966 + d for d in range(10)})
        _cell(sheet, r, "aptitude", text)


@kind
def nil_for_none(sheet: Sheet, row: int, draw: Random) -> None:
    word = draw.choice(["Nil", "NIL", "nil", "None", "Zero"])
    for r in range(len(sheet.rows)):
        if sheet.rows[r]["backlogs"] == "0":
            _cell(sheet, r, "backlogs", word)


@kind
def excel_text_formulas(sheet: Sheet, row: int, draw: Random) -> None:
    for r in range(len(sheet.rows)):
        cells = sheet.cells(r)
        cells[0] = f'="{cells[0]}"'
        sheet.lines[r] = ",".join(cells)


@kind
def an_apostrophe_before_one_number(sheet: Sheet, row: int, draw: Random) -> None:
    _cell(sheet, row, "aptitude", "'" + sheet.rows[row]["aptitude"])


@kind
def spaces_round_cells(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.lines[row] = " , ".join(sheet.cells(row))


@kind
def a_zero_width_space_in_a_cell(sheet: Sheet, row: int, draw: Random) -> None:
    _cell(sheet, row, "cgpa", "\u200b" + sheet.rows[row]["cgpa"])


@kind
def an_outcome_in_capitals(sheet: Sheet, row: int, draw: Random) -> None:
    _cell(sheet, row, "status", sheet.rows[row]["status"].upper() + " ")


@kind
def an_outcome_misspelt(sheet: Sheet, row: int, draw: Random) -> None:
    _cell(sheet, row, "status", "Plcaed")


@kind
def an_excel_error_for_a_number(sheet: Sheet, row: int, draw: Random) -> None:
    _cell(sheet, row, "cgpa", draw.choice(["#DIV/0!", "#REF!", "#VALUE!", "#NAME?"]))


# ---- Bytes
@kind
def a_zero_byte_in_a_cell(sheet: Sheet, row: int, draw: Random) -> None:
    _cell(sheet, row, "remark", "go\0od")


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
def a_lone_carriage_return(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.lines[row] = sheet.line(row) + "\r" + sheet.line(row)
    sheet.rows.insert(row, dict(sheet.rows[row]))


@kind
def mixed_line_ends(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.lines[row] = sheet.line(row) + "\r"


@kind
def a_control_z_at_the_end(sheet: Sheet, row: int, draw: Random) -> bytes:
    return sheet.text().encode() + b"\x1a"


@kind
def gzip_cut_short(sheet: Sheet, row: int, draw: Random) -> bytes:
    whole = gzip.compress(sheet.text().encode(), mtime=0)
    return whole[: len(whole) * (row + 1) // (ROWS + 4)]


# ---- Other delimiters
@kind
def semicolons_and_decimal_commas(sheet: Sheet, row: int, draw: Random) -> bytes:
    for r in sheet.rows:
        r["cgpa"] = r["cgpa"].replace(".", ",")
    sheet.delimiter = ";"
    text = sheet.text()
    for r in sheet.rows:
        r["cgpa"] = r["cgpa"].replace(",", ".")
    return text.encode()


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
