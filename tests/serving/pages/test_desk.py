"""The pages, as somebody at a browser meets them: with the script, without it, and by axe."""

import csv
import io
import re
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[3] / "data" / "office_sheet.xlsx"
PAGES = ("/train", "/students", "/students/one", "/model", "/effect", "/runs", "/learn/perceptron")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def test_a_sheet_is_understood_corrected_and_learnt_from(tab, learnt):
    page = tab()
    page.goto("/train")
    page.set_input_files("#file-sheet", SAMPLE)
    page.wait_for_url("**/train/*")
    assert page.get_by_label("Higher Studies").is_checked()
    assert "238 students whose outcome is known" in page.inner_text("main")
    command = page.locator("pre")
    assert (
        command.inner_text() == "placement train office_sheet.xlsx --ignore-label 'Higher Studies'"
    )
    page.get_by_label("What becomes of Aptitude").select_option("drop")
    page.locator("pre", has_text="--drop Aptitude").wait_for()
    page.get_by_label("Try it out on").select_option(label="all of Batch 2025")
    page.locator("pre", has_text="--test-where").wait_for()
    assert "asked for" in page.locator("tr", has_text="Aptitude").inner_text()
    page.goto(learnt)
    assert "The new model, placement/1" in page.inner_text("main")
    assert page.locator("svg.chart polyline").count() == 2


def test_students_are_listed_drawn_and_taken_away(tab, learnt):
    page = tab()
    page.goto("/students")
    page.set_input_files("#file-sheet", SAMPLE)
    page.get_by_role("heading", name="48 students, most at risk first").wait_for()
    chances = [_number(text) for text in page.locator("#list td.n").all_inner_texts()]
    assert chances == sorted(chances)
    page.get_by_label("Seats, for those most at risk").fill("12")
    page.get_by_label("draw lots").fill("8")
    page.get_by_text("has a seat, by lot").first.wait_for()
    assert page.get_by_role("cell", name="has a seat, by lot", exact=True).count() == 4
    page.wait_for_load_state("networkidle")  # each figure that was filled in draws the list anew
    with page.expect_download() as download:
        page.get_by_role("link", name="Take it away as CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert [row["placement_seat"] for row in rows].count("drawn") == 4
    page.get_by_role("link", name="What if").first.click()
    page.wait_for_url("**/students/one*")
    before = page.locator(".big").inner_text()
    page.get_by_label("CGPA").fill("9.5")
    page.wait_for_function("was => document.querySelector('.big').innerText != was", arg=before)
    assert _number(page.locator(".big").inner_text()) > _number(before)


def test_a_model_is_told_of_and_a_spoilt_derivative_is_seen(tab, learnt):
    page = tab()
    page.goto("/model")
    headings = page.locator("h2").all_inner_texts()
    assert headings[:3] == [
        "Can its list be used, and for whom not?",
        "Can it be trusted?",
        "What it learnt, in words",
    ]
    assert page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
    assert "--" not in page.locator("#main").inner_text()
    page.goto("/learn/perceptron")
    page.get_by_text("Right.", exact=True).wait_for()
    page.get_by_label("Spoil a derivative").select_option("dyhat_dz")
    page.get_by_text("The check failed.").wait_for()


def test_another_model_takes_over_for_a_reason_without_the_script(tab, learnt):
    page = tab(java_script_enabled=False)
    page.goto("/train")
    page.set_input_files("#file-sheet", SAMPLE)
    page.get_by_role("button", name="Look at it").click()
    page.get_by_label("What becomes of Aptitude").select_option("drop")
    page.get_by_role("button", name="Look again").click()
    page.locator("pre", has_text="--drop Aptitude").wait_for()
    page.get_by_role("button", name="Start learning").click()
    page.wait_for_url("**/train/jobs/*")
    page.get_by_role("heading", name="The model in use now").wait_for()
    page.get_by_label("Or use it whatever speaks against it, because").fill("no test next year")
    page.get_by_role("button", name="Use the new model").click()
    page.get_by_role("heading", name="The new model is in use").wait_for()


def test_a_list_leads_to_its_effect_without_the_script(tab, learnt, tmp_path):
    page = tab(java_script_enabled=False)
    page.goto("/train")
    page.get_by_role("button", name="Take the sample sheet").click()
    page.get_by_role("button", name="Start learning").click()
    page.wait_for_url("**/train/jobs/*")
    page.get_by_role("button", name="End it").click()
    page.goto("/students")
    page.set_input_files("#file-sheet", SAMPLE)
    page.get_by_role("button", name="List them").click()
    page.get_by_label("Seats, for those most at risk").fill("20")
    page.get_by_label("draw lots").fill("16")
    page.get_by_role("button", name="Show", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Take it away as CSV").click()
    download.value.save_as(tmp_path / "list.csv")
    with page.expect_download() as download:
        page.get_by_role("link", name="What is kept of the list").click()
    download.value.save_as(tmp_path / "list.csv.about.json")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "list.csv").read_text("utf-8-sig"))))
    lines = ["Register No,Status"]
    lines += [
        f"{row['Register No']},{'Placed' if row['placement_seat'] == 'drawn' else 'Not Placed'}"
        for row in rows
    ]
    (tmp_path / "outcomes.csv").write_text("\n".join(lines))
    page.goto("/effect")
    page.set_input_files("#file-lists", [tmp_path / "list.csv", tmp_path / "list.csv.about.json"])
    page.set_input_files("#file-outcomes", tmp_path / "outcomes.csv")
    page.get_by_role("button", name="Tell me").click()
    page.get_by_text("The seat helped.").wait_for()
    assert "Of the 8 who were drawn 8 are 'Placed'" in page.inner_text("main")
    page.goto("/runs")
    assert page.get_by_role("row", name=re.compile("training office_sheet.xlsx")).count() >= 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_what_shuts_somebody_out(tab, learnt, scheme):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    page = tab(color_scheme=scheme, viewport={"width": 390, "height": 800})
    found = []
    for path in (*PAGES, learnt):
        page.goto(path)
        result = axe.Axe().run(page, options={"runOnly": RULES})
        found += [
            (path, one["id"], [node["html"][:120] for node in one["nodes"]])
            for one in result.response["violations"]
        ]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert found == []


def _number(text):
    return {"under 1": 0, "over 99": 100}.get(text) if not text.isdecimal() else int(text)
