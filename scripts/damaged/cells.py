"""Numbers and outcomes that are written otherwise than the model knows them."""

from random import Random

from scripts.damaged.sheet import Sheet, guess, kind

_ZERO = {"devanagari": 0x966, "arabic": 0x660, "wide": 0xFF10}


def _digits(text: str, script: str) -> str:
    return text.translate({ord("0") + d: _ZERO[script] + d for d in range(10)})


def _lakhs(fee: int) -> str:
    """Group digits as in India: 1,52,657."""
    lakh = f"{fee // 100_000},{fee // 1000 % 100:02d},{fee % 1000:03d}"
    return lakh if fee >= 100_000 else f"{fee // 1000},{fee % 1000:03d}"


@kind
def a_unit_behind_one_number(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write(row, cgpa=sheet.rows[row]["cgpa"] + draw.choice([" CGPA", " cgpa", "/10"]))


@kind
def units_behind_every_number(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write_all("cgpa", lambda cgpa: cgpa + [" CGPA", "/10", " GPA"][row % 3])


@kind
def money_written_as_in_offices(sheet: Sheet, row: int, draw: Random) -> None:
    sign = ["₹ ", "Rs. ", "INR ", ""][row % 4]
    sheet.write_all("fee", lambda fee: sign + _lakhs(int(fee)))


@kind
def a_currency_behind_every_number(sheet: Sheet, row: int, draw: Random) -> None:
    sign = [" INR", " Rs", "₹", " rupees"][row % 4]
    sheet.write_all("fee", lambda fee: fee + sign)


@kind
def a_slash_and_a_dash_behind_money(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write_all("fee", lambda fee: ["", "Rs."][row % 2] + _lakhs(int(fee)) + "/-")


@kind
def lakhs_beside_money_written_out(sheet: Sheet, row: int, draw: Random) -> None:
    for number, cells in enumerate(sheet.rows):
        if number % 3 == row % 3:
            lakhs = f"{int(cells['fee']) / 100_000:.5f}"
            sheet.write(number, fee=lakhs + draw.choice([" lakhs", " L", " lacs"]))


@kind
def marks_out_of_two_maxima(sheet: Sheet, row: int, draw: Random) -> None:
    for number, cells in enumerate(sheet.rows):
        mark = int(cells["aptitude"])
        sheet.write(number, aptitude=f"{5 * mark}/500" if number % 3 == row % 3 else f"{mark}%")


@kind
def decimal_commas_of_three_places(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write_all("cgpa", lambda cgpa: cgpa.replace(".", ",") + "0")


@kind
def a_minus_sign_behind_some_marks(sheet: Sheet, row: int, draw: Random) -> None:
    for number in range(row % 10, len(sheet.rows), 10):
        sheet.write(number, aptitude=sheet.rows[number]["aptitude"] + "-")


@kind
def a_percent_sign_behind_every_mark(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write_all("aptitude", lambda mark: mark + ["%", " %"][row % 2])


@kind
def a_percent_sign_behind_one_mark(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write(row, aptitude=sheet.rows[row]["aptitude"] + draw.choice(["%", " %", " percent"]))


@kind
def every_mark_out_of_its_maximum(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write_all("aptitude", lambda mark: mark + ["/100", " / 100", " out of 100"][row % 3])


@kind
def a_star_behind_one_mark(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write(row, aptitude=sheet.rows[row]["aptitude"] + draw.choice(["*", " (A)", "#"]))


@kind
def absent_for_a_mark(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write(row, aptitude=draw.choice(["AB", "Absent", "abs.", "not appeared"]))


@kind
def a_decimal_comma_in_one_cell(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write(row, cgpa=sheet.rows[row]["cgpa"].replace(".", ","))


@kind
def a_raised_decimal_point(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write_all("cgpa", lambda cgpa: cgpa.replace(".", "\u00b7"))


@kind
def zeros_behind_every_number(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write_all("aptitude", lambda mark: mark + ".00")


@kind
def powers_of_ten(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write_all("fee", lambda fee: f"{int(fee):.5E}")


@kind
def a_minus_sign_of_typography(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.rows[row]["fee"] = "-" + sheet.rows[row]["fee"]
    sheet.write(row, fee=sheet.rows[row]["fee"].replace("-", "\u2212"))


@kind
def brackets_for_a_minus_sign(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.rows[row]["fee"] = "-" + sheet.rows[row]["fee"]
    sheet.write(row, fee=f"({sheet.rows[row]['fee'][1:]})")


@kind
def a_letter_in_a_number(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write(row, cgpa=sheet.rows[row]["cgpa"].replace(".", draw.choice(["..", ".O", "l"])))


@kind
def a_blank_within_a_number(sheet: Sheet, row: int, draw: Random) -> None:
    fee = sheet.rows[row]["fee"]
    sheet.write(row, fee=fee[:-3] + "\u00a0" + fee[-3:])


@kind
def thin_spaces_within_numbers(sheet: Sheet, row: int, draw: Random) -> None:
    space = ["\u2009", "\u202f", "\u2007", "'"][row % 4]
    sheet.write_all("fee", lambda fee: fee[:-3] + space + fee[-3:])


@kind
def full_width_digits(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write(row, aptitude=_digits(sheet.rows[row]["aptitude"], "wide"))


@kind
def devanagari_digits_in_a_column(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write_all("aptitude", lambda mark: _digits(mark, "devanagari"))


@kind
def arabic_digits_and_decimal_marks(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write_all("cgpa", lambda cgpa: _digits(cgpa, "arabic").replace(".", "\u066b"))


@guess
def nil_for_none(sheet: Sheet, row: int, draw: Random) -> None:
    word = draw.choice(["Nil", "NIL", "nil", "None", "Zero"])
    sheet.write_all("backlogs", lambda count: word if count == "0" else count)


@guess
def a_dash_for_none(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write_all("backlogs", lambda count: "-" if count == "0" else count)


@kind
def an_excel_error_for_a_number(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write(row, cgpa=draw.choice(["#DIV/0!", "#REF!", "#VALUE!", "#NAME?"]))


@kind
def hashes_for_a_number_that_was_too_wide(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write(row, fee="#" * draw.randint(3, 8))


@kind
def an_outcome_in_capitals(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write(row, status=sheet.rows[row]["status"].upper() + " ")


@kind
def an_outcome_with_odd_spaces(sheet: Sheet, row: int, draw: Random) -> None:
    space = ["  ", "\u00a0", "\u2003", "\t"][row % 4]
    sheet.write_all("status", lambda status: status.replace(" ", space) + space)


@kind
def an_outcome_misspelt(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write(row, status="Plcaed")


@kind
def an_outcome_with_a_full_stop(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write(row, status=sheet.rows[row]["status"] + ".")


@kind
def an_outcome_left_blank(sheet: Sheet, row: int, draw: Random) -> None:
    sheet.write(row, status=draw.choice(["", " "]))


@kind
def a_branch_spelt_in_capitals_and_dots(sheet: Sheet, row: int, draw: Random) -> None:
    branch = sheet.rows[row]["branch"]
    sheet.write(row, branch=draw.choice([branch.lower(), f" {branch.title()} "]))


@kind
def marks_with_words_behind_them(sheet: Sheet, row: int, draw: Random) -> None:
    behind = draw.choice(["(A)", "up to 6th sem", "CBSE"])
    sheet.write_all("cgpa", lambda cgpa: f"{cgpa} {behind}" if cgpa else "")
