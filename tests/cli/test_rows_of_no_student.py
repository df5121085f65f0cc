"""Totals, titles and headings among students: learnt from by nobody, and answered by nothing."""

import csv
import json

import pandas as pd
import pytest

OTHERS = {
    1: "Out of,,,,10,,100,",
    120: "Mechanical Engineering,,,,,,,",
    121: "register_no,name,stream,gender,cgpa,backlogs,aptitude,status",
    244: "Average,,,,7.42,1.4,57.9,",
}


@pytest.fixture
def sheet(trained, tmp_path, monkeypatch):
    """The students trained on, with four rows of others, by line behind the heading."""
    monkeypatch.chdir(tmp_path)
    lines = (trained.parent / "students.csv").read_text().splitlines()
    for line, text in sorted(OTHERS.items()):
        lines.insert(line, text)
    (tmp_path / "sheet.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "sheet.csv"


@pytest.fixture
def predict(run, trained):
    def predicted(*words):
        done = run("predict", *words, "--model", trained)
        assert done.code == 0, done.err
        return done

    return predicted


def test_training_leaves_them_out_and_names_them(run, sheet, trained):
    quick = ("--no-track", "--optimizer", "newton", "--sensitive", "")
    done = run("train", sheet, *quick, "--test-size", 0, "--out", "model", "--json")
    assert (done.json["rows"]["train"], done.json["rows"]["left_out"]) == (240, 4)
    document = json.loads((sheet.parent / "model" / "fitted.json").read_text())
    with (trained / "fitted.json").open() as file:
        assert document["figures"]["data_digest"] == json.load(file)["figures"]["data_digest"]
    told = run("train", sheet, "--dry-run", "-v").out
    assert "left out: 2 rows, no student: a total or another figure of the table" in told
    assert "line 2 'Out of, 10, 100' (no student: a total or another figure" in told
    assert "line 121 'Mechanical Engineering' (no student: a title or a note)" in told


def test_prediction_keeps_each_where_it_stood_with_no_answer_but_the_reason(predict, sheet):
    done = predict(sheet)
    lines, own = done.out.splitlines(), sheet.read_text().splitlines()
    assert [line.startswith(text) for line, text in zip(lines, own, strict=True)] == [True] * 245
    rows = list(csv.reader(lines))
    reasons = {line: row[-1] for line, row in enumerate(rows) if row[-1].startswith("no student")}
    assert set(reasons) == set(OTHERS)
    assert reasons[120] == "no student: a title or a note"
    assert all(not any(rows[line][-6:-1]) for line in OTHERS)
    assert all(all(row[-6:-1]) for line, row in enumerate(rows) if line not in OTHERS)
    assert "240 of 240 students written" in done.err
    assert "4 rows without an answer: line 2 'Out of,,,,10,,100,'" in done.err


def test_the_students_have_the_answers_that_they_have_without_them(predict, sheet, trained):
    plain = predict(trained.parent / "students.csv").out.splitlines()
    lines = predict(sheet).out.splitlines()
    assert [line for number, line in enumerate(lines) if number not in OTHERS] == plain


@pytest.mark.parametrize("ending", ["xlsx", "parquet"])
def test_typed_output_has_nothing_there(predict, sheet, ending):
    predict(sheet, "--out", f"out.{ending}")
    read = pd.read_parquet if ending == "parquet" else pd.read_excel
    options = {} if ending == "parquet" else {"engine": "calamine", "sheet_name": "List"}
    found = read(sheet.parent / f"out.{ending}", **options)
    assert len(found) == 244
    answers = found.iloc[:, -6:-1].isna()
    others = [line - 1 for line in OTHERS]
    assert answers.iloc[others].to_numpy().all()
    assert not answers.drop(index=others).to_numpy().any()
    assert found["placement_notes"].notna().sum() == 4


@pytest.mark.parametrize(
    "options",
    [
        ("--rank", "chance"),
        ("--rank", "risk", "--by", "stream"),
        ("--rank", "chance", "--top", 240),
        ("--where", "cgpa>=0"),
    ],
)
def test_lists_and_selections_have_students_alone(predict, sheet, options):
    done = predict(sheet, *options)
    lines = done.out.splitlines()
    assert len(lines) == 241
    assert "no student" not in done.out
    assert "240 of 240 students" in done.err


def test_those_whose_outcome_is_unknown_are_students(predict, sheet):
    unknown = sheet.read_text().replace("Not Placed", "")
    sheet.write_text(unknown)
    done = predict(sheet, "--unknown")
    assert "no student" not in done.out
    assert len(done.out.splitlines()) == unknown.count(",\n") - 3 + 1


def test_json_numbers_the_students(predict, sheet):
    found = predict(sheet, "--json").json
    assert [row["row"] for row in found] == list(range(1, 241))
    best = predict(sheet, "--json", "--rank", "chance", "--top", 3).json
    by_row = {row["row"]: row["probability"] for row in found}
    assert [row["probability"] for row in best] == [by_row[row["row"]] for row in best]


def test_drift_and_explanation_look_at_students(run, sheet, trained):
    alone = trained.parent / "students.csv"
    for words in (("drift",), ("explain", "--row", 1), ("explain", "--row", 240)):
        found, plain = (
            run(words[0], file, *words[1:], "--model", trained, "--json") for file in (sheet, alone)
        )
        key = "columns" if words == ("drift",) else "rows"
        moved = [{**entry, "line": None} for entry in found.json[key]]
        assert moved == [{**entry, "line": None} for entry in plain.json[key]]
        assert "4 rows left out: line 2" in found.err


def test_evaluation_counts_students(run, sheet, trained):
    found = run("evaluate", sheet, "--model", trained, "--json").json
    plain = run("evaluate", trained.parent / "students.csv", "--model", trained, "--json").json
    assert found["metrics"] == plain["metrics"]


def test_a_note_says_which_cell_is_in_doubt_without_reasons(predict, sheet, trained):
    lines = (trained.parent / "students.csv").read_text().splitlines()
    cells = lines[2].split(",")
    cells[4] = "abc"
    sheet.write_text("\n".join([lines[0], lines[1], ",".join(cells)]) + "\n")
    rows = list(csv.reader(predict(sheet).out.splitlines()))
    assert [row[-1] for row in rows] == ["placement_notes", "", "cgpa: not a number"]


def test_the_list_of_rows_left_out_has_them_with_line_and_reason(run, sheet):
    assert run("train", sheet, "--dry-run", "--left-out", "left.csv").code == 0
    with (sheet.parent / "left.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"], int(row["line"])) for row in rows] == [
        ("sheet.csv", line + 1) for line in OTHERS
    ]
    assert rows[1]["reason"] == "no student: a title or a note"


