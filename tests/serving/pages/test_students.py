import html
import io
import re
import shlex
from zipfile import ZipFile

import pandas as pd
import pytest

WORDS_OF_RISK = ("risk", "chance", "probab", "predict", "weak", "fail", "seat", "list")


@pytest.fixture
def office_sheet(students, tmp_path, monkeypatch):
    """Title rows, two batches, people who study on or wait for an outcome, and a new branch."""
    monkeypatch.chdir(tmp_path)
    frame = pd.read_csv(students(tmp_path / "plain.csv", rows=60, seed=3), dtype=str)
    frame["batch"] = ["2025" if row < 30 else "2026" for row in range(60)]
    frame.loc[30:, "status"] = None
    frame.loc[:4, "status"] = "Higher Studies"
    frame.loc[[31, 40], "stream"] = "Marine"
    path = tmp_path / "office.xlsx"
    with pd.ExcelWriter(path) as book:
        frame.to_excel(book, sheet_name="All", index=False, startrow=3)
        sheet = book.sheets["All"]
        for row, text in enumerate(("Government College of Engineering", "Placement 2026")):
            sheet.write(row, 0, text)
    return path


@pytest.fixture
def given(client, office_sheet):
    """Give the sheet to the page; return the address of its list."""
    files = {"sheet": (office_sheet.name, office_sheet.read_bytes())}
    answer = client.post("/students", files=files, follow_redirects=False)
    return answer.headers["location"]


def shown_command(client, address, asked):
    page = client.get(address, params=asked).text
    command = html.unescape(re.search(r"<pre[^>]*>(placement predict[^<]*)</pre>", page)[1])
    return shlex.split(command)[1:]


def test_a_list_taken_away_without_one_option_is_that_of_the_shown_command(
    client, given, office_sheet, trained, run
):
    command = shown_command(client, given, {})
    assert run(*command, "--model", trained).code == 0
    own = (office_sheet.parent / "list.xlsx").read_bytes()
    rows = "blank"  # what the page's link says, which chose those who wait for an outcome
    assert client.get(f"{given}/list.xlsx", params={"rows": rows}).content == own
    listed = pd.read_excel(io.BytesIO(own), sheet_name="List", engine="calamine", dtype=str)
    assert len(listed) == 30
    assert set(listed["batch"]) == {"2026"}
    marine = listed[listed["stream"] == "Marine"]
    assert len(marine) == 2
    assert set(marine["placement_notes"]) == {"stream: unseen level"}


def test_the_groups_of_a_list_are_workbooks_in_an_archive_that_hold_each_student_once(
    client, given, office_sheet, trained, run
):
    asked = {"rows": "blank", "seats": "10", "lottery": "6"}
    command = shown_command(client, given, asked)
    assert run(*command, "--one-file-each", "stream", "--model", trained).code == 0
    with ZipFile(io.BytesIO(client.get(f"{given}/groups.zip", params=asked).content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert set(parts) == {f"list-{one}.xlsx" for one in ("CSE", "ECE", "MECH", "Marine")}
    for name, content in parts.items():
        assert content == (office_sheet.parent / name).read_bytes()


def test_invitations_name_who_has_a_seat_and_not_why(client, given):
    asked = {"rows": "blank", "seats": "10", "lottery": "6"}
    letters = client.get(f"{given}/invitations.xlsx", params=asked).content
    invited = pd.read_excel(io.BytesIO(letters), engine="calamine", dtype=str)
    listed = pd.read_excel(
        io.BytesIO(client.get(f"{given}/list.xlsx", params=asked).content),
        sheet_name="List", engine="calamine", dtype=str,
    )  # fmt: skip
    seated = listed[listed["placement_seat"].isin(["certain", "drawn"])]
    assert len(seated) == 10
    assert set(invited["Register number"]) == set(seated["register_no"])
    said = " ".join([*invited.columns, *invited.astype(str).to_numpy().ravel()]).casefold()
    assert [word for word in WORDS_OF_RISK if word in said] == []


def test_nobody_is_invited_before_there_are_seats(client, given):
    assert client.get(f"{given}/invitations.csv").status_code == 422
    assert "/invitations.xlsx" not in client.get(given).text


def test_a_workbook_of_two_years_asks_which_sheet_and_lists_that(
    client, office_sheet, trained, run
):
    frame = pd.read_excel(office_sheet, skiprows=3, dtype=str, engine="calamine")
    with pd.ExcelWriter(office_sheet) as book:
        for year, rows in frame.groupby("batch"):
            rows.to_excel(book, sheet_name=f"Batch {year}", index=False)
    files = {"sheet": (office_sheet.name, office_sheet.read_bytes())}
    asking = client.post("/students", files=files)
    assert asking.status_code == 422
    assert "could each be meant" in asking.text
    assert re.findall(r"<option>(.*?)</option>", asking.text) == ["Batch 2025", "Batch 2026"]
    asked = {"sheet": "Batch 2026", "header_row": "1", "rows": "all"}
    address = asking.url.path
    assert 'name="sheet" value="Batch 2026"' in client.get(address, params=asked).text
    command = shown_command(client, address, asked)
    assert run(*command, "--model", trained).code == 0
    own = (office_sheet.parent / "list.xlsx").read_bytes()
    assert client.get(f"{address}/list.xlsx", params=asked).content == own
    listed = pd.read_excel(io.BytesIO(own), sheet_name="List", engine="calamine", dtype=str)
    assert set(listed["batch"]) == {"2026"}


def test_a_list_that_is_in_doubt_is_shown_to_who_says_so(client, office_sheet):
    frame = pd.read_excel(office_sheet, skiprows=3, dtype=str, engine="calamine")
    frame["cgpa"] = "good"
    frame.to_excel(office_sheet, index=False)
    files = {"sheet": (office_sheet.name, office_sheet.read_bytes())}
    asking = client.post("/students", files=files)
    assert (asking.status_code, "in doubt" in asking.text) == (422, True)
    assert 'name="doubts"' in asking.text
    assert client.get(asking.url.path, params={"doubts": "1"}).status_code == 200


def test_a_figure_that_is_typed_only_half_is_refused_where_the_list_stands(
    browser, running, trained, office_sheet
):
    with running(office_sheet.parent, "serve", "--model", trained) as address:
        page = browser.new_page()
        page.goto(f"{address}/students")
        page.set_input_files("#file-sheet", office_sheet)
        page.get_by_label("Seats, for those most at risk").fill("10")
        lottery = page.get_by_label("draw lots")
        lottery.fill("7")
        page.locator("#list").get_by_role("alert").get_by_text("give an even number").wait_for()
        lottery.fill("8")
        page.get_by_text("has a seat, by lot").first.wait_for()
        page.close()
