"""`placement predict --out list.xlsx`: the workbook, its groups, and the invitations."""

import json
import time
from zipfile import ZipFile

import pandas as pd
import pytest

STIGMA = (
    "risk", "chance", "probab", "predict", "likely", "weak", "poor", "fail", "low", "bottom",
    "backlog", "arrear", "remedial", "struggl", "need", "help", "support", "priority", "rank",
    "seat", "lottery", "drawn", "selected", "model", "not placed", "unplaced", "score", "behind",
)  # fmt: skip


@pytest.fixture
def listed(run, trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def made(*words, code=0):
        sheet = trained.parent / "students.csv"
        done = run("predict", sheet, *words, "--model", trained)
        assert done.code == code, done.err
        return done

    return made


def sheets(path):
    return pd.read_excel(path, sheet_name=None, header=None, dtype=str, engine="calamine")


def test_a_workbook_says_what_it_is_and_is_the_same_bytes_later(listed, tmp_path, run, trained):
    words = ("--rank", "risk", "--top", "40", "--reasons", "--one-sheet-each", "stream")
    said = " ".join(listed(*words, "--out", "list.xlsx").err.split())
    first = (tmp_path / "list.xlsx").read_bytes()
    time.sleep(2.1)  # the times in an archive have two seconds
    listed(*words, "--out", "list.xlsx")
    assert (tmp_path / "list.xlsx").read_bytes() == first
    book = sheets(tmp_path / "list.xlsx")
    titles = list(book)
    assert (titles[:2], titles[-1]) == (["Summary", "List"], "About")
    summary = book["Summary"][0].dropna().tolist()
    assert any(text.startswith("Of 40 such students about") and text in said for text in summary)
    assert {"The model", "How far to trust it", "In this workbook"} <= set(summary)
    assert not any("--" in text or str(tmp_path) in text for text in summary)
    groups = [book[title] for title in titles[2:-1]]
    assert sum(len(group) - 1 for group in groups) == len(book["List"]) - 1 == 40
    assert dict(book["About"].values)["placement_low"] == "from here"
    # Read again, it is the list.
    again = run("predict", "list.xlsx", "--model", trained, "--json")
    assert len(again.json) == 40, again.err


def test_each_group_has_a_file_of_its_rows_as_in_the_whole_list(listed, tmp_path):
    listed("--out", "list.csv", "--one-file-each", "STREAM")
    whole = (tmp_path / "list.csv").read_text().splitlines()
    parts = [path.read_text().splitlines() for path in tmp_path.glob("list-*.csv")]
    assert len(parts) > 1
    assert {part[0] for part in parts} == {whole[0]}
    assert sorted(line for part in parts for line in part[1:]) == sorted(whole[1:])


def test_the_files_of_a_drawn_list_are_not_replaced_either(listed, tmp_path):
    draw = ("--rank", "risk", "--top", "40", "--lottery", "20", "--one-file-each", "stream")
    listed(*draw, "--out", "list.csv")
    files = json.loads((tmp_path / "list.csv.about.json").read_text())["files"]
    assert sorted(files) == sorted(path.name for path in tmp_path.glob("list-*.csv"))
    kept = (tmp_path / files[0]).read_bytes()
    assert "lottery" in listed("--out", files[0], code=6).err
    (tmp_path / "list.csv").unlink()
    assert "lottery" in listed("--out", "list.csv", "--one-file-each", "stream", code=6).err
    assert (tmp_path / files[0]).read_bytes() == kept
    assert not (tmp_path / "list.csv").exists()


@pytest.mark.parametrize("other", ["data", "--mail-merge"])
def test_the_file_of_a_group_takes_no_other_files_place(run, trained, tmp_path, monkeypatch, other):
    monkeypatch.chdir(tmp_path)
    sheet = tmp_path / ("list-CSE.csv" if other == "data" else "students.csv")
    sheet.write_bytes((trained.parent / "students.csv").read_bytes())
    words = ["--out", "list.csv", "--one-file-each", "stream", "--rank", "risk", "--top", "500"]
    words += [] if other == "data" else [other, "list-CSE.csv"]
    done = run("predict", sheet, *words, "--model", trained)
    assert (done.code, "another use" in done.err) == (6, True)
    assert [path.name for path in tmp_path.iterdir()] == [sheet.name]
    assert sheet.read_bytes() == (trained.parent / "students.csv").read_bytes()


def test_a_cell_that_no_sheet_can_hold_is_refused_and_not_cut(run, trained, tmp_path):
    header, *rows = (trained.parent / "students.csv").read_text("utf-8").splitlines()
    essay = "x" * 32_768
    sheet = tmp_path / "essays.csv"
    sheet.write_text("\n".join([f"{header},essay", *(f"{row},{essay}" for row in rows[:5])]))
    out = tmp_path / "list.xlsx"
    done = run("predict", sheet, "--model", trained, "--out", out)
    assert (done.code, "32,768 characters" in done.err, out.exists()) == (6, True, False)
    sheet.write_text(sheet.read_text().replace(essay, essay[1:]))
    assert run("predict", sheet, "--model", trained, "--out", out).code == 0
    assert sheets(out)["List"].iloc[1, len(header.split(","))] == essay[1:]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_invitations_say_nothing_of_how_anybody_was_chosen(listed, tmp_path, ending):
    out = tmp_path / f"letters.{ending}"
    draw = ("--rank", "risk", "--top", "30", "--lottery", "20", "--out", "list.csv")
    listed(*draw, "--mail-merge", out)
    excel = {"engine": "calamine"} if ending == "xlsx" else {}
    table = (pd.read_excel if excel else pd.read_csv)(out, dtype=str, **excel)
    chosen = pd.read_csv(tmp_path / "list.csv", dtype=str)
    chosen = chosen[chosen["placement_seat"].isin(["certain", "drawn"])]
    assert sorted(table["Register number"]) == sorted(chosen["register_no"])
    assert list(table) == ["Name", "Register number", "Branch", "Greeting", "Text"]
    cells = [str(cell).casefold() for row in [list(table), *table.to_numpy()] for cell in row]
    assert [(word, cell) for cell in cells for word in STIGMA if word in cell] == []
    by_name = table.sort_values(["Branch", "Name"], key=lambda c: c.str.casefold())
    assert table["Name"].tolist() == by_name["Name"].tolist()


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_name_that_looks_like_a_formula_is_text_in_invitations(run, trained, tmp_path, ending):
    lines = (trained.parent / "students.csv").read_text("utf-8").splitlines()
    name = lines[1].split(",")[lines[0].split(",").index("name")]
    sheet, out = tmp_path / "students.csv", tmp_path / f"letters.{ending}"
    sheet.write_text("\n".join([lines[0], lines[1].replace(name, "=1+1"), *lines[2:]]))
    words = ("--rank", "risk", "--top", "1000", "--out", tmp_path / "list.csv", "--mail-merge", out)
    assert run("predict", sheet, *words, "--model", trained).code == 0
    if ending == "csv":
        assert "'=1+1" in pd.read_csv(out, dtype=str)["Name"].to_list()
    else:
        assert "=1+1" in sheets(out)["Letters"][0].to_list()
        assert b"<f>" not in ZipFile(out).read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize(
    "words",
    [
        ("--one-sheet-each", "stream", "--out", "l.csv"),
        ("--one-file-each", "stream"),
        ("--one-file-each", "stream", "--one-sheet-each", "stream", "--out", "l.xlsx"),
        ("--mail-merge", "l.csv", "--out", "x.csv"),
        ("--mail-merge", "l.txt", "--rank", "risk", "--top", "9", "--out", "x.csv"),
        ("--mail-merge", "x.csv", "--rank", "risk", "--top", "9", "--out", "x.csv"),
    ],
)
def test_options_that_have_nothing_to_divide_or_to_invite_are_wrong_usage(listed, words):
    listed(*words, code=2)
