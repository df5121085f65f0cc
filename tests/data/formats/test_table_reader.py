import datetime as dt

import numpy as np
import pandas as pd
import pytest
import xlsxwriter

from placement.config.file_options import FileOptions
from placement.data.formats.table_reader import BlockRequest, open_table
from placement.errors import DataError


def written(folder, text, name="may.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rows_of(source, block_rows=65_536, wants_sheet=None, **options):
    reader = open_table(source, FileOptions(**options), wants_sheet=wants_sheet)
    blocks = list(reader.blocks(BlockRequest(records=True, block_rows=block_rows)))
    return [list(row) for b in blocks for row in zip(*b.columns.values(), strict=True)]


def refused(source, **options):
    with pytest.raises(DataError) as caught:
        rows_of(source, **options)
    return str(caught.value)


def workbook(path, **sheets):
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    return path


# --- text ---------------------------------------------------------------------------------


def test_padding_and_quotes_round_headers_and_cells_are_taken_away(tmp_path):
    text = ' cgpa\t, \'placed\' ,"""city"""\n 7.5 ,\'Yes\',"""Pune"""\n6.1, "No" ,O\'Brien\n'
    path = written(tmp_path, text)
    assert open_table(path).names == ("cgpa", "placed", "city")
    assert rows_of(path) == [["7.5", "Yes", "Pune"], ["6.1", "No", "O'Brien"]]


def test_title_rows_above_the_header_are_skipped_and_said(tmp_path):
    text = (
        "XYZ College\nPlacement report, 2025\n\ncgpa,iq,branch,placed\n7.5,110,CSE,Yes\n6,9,EE,No\n"
    )
    reader = open_table(written(tmp_path, text))
    assert reader.names == ("cgpa", "iq", "branch", "placed")
    assert reader.notes == ("2 title rows above the header skipped",)
    assert reader.preamble == "XYZ College\nPlacement report, 2025\n\n"
    assert next(reader.blocks()).lines.tolist() == [5, 6]


def test_title_rows_with_trailing_commas_are_skipped(tmp_path):
    text = "XYZ College,,,\nReport 2025,,,\ncgpa,iq,branch,placed\n7.5,110,CSE,Yes\n6,9,EE,No\n"
    assert open_table(written(tmp_path, text)).names == ("cgpa", "iq", "branch", "placed")


def test_an_unnamed_index_above_numbers_is_no_title(tmp_path):
    assert open_table(written(tmp_path, ",placed\n0,1\n1,0\n")).names == ("unnamed_1", "placed")


def test_blank_lines_are_skipped_and_counted_and_lines_stay_physical(tmp_path):
    text = '\na,b\n1,2\n\n  \n3,"x\n\ny"\n,,\n5,6\n ,\n\n'
    path = written(tmp_path, text)
    for block_rows in (1, 2, 100):
        blocks = list(open_table(path).blocks(BlockRequest(records=True, block_rows=block_rows)))
        assert [int(line) for b in blocks for line in b.lines] == [3, 6, 10]
        assert [row for b in blocks for row in range(b.first_row, b.first_row + len(b))] == [
            1,
            2,
            3,
        ]
        assert sum(b.blank_lines for b in blocks) == 5
        assert [r for b in blocks for r in b.records] == ["1,2", '3,"x\n\ny"', "5,6"]
    assert rows_of(path)[1] == ["3", "x\n\ny"]


def test_where_names_file_row_and_line(tmp_path):
    block = next(open_table(written(tmp_path, "a,b\n\n1,2\n")).blocks())
    assert block.where(0) == "may.csv, row 1 (line 3)"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "22,Male,Electronics And Communication,1,8,1,1,1\n21,Female,CSE,0,7,1,1,1\n",
            "A,B,C,D,E,F,G,H",
        ),
        ("0,1,622.6\n1,0,538.0\n", "A,B,C"),
        ("0;1;622,6\n1;0;538,0\n", "A,B,C"),
        ("Male,CSE,Yes\nFemale,EE,No\nMale,CSE,No\nMale,EE,Yes\n", "A,B,C"),
        (",".join(["1"] * 28) + "\n" + ",".join(["2"] * 28), "X,Y,Z,AA,AB"),
    ],
)
def test_a_first_row_of_data_is_refused_with_the_names_line(tmp_path, text, hint):
    message = refused(written(tmp_path, text))
    assert "is data, not column names" in message
    assert message.endswith(hint)
    assert "--names A,B" in message


@pytest.mark.parametrize(
    "text",
    ["name,branch\nAsha,CSE\nRavi,EE\n", "10,12,cgpa\n88,90,7.5\n70,60,6.1\n", "cgpa,placed\n"],
)
def test_a_header_of_names_is_not_taken_for_data(tmp_path, text):
    assert len(open_table(written(tmp_path, text)).names) == text.split("\n")[0].count(",") + 1


