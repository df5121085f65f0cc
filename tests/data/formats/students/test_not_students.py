"""Headings, titles, totals, notes and signatures are no students; whoever is called Max is one."""

import csv
import io

import pandas as pd
import pytest

from placement.data.formats.students.row_filter import RowFilter, not_students_among
from placement.data.formats.students.text_row_filter import TextRowFilter
from placement.data.formats.students.usual_rows import UsualRows
from placement.data.formats.table_reader import open_table
from placement.errors import DataError
from tests.data.formats.students.tables import with_rows

NO_STUDENTS = [
    ("full", "Roll No,Name,Branch,CGPA,Aptitude,Backlogs,Placed", 20),
    ("full", "ROLL NO , name,BRANCH,Cgpa, aptitude,backlogs,PLACED", 20),
    ("full", "Roll No.,Name of Student,Branch,CGPA,Aptitude,Backlogs,Placed?", 5),
    ("full", "Mechanical Engineering,,,,,,", 10),
    ("full", "Batch 2025", 0),
    ("full", ",,Section A,,,,", 20),
    ("full", "Department: ECE,,,,,Year: 2025,", 20),
    ("full", "Total,,,412,,33,", 40),
    ("full", "Average,,,7.07,63.2,,", 40),
    ("full", "Out of,,,10,100,,", 0),
    ("full", ",Out of,,10,100,,", 0),
    ("full", "Max marks,,,10,100,,", 0),
    ("full", ",Max,,9.8,90,2,", 40),
    ("full", "Min,,,5,30,0,", 40),
    ("full", ",Std dev,,1.1,12.3,.7,", 40),
    ("full", "Percentage of placed students,,,,,,56.7", 40),
    ("full", "Percentage of placed,56.7%", 40),
    ("full", "Prepared by,,,,HoD,,Principal", 40),
    ("full", "HoD,,,,,Principal,", 40),
    ("full", "Signature of the Principal", 40),
    ("full", "* provisional", 40),
    ("full", "Note: 3 students absent", 40),
    ("full", "Grand total,,,,,,", 40),
    ("money", "Total,,,,,,₹ 10926205,", 40),
    ("money", "Total,,,412.5,,33,₹ 29865,", 40),
    ("full", "Grand Total,40,,285.3,,,21", 40),
    ("full", "Count,40,,40,40,40,40", 40),
    ("full", "Generated on 12/05/2025 10:31", 40),
    ("full", "End of report", 40),
    ("full", "Page 1 of 3", 20),
    ("full", ",,,,,Page 2,", 20),
    ("full", "Placed as of 1 July", 40),
    ("full", "Total: 60 students", 40),
    ("full", "Total,,,,,,21", 40),
    ("full", "TOTAL,60,CSE: 20,,,,Placed: 34", 40),
    ("full", "------,-----,---,---,---,---,---", 40),
    ("full", "---,---,---,---,---,---,---", 40),
    ("full", "Average,-,-,7.07,63.2,-,-", 40),
    ("full", "Total students,60,Placed,34,Percentage,56.7,", 40),
    ("full", "Checked by: R. Rao,,,Date: 1.7.2025,,,", 40),
    ("full", "** End **", 40),
    ("full", "This is a computer generated statement", 40),
    ("full", "Median,NA,NA,7.1,66,0,NA", 40),
    ("full", "Class average,,,7.07,63.2,0.9,", 40),
    ("full", ",,Total,,,33,21/40", 40),
    ("full", "No. of students placed,21", 40),
    ("full", "% placed,,,,,,52.5", 40),
    ("full", "Highest,,,9.8,90,2,", 40),
    ("serial", "41,Total,,283.5,2400,40,", 40),
    ("serial", ",Average,,7.07,63.2,.9,", 40),
    ("serial", "Total,,,283.5,2400,40,", 40),
    ("serial", "Civil Engineering", 10),
    ("serial", "S.No,Name,Branch,CGPA,Aptitude,Backlogs,Placed", 10),
    ("serial", ",,,,,Signature,", 40),
    ("anonymous", "Average,7.07,63.2,", 40),
    ("anonymous", "Total,,2400,21", 40),
    ("anonymous", "Out of,10,100,", 0),
    ("anonymous", "Mechanical Engineering,,,", 10),
    ("anonymous", "branch,cgpa,aptitude,placed", 10),
    ("names", "Total,283.4,40,21", 40),
    ("names", "Average,7.1,.9,", 40),
    ("names", "Mechanical Engineering,,,", 10),
    ("names", "Signature of HoD,,,", 40),
    ("narrow", "cgpa,placed", 9),
    ("narrow", "Total: 60 students,", 40),
    ("narrow", "Placed as of 1 July,", 40),
    ("narrow", "Average,52%", 40),
    ("narrow", "Mechanical Engineering,", 4),
    ("levels", "Total,283,40,21", 40),
    ("codes", "Average,7.2,60.1,0.52", 40),
    ("codes", "Total,283.1,2401,21", 40),
    ("codes", "Out of,10,100,", 0),
    ("codes", "Max,9.8,90,1", 40),
    ("codes", "Roll No,CGPA,Aptitude,Placed", 20),
    ("full", "Promedio,,,7.07,63.2,.9,", 40),
    ("full", "合计,,,283,2400,40,21", 40),
    ("full", "कुल,,,283,2400,40,21", 40),
    ("full", ",Average,CSE,7.4,61.5,1,", 20),
    ("full", ",Highest,CSE,9.7,90,2,yes", 20),
    ("full", ",,CSE Average,7.4,61.5,1,", 20),
    ("full", ",ECE - Total,,282.1,2400,33,21", 20),
    ("full", ",,,,,,3", 20),
    ("full", "1,2,3,4,5,6,7", 0),
]

