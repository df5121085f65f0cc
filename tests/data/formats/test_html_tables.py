"""Tables of HTML pages, as the portals of colleges give them out named .xls."""

import pytest

from placement.config.file_options import FileOptions
from placement.data.formats.table_reader import open_table
from placement.data.table.read_table import read_table
from placement.errors import DataError

ROWS = [("Roll", "CGPA", "Status"), ("22X1", "7.5", "Placed"), ("22X2", "6.5", "Not Placed")]


def table(rows=ROWS, about="", cell="td"):
    lines = ("".join(f"<{cell}>{word}</{cell}>" for word in row) for row in rows)
    return f"<table {about}>" + "".join(f"<tr>{line}</tr>\n" for line in lines) + "</table>"


@pytest.fixture
def read(tmp_path):
    """Read a page; return its names and rows."""

    def rows_of(page, **options):
        path = tmp_path / "a.xls"
        path.write_bytes(page if isinstance(page, bytes) else page.encode())
        reader = open_table(path, FileOptions(**options))
        columns = [
            [cell for block in reader.blocks() for cell in block.columns[name]]
            for name in reader.names
        ]
        rows_of.reader, rows_of.path = reader, path
        return [reader.names, *zip(*columns, strict=True)]

    return rows_of


@pytest.mark.parametrize(
    "page",
    [
        table(),
        "\n<html><head><title>Marks</title></head><body>" + table() + "</body></html>",
        "<!-- made by ERP --><style> td {mso-number-format:\\@;} </style>" + table(),
        "< div >\n" + table(),
        "<!DOCTYPE html><meta charset='utf-8'><div><center>" + table(about="border=1"),
        '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body>' + table(),
        "\ufeff" + table(cell="th"),
        table().replace("</td>", "").replace("</tr>", ""),
        table().upper().replace("ROLL", "Roll").replace("STATUS", "Status")
        .replace("NOT PLACED", "Not Placed").replace("PLACED", "Placed"),
        table().encode("utf-16"),
        table().replace("<table", "<body><table").replace("7.5", "<b>7<i>.5</i></b>"),
        table().replace("Not Placed", "Not&nbsp;<br/>Placed<script>x()</script>"),
        table().replace("7.5", '<input name="c" value="7.5"><input type="hidden" value="3">'),
        "<table><tr><td><h1>XYZ College</h1></td><td>" + table() + "</td></tr></table>",
        table([("Home", "Log out")]) + table() + "<table><tr><td>x</td></tr></table>",
    ],
)  # fmt: skip
def test_the_table_of_a_page_is_read(read, page):
    assert read(page) == ROWS
    assert "an HTML page, whatever its name: its table is read" in read.reader.notes


def test_entities_are_characters_and_an_ampersand_is_itself(read):
    page = table([("A&amp;B", "x"), ("R&D &lt; 5", "caf&eacute;"), ("&#2350;", "1")])
    assert read(page) == [("A&B", "x"), ("R&D < 5", "café"), ("म", "1")]


def test_a_cell_over_several_rows_is_of_each_of_them(read):
    page = (
        "<table><tr><th>Branch</th><th>CGPA</th></tr><tr><td rowspan=2>CSE</td><td>7.5</td></tr>"
        "<tr><td>6.5</td></tr><tr><td>ECE</td><td>8.5</td></tr></table>"
    )
    assert read(page) == [("Branch", "CGPA"), ("CSE", "7.5"), ("CSE", "6.5"), ("ECE", "8.5")]


def test_a_heading_over_several_columns_and_rows_is_joined_as_in_a_workbook(read):
    page = (
        "<table><tr><td rowspan=2>Roll</td><td colspan=2>Record</td><td rowspan=2>Status</td></tr>"
        "<tr><td>X</td><td>XII</td></tr>"
        + "".join(f"<tr><td>{n}</td><td>70.{n}</td><td>80.{n}</td><td>Placed</td></tr>"
                  for n in range(1, 9)) + "</table>"
    )  # fmt: skip
    assert read(page)[:2] == [
        ("Roll", "Record: X", "Record: XII", "Status"),
        ("1", "70.1", "80.1", "Placed"),
    ]


def test_an_absurd_span_takes_no_memory(read):
    page = table().replace("<td>7.5", '<td colspan="999999999" rowspan="-3">7.5', 1)
    assert read(page)[1][:2] == ("22X1", "7.5")
    deep = table().replace("<td>22X1", '<td rowspan="999999999">22X1', 1)
    assert read(deep)[2][0] == "22X1"


def test_of_several_tables_the_one_with_the_outcome_is_read_or_the_one_that_is_named(read):
    page = table([("Year", "Strength"), *[("2024", str(n)) for n in range(20)]]) + table()
    assert read(page)[0] == ("Year", "Strength")
    assert any("'table 1', the first of" in note for note in read.reader.notes)
    assert read(page, sheet=("table 2",)) == ROWS
    assert len(read_table(read.path)) == 2


def test_hidden_rows_are_counted(read):
    page = table().replace("<tr><td>22X2", "<tr style='color:red; display: none'><td>22X2")
    assert read(page) == ROWS
    assert any("1 row that the sheet hides is used too" in note for note in read.reader.notes)


def test_the_encoding_is_what_the_page_says_if_it_is_that(read):
    russian = [("Имя", "x"), ("Иван", "1")]
    page = '<meta http-equiv="Content-Type" content="text/html; charset={}">' + table(russian)
    assert read(page.format("windows-1251").encode("cp1251")) == russian
    assert "read as cp1251 (Cyrillic), as the page says" in read.reader.notes
    assert read(page.format("windows-1252").encode("utf-8"), encoding="utf-8") == russian
    assert read(page.format("utf-8").encode("cp1251")) == russian
    assert read(page.format("no-such").encode("cp1251")) == russian


def test_a_page_without_a_table_is_refused(read):
    for page in ("<html><body>Please log in</body></html>", table([("a", "b")]), "<p>x"):
        with pytest.raises(DataError, match="an HTML page without a table: download the file"):
            read(page)
