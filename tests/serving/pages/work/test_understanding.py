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
