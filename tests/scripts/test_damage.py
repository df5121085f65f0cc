from dataclasses import replace

import pytest

from scripts import damage
from scripts.damaged.judge import Read, compare, refused
from scripts.damaged.kinds import KINDS
from scripts.damaged.scored import Due, compare_answers
from scripts.damaged.sheet import Sheet, students

# What becomes of a kind: these are read whole, and those in part or not at all, but said.
WHOLE = {"right", "repaired"}
READ = {
    "spaces_round_cells": WHOLE,
    "title_rows_above": WHOLE,
    "workbook_whose_table_stands_apart": WHOLE,
    "comma_in_a_name_without_quotes": {"said"},
    "no_heading": {"refused"},
}


@pytest.fixture(scope="module")
def undamaged(tmp_path_factory):
    return damage.train_undamaged(tmp_path_factory.mktemp("undamaged"))


def whole(rows):
    outcomes = [float(row["status"] == "Placed") for row in rows]
    return Read(rows, outcomes, said=(), left_out=(), uncounted=0)


def judged(rows, read, *, guess=False):
    return compare(rows, read, (), guess=guess).word


@pytest.mark.parametrize("kind", READ)
def test_damage_is_read_right_or_spoken_of(undamaged, tmp_path, kind):
    for damaged in damage.damaged_files(1, kind):
        verdicts = damage.judge(tmp_path / "students", damaged, undamaged)
        assert verdicts["read"].word in READ[kind], verdicts["read"]
        assert verdicts["scored"].word != "WRONG", verdicts["scored"]


def test_there_are_forty_kinds_and_more():
    assert len(KINDS) >= 40


def test_each_kind_damages_the_table():
    clean = Sheet(students()).text().encode()
    files = {d.kind: d.content for d in damage.damaged_files(2)}
    assert [kind for kind, content in files.items() if content == clean] == []


def test_what_is_read_as_it_was_is_right():
    assert judged(students(), whole(students())) == "right"


@pytest.mark.parametrize(
    ("name", "cell"), [("cgpa", "1.5"), ("branch", "LAW"), ("roll", "7"), ("status", "No")]
)
def test_another_cell_is_wrong(name, cell):
    rows = students()
    rows[4] = rows[4] | {name: cell}
    assert judged(students(), whole(rows)) == "WRONG"


def test_another_outcome_is_wrong_though_the_word_is_right():
    read = whole(students())
    assert judged(students(), replace(read, outcomes=[1.0] * len(read.rows))) == "WRONG"


def test_a_blank_for_a_cell_is_wrong_until_it_is_said():
    rows = students()
    rows[4] = rows[4] | {"cgpa": ""}
    read = whole(rows)
    assert judged(students(), read) == "WRONG"
    said = replace(read, said=("line 6, column cgpa: '7.O' is not a number",))
    assert judged(students(), said) == "said"


def test_a_student_gone_is_wrong_until_the_row_is_named():
    rows = students()
    read = whole(rows[1:])
    assert judged(rows, read) == "WRONG"
    assert judged(rows, replace(read, left_out=("22CS107,Divya Rao",))) == "WRONG"
    assert judged(rows, replace(read, left_out=("22CS101,Asha, Rao,IT",))) == "said"


def test_a_student_twice_is_wrong():
    rows = students()
    assert judged(rows, whole([*rows, rows[3]])) == "WRONG"


def test_a_right_guess_must_be_said():
    read = whole(students())
    assert judged(students(), read, guess=True) == "WRONG"
    assert judged(students(), replace(read, said=("'Nil' is 0",)), guess=True) == "repaired"


def test_a_refusal_names_the_file_and_a_place_or_a_way():
    assert refused("a.csv", "a.csv, line 3: 4 cells").word == "refused"
    assert refused("a.csv", "line 3: 4 cells").word == "WRONG"
    assert refused("a.csv", "a.csv: unreadable").word == "WRONG"


REST = "IT,50,0,9000"
ASHA, RAVI = f"22CS101,Asha,7.1,{REST}", f"22CS102,Ravi,7..5,{REST}"
ASHA_ANSWERED, TOTAL = f"{ASHA},0.5,", "Total,2,,no student"


@pytest.fixture
def scored(tmp_path):
    """Judge a scored file of three lines: `scored(line, …)`; both students' answer is 0.5."""
    head = "roll,name,cgpa,branch,aptitude,backlogs,fee"
    stood = (ASHA, RAVI, "Total,2")
    cells = dict(zip(("branch", "aptitude", "backlogs", "fee"), REST.split(","), strict=True))
    due = {
        "22CS101": Due("0.5", {**cells, "cgpa": "7.1"}),
        "22CS102": Due("0.5", {**cells, "cgpa": "7.5"}),
    }

    def judge(*lines, warnings=()):
        damaged, out = tmp_path / "students.csv", tmp_path / "out.csv"
        damaged.write_text("\n".join([head, *stood]) + "\n", encoding="utf-8")
        ours = "placement_probability,placement_notes"
        out.write_text("\n".join([f"{head},{ours}", *lines]) + "\n", encoding="utf-8")
        return compare_answers(damaged, out, due, warnings).word

    return judge


def test_a_scored_file_as_it_should_be(scored):
    assert scored(ASHA_ANSWERED, f"{RAVI},0.5,", TOTAL) == "noted"
    assert scored(ASHA_ANSWERED, f"{RAVI},0.9,cgpa is unreadable", TOTAL) == "noted"


def test_another_answer_is_wrong_unless_the_column_of_its_wrong_cell_is_named(scored):
    lines = (ASHA_ANSWERED, f"{RAVI},0.9,", TOTAL)
    assert scored(*lines, warnings=("column cgpa: '7..5' is no number",)) == "noted"
    assert scored(*lines, warnings=("column aptitude: 'x' is no number",)) == "WRONG"
    assert scored(ASHA_ANSWERED, f"{RAVI},0.9,branch is new", TOTAL) == "WRONG"


def test_another_answer_for_true_cells_is_wrong_whatever_is_said(scored):
    assert scored(f"{ASHA},0.9,cgpa is unreadable", f"{RAVI},0.5,", TOTAL) == "WRONG"


@pytest.mark.parametrize(
    "lines",
    [
        (f"22CS101,Ravi,7..5,{REST},0.5,", f"22CS102,Asha,7.1,{REST},0.5,", TOTAL),  # moved
        (ASHA_ANSWERED, TOTAL),  # gone
        (ASHA_ANSWERED, f"{RAVI},0.9,", TOTAL),  # another answer
        (ASHA_ANSWERED, f"{RAVI},,", TOTAL),  # no answer
        (ASHA_ANSWERED, f"{RAVI},0.5,", "Total,2,0.5,"),  # an answer for nobody
    ],
)
def test_a_scored_file_that_is_wrong(scored, lines):
    assert scored(*lines) == "WRONG"
