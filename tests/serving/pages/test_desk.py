"""The pages, as somebody at a browser meets them: with the script, without it, and by axe."""

import csv
import io
import re
import shlex
from contextlib import suppress
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[3] / "data" / "office_sheet.xlsx"
PAGES = ("/train", "/students", "/students/one", "/model", "/effect", "/runs", "/learn/perceptron")
SHAPES = [(width, scheme) for width in (390, 1280) for scheme in ("light", "dark")]
FOCUSABLE = "a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']"
STOP = """selector => {
  const one = document.activeElement, style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  const isSeen = style.outlineStyle != "none" && parseFloat(style.outlineWidth) >= 2
    && box.width > 0 && box.bottom > 0 && box.top < innerHeight;
  return {is_there: one.matches(selector), is_seen: isSeen, of: one.outerHTML.slice(0, 120)};
}"""
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
    page.goto("/learn")
    lessons = page.locator("main a").evaluate_all("links => links.map((link) => link.href)")
    assert [link for link in lessons if not page.request.get(link).ok] == []
    page.goto("/learn/perceptron")
    page.get_by_text("Right.", exact=True).wait_for()
    page.get_by_label("Spoil a derivative").select_option("dyhat_dz")
    page.get_by_text("The check failed.").wait_for()


def test_every_choice_is_in_the_command_which_learns_the_same_without_the_script(
    tab, learnt, run, monkeypatch
):
    page = tab(java_script_enabled=False)
    page.goto("/train")
    page.set_input_files("#file-sheet", SAMPLE)
    page.get_by_role("button", name="Look at it").click()
    page.get_by_label("Row with the column names").fill("3")
    page.get_by_label("Try it out on").select_option(label="all of Batch 2025")
    for column, choice in (("Aptitude", "drop"), ("Projects", "categorical"), ("Gender", "keep")):
        page.get_by_label(f"What becomes of {column}").select_option(choice)
    page.get_by_role("button", name="Look again").click()
    command = page.locator("pre", has_text="--drop Aptitude").inner_text()
    for said in ("--header-row 3", "--categorical Projects", "--allow-sensitive Gender"):
        assert said in command
    page.get_by_role("button", name="Start learning").click()
    page.wait_for_url("**/train/jobs/*")
    page.get_by_role("heading", name="The model in use now").wait_for()
    job = page.request.get(page.url.replace("/train/jobs/", "/v1/jobs/") + "/result").json()
    monkeypatch.chdir(SAMPLE.parent)
    own = run(*shlex.split(command)[1:], "--no-track", "--json").json
    assert own["rows"] == job["rows"]
    assert own["intercept"] == pytest.approx(job["intercept"], abs=1e-8)
    assert _coefficients(own) == pytest.approx(_coefficients(job), abs=1e-8)
    page.get_by_label("Or use it whatever speaks against it, because").fill("no test next year")
    page.get_by_role("button", name="Use the new model").click()
    page.get_by_role("heading", name="The new model is in use").wait_for()
    page.goto("/runs")
    for box in page.get_by_role("checkbox").all()[:2]:
        box.check()
    page.get_by_role("button", name="Set two side by side").click()
    page.get_by_role("row", name=re.compile("Students it learnt from")).wait_for()


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


def _file_chooser(page, presses=5):
    """Open the dialog of the file input in focus; a busy browser may miss a key."""
    from playwright.sync_api import TimeoutError as NoDialogError

    for _ in range(presses):
        with suppress(NoDialogError), page.expect_file_chooser(timeout=30_000) as chooser:
            page.keyboard.press("Space")
        if chooser.is_done():
            return chooser.value
    raise AssertionError(f"no dialog after {presses} presses")


def test_students_are_scored_listed_and_asked_about_by_the_keyboard_alone(tab, learnt):
    page = tab(viewport={"width": 1280, "height": 800})
    page.goto("/students")
    _tab_to(page, "#file-sheet")
    _file_chooser(page).set_files(SAMPLE)
    page.get_by_role("heading", name="48 students, most at risk first").wait_for()
    _tab_to(page, "#seats")
    page.keyboard.type("12")
    page.get_by_role("cell", name="has a seat", exact=True).first.wait_for()
    _tab_to(page, "[name=doubts]")
    page.keyboard.press("Space")
    page.locator("pre", has_text="--accept-doubts").wait_for()
    _tab_to(page, "#sort")
    page.keyboard.press("ArrowDown")
    page.get_by_role("heading", name="48 students, best chance first").wait_for()
    every = page.locator(FOCUSABLE).filter(visible=True).count()
    _tab_to(page, "body")
    assert len(_tab_to(page, "body")) == every  # round the whole page, and out of it again
    _tab_to(page, "#list a.button")
    with page.expect_download():
        page.keyboard.press("Enter")
    _tab_to(page, "#list td a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/students/one*")
    before = page.locator(".big").inner_text()
    _tab_to(page, "[name=CGPA]")
    page.keyboard.type("4.5")  # what a Tab comes to is selected, and so replaced
    page.wait_for_function("was => document.querySelector('.big').innerText != was", arg=before)
    assert _number(page.locator(".big").inner_text()) < _number(before)


def _tab_to(page, selector):
    """Press Tab up to an element; return the stops on the way, each with its focus to be seen."""
    stops = []
    for _ in range(300):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP, selector)
        if stop["is_there"]:
            return stops
        assert stop["is_seen"], stop
        stops.append(stop["of"])
    pytest.fail(f"no Tab leads to {selector}: {stops[-3:]}")


def test_no_page_has_what_shuts_somebody_out(tab, learnt):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    page = tab()
    page.goto("/train")
    page.get_by_role("button", name="Take the sample sheet").click()
    understood = page.url
    sheet = understood.replace("/train/", "/students/")
    ahead, waiting = (_start(page, understood) for _ in range(2))
    found = []
    asked = f"{sheet}?rows=blank&seats=12&lottery=8", "/students/one?CGPA=5&Active Backlogs=3"
    for path in (*PAGES, learnt, understood, waiting, *asked, "/train/0123456789abcdef"):
        page.goto(path)
        for width, scheme in SHAPES:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            result = axe.Axe().run(page, options={"runOnly": RULES})
            found += [
                (path, width, scheme, one["id"], [node["html"][:120] for node in one["nodes"]])
                for one in result.response["violations"]
            ]
            is_in = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert is_in, (path, width)
    for job in (ahead, waiting):
        page.request.post(f"{job}/cancel")
    assert found == []


def _start(page, sheet):
    """Put a training into the queue; return the address of its page."""
    fields = {"ignore_label": "Higher Studies"}
    return page.request.post(f"{sheet}/start", form=fields).url


def _number(text):
    return {"under 1": 0, "over 99": 100}.get(text) if not text.isdecimal() else int(text)


def _coefficients(document):
    return {row["feature"]: row["coefficient"] for row in document["coefficients"]}
