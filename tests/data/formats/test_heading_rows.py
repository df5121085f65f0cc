import pytest

from placement.config.file_options import PLAIN_FILE, FileOptions
from placement.data.formats.header import find_header
from placement.errors import DataError

ROWS = [[str(n), f"A{n % 7} K.", "CSE", f"{n % 5 + 5}.5", str(60 + n), "no"] for n in range(1, 21)]


def header_of(*top, rows=ROWS, options=PLAIN_FILE):
    cells = [[cell.strip() for cell in line.split(",")] for line in top] + rows
    return find_header(cells, range(1, len(cells) + 1), options, "f")


@pytest.mark.parametrize(
    ("top", "names"),
    [
        (("Student,,,Marks,,Outcome", "roll,name,branch,cgpa,iq,placed"), None),
        (("Roll,Name,Branch,Marks,,Placed", ",,,cgpa,iq,"), "Roll Name Branch cgpa iq Placed"),
        (
            ("Roll,Name,Branch,Academic Record,,Status", ",,,XII,UG CGPA,"),
            "Roll|Name|Branch|Academic Record: XII|UG CGPA|Status",
        ),
        (
            ("Roll,Name,Branch,Marks (%),,Status", ",,,10,12,"),
            "Roll|Name|Branch|Marks (%): 10|Marks (%): 12|Status",
        ),
        (
            (",,,Sem 1,Sem 2,", "Roll,Name,Branch,Marks,Marks,Placed"),
            "Roll|Name|Branch|Sem 1: Marks|Sem 2: Marks|Placed",
        ),
        (("Roll,Name,Branch,CGPA,IQ,Placed", ",,,(out of 10),(points),(Y/N)"), None),
    ],
)
def test_two_rows_of_names_are_joined_and_said(top, names):
    header = header_of(*top)
    if names is None:
        full = top[1] if top[1].startswith("roll") else top[0]
        assert header.names == tuple(full.split(","))
    else:
        assert header.names == tuple(names.split("|" if "|" in names else " "))
        assert "2 rows of column names joined" in header.notes
    assert header.row == 1


@pytest.mark.parametrize(
    "title",
    [
        "Department of Computing,Batch 2024,Pune,Dean,A,B",
        "Department of Computing,,,Batch 2024,,",
        "Department of Computing,,,,,",
        "Department of Computing",
        "Department of Computing,Batch 2024,a,b,c,d,e,f",
    ],
)
def test_a_title_row_however_wide_is_skipped_and_said(title):
    header = header_of(title, "roll,name,branch,cgpa,iq,placed")
    assert header.names == ("roll", "name", "branch", "cgpa", "iq", "placed")
    assert header.notes == ("1 title row above the header skipped",)


@pytest.mark.parametrize(
    "first",
    ["1,Asha K.,CSE,AB,AB,no", "1,Asha K.,CSE,7.5,,", ",,,,,no", "roll,name,branch,cgpa,iq,placed"],
)
def test_a_first_row_of_data_is_no_second_row_of_names(first):
    header = header_of("roll,name,branch,cgpa,iq,placed", first)
    assert (header.row, header.names[3]) == (0, "cgpa")


def test_a_word_above_the_only_numbers_does_not_make_a_row_a_heading():
    rows = [["Ravi", "7.5"], ["Mina", "6.5"]]
    assert header_of("name,cgpa", "Asha,AB", rows=rows).names == ("name", "cgpa")


def test_data_without_names_are_refused():
    with pytest.raises(DataError, match="is data, not column names"):
        header_of()


def test_two_tables_side_by_side_are_refused_with_both_columns():
    names = "roll,name,branch,cgpa,iq,placed"
    beside = [[*row, "", *other] for row, other in zip(ROWS, ROWS[::-1], strict=True)]
    with pytest.raises(
        DataError, match=r"f: two tables stand side by side: 'roll'.*A and of column H"
    ):
        header_of(f"{names},,{names}", rows=beside)
    twice = [[*row, "", *row] for row in ROWS]  # one student's own cells once more
    assert header_of(f"{names},,{names}", rows=twice).names[7] == "roll.2"


def test_the_row_that_the_user_names_holds_the_names():
    top = ("Roll,Name,Branch,CGPA,IQ,Placed", "No,Student,Dept,Points,IQ,Result")
    assert header_of(*top).names[0] == "Roll"
    header = header_of(*top, options=FileOptions(header_row=2))
    assert header.names[:3] == ("No", "Student", "Dept")
    assert header.row == 1
    assert header.notes == ("1 title row above the header skipped",)


def test_a_row_named_as_the_heading_that_is_blank_is_refused_with_those_that_are_not():
    rows = [["Roll", "CGPA"], ["1", "7.5"]]
    with pytest.raises(DataError, match=r"row 2 .--header-row. is blank.* with cells are 1, 3"):
        find_header(rows, [1, 3], FileOptions(header_row=2), "f")
