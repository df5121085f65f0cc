"""Numbers as offices write them: a file to score is read as its plain twin, or refused."""

import csv
import io
import json

import pytest

HEAD = "stream,cgpa,backlogs,aptitude"
PLAIN = [("CSE", "7.5", "0", "60"), ("ECE", "8.1", "2", "75"), ("CSE", "6.9", "0", "48")]


@pytest.fixture
def score(run, trained, tmp_path):
    """Score rows of a file; return the probabilities, and what was said."""

    def scored(rows, *options, code=0, delimiter=","):
        lines = [HEAD.replace(",", delimiter), *(delimiter.join(row) for row in rows)]
        (tmp_path / "next.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        done = run("predict", tmp_path / "next.csv", "--model", trained, *options)
        assert done.code == code, done.err
        table = csv.DictReader(io.StringIO(done.out), delimiter=delimiter)
        return [row["placement_probability"].replace(",", ".") for row in table], done.err

    return scored


@pytest.mark.parametrize(
    ("rows", "delimiter", "said"),
    [
        (
            [("CSE", "7.5 CGPA", "Nil", "60"), PLAIN[1], ("CSE", "6.9", "None", "48")],
            ",",
            ["cgpa: '7.5 CGPA' is read as 7.5 (1 cell)", "backlogs: 'Nil' is read as 0 (2 cells)"],
        ),
        (
            [("CSE", "7.5/10", "-", "60 %"), ("ECE", "8.1", "2", "75%"), ("CSE", "6.9", "-", "48")],
            ",",
            ["'7.5/10' is read as 7.5 of 10", "'-' is read as 0, as no 0 is written (2 cells)"],
        ),
        (
            [("CSE", "7,5", "0", "60"), ("ECE", "8,1", "2", "75"), ("CSE", "6,9", "0", "48")],
            ";",
            [],
        ),
        (
            [("CSE", "٧٫٥", "٠", "٦٠"), ("ECE", "८.१", "२", "75"), ("CSE", "6.9", "0", "48")],
            ",",
            ["'٧٫٥' is read as 7.5"],
        ),
    ],
)  # fmt: skip
def test_cells_are_scored_as_the_plain_numbers_they_mean_and_that_is_said(
    score, rows, delimiter, said
):
    expected, _ = score(PLAIN)
    found, err = score(rows, delimiter=delimiter)
    assert found == expected
    for text in said:
        assert text in err


def test_percentages_for_a_model_of_grade_points_are_refused_with_the_line_to_type(score):
    expected, _ = score(PLAIN)
    rows = [(s, f"{float(c) * 10:g}", b, a) for s, c, b, a in PLAIN]
    _, err = score(rows, code=3)
    assert "cgpa: all 3 cells are beyond its scale of 10; it looks like a percentage" in err
    assert "--mixed-scale cgpa:100" in err
    found, err = score(rows, "--mixed-scale", "cgpa:100")
    assert list(map(float, found)) == pytest.approx(list(map(float, expected)))
    assert "cells out of 100 are brought to 10" in err


def test_one_student_is_read_by_what_the_model_expects(run, trained):
    answers = []
    for cgpa, backlogs in (("7.5", "0"), ("7,5", "Nil"), ("7.5 CGPA", "no backlogs")):
        values = (f"cgpa={cgpa}", f"backlogs={backlogs}", "stream=CSE", "aptitude=60")
        options = [word for value in values for word in ("--set", value)]
        done = run("predict", "--model", trained, *options, "--json")
        assert done.code == 0, done.err
        answers.append(done.out)
    assert answers[0] == answers[1] == answers[2]


def test_a_training_on_two_scales_is_refused_and_remembers_what_it_was_told(
    run, students, tmp_path
):
    sheet = students(tmp_path / "may.csv", 120)
    with sheet.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows[::4]:
        row["cgpa"] = row["cgpa"] and f"{float(row['cgpa']) * 10:g}"
    with (tmp_path / "mixed.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    common = tmp_path / "mixed.csv", "--no-track", "--optimizer", "newton", "--sensitive", ""
    refused = run("train", *common)
    assert refused.code == 3
    assert "column cgpa mixes two scales" in refused.err
    model = tmp_path / "model"
    done = run("train", *common, "--out", model, "--mixed-scale", "cgpa:10")
    assert done.code == 0, done.err
    assert run("predict", tmp_path / "mixed.csv", "--model", model).code == 0
    assert run("evaluate", tmp_path / "mixed.csv", "--model", model).code == 0


def test_a_file_to_evaluate_is_read_as_one_to_predict(run, trained, tmp_path):
    def measured(grades):
        words = ("Placed", "Not Placed", "Placed")
        rows = [f'CSE,"{grade}",1,60,{word}' for grade, word in zip(grades, words, strict=True)]
        (tmp_path / "past.csv").write_text("\n".join([f"{HEAD},status", *rows]) + "\n")
        done = run("evaluate", tmp_path / "past.csv", "--model", trained, "--json")
        assert done.code == 0, done.err
        return json.loads(done.out)["metrics"]

    assert measured(["7,500", "6,125", "8,250"]) == measured(["7.5", "6.125", "8.25"])


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_shares_for_a_model_of_percents_are_refused(run, students, tmp_path, command):
    sheet = students(tmp_path / "may.csv", 120)
    head, *lines = sheet.read_text().splitlines()
    rows = [line.split(",") for line in lines]
    percents = [[*row[:6], f"{float(row[6]):.0f}%", row[7]] for row in rows]
    sheet.write_text("\n".join([head, *map(",".join, percents)]) + "\n")
    quick = ("--no-track", "--optimizer", "newton", "--sensitive", "")
    done = run("train", sheet, *quick, "--out", tmp_path / "model")
    assert done.code == 0, done.err
    shares = [[*row[:6], f"{float(row[6]) / 100:.2f}", row[7]] for row in rows]
    sheet.write_text("\n".join([head, *map(",".join, shares)]) + "\n")
    done = run(command, sheet, "--model", tmp_path / "model")
    assert done.code == 3
    assert "--mixed-scale aptitude:1" in done.err
    done = run(command, sheet, "--model", tmp_path / "model", "--mixed-scale", "aptitude:1")
    assert done.code == 0, done.err


def test_a_second_scale_of_numbers_without_one_is_wrong_usage(score):
    _, err = score(PLAIN, "--mixed-scale", "aptitude:10", code=2)
    assert "the model knows no scale of its numbers" in err
