import csv
import gzip
import io
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.data.formats.blocks import unquote
from placement.data.formats.delimited.dialect import LONGEST_LINE, Sample, read_sample
from placement.data.formats.delimited.find_dialect import find_dialect
from placement.data.formats.sources import SAMPLE_BYTES, Source
from placement.data.formats.table_reader import BlockRequest, open_table
from placement.errors import DataError


def written(folder, text, encoding="utf-8"):
    path = folder / "may.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def rows_of(path, block_rows=65_536, **options):
    reader = open_table(path, **options)
    blocks = list(reader.blocks(BlockRequest(records=True, block_rows=block_rows)))
    rows = [list(row) for b in blocks for row in zip(*b.columns.values(), strict=True)]
    return SimpleNamespace(reader=reader, rows=rows, blocks=blocks)


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t", " ", "   "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_found(tmp_path, delimiter, end):
    lines = ["cgpa,iq,placed", "7.5,110,Yes", "6.25,98,No"]
    path = written(tmp_path, end.join(line.replace(",", delimiter) for line in lines))
    found = rows_of(path)
    assert found.reader.names == ("cgpa", "iq", "placed")
    assert found.rows == [["7.5", "110", "Yes"], ["6.25", "98", "No"]]
    assert found.reader.dialect.line_end == end
    assert found.reader.dialect.delimiter == delimiter[0]


def test_mixed_line_ends_are_all_line_ends(tmp_path):
    found = rows_of(written(tmp_path, "a,b\r\n1,2\n3,4\r5,6\r\n"))
    assert found.rows == [["1", "2"], ["3", "4"], ["5", "6"]]
    assert found.blocks[0].lines.tolist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("encoding", "bom", "found"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("cp1252", b"", "cp1252"),
    ],
)
def test_encodings_are_found(tmp_path, encoding, bom, found):
    text = "name,cgpa\nJosé,7.5\nZoë,6.5\n"
    seen = rows_of(written(tmp_path, bom + text.encode(encoding)))
    assert seen.reader.names == ("name", "cgpa")
    assert [row[0] for row in seen.rows] == ["José", "Zoë"]
    assert (seen.reader.dialect.encoding, seen.reader.dialect.bom) == (found, bom)


@pytest.mark.parametrize("shift", [10, 11, 12])
def test_a_sample_cut_amid_a_character_is_still_utf8(tmp_path, shift):
    text = "name,cgpa\n" + "x" * shift + "த" * 10 + ",7.5\n" + "தமிழ்,7.5\n" * 30_000
    assert len(text.encode()) > SAMPLE_BYTES
    assert open_table(written(tmp_path, text)).dialect.encoding == "utf-8"


def test_an_encoding_that_shows_only_late_is_found(tmp_path):
    early = b"name,cgpa\n" + b"Asha,7.5\n" * 40_000
    assert len(early) > SAMPLE_BYTES
    late = rows_of(written(tmp_path, early + "José,6.5\n".encode("cp1252")))
    assert late.rows[-1] == ["José", "6.5"]
    late = rows_of(written(tmp_path, early + "José,6.5\n".encode()))
    assert late.rows[-1] == ["José", "6.5"]


def test_a_later_invalid_byte_is_named_by_line(tmp_path):
    early = "name,cgpa\nJosé,7.5\n" + "Asha,7.5\n" * 40_000
    path = written(tmp_path, early.encode() + b"Jos\xe9,6.5\n")
    with pytest.raises(DataError, match=r"may\.csv, line 40003: not readable as utf-8"):
        rows_of(path)


