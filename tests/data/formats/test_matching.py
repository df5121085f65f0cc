import pandas as pd
import pytest

from placement.config.file_options import FileOptions
from placement.data.formats.table_reader import BlockRequest, open_table
from placement.errors import DataError, UsageError


@pytest.fixture
def sheet(tmp_path):
    path = tmp_path / "may.csv"
    path.write_text("roll,X %,UG CGPA,a=b\n1,58.2,6.26,p\n2,69.6,7.31,q\n")
    return str(path)


def opened(source, *renames):
    return open_table(source, FileOptions(rename=renames))


def cells(reader, name):
    return [row for block in reader.blocks() for row in block.columns[name].tolist()]


def test_a_column_has_the_new_name_for_everybody_and_it_is_said(sheet):
    reader = opened(sheet, "tenth=X %", "cgpa=ug  cgpa")
    assert reader.names == ("roll", "tenth", "cgpa", "a=b")
    assert cells(reader, "cgpa") == ["6.26", "7.31"]
    assert reader.file_names == {"tenth": "X %", "cgpa": "UG CGPA"}
    assert "'X %' is read as 'tenth' (--rename)" in reader.notes


def test_the_records_stay_as_they_are(sheet):
    (block,) = opened(sheet, "tenth=X %").blocks(BlockRequest(records=True))
    assert block.records[0] == "1,58.2,6.26,p"


def test_a_name_may_have_the_sign_in_it(sheet):
    assert opened(sheet, "c=a=b").names[-1] == "c"
    assert opened(sheet, "x=y=X %").names[1] == "x=y"


def test_a_frame_and_a_workbook_are_renamed_alike(tmp_path):
    frame = pd.DataFrame({"UG\nCGPA": [7.5, 6], "status": ["Yes", "No"]})
    frame.to_excel(tmp_path / "may.xlsx", index=False)
    for source in (frame, str(tmp_path / "may.xlsx")):
        reader = opened(source, "cgpa=UG CGPA")
        assert reader.names == ("cgpa", "status")
        assert [float(cell) for cell in cells(reader, "cgpa")] == [7.5, 6]


def test_the_sheet_is_chosen_by_the_new_names(tmp_path):
    with pd.ExcelWriter(tmp_path / "may.xlsx") as book:
        pd.DataFrame({"x": [1, 2]}).to_excel(book, sheet_name="Cover", index=False)
        pd.DataFrame({"UG CGPA": [7, 8]}).to_excel(book, sheet_name="Data", index=False)
    reader = open_table(
        str(tmp_path / "may.xlsx"),
        FileOptions(rename=("cgpa=UG CGPA",)),
        wants_sheet=lambda names, columns: names == ("cgpa",) and "cgpa" in columns,
    )
    assert reader.names == ("cgpa",)


def test_the_files_of_a_table_may_differ_in_what_is_renamed(tmp_path, sheet):
    other = tmp_path / "june.csv"
    other.write_text("roll,CGPA,X %,a=b\n3,8.1,70,r\n")
    with pytest.raises(DataError, match='where it has another name: --rename "UG CGPA=CGPA"'):
        opened([sheet, str(other)])
    reader = opened([sheet, str(other)], "CGPA=UG CGPA")
    assert reader.names == ("roll", "X %", "CGPA", "a=b")
    assert cells(reader, "CGPA") == ["6.26", "7.31", "8.1"]


def test_a_rename_of_no_column_is_refused_unless_the_new_name_is_there(sheet):
    with pytest.raises(DataError, match=r"no column 'UG CGPI' .*did you mean 'UG CGPA'"):
        opened(sheet, "cgpa=UG CGPI")
    assert opened(sheet, "roll=Roll No").names[0] == "roll"


def test_two_columns_of_one_name_are_refused(sheet):
    with pytest.raises(DataError, match="would make two columns 'roll'"):
        opened(sheet, "roll=X %")


@pytest.mark.parametrize("text", ["cgpa", "=X", "cgpa=", " = "])
def test_what_names_no_two_columns_is_wrong_usage(text):
    with pytest.raises(UsageError, match="NEW=OLD"):
        FileOptions(rename=(text,))