def test_names_given_make_the_first_row_data(tmp_path):
    path = written(tmp_path, "22,Male,1\n21,Female,0\n")
    assert rows_of(path, names=("age", "gender", "placed")) == [
        ["22", "Male", "1"],
        ["21", "Female", "0"],
    ]
    assert next(open_table(path, FileOptions(names=("a", "b", "c"))).blocks()).lines.tolist() == [
        1,
        2,
    ]
    assert "gives 2 names, but the file has 3 columns" in refused(path, names=("a", "b"))


def test_a_byte_order_mark_is_no_part_of_the_first_cell(tmp_path):
    path = written(tmp_path, b"\xef\xbb\xbf1,x\n2,y\n")
    assert rows_of(path, names=("a", "b")) == [["1", "x"], ["2", "y"]]


def test_names_given_to_a_file_with_a_header_warn(tmp_path):
    reader = open_table(
        written(tmp_path, "cgpa,placed\n7.5,1\n6.1,0\n"), FileOptions(names=("a", "b"))
    )
    assert "looks like a header" in reader.warnings[0]


def test_duplicate_and_empty_names(tmp_path):
    reader = open_table(written(tmp_path, "Central,,Central,Unnamed: 0,Central.2,\n1,2,3,4,5,6\n"))
    assert reader.names == (
        "Central",
        "unnamed_2",
        "Central.3",
        "Unnamed: 0",
        "Central.2",
        "unnamed_6",
    )
    assert reader.unnamed == {"unnamed_2", "Unnamed: 0", "unnamed_6"}
    assert "Central.3" in reader.notes[0]


def test_empty_fields_beyond_the_header_and_beyond_the_rows_are_dropped(tmp_path):
    path = written(tmp_path, "a,b\n1,2,\n3,4,\n5,6,\n")
    assert rows_of(path) == [["1", "2"], ["3", "4"], ["5", "6"]]
    assert next(open_table(path).blocks()).records == ["1,2", "3,4", "5,6"]
    assert "dropped" in open_table(path).notes[0]
    reader = open_table(written(tmp_path, "a,b,,\n1,2\n3,4\n"))
    assert (reader.names, reader.header) == (("a", "b"), "a,b")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a,b\n1,2\n\n3,4,5\n", 4, "3 fields where the heading has 2"),
        ("a,b\n1,2\n3,4,\n5,6\n", 3, "3 fields where the heading has 2"),
        ("a,b,c\n1,2,3\n3,4\n1,2,3\n", 3, "2 fields where the heading has 3"),
        ('a,b\n1,2\n"3,4\n5,6\n', 3, "a quote is opened there and never closed"),
        ('a,b\n1,"2\n', 2, "a quote is opened"),
        ('a,b\n1,2\n"3,4\n5,6\n"7",8\n', 3, "a quote is opened"),
        ('a,b\n1,2\n"3,4\n5,6\n7",8\n', 3, "a quote is opened"),
        ('a,b\nx"y,"z\n', 2, "a quote is opened"),
        ('a,b\n1,2\n"3" x,4\n', 3, "text after a closing quote"),
    ],
)
def test_ragged_rows_and_open_quotes_alone_are_left_out(tmp_path, text, line, words):
    path = written(tmp_path, text)
    for block_rows in (1, 2, 100):
        blocks = list(open_table(path).blocks(BlockRequest(block_rows=block_rows)))
        (row,) = [row for block in blocks for row in block.left_out]
        assert (row.line, row.text, row.file) == (line, text.split("\n")[line - 1], "may.csv")
        assert words in row.reason
        rows = len([one for one in text.split("\n")[1:] if one]) - 1
        assert sum(map(len, blocks)) == rows


def test_a_stray_quote_inside_a_cell_is_a_character(tmp_path):
    assert rows_of(written(tmp_path, 'height,b\n5\'11",1\n6" tall,2\n')) == [
        ["5'11\"", "1"],
        ['6" tall', "2"],
    ]


def test_an_open_quote_far_into_a_long_file_is_one_faulty_row(tmp_path):
    line = f"{'1' * 20},{'2' * 20}\n"
    text = "a,b\n" + line * 10_000 + '"3,4\n' + line * 10_000
    blocks = list(open_table(written(tmp_path, text)).blocks())
    assert [row.line for block in blocks for row in block.left_out] == [10_002]
    assert sum(map(len, blocks)) == 20_000


# --- workbooks ----------------------------------------------------------------------------


def test_a_workbook_is_read_as_text_with_title_rows_and_native_values(tmp_path):
    rows = [
        ["XYZ College"],
        [],
        ["reg", "cgpa", "born", "hosteller", "note"],
        [22011000123456, 7.5, dt.date(2004, 5, 1), True, " as is "],
        [],
        [21, "6,1", dt.date(2003, 1, 2), False, None],
    ]
    reader = open_table(workbook(tmp_path / "may.csv", Students=rows))
    (block,) = reader.blocks()
    assert reader.kind == "excel"
    assert rows_of(tmp_path / "may.csv") == [
        ["22011000123456", "7.5", "2004-05-01", "True", "as is"],
        ["21", "6,1", "2003-01-02", "False", ""],
    ]
    assert block.lines.tolist() == [4, 6]
    assert block.blank_lines == 1
    assert block.raw[0][4] == " as is "


