import gzip
import sys
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.config.file_options import FileOptions
from placement.data.formats.delimited.csv_records import fields
from placement.data.formats.delimited.dialect import Dialect
from placement.data.formats.table_reader import BlockRequest, open_table
from placement.data.output.csv_cells import quote_cell
from placement.data.output.csv_writer import open_output, output_format
from placement.errors import StoreError, UsageError
from placement.model.scorer import Coded

ADDED = ("placement_probability", "placement_label")


def written(folder, content, name="may.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


def predicted(source, out, *, rows=None, block_rows=65_536, label="Yes"):
    """Write the probability 0.25, 0.5 … and a label beside each row."""
    reader = open_table(source)
    with open_output(None if out is None else str(out), reader, ADDED) as output:
        for block in reader.blocks(BlockRequest(records=True, block_rows=block_rows)):
            probability = 0.25 * np.arange(block.first_row, block.first_row + len(block))
            labels = np.array([label] * len(block), dtype=object)
            output.put(
                output.prepare(block, dict(zip(ADDED, (probability, labels), strict=True)), rows)
            )
    return output


@pytest.mark.parametrize("block_rows", [1, 1000])
def test_each_record_is_kept_byte_for_byte(tmp_path, block_rows):
    path = written(tmp_path, b'\xef\xbb\xbf"cgpa" ,name\r\n 7.50,"A, ""B"""\r\n,,\r\n06.1,\'x\'')
    predicted(path, tmp_path / "out.csv", block_rows=block_rows)
    assert (tmp_path / "out.csv").read_bytes() == (
        b'\xef\xbb\xbf"cgpa" ,name,placement_probability,placement_label\r\n'
        b' 7.50,"A, ""B""",0.25,Yes\r\n'
        b"06.1,'x',0.5,Yes\r\n"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;b\n7,5;x\n", "a;b;placement_probability;placement_label\n7,5;x;0,25;Not Placed\n"),
        (
            'a,b\n"7,5",x\n',
            'a,b,placement_probability,placement_label\n"7,5",x,"0,25",Not Placed\n',
        ),
        ("a b\n7.5 x \n", 'a b placement_probability placement_label\n7.5 x 0.25 "Not Placed"\n'),
        (
            "a\tb\r7.5\tx\r",
            "a\tb\tplacement_probability\tplacement_label\r7.5\tx\t0.25\tNot Placed\r",
        ),
        (
            '"a","b"\n"7","x"\n"8","y"\n',
            (
                '"a","b","placement_probability","placement_label"\n"7","x","0.25","Not Placed"\n'
                '"8","y","0.5","Not Placed"\n'
            ),
        ),
        (
            '"a","b"\n7,"x"\n8,"y"\n',
            (
                '"a","b","placement_probability","placement_label"\n7,"x",0.25,"Not Placed"\n'
                '8,"y",0.5,"Not Placed"\n'
            ),
        ),
        ("a,b\n7,x,,\n", "a,b,placement_probability,placement_label\n7,x,0.25,Not Placed\n"),
    ],
)
def test_new_cells_are_written_as_the_file_writes_its_own(tmp_path, text, expected):
    predicted(written(tmp_path, text), tmp_path / "out.csv", label="Not Placed")
    assert (tmp_path / "out.csv").read_bytes().decode() == expected


@pytest.mark.parametrize(
    ("encoding", "bom", "name"),
    [
        ("utf-16-le", b"\xff\xfe", "José"),
        ("cp1252", b"", "José"),
        ("cp1251", b"", "Иванова Анна"),
        ("gb18030", b"", "王小明"),
        ("cp932", b"", "鈴木花子"),
    ],
)
def test_the_encoding_is_kept(tmp_path, encoding, bom, name):
    path = written(tmp_path, bom + f"name,cgpa\n{name},7.5\n".encode(encoding))
    predicted(path, tmp_path / "out.csv")
    expected = f"name,cgpa,placement_probability,placement_label\n{name},7.5,0.25,Yes\n"
    assert (tmp_path / "out.csv").read_bytes() == bom + expected.encode(encoding)


def test_a_label_the_encoding_lacks_is_an_error_that_leaves_no_file(tmp_path):
    path = written(tmp_path, "name,cgpa\nJosé,7.5\n".encode("cp1252"))
    with pytest.raises(StoreError, match="cannot be written in cp1252"):
        predicted(path, tmp_path / "out.csv", label="தமிழ்")
    assert files_in(tmp_path) == ["may.csv"]


def test_a_note_says_what_the_encoding_can_say(tmp_path):
    reader = open_table(written(tmp_path, "name,cgpa\nJosé,7.5\n".encode("cp1252")))
    notes = Coded(np.zeros(1, dtype=np.int64), np.array(["专业: unseen, José"], dtype=object))
    with open_output(str(tmp_path / "out.csv"), reader, ("placement_notes",)) as output:
        for block in reader.blocks(BlockRequest(records=True)):
            output.put(output.prepare(block, {"placement_notes": notes}))
    expected = 'name,cgpa,placement_notes\nJosé,7.5,"??: unseen, José"\n'
    assert (tmp_path / "out.csv").read_bytes().decode("cp1252") == expected