STUDENTS = [
    ("full", "22X9001,Total Singh,CSE,7.1,60,0,yes"),
    ("full", "22X9001,Max Verma,CSE,7.1,60,0,"),
    ("full", "22X9001,Average,CSE,7.1,60,0,"),
    ("full", "22X9001,Note,CSE,7.1,60,0,no"),
    ("full", "22X9001,Max,,7.1,,,"),
    ("full", "22X9001,,,,,,"),
    ("full", "22X9001,Ravi K.,,,,,"),
    ("full", ",Ravi K.,CSE,7.1,60,0,yes"),
    ("full", ",Total Singh,CSE,7.1,60,0,"),
    ("full", "22X9001,Ravi K.,Average,7.1,60,0,"),
    ("full", "22X9001,Ravi K.,CSE,AB,AB,AB,no"),
    ("full", "22X9001,Ravi K.,MECH,absent,withheld,,"),
    ("full", "22X9001,Principal,CSE,7.0,33,0,yes"),
    ("full", ",Ravi K.,CSE,,,,"),
    ("full", "22X9001,Mean Chey,,7.1,60,0,"),
    ("full", "22X9001,Min Thu,ECE,,,,"),
    ("full", "lateral,Ravi K.,CSE,7.1,60,0,no"),
    ("full", "22X9001,Count,CSE,,,,"),
    ("full", "22X9001,Ravi K.,CSE Average,7.1,60,0,yes"),
    ("full", ",Ravi K.,,,,,"),
    ("full", "1,Ravi K.,CSE,4,5,6,yes"),
    ("serial", "41,Total Singh,CSE,7.1,60,0,"),
    ("serial", "41,Max Verma,,7.1,60,0,"),
    ("serial", "41,Max,,7.1,60,0,"),
    ("serial", "41,Max,CSE,7.1,60,0,yes"),
    ("serial", "41,Ravi K.,,,,,"),
    ("serial", "41,Note,CSE,7.1,60,1,no"),
    ("serial", ",Ravi K.,,7.1,60,,"),
    ("anonymous", "Average,7.3,60,yes"),
    ("anonymous", "AERO,7.3,60,"),
    ("anonymous", ",7.3,60,yes"),
    ("anonymous", "CSE,,,no"),
    ("anonymous", "CSE,,,"),
    ("names", "Max,7.12,1,yes"),
    ("names", "Max,7.12,1,"),
    ("names", "Max Verma,7.12,1,"),
    ("names", "Total Singh,,,"),
    ("names", "Ravi K.,,,"),
    ("names", "Ravi K.,AB,AB,no"),
    ("names", "Mode,6.12,2,no"),
    ("narrow", "7.1,"),
    ("narrow", ",yes"),
    ("narrow", "AB,no"),
    ("levels", "Average,7.31,1,"),
    ("levels", "Average,6.33,0,no"),
    ("levels", "Average,,,yes"),
    ("numbered", "41,Ravi,CSE,7.1,0,Total fees due,"),
    ("numbered", "41,Note,CSE,7.1,0,Note: x,no"),
    ("numbered", "41,Ravi,,,,Total fees due,"),
    ("numbered", "41,Page Williams,CSE,7.3,0,,yes"),
    ("numbered", "41,Dean Jones,,7.3,0,,"),
    ("numbered", "41,Director Singh,,,,,"),
    ("codes", "22X9001,,,"),
    ("codes", "22X9001,7.1,,"),
]

OTHER_TABLES = [
    (
        "full",
        [
            "Branch-wise summary",
            "Branch,Students,Placed",
            "CSE,20,11",
            "ECE,12,5",
            "MECH,8,5",
            "Total,40,21",
        ],
    ),
    (
        "full",
        [
            "Company,Offers,Role,CTC,Location,Remarks",
            "TCS,20,SDE,3.5,Pune,",
            "Infosys,11,SE,4.0,Pune,bond",
        ],
    ),
    ("full", ["S.No,Branch,Registered,Placed", "1,CSE,20,11", "2,ECE,12,5"]),
    ("serial", ["Company,Offers,CTC", "TCS,20,3.5", "Infosys,11,4.0"]),
    ("serial", ["Company wise offers", "S.No,Company,Offers,CTC", "1,TCS,20,3.5"]),
    ("narrow", ["Company,Offers", "TCS,20", "Infosys,11"]),
]