def test_rows_of_a_sheet_that_begins_lower_keep_their_numbers(tmp_path):
    path = workbook(tmp_path / "a.xlsx", S=[[], [], [None, "cgpa"], [None, 7.5]])
    (block,) = open_table(path).blocks()
    assert (block.names, block.lines.tolist()) == (("cgpa",), [4])


def test_a_sheet_is_chosen_by_name_forgivingly(tmp_path):
    path = workbook(tmp_path / "a.xlsx", Cover=[["Hello"]], Students=[["cgpa"], ["x"], [7.5]])
    assert open_table(path, FileOptions(sheet=(" students ",))).names == ("cgpa",)
    assert "did you mean 'Students'" in refused(path, sheet=("Studnets",))


def test_among_several_sheets_the_one_wanted_is_taken(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx", Empty=[], Cover=[["Hello"]], Old=[["cgpa", "x"], [7, "a"]],
        New=[["cgpa", "placed"], [7.5, "Yes"]],
    )  # fmt: skip
    reader = open_table(path, wants_sheet=lambda names, _: "placed" in names)
    assert reader.names == ("cgpa", "placed")
    assert "'New' chosen" in reader.notes[0]
    message = refused(
        path,
        wants_sheet=lambda names, columns: "cgpa" in names and len(columns["cgpa"]) == 1,
    )
    assert "'Old', 'New' could each be meant: choose one with --sheet 'Old'" in message
    assert "the first of" in open_table(path).notes[0]


def test_a_sheet_asked_of_a_text_file_is_an_error(tmp_path):
    assert "--sheet is for workbooks" in refused(written(tmp_path, "a,b\nx,1\n"), sheet=("One",))


# --- Parquet and frames -------------------------------------------------------------------


def frame():
    return pd.DataFrame({
        "cgpa": [7.5, None, 6.0],
        "backlogs": pd.array([1, None, 3], dtype="Int64"),
        "hosteller": pd.array([True, None, False], dtype="boolean"),
        "branch": pd.Categorical(["CSE", None, " EE "]),
        "born": pd.to_datetime(["2004-05-01", None, "2003-01-02"]),
        "mixed": [1, None, "x"],
    })  # fmt: skip


def check_typed(reader):
    (block,) = reader.blocks()
    np.testing.assert_array_equal(block.columns["cgpa"], [7.5, np.nan, 6.0])
    np.testing.assert_array_equal(block.columns["backlogs"], [1, np.nan, 3])
    assert block.columns["hosteller"].tolist() == ["True", None, "False"]
    assert block.columns["branch"].tolist() == ["CSE", None, "EE"]
    assert block.columns["born"].tolist() == ["2004-05-01", None, "2003-01-02"]
    assert len(block) == 3


def test_parquet_keeps_its_types(tmp_path):
    frame().drop(columns="mixed").to_parquet(tmp_path / "a.parquet")
    check_typed(open_table(tmp_path / "a.parquet"))
    blocks = list(
        open_table(tmp_path / "a.parquet").blocks(BlockRequest(records=True, block_rows=2))
    )
    assert [(b.first_row, len(b)) for b in blocks] == [(1, 2), (3, 1)]


def test_a_frame_is_a_table_whatever_its_index():
    reader = open_table(frame().set_index(pd.Index([5, 5, 5])))
    check_typed(reader)
    assert next(reader.blocks()).columns["mixed"].tolist() == ["1", None, "x"]
    assert reader.name == "DataFrame"


# --- several files ------------------------------------------------------------------------


def test_several_files_are_matched_by_name_whatever_their_form(tmp_path):
    first = written(tmp_path, "CGPA,placed\n7.5,Yes\n", "a.csv")
    second = written(tmp_path, "placed ; cgpa\nNo;6,1\n", "b.csv")
    third = workbook(tmp_path / "c.xlsx", S=[["cgpa", "placed"], [5, "No"]])
    reader = open_table([first, second, third])
    assert reader.name == "3 files"
    assert rows_of([first, second, third]) == [["7.5", "Yes"], ["6,1", "No"], ["5", "No"]]
    blocks = list(reader.blocks())
    assert [b.file for b in blocks] == ["a.csv", "b.csv", "c.xlsx"]
    assert [b.records for b in blocks] == [["7.5,Yes"], None, None]
    assert reader.number_format.grouping == "."


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("cgpa,status", "b.csv: no column 'placed'"),
        ("cgpa,placed,x", "b.csv: column 'x' is not in a.csv"),
    ],
)
def test_files_with_other_columns_are_refused(tmp_path, header, words):
    first = written(tmp_path, "cgpa,placed\n7.5,Yes\n", "a.csv")
    second = written(tmp_path, f"{header}\n" + ",".join("7" * (header.count(",") + 1)), "b.csv")
    assert words in refused([first, second])