@pytest.mark.parametrize(
    ("text", "decimal", "parse"),
    [
        ("cgpa;iq;placed\n7,5;110;1\n6,1;98;0\n", ",", ","),
        ('cgpa,iq,placed\n"7,5",110.0,1\n"6,1",98.0,0\n', ",", ","),
        ('cgpa,salary\n7.5,"2,70,000"\n6.1,"270,000"\n', ".", "."),
        ('cgpa,salary\n"7,5","270,000"\n"6,1","270,000"\n', ",", "."),
        ('cgpa,salary\n7.5,"270,000"\n6.1,"180,000"\n', ".", "."),
        ("cgpa;share\n7,5;12,5%\n6,1;13%\n", ",", ","),
        ("ratio;placed\n0,875;1\n0,125;0\n", ",", ","),
        ("cgpa,placed\n7.5,1\n", ".", "."),
    ],
)
def test_a_decimal_comma_is_told_from_thousands(tmp_path, text, decimal, parse):
    reader = open_table(written(tmp_path, text))
    grouping = "." if parse == "," else ","
    assert (reader.dialect.decimal, reader.number_format.grouping) == (decimal, grouping)


def test_a_semicolon_inside_every_cell_is_no_delimiter(tmp_path):
    text = "name,skills,placed\nA,Python;SQL,1\nB,C;Java,0\nC,Go;R,1\n"
    assert open_table(written(tmp_path, text)).names == ("name", "skills", "placed")


def test_words_with_spaces_are_one_column(tmp_path):
    found = rows_of(written(tmp_path, "status now\nnot placed\nnot known\n"))
    assert found.reader.names == ("status now",)


@pytest.mark.parametrize(
    ("text", "quoting"),
    [
        ('"a","b"\n"1","x"\n"2","y"\n', "all"),
        ('"a","b"\n1,"x"\n2,"y"\n', "text"),
        ('a,b\n1,"x, y"\n2,z\n', "minimal"),
    ],
)
def test_the_manner_of_quoting_is_found(tmp_path, text, quoting):
    assert open_table(written(tmp_path, text)).dialect.quoting == quoting


cell_text = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=("Cc", "Cs"))
    | st.sampled_from("\n,;|\t\"' "),
    max_size=8,
)


@settings(deadline=None, max_examples=60)
@given(
    cells=st.lists(st.tuples(cell_text, cell_text), max_size=6),
    delimiter=st.sampled_from(",;|\t"),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    block_rows=st.sampled_from([1, 2, 1000]),
)
def test_any_cells_in_any_dialect_come_back(
    tmp_path_factory, cells, delimiter, end, encoding, quoting, block_rows
):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(["number", "first", "second"])
    # A column of numbers makes the first row a header and no row blank.
    writer.writerows([n, *(c.strip(" ") for c in pair)] for n, pair in enumerate(cells))
    path = tmp_path_factory.mktemp("any") / "may.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    found = rows_of(path, block_rows)
    assert found.reader.names == ("number", "first", "second")
    expected = [[str(n), *map(unquote, pair)] for n, pair in enumerate(cells)]
    assert found.rows == expected


def test_the_dialect_of_a_header_alone_is_found(tmp_path):
    source = Source("may.csv", written(tmp_path, "a;b;c\n"))
    assert find_dialect(read_sample(source)).delimiter == ";"


def test_where_double_quotes_enclose_cells_single_ones_are_text():
    rows = ["note|branch", *["\"x|y\"|'CSE'", "\"two\nlines\"|'ECE'", "good|'CSE'"] * 8]
    sample = Sample("\n".join(rows) + "\n", "utf-8", b"", True, 200)
    assert find_dialect(sample).quote == '"'


@pytest.mark.parametrize("end", [b"\n", b"\r"])
def test_a_line_without_an_end_is_refused_before_the_file_is_read(tmp_path, end):
    with gzip.open(tmp_path / "t.csv.gz", "wb", 1) as file:
        file.write(b"cgpa,placed" + end + b"a" * (3 * LONGEST_LINE // 2))
    with pytest.raises(DataError, match=r"t\.csv\.gz, line \d: longer than 8 million bytes"):
        open_table(tmp_path / "t.csv.gz")


def test_a_table_with_lines_longer_than_a_sample_is_read(tmp_path):
    names = ",".join(f"{'a long name ' * 40}{n}" for n in range(600))
    assert len(names) > SAMPLE_BYTES
    rows = [",".join(["1"] * 600) for _ in range(3)]
    (tmp_path / "t.csv").write_text("\n".join([names, *rows]) + "\n")
    assert len(open_table(tmp_path / "t.csv").names) == 600
