"""Rows among the students that are no students."""

from random import Random

from scripts.damaged.sheet import NAMES, Sheet, kind


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


@kind
def a_heading_on_each_page(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.before = {r: ",".join(NAMES) for r in range(10 + row % 10, len(sheet.rows), 20)}


@kind
def a_subtotal_below_each_branch(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.rows.sort(key=lambda cells: cells["branch"])
    for r in range(1, len(sheet.rows)):
        branch = sheet.rows[r - 1]["branch"]
        if branch != sheet.rows[r]["branch"]:
            fees = sum(int(cells["fee"]) for cells in sheet.rows if cells["branch"] == branch)
            sheet.before[r] = [f"{branch} Total,,,,,,{fees},,", f",Sub Total,,,,,{fees},,"][row % 2]


@kind
def a_rule_below_the_heading(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.before[0] = ",".join([["---"], ["===="], ["_____"]][row % 3] * len(NAMES))


@kind
def column_numbers_below_the_heading(sheet: Sheet, row: int, draw: Random) -> None:
    form = ["{}", "({})", "[{}]"][row % 3]
    sheet.before[0] = ",".join(form.format(n + 1) for n in range(len(NAMES)))


@kind
def units_below_the_heading(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.before[0] = [",,,out of 10,%,,INR,,", ",,,(10),(100),(nos),(Rs.),,"][row % 2]


@kind
def a_count_of_students_below(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.below = [
        draw.choice(["Total students,90,,,,,,,", "Placed,52,,,,,,,", "No. of students placed: 52"])
    ]


@kind
def minima_and_maxima_below(sheet: Sheet, row: int, draw: Random) -> None:
    for word, best in (("Highest", max), ("Lowest", min)):
        marks = best(int(cells["aptitude"]) for cells in sheet.rows)
        grade = best(float(cells["cgpa"]) for cells in sheet.rows)
        sheet.below.append(f"{word},,,{grade},{marks},,,,")


@kind
def a_second_file_joined_below(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.before[max(row, 1)] = "\ufeff" + ",".join(NAMES)


@kind
def the_same_table_again_below_blank_lines(sheet: Sheet, row: int, draw: Random) -> None:
    row = max(row, 1)
    sheet.before[row] = "\n\nSection B\n" + ",".join(NAMES)


@kind
def a_second_heading_in_another_order(sheet: Sheet, row: int, draw: Random) -> None:
    at, other = draw.sample([3, 4, 5, 6], 2)
    names = list(NAMES)
    names[at], names[other] = names[other], names[at]
    sheet.before[row] = ",".join(names)
    for below in range(row, len(sheet.rows)):
        cells = sheet.cells(below)
        cells[at], cells[other] = cells[other], cells[at]
        sheet.lines[below] = ",".join(cells)


@kind
def an_average_of_each_branch(sheet: Sheet, row: int, draw: Random) -> None:
    mean = sum(float(r["cgpa"]) for r in sheet.rows) / len(sheet.rows)
    branch, word = sheet.rows[row]["branch"], draw.choice(["Average", "Highest", "Total"])
    sheet.before[row] = f",{word},{branch},{mean:.2f},55,1,60000,,"
    sheet.below = [f",,{branch} {word},{mean:.2f},55,1,60000,,"]


@kind
def a_page_number_by_itself(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.before[row] = ",,,,,,,," + str(1 + row % 7)
