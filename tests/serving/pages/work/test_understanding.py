from pathlib import Path

import pytest

from placement.serving.pages.work.understanding import look_at

SAMPLE = Path(__file__).parents[4] / "data" / "office_sheet.xlsx"


@pytest.fixture(scope="module")
def first():
    return look_at(SAMPLE, {}, is_first=True)


def test_the_first_look_leaves_out_who_was_not_in_the_race(first):
    assert first.can_start
    assert first.settings == {"ignore_label": ["Higher Studies"]}
    assert ("Higher Studies", 14, True) in first.values
    assert (first.target, first.positive) == ("Status", "Placed")
    assert (first.batch, first.batches) == ("Batch", ("2023", "2024", "2025"))


def test_every_column_is_there_with_what_becomes_of_it(first):
    by_name = {column.name: column for column in first.columns}
    assert len(by_name) == 13
    assert by_name["CGPA"].is_used
    assert by_name["CGPA"].about == "a number, out of 10"
    assert not by_name["CTC (LPA)"].is_used
    assert by_name["CTC (LPA)"].about == "known only after the outcome, by its name"


def test_what_is_said_are_sentences(first):
    assert first.sentences[0].startswith("office_sheet.xlsx: 238 students")
    assert "2 title rows above the header skipped." in first.sentences
    assert "Batch says who is of which batch." in first.sentences


def test_what_is_said_has_no_option_of_a_command(first):
    said = [*first.sentences, *first.warnings, *(column.about for column in first.columns)]
    assert [text for text in said if "--" in text] == []


def test_a_sheet_that_cannot_be_learnt_from_says_why_and_keeps_its_choices():
    look = look_at(SAMPLE, {"target": "Status"}, is_first=False)
    assert not look.can_start
    assert "Higher Studies (14)" in str(look.problem)
    assert ("Higher Studies", 14, False) in look.values
    assert "Status" in look.outcomes


def test_a_sheet_without_an_outcome_offers_the_columns_that_may_be_it(tmp_path, students):
    sheet = students(tmp_path / "plain.csv")
    sheet.write_text(sheet.read_text().replace("status", "remark").replace("Placed", "A"))
    look = look_at(sheet, {}, is_first=True)
    assert not look.can_start
    assert "remark" in look.outcomes


def test_marks_of_two_scales_are_brought_to_one_by_a_choice(tmp_path, students):
    sheet = students(tmp_path / "scales.csv", rows=90)
    head, *rows = [line.split(",") for line in sheet.read_text().splitlines()]
    at = head.index("cgpa")
    for row in rows[::3]:
        row[at] = f"{float(row[at]) * 9.5:.1f}"
    sheet.write_text("\n".join(",".join(row) for row in [head, *rows]))
    look = look_at(sheet, {}, is_first=True)
    assert "mixes two scales" in str(look.problem)
    assert "--" not in str(look.problem)
    cgpa = next(column for column in look.columns if column.name == "cgpa")
    assert cgpa.options[2] == ("mixed:10", "learn from it: cells up to 10 are out of 10")
    look = look_at(sheet, {"mixed_scale": ["cgpa:10"]}, is_first=False)
    cgpa = next(column for column in look.columns if column.name == "cgpa")
    assert look.can_start
    assert (cgpa.is_used, cgpa.chosen, cgpa.about) == (True, "mixed:10", "a number, out of 100")
    assert "--mixed-scale cgpa:10" in look.command


def test_the_row_of_the_names_is_a_choice(tmp_path, students):
    sheet = students(tmp_path / "plain.csv")
    head, _, rows = sheet.read_text().partition("\n")
    sheet.write_text(f"{head}\n{head.upper()}\n{rows}")
    look = look_at(sheet, {"header_row": 2}, is_first=False)
    assert look.can_start
    assert look.target == "STATUS"
    assert "--header-row 2" in look.command


def test_names_are_given_to_a_sheet_that_has_none(tmp_path, students):
    sheet = students(tmp_path / "plain.csv")
    head, _, rows = sheet.read_text().partition("\n")
    sheet.write_text(rows)
    assert not look_at(sheet, {}, is_first=True).can_start
    look = look_at(sheet, {"names": head.split(",")}, is_first=False)
    assert look.can_start
    assert f"--names {head}" in look.command


def test_a_number_is_an_outcome_by_a_limit(tmp_path, students):
    sheet = students(tmp_path / "sheet.csv")
    head, *rows = sheet.read_text().splitlines()
    bands = "\n".join(f"{row},{1.5 + n % 40 / 10}" for n, row in enumerate(rows))
    sheet.write_text(f"{head},package\n{bands}\n")
    look = look_at(sheet, {"target": "package"}, is_first=False)
    assert "package" in look.limited
    assert (look.can_start, look.takes_limit, look.limit) == (False, True, "")
    look = look_at(sheet, {"target": "package", "positive": ">=3"}, is_first=False)
    assert (look.can_start, look.limit, look.positive) == (True, ">=3", ">=3")
    assert "--positive '>=3'" in look.command


def test_an_outcome_of_words_takes_no_limit(first):
    assert (first.takes_limit, first.limit) == (False, "")
    assert "CGPA" in first.limited
    assert "Status" not in first.limited