def found(table, rows, at):
    names, cells = with_rows(table, rows, at)
    return set(not_students_among(names, cells))


@pytest.mark.parametrize(("table", "row", "at"), NO_STUDENTS)
def test_a_row_that_is_no_student_is_found_and_no_other_is(table, row, at):
    assert found(table, [row], at) == {at}


@pytest.mark.parametrize(("table", "row"), STUDENTS)
@pytest.mark.parametrize("at", [0, 20, 40])
def test_a_student_stays_one_whatever_words_his_row_has(table, row, at):
    assert not found(table, [row], at)


@pytest.mark.parametrize(("table", "rows"), OTHER_TABLES)
def test_another_table_below_the_students_has_none(table, rows):
    assert found(table, rows, 40) == set(range(40, 40 + len(rows)))


def test_students_below_a_title_or_a_heading_are_students():
    rows = ["Mechanical Engineering", "Roll No,Name,Branch,CGPA,Aptitude,Backlogs,Placed"]
    assert found("full", rows, 20) == {20, 21}


def test_students_below_totals_of_their_section_are_students():
    sections = ["Total,,,140.2,1200,19,", "Average,,,7.01,60,0.95,"]
    assert found("full", sections, 20) == {20, 21}


def test_the_reason_says_what_the_row_is():
    rows = ["Batch 2025", "Total,,,283,2400,40,", "Prepared by,,,,HoD,,", "Company,Offers,CTC"]
    names, cells = with_rows("full", [rows[0], ",".join(with_rows("full", [])[0]), *rows[1:]])
    assert list(not_students_among(names, cells).values()) == [
        "a title or a note",
        "the heading again",
        "a total or another figure of the table",
        "a note or a signature",
        "another table below",
    ]


def test_a_table_where_all_are_called_so_has_students_all_the_same():
    names = ("name", "cgpa", "placed")
    rows = [["Max", f"{5 + n / 10:.1f}", "yes" if n > 9 else "no"] for n in range(20)]
    assert not not_students_among(names, rows)


# Behind a serial number, a word is only looked for where the rows are few.
@pytest.mark.parametrize(("table", "row", "at"), [c for c in NO_STUDENTS if c[1][:3] != "41,"])
def test_large_text_is_looked_at_as_bytes_and_the_same_rows_are_found(table, row, at):
    names, cells = with_rows(table, [row], at)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(cells)
    row_filter = RowFilter(UsualRows.learn(names, cells, whole=True))
    raw = text.getvalue().encode()
    assert set(TextRowFilter(row_filter, ",", "utf-8").not_students(raw, 41, {}, None)) == {at}


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet", "frame"])
def test_every_format_finds_them(form, tmp_path):
    rows = ["Out of,,,10,100,,", "Mechanical Engineering", "22X9001,Total Singh,CSE,7.1,60,0,"]
    names, cells = with_rows("full", rows, 0)
    frame = pd.DataFrame(cells, columns=list(names)).replace("", None)
    path = tmp_path / f"students.{form}"
    if form == "csv":
        frame.to_csv(path, index=False)
    elif form == "xlsx":
        frame.to_excel(path, index=False)
    elif form == "parquet":
        frame.to_parquet(path)
    (block,) = open_table(frame if form == "frame" else path).blocks()
    assert set(block.not_students) == {0, 1}
    assert block.first_row == 1
    assert block.row_numbers[2] == 1
    assert len(block.students()) == 41


SECOND_HEADINGS = [
    "Roll No,Name,Branch,Aptitude,CGPA,Backlogs,Placed",
    "Placed,Backlogs,Aptitude,CGPA,Branch,Name,Roll No",
    "Roll No,Name,Branch,Attendance,CGPA,Aptitude,Placed",
    "Roll No,Name,Branch,CGPA,Attendance,Backlogs,Placed",
    "Register,Student,Department,Score,Age,Fee,Remarks",
]


@pytest.mark.parametrize("heading", SECOND_HEADINGS)
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_students_below_a_second_heading_are_not_read_under_the_first(tmp_path, heading, suffix):
    names, rows = with_rows("full", [heading], 20)
    path, frame = tmp_path / f"students{suffix}", pd.DataFrame(rows, columns=list(names))
    frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_excel(path, index=False)
    reader = open_table(str(path))
    with pytest.raises(DataError, match=r"line 22: a second heading, with other columns.*file of"):
        _ = [block.students() for block in reader.blocks()]


@pytest.mark.parametrize("heading", ["Roll No,Name,Branch,CGPA/10,Aptitude,Backlogs,Placed"])
def test_a_heading_again_may_be_spelt_otherwise(heading):
    names, rows = with_rows("full", [heading], 20)
    assert set(not_students_among(names, rows).values()) == {"the heading again"}
