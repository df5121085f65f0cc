import gzip
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from placement.data.formats.blocks import BlockRequest
from placement.data.formats.sources import find_sources
from placement.data.formats.table_reader import open_table
from placement.errors import DataError

ROWS = b"cgpa,placed\n7.5,Yes\n6.1,No\n"


def refused(path):
    with pytest.raises(DataError) as caught:
        open_table(path)
    return str(caught.value)


def cells(source, name="cgpa", **options):
    return [
        cell for block in open_table(source, **options).blocks() for cell in block.columns[name]
    ]


def test_plain_gzip_and_zstd_are_told_by_content_not_by_name(tmp_path):
    (tmp_path / "plain.gz").write_bytes(ROWS)
    (tmp_path / "packed.csv").write_bytes(gzip.compress(ROWS))
    with pa.CompressedOutputStream(str(tmp_path / "packed.txt"), "zstd") as stream:
        stream.write(ROWS)
    for name in ("plain.gz", "packed.csv", "packed.txt"):
        assert cells(tmp_path / name) == ["7.5", "6.1"]


@pytest.mark.skipif(os.name != "posix", reason="file names of any bytes exist on POSIX only")
def test_a_zstd_file_whose_name_is_no_text_is_read(tmp_path):
    path = tmp_path / os.fsdecode(b"\xff.zst")
    path.write_bytes(pa.compress(ROWS, "zstd", asbytes=True))
    assert cells(path) == ["7.5", "6.1"]


def test_parquet_is_recognised_under_a_csv_name_and_inside_gzip(tmp_path):
    pq.write_table(pa.table({"cgpa": [7.5, None]}), tmp_path / "data.csv")
    assert open_table(tmp_path / "data.csv").kind == "parquet"
    (tmp_path / "data.gz").write_bytes(gzip.compress((tmp_path / "data.csv").read_bytes()))
    assert open_table(tmp_path / "data.gz").kind == "parquet"


def test_a_parquet_file_cut_short_is_named(tmp_path):
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"cgpa": [7.5] * 100}), whole)
    (tmp_path / "may.parquet").write_bytes(whole.read_bytes()[:-20])
    assert "may.parquet: a Parquet file cut short or damaged" in refused(tmp_path / "may.parquet")


@pytest.mark.parametrize("keep", [0.5, 0.95])
def test_a_gzip_cut_short_is_named(tmp_path, keep):
    lines = [f"{os.urandom(3).hex()},Yes" for _ in range(3000)]
    packed = gzip.compress(("code,placed\n" + "\n".join(lines)).encode())
    (tmp_path / "may.csv").write_bytes(packed[: int(len(packed) * keep)])
    with pytest.raises(DataError, match=r"may\.csv: cut short or damaged"):
        cells(tmp_path / "may.csv", "code")


def test_a_zstd_cut_short_is_an_error(tmp_path):
    with pa.CompressedOutputStream(str(tmp_path / "whole"), "zstd") as stream:
        stream.write(
            b"code,placed\n" + b"".join(os.urandom(3).hex().encode() + b",1\n" for _ in range(9999))
        )
    data = (tmp_path / "whole").read_bytes()
    (tmp_path / "may.csv").write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match=r"may\.csv"):
        cells(tmp_path / "may.csv", "code")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "save it again as .xlsx"),
        (b"%PDF-1.7 rest", "a PDF"),
        (b"<!DOCTYPE html><html></html>", "an HTML page"),
        (b"\xef\xbb\xbf  <HTML><body>", "an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n", "git lfs pull"),
        (b"a,b\n<<<<<<< HEAD\n1,2\n=======\n3,4\n>>>>>>> main\n", "line 2: a git merge conflict"),
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (bytes(range(256)) * 40, "binary data"),
        (b"PK\x03\x04 and no more", "a workbook cut short or damaged"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, content, words):
    (tmp_path / "may.csv").write_bytes(content)
    message = refused(tmp_path / "may.csv")
    assert words in message
    assert message.startswith("may.csv")


def test_a_zip_archive_of_something_else_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "may.xlsx", "w") as archive:
        archive.writestr("may.csv", "a,b\n")
    assert "unpack it first" in refused(tmp_path / "may.xlsx")


@pytest.mark.parametrize(
    ("member", "words"),
    [("word/document.xml", "a Word document"), ("Index/Document.iwa", "an Apple Numbers document")],
)
def test_other_documents_in_a_zip_archive_are_named(tmp_path, member, words):
    with zipfile.ZipFile(tmp_path / "may.xlsx", "w") as archive:
        archive.writestr(member, "x")
    assert words in refused(tmp_path / "may.xlsx")


def test_a_missing_file_suggests_the_nearest_name(tmp_path):
    (tmp_path / "students.csv").write_bytes(ROWS)
    assert "did you mean 'students.csv'" in refused(tmp_path / "student.csv")


def test_a_directory_is_refused_with_a_pattern(tmp_path):
    assert "a directory" in refused(tmp_path)


