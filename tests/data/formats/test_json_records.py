"""Records in JSON: lines, lists, one named list; and files that are named with their way out."""

import json

import pytest

from placement.config.file_options import FileOptions
from placement.data.formats.table_reader import open_table
from placement.errors import DataError

RECORDS = [
    {"roll": "007", "cgpa": 7.5, "backlogs": 0, "placed": True},
    {"roll": "008", "cgpa": None, "backlogs": 2, "placed": False},
    {"roll": "009", "cgpa": 8, "placed": True, "note": "x, y"},
]
NAMES = ("roll", "cgpa", "backlogs", "placed", "note")
ROWS = [
    ("007", "7.5", "0", "True", ""),
    ("008", "", "2", "False", ""),
    ("009", "8", "", "True", "x, y"),
]


@pytest.fixture
def opened(tmp_path):
    """Open a file with this text."""

    def open_text(text, name="a.json", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return open_table(path, FileOptions(**options))

    return open_text


def rows_of(reader):
    blocks = list(reader.blocks())
    columns = [[cell for b in blocks for cell in b.columns[name]] for name in reader.names]
    return list(zip(*columns, strict=True))


LINES = "\n".join(map(json.dumps, RECORDS))


@pytest.mark.parametrize(
    "text",
    [
        LINES,
        LINES.replace("\n", "\n\n") + "\n",
        json.dumps(RECORDS),
        json.dumps(RECORDS, indent=2),
        "\ufeff" + json.dumps(RECORDS),
        json.dumps({"count": 3, "students": RECORDS}, indent=1),
        json.dumps(RECORDS).encode("utf-16"),
        json.dumps(RECORDS, ensure_ascii=False).replace("007", "007"),
    ],
)
def test_records_are_rows(opened, text):
    reader = opened(text)
    assert (reader.kind, reader.names) == ("json", NAMES)
    assert rows_of(reader) == ROWS


def test_a_row_is_named_by_its_line(opened):
    reader = opened(json.dumps(RECORDS, indent=2))
    assert next(reader.blocks()).where(1) == "a.json, row 2 (line 8)"
    assert next(opened("\n" + LINES).blocks()).where(1) == "a.json, row 2 (line 3)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1}\n{"a": 2, "b": [1]}\n', "line 2: 'b' holds an object or a list"),
        ('[{"a": {"x": 1}}]', "line 1: 'a' holds an object or a list"),
        ('{"a": 1}\n{"a": 2\n', "line 2: not readable as JSON"),
        ('{"a": 1, "a": 2}', "line 1: not readable as JSON (the key 'a' stands twice"),
        ('[{"a": 1}, 5]', "line 1: a record that is no object"),
        ('[ {"a": 1}', "cut short"),
    ],
)
def test_what_is_no_flat_record_is_refused_by_line(opened, text, said):
    with pytest.raises(DataError) as refused:
        opened(text)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"$FL2@(#) SPSS DATA FILE", "an SPSS file: export it as CSV, with labels"),
        (b"<stata_dta><header>", "a Stata file: export it as CSV"),
        (b"r\x02\x01\x00\x03\x00", "a Stata file: export it as CSV"),
        (b"\x80\x05\x95\xcc", "a Python pickle"),
        (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook", "a web archive: open it in Excel"),
    ],
)
def test_files_of_other_programs_are_named_with_the_way_out(opened, content, said):
    with pytest.raises(DataError, match=said):
        opened(content, "a.sav")


@pytest.mark.parametrize(
    "address",
    ["https://docs.google.com/spreadsheets/d/abc/edit", "http://x/y.csv", "s3://a/b*.csv"],
)
def test_an_address_is_named_as_such(address):
    with pytest.raises(DataError) as refused:
        open_table(address)
    assert str(refused.value).startswith(f"{address}: an address, not a file: download it")


def test_rows_that_are_lists_are_refused_as_such(opened):
    with pytest.raises(DataError, match="line 1: a record that is no object: write one object"):
        opened('[["roll", "placed"], ["007", "yes"]]')
