import pytest

from placement.serving.errors import Refused
from placement.serving.pages.train import SAMPLE, settings_of_fields


def test_fields_become_the_settings_of_the_command():
    fields = [
        ("csrf_token", "x"), ("seen", "1"), ("sheet", "2025"), ("target", "Status"),
        ("positive", ""), ("ignore_label", "Higher Studies"), ("ignore_label", "Opted out"),
        ("test_where", "`Batch`==2025"), ("column:CGPA", ""), ("column:Aptitude", "drop"),
        ("column:Gender", "keep"), ("column:CTC", "keep"), ("column:Tier", "categorical"),
        ("header_row", "3"),
        ("column:CGPA of UG", "mixed:10"),
    ]  # fmt: skip
    assert settings_of_fields(fields) == {
        "sheet": ["2025"],
        "target": "Status",
        "ignore_label": ["Higher Studies", "Opted out"],
        "test_where": "`Batch`==2025",
        "drop": ["Aptitude"],
        "allow_sensitive": ["Gender"],
        "allow_leak": ["CTC"],
        "categorical": ["Tier"],
        "header_row": 3,
        "mixed_scale": ["CGPA of UG:10"],
    }


def test_a_choice_that_no_page_offers_is_refused():
    with pytest.raises(Refused, match="CGPA: choose what the page offers"):
        settings_of_fields([("column:CGPA", "track")])


@pytest.mark.parametrize("row", ["0", "501", "3.5", "²"])
def test_a_row_of_names_that_no_sheet_has_is_refused(row):
    with pytest.raises(Refused, match="one of the first 500"):
        settings_of_fields([("header_row", row)])


def test_names_for_a_sheet_without_any_are_one_for_each_column():
    fields = [("names", 'Roll, "CGPA, UG",Status')]
    assert settings_of_fields(fields) == {"names": ["Roll", "CGPA, UG", "Status"]}
    with pytest.raises(Refused, match="not both"):
        settings_of_fields([*fields, ("header_row", "3")])


def test_who_is_placed_is_said_by_a_value_or_by_a_limit():
    for typed in (" >=3 ", "≥3"):
        assert settings_of_fields([("positive_limit", typed)]) == {"positive": ">=3"}
    with pytest.raises(Refused, match="begins with a comparison, such as >= 3"):
        settings_of_fields([("positive_limit", "3")])
    with pytest.raises(Refused, match="not both"):
        settings_of_fields([("positive_limit", ">=3"), ("positive", "Placed")])


def test_what_is_typed_is_left_alone_until_it_is_whole_and_enter_only_looks_again(tab):
    page = tab()
    page.goto("/train")
    page.set_input_files("#file-sheet", SAMPLE)
    page.wait_for_url("**/train/*")
    row = page.get_by_label("Row with the column names")
    row.evaluate("field => { window.typed = field; }")
    row.press_sequentially("3")
    page.wait_for_timeout(1500)  # a pause in typing
    assert page.evaluate("document.contains(window.typed)")
    row.press("Enter")
    page.locator("pre", has_text="--header-row 3").wait_for()
    assert "/train/jobs/" not in page.url


def test_a_choice_that_is_refused_leaves_the_others_as_they_are(browser, address):
    page = browser.new_page()
    page.goto(f"{address}/train")
    page.set_input_files("#file-sheet", SAMPLE)
    page.wait_for_url("**/train/*")
    page.get_by_label("What becomes of Aptitude").select_option("drop")
    page.locator("pre", has_text="--drop Aptitude").wait_for()
    row = page.get_by_label("Row with the column names")
    row.fill("501")
    row.press("Tab")
    page.locator("#understood").get_by_text("one of the first 500").wait_for()
    row.fill("3")
    row.press("Tab")
    page.locator("pre", has_text="--header-row 3").wait_for()
    assert "--drop Aptitude" in page.locator("pre").inner_text()
    page.close()