@pytest.fixture
def left_out(run, trained, tmp_path, monkeypatch):
    """The reason, the line and the text of each row that a command lists: `left_out("predict", …)`.

    The sheet has one student whose outcome is not yet known, and one who studies on.
    """
    monkeypatch.chdir(tmp_path)
    lines = (trained.parent / "students.csv").read_text().splitlines()
    for line, word in ((4, ""), (9, "Studies on")):
        lines[line] = ",".join([*lines[line].split(",")[:-1], word])
    (tmp_path / "sheet.csv").write_text("\n".join(lines) + "\n")

    def listed(command, *words):
        done = run(command, "sheet.csv", *words, "--left-out", "left.csv")
        assert done.code == 0, done.err
        with (tmp_path / "left.csv").open(encoding="utf-8-sig", newline="") as file:
            return [(row["reason"], int(row["line"]), row["text"]) for row in csv.DictReader(file)]

    return listed


BLANK = ("status is blank: not yet known", 5, "7300000003, Quixworth 00003")


def test_training_lists_every_row_left_out_with_its_reason(left_out):
    words = ("--dry-run", "--ignore-label", "Studies on", "--where", "stream!=CSE")
    rows = left_out("train", *words)
    assert BLANK in rows
    ignored = "status is 'Studies on' (--ignore-label)"
    assert (ignored, 10, "7300000008, Quixworth 00008") in rows
    assert {reason for reason, _, _ in rows} == {BLANK[0], ignored, "not --where stream!=CSE"}
    lines = [line for _, line, _ in rows]
    assert lines == sorted(set(lines))


def test_evaluation_lists_every_row_left_out_with_its_reason(left_out, trained):
    rows = left_out("evaluate", "--model", trained)
    assert rows[0] == BLANK
    assert [line for _, line, _ in rows] == [5, 10]


def test_scoring_lists_every_student_left_out_with_the_reason(left_out, trained):
    rows = left_out("predict", "--model", trained, "--unknown", "--out", "scored.csv")
    assert len(rows) == 239
    assert {reason for reason, _, _ in rows} == {"the outcome is known"}
    assert BLANK[1] not in [line for _, line, _ in rows]
    rows = left_out("predict", "--model", trained, "--where", "stream==CSE", "--out", "s.csv")
    assert {reason for reason, _, _ in rows} == {"not stream==CSE"}
    assert all("Quixworth" in text for _, _, text in rows)