def test_a_file_without_permission_is_named(tmp_path, monkeypatch):
    (tmp_path / "may.csv").write_bytes(ROWS)

    def refuse(self, *args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert refused(tmp_path / "may.csv").startswith("may.csv: no permission to read")


def test_a_glob_reads_every_match_in_order_and_must_match(tmp_path):
    (tmp_path / "b.csv").write_bytes(b"cgpa,placed\n2.5,No\n")
    (tmp_path / "a.csv").write_bytes(ROWS)
    assert [s.name for s in find_sources(str(tmp_path / "*.csv"))] == ["a.csv", "b.csv"]
    assert cells(str(tmp_path / "*.csv")) == ["7.5", "6.1", "2.5"]
    assert "no file matches" in refused(str(tmp_path / "*.tsv"))


def test_a_file_that_is_given_twice_is_told(tmp_path):
    (tmp_path / "a.csv").write_bytes(ROWS)
    (tmp_path / "b.csv").write_bytes(ROWS)
    given = open_table([str(tmp_path / "*.csv"), str(tmp_path / "." / "a.csv")])
    assert given.warnings == (
        f"{tmp_path / 'a.csv'}: given 2 times, so each of its rows counts 2 times",
    )
    assert open_table(str(tmp_path / "*.csv")).warnings == ()


def test_a_file_whose_name_looks_like_a_glob_is_read(tmp_path):
    (tmp_path / "may[1].csv").write_bytes(ROWS)
    assert cells(str(tmp_path / "may[1].csv")) == ["7.5", "6.1"]


def test_standard_input_can_be_walked_twice(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ROWS)))
    reader = open_table("-")
    assert reader.name == "standard input"
    for _ in range(2):
        assert [len(block) for block in reader.blocks()] == [2]


def test_text_needs_neither_pandas_nor_pyarrow(tmp_path):
    (tmp_path / "may.csv").write_bytes(ROWS)
    code = """
import sys
from placement.data.formats.table_reader import open_table
from placement.data.output.csv_writer import open_output
reader = open_table(sys.argv[1])
with open_output(None, reader, ["p"]) as output:
    for block in reader.blocks():
        output.put(output.prepare(block, {"p": [0.5] * len(block)}))
heavy = {"pandas", "pyarrow", "torch", "python_calamine", "xlsxwriter"} & set(sys.modules)
assert not heavy, heavy
"""
    command = [sys.executable, "-c", code, str(tmp_path / "may.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "cgpa,placed,p\n7.5,Yes,0.5\n6.1,No,0.5\n"


@pytest.fixture
def partitioned(tmp_path):
    """A table that another program cut by batch and city, with its notes beside the rows."""
    frame = pd.DataFrame(
        {
            "cgpa": [7.0, 8.0, 6.0, 9.0],
            "batch": [2024, 2024, 2025, 2025],
            "city": ["Salem", "São Paulo/1", None, "Salem"],
        }
    )
    pq.write_to_dataset(
        pa.Table.from_pandas(frame), tmp_path / "all", partition_cols=["batch", "city"]
    )
    (tmp_path / "all" / "_SUCCESS").touch()
    (tmp_path / "all" / ".part.parquet").write_bytes(b"half written")
    (tmp_path / "all" / "_old").mkdir()
    (tmp_path / "all" / "_old" / "x.parquet").write_bytes(b"not one of them")
    return tmp_path / "all"


def test_a_folder_of_parquet_is_one_table_with_the_columns_its_folders_say(partitioned):
    reader = open_table(partitioned)
    assert (reader.name, reader.kind, reader.likely_rows) == ("4 files", "parquet", 4)
    assert reader.names == ("cgpa", "batch", "city")
    rows = []
    for block in reader.blocks():
        cells = {name: block.columns[name] for name in reader.names}
        rows += zip(*(getattr(c, "to_numpy", lambda c=c: c)() for c in cells.values()), strict=True)
    assert sorted(rows, key=str) == [
        (6.0, 2025.0, None), (7.0, 2024.0, "Salem"), (8.0, 2024.0, "São Paulo/1"),
        (9.0, 2025.0, "Salem"),
    ]  # fmt: skip


def test_the_types_of_a_partitioned_table_are_kept(partitioned):
    for block in open_table(partitioned).blocks():
        assert [str(kind) for kind in block.raw.schema.types] == ["double", "int64", "string"]


def test_only_the_columns_that_are_wanted_of_a_folder_are_read(partitioned):
    for block in open_table(partitioned).blocks(BlockRequest(columns=frozenset({"batch"}))):
        assert list(block.columns) == ["batch"]


def test_codes_that_begin_with_a_zero_stay_words(tmp_path):
    for code in ("007", "12"):
        (tmp_path / f"code={code}").mkdir()
        pq.write_table(pa.table({"x": [1.5]}), tmp_path / f"code={code}" / "a.parquet")
    seen = [block.columns["code"].texts.tolist() for block in open_table(tmp_path).blocks()]
    assert seen == [["007"], ["12"]]


def test_a_column_of_the_file_itself_is_not_said_again_by_its_folder(tmp_path):
    (tmp_path / "batch=1").mkdir()
    pq.write_table(pa.table({"batch": [2, 3]}), tmp_path / "batch=1" / "a.parquet")
    (block,) = open_table(tmp_path).blocks()
    assert block.names == ("batch",)
    assert block.columns["batch"].tolist() == [2.0, 3.0]


def test_a_folder_without_parquet_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "may.csv").write_text("a,b\n1,2\n")
    assert "/*.csv" in refused(tmp_path)
