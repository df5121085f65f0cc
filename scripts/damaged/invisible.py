"""Cells and names with signs that no person sees or that a program put round them."""

from random import Random

from scripts.damaged.sheet import NAMES, Sheet, kind, quoted

_INVISIBLE = ["\u200b", "\ufeff", "\u200e", "\u2060", "\u00ad"]


@kind
def excel_text_formulas(sheet: Sheet, row: int, draw: Random) -> None:
    for r in range(len(sheet.rows)):
        cells = sheet.cells(r)
        cells[0] = f'="{cells[0]}"'
        sheet.lines[r] = ",".join(cells)


@kind
def excel_text_formulas_in_quotes(sheet: Sheet, row: int, draw: Random) -> None:
    for r, cells in enumerate(sheet.rows):
        sheet.write(r, roll=f'="{cells["roll"]}"', aptitude=f'="{cells["aptitude"]}"')


@kind
def an_apostrophe_before_one_number(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write(row, aptitude="'" + sheet.rows[row]["aptitude"])


@kind
def an_apostrophe_before_every_cell(sheet: Sheet, row: int, draw: Random) -> None:
    for r, cells in enumerate(sheet.rows):
        sheet.lines[r] = ",".join(quoted("'" + cells[n], ",") for n in NAMES)


@kind
def spaces_round_cells(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.lines[row] = " , ".join(sheet.cells(row))


@kind
def columns_aligned_by_spaces(sheet: Sheet, row: int, draw: Random) -> None:
    width = {n: max(len(cells[n]) for cells in sheet.rows) for n in NAMES}
    sheet.heading = ",".join(n.ljust(width[n]) for n in NAMES)
    for r, cells in enumerate(sheet.rows):
        sheet.lines[r] = ",".join(quoted(cells[n].ljust(width[n]), ",") for n in NAMES)


@kind
def a_zero_width_space_in_a_cell(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write(row, cgpa="\u200b" + sheet.rows[row]["cgpa"])


@kind
def an_invisible_sign_in_a_word(sheet: Sheet, row: int, draw: Random) -> None:
    branch, sign = sheet.rows[row]["branch"], draw.choice(_INVISIBLE)
    sheet.write(
        row, branch=draw.choice([sign + branch, branch + sign, branch[:2] + sign + branch[2:]])
    )


@kind
def an_invisible_sign_in_every_outcome(sheet: Sheet, row: int, draw: Random) -> None:
    sign = draw.choice(_INVISIBLE)
    sheet.write_all("status", lambda status: status + sign)


@kind
def an_invisible_sign_in_a_name_of_the_heading(sheet: Sheet, row: int, draw: Random) -> None:
    names, at = list(NAMES), draw.randint(0, 8)
    names[at] = draw.choice(_INVISIBLE) + names[at]
    sheet.heading = ",".join(names)


@kind
def marks_of_writing_from_the_right(sheet: Sheet, row: int, draw: Random) -> None:
    for r, cells in enumerate(sheet.rows):
        sheet.write(r, **{n: f"\u202b{cells[n]}\u202c" for n in ("branch", "cgpa", "status")})


@kind
def html_entities_in_cells(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.rows[row]["branch"] = "IT"
    sheet.write(row, branch="I&#84;", cgpa="&nbsp;" + sheet.rows[row]["cgpa"])


@kind
def html_entities_for_blank_cells(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write_all("remark", lambda remark: remark or "&nbsp;")


@kind
def two_pairs_of_quotes(sheet: Sheet, row: int, draw: Random) -> None:
    for r in range(len(sheet.rows)):
        cells = sheet.cells(r)
        cells[1], cells[2] = f'"""{cells[1]}"""', f'"""{cells[2]}"""'
        sheet.lines[r] = ",".join(cells)