def test_title_rows_stay_above_the_header(tmp_path):
    path = written(tmp_path, "XYZ College,,\n\ncgpa,iq,placed\n7.5,110,Yes\n6,90,No\n")
    predicted(path, tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[:3] == [
        "XYZ College,,",
        "",
        "cgpa,iq,placed,placement_probability,placement_label",
    ]


def test_columns_of_an_earlier_prediction_are_replaced_and_others_stay(tmp_path):
    text = (
        "placement_label,cgpa,placement_low,placement_exam_marks\n"
        '"No, no", 7.50 ,0.1,8\nNo,"6.1",0.2,9\n'
    )
    output = predicted(written(tmp_path, text), tmp_path / "out.csv")
    assert output.replaced == ("placement_label", "placement_low")
    assert (tmp_path / "out.csv").read_text() == (
        "cgpa,placement_exam_marks,placement_probability,placement_label\n"
        ' 7.50 ,8,0.25,Yes\n"6.1",9,0.5,Yes\n'
    )


def test_predicting_twice_gives_the_same_bytes(tmp_path):
    path = written(tmp_path, 'a,b\n"7,5",x\n1,y\n')
    predicted(path, tmp_path / "one.csv")
    predicted(tmp_path / "one.csv", tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


@pytest.mark.parametrize("rows", [np.array([False, True, True]), [1, 2]])
def test_rows_are_chosen_by_mask_or_position(tmp_path, rows):
    predicted(written(tmp_path, "a,b\n1,x\n2,y\n3,z\n"), tmp_path / "out.csv", rows=rows)
    assert [line[:3] for line in (tmp_path / "out.csv").read_text().splitlines()[1:]] == [
        "2,y",
        "3,z",
    ]


def test_a_tsv_ending_writes_tabs_and_a_gz_ending_packs(tmp_path):
    path = written(tmp_path, 'a,b\n1,"x, y"\n')
    predicted(path, tmp_path / "out.tsv.gz")
    assert (tmp_path / "out.tsv.gz").read_bytes()[4:8] == bytes(4)  # no time
    text = gzip.decompress((tmp_path / "out.tsv.gz").read_bytes()).decode()
    assert text == "a\tb\tplacement_probability\tplacement_label\n1\tx, y\t0.25\tYes\n"


def test_names_given_by_the_user_become_a_header(tmp_path):
    reader = open_table(written(tmp_path, "1,2\n3,4\n"), FileOptions(names=("a", "b")))
    with open_output(str(tmp_path / "out.csv"), reader, ["p"]) as output:
        for block in reader.blocks():
            output.put(output.prepare(block, {"p": [0.5, float("nan")]}))
    assert (tmp_path / "out.csv").read_text() == "a,b,p\n1,2,0.5\n3,4,\n"


def test_files_of_other_dialects_are_written_as_the_first(tmp_path):
    first = written(tmp_path, "a,b\n1.0,x\n", "a.csv")
    second = written(tmp_path, "b;a\ny;2,5\n", "b.csv")
    predicted([first, second], tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == (
        'a,b,placement_probability,placement_label\n1.0,x,0.25,Yes\n"2,5",y,0.25,Yes\n'
    )


def typed_book(path):
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(
            [["reg", "cgpa", ""], [22011000123456, 7.5, "=1+1"], [21, 6, "-x"]]
        ):
            for column, cell in enumerate(row):
                sheet.write_string(place, column, cell) if isinstance(
                    cell, str
                ) else sheet.write_number(place, column, cell)
    return path


def test_a_workbook_goes_to_standard_output_as_csv(tmp_path, capfdbinary):
    predicted(typed_book(tmp_path / "a.xlsx"), None)
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == (
        b"reg,cgpa,,placement_probability,placement_label\n22011000123456,7.5,=1+1,0.25,Yes\n21,6,-x,0.5,Yes\n"
    )


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")  # of bars, which it cannot draw
def test_a_workbook_out_keeps_identifiers_and_formula_like_cells_as_text(tmp_path):
    predicted(typed_book(tmp_path / "a.xlsx"), tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["List"]
    rows = [[cell.value for cell in row] for row in sheet.rows]
    assert rows[0] == ["reg", "cgpa", None, *ADDED]
    assert rows[1] == ["22011000123456", 7.5, "=1+1", 0.25, "Yes"]
    assert rows[2] == [21, 6, "-x", 0.5, "Yes"]
    assert sheet["C2"].data_type == "s"


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")  # of bars, which it cannot draw
def test_text_becomes_numbers_in_a_workbook_only_where_nothing_is_lost(tmp_path):
    text = "reg,roll,mark,f\n220110001234,007,67.00,=A1\n123456789,8,-7.5,+91\n"
    predicted(written(tmp_path, text), tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["List"]
    rows = [[cell.value for cell in row][:4] for row in sheet.rows]
    assert rows[1:] == [["220110001234", "007", 67, "=A1"], ["123456789", 8, -7.5, "+91"]]
    assert sheet["C2"].number_format == "0.00"
    assert sheet["D2"].data_type == "s"


def test_parquet_out_keeps_the_types_of_parquet_in(tmp_path):
    table = pa.table({"roll": [1, None], "big": [2**60 + 1, 3], "placement_label": ["a", "b"]})
    pq.write_table(table, tmp_path / "a.parquet")
    predicted(tmp_path / "a.parquet", tmp_path / "out.parquet", block_rows=1)
    out = pq.read_table(tmp_path / "out.parquet")
    assert out.schema.names == ["roll", "big", *ADDED]
    assert out["big"].to_pylist() == [2**60 + 1, 3]
    assert out["roll"].to_pylist() == [1, None]
    assert out["placement_probability"].to_pylist() == [0.25, 0.5]


def test_parquet_in_text_out_writes_integers_as_integers(tmp_path):
    pq.write_table(pa.table({"roll": [1, None], "on": [True, False]}), tmp_path / "a.parquet")
    predicted(tmp_path / "a.parquet", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().splitlines()[1:] == [
        "1,True,0.25,Yes",
        ",False,0.5,Yes",
    ]


@pytest.mark.parametrize("ending", ["parquet", "xlsx", "csv"])
def test_text_with_no_chosen_row_gives_a_file_with_its_columns(tmp_path, ending):
    predicted(written(tmp_path, "a,b\n1,x\n"), tmp_path / f"out.{ending}", rows=[])
    reader = open_table(tmp_path / f"out.{ending}")
    assert reader.names == ("a", "b", *ADDED)
    assert sum(map(len, reader.blocks())) == 0


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "xlsx", "parquet"])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_file_and_no_other(tmp_path, ending, error):
    reader = open_table(written(tmp_path, "a,b\n1,x\n"))
    out = written(tmp_path, b"old", f"out.{ending}")

    def fail_midway():
        with open_output(str(out), reader, ["p"]) as output:
            output.put(output.prepare(next(reader.blocks()), {"p": [0.5]}))
            raise error

    with pytest.raises(error):
        fail_midway()
    assert out.read_bytes() == b"old"
    assert files_in(tmp_path) == ["may.csv", f"out.{ending}"]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_the_input_may_be_replaced_by_its_prediction(tmp_path, ending):
    path = written(tmp_path, "a,b\n1,x\n", f"may.{ending}")
    predicted(path, path)
    assert open_table(path).names == ("a", "b", *ADDED)
    assert files_in(tmp_path) == [path.name]


def test_a_full_disk_is_a_store_error(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(StoreError, match="No space left"):
        predicted(written(tmp_path, "a,b\n" + "1,x\n" * 9999), "/dev/full")


def test_a_folder_that_is_not_there_and_a_directory_are_store_errors(tmp_path):
    path = written(tmp_path, "a,b\n1,x\n")
    with pytest.raises(StoreError, match="folder does not exist"):
        predicted(path, tmp_path / "no" / "out.csv")
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(StoreError, match="a directory is there"):
        predicted(path, tmp_path / "out.csv")


def test_an_unknown_ending_is_a_usage_error_before_any_reading():
    for out in ("out.doc", "out.parquet.gz", "out.gz"):
        with pytest.raises(UsageError, match="the ending must be one of"):
            output_format(out)
    assert output_format("OUT.XLSX") == "xlsx"


def test_a_closed_pipe_is_left_to_the_caller(tmp_path, monkeypatch):
    class Closed:
        def flush(self):
            pass

        def write(self, _):
            raise BrokenPipeError

    monkeypatch.setattr(
        sys, "stdout", type("Out", (), {"buffer": Closed(), "flush": Closed().flush})()
    )
    with pytest.raises(BrokenPipeError):
        predicted(written(tmp_path, "a,b\n1,x\n"), None)


@settings(deadline=None, max_examples=100)
@given(
    cells=st.lists(st.text(st.sampled_from("ab ,;\"\n'7"), max_size=6), min_size=1, max_size=5),
    delimiter=st.sampled_from(",;|\t "),
    quoting=st.sampled_from(["minimal", "text", "all"]),
)
def test_a_written_record_splits_into_its_raw_fields(cells, delimiter, quoting):
    dialect = Dialect(delimiter=delimiter, quoting=quoting)
    raw = [quote_cell(cell, dialect) for cell in cells]
    assert fields(delimiter.join(raw), dialect) == raw


@pytest.mark.parametrize(
    ("content", "mark"),
    [
        ("ad,cgpa\nமணி,7\n".encode(), b"\xef\xbb\xbf"),
        (b"\xef\xbb\xbfad,cgpa\nx,7\n", b"\xef\xbb\xbf"),
        ("ad,cgpa\nJosé,7\nZoë,8\n".encode("cp1252"), b""),
    ],
)
def test_text_for_excel_says_that_it_is_utf_8_where_it_is(tmp_path, content, mark):
    reader = open_table(written(tmp_path, content))
    out = tmp_path / "out.csv"
    with open_output(str(out), reader, ["p"], excel=True) as output:
        for block in reader.blocks(BlockRequest(records=True)):
            output.put(output.prepare(block, {"p": np.zeros(len(block))}))
    assert out.read_bytes().startswith(mark + b"ad,cgpa,p\n")
