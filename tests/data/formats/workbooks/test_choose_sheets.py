"""Which sheets of a workbook are read, and workbooks of the other kinds."""

import base64
import zipfile
import zlib

import pytest

from placement.config.file_options import FileOptions
from placement.data.formats.table_reader import open_table
from placement.data.table.read_table import read_table
from placement.errors import DataError
from tests.data.formats.workbooks.small_workbooks import ods, ods_cell, rows_xml, xlsb, xlsx

TABLE = [["cgpa", "status"], [7.5, "Placed"], [6.5, "Not Placed"], [8.5, "Placed"]]
BACKWARDS = [[row[1], row[0]] for row in TABLE]
SUMMARY = [["Year", "Placed"], ["2024", 120], ["2025", 80]]
# Two sheets, the second hidden: cgpa, branch, status; 7.5, a Hindi word, Placed; 6.5, CSE ...
XLS = zlib.decompress(base64.b85decode(
    b"c-rk)O=uHA6#izDG(R?JQWK#SN+?*hErNLQ(#9WZKxl}1P(-"
    b"ksA5;>OvWcJ`v|4i%1W$^WLN8vbUi_gR^yWdR=s^&KRF57+Q1H-Zee-rVrZtBKG#J@$nKy6V%(pW;@6GJ&zFrDd=N|"
    b"SiV;#ofKu!0etHCBHd96YaRIlq&wQ>(7-"
    b"9|^j>mf&Wxv=Pe<(58_{$7TH2hJBHfsd3<VH$~IAscNY4)7RMA;&N#oD_Qs?otY%kH^)^GR<-"
    b"`%lq8+8OwcaxxsRb+E&F$EX5MTd(AjLp$u|efTX}<=DcUiZba}>#_^S#!f5Nle(ju^|2HcJoZXlQc`lwUWHmKkMVMS"
    b"TkMDXE_-3uu=TY0<Ub_I<f2_5;o7itDPGAQ5l#qc~fgcp>1Q#Y%Emx9;FD}F1iDEfhTESu7W@Vy==`+(Rt=N>N7Sd-"
    b")DV5do`H}--mpAT>c*&B?tLbdU0USIw;e)(M)G$#TUGT{boi~8snhn6u%c7fP20g5YcyR=&-<5k`-"
    b"%O^GvD0js;gJ}xhHdg$pyR4!5IMj#j=CIX#t6%6eAlh4_p=PsBT_z;jF`%yS#EQkYlo<xJ&d=p?G5@4(kq{jJQ=8bi"
    b"tQwQA-"
    b";SmyznkIhe3K(Wr#1YS&WKNap$(g)0mYDa})W%vhTMI#iInxvFqmhuLrB}u^M7&l;rG)dPy<oO0vZ|_GQJ#wh$IK8S"
    b"MqL9k5E0?KIg+13PN66=sk4jP{0ST(C-#E&VsH^x~0hN*m!Xw8Pt?E<4rRqN%st)~ur0tlF?)!-"
    b"fqTHf(ed1Rq(A1G<wxJd8u3+x)MyN~vc5Ci!o16h*qq^jSKA0_7SmwiG{G;1bro#0ELm|3Zo5)VqcpQap}a%kfKxde"
    b"Qhi8zu(-+!AWF|5_{K{LB6S1oJ=tt^"
))  # fmt: skip


def refused(path, **options):
    with pytest.raises(DataError) as error:
        open_table(path, FileOptions(**options))
    return str(error.value)


def cells(reader, name):
    return [cell for block in reader.blocks() for cell in block.columns[name]]


def test_several_sheets_are_one_table_by_the_names_of_their_columns(tmp_path):
    sheets = {"2024": rows_xml(TABLE), "2025": rows_xml(BACKWARDS), "Sum": rows_xml(SUMMARY)}
    path = xlsx(tmp_path / "a.xlsx", sheets)
    reader = open_table(path, FileOptions(sheet=("2024", "2025")))
    assert reader.name == "a.xlsx"
    assert cells(reader, "cgpa") == ["7.5", "6.5", "8.5"] * 2
    assert "one table of the rows of sheets '2024' (3), '2025' (3)" in reader.notes[0]
    assert "matched by name" in reader.notes[0]
    last = list(reader.blocks())[-1]
    assert last.where(2) == "a.xlsx, sheet '2025', row 3 (line 4)"
    assert last.raw[0] == [7.5, "Placed"]
    assert len(read_table(path, sheet=["2024", "2025"])) == 6
    assert len(read_table(path, sheet="2025")) == 3


def test_sheets_of_other_columns_are_no_one_table(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", {"A": rows_xml(TABLE), "B": rows_xml(SUMMARY)})
    assert "a.xlsx, sheet 'B': no column 'cgpa'" in refused(path, sheet=("A", "B"))


def test_a_sheet_twice_is_warned_of(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", {"A": rows_xml(TABLE)})
    reader = open_table(path, FileOptions(sheet=("A", "A")))
    assert "given 2 times" in reader.warnings[0]


def test_a_summary_of_counts_is_no_candidate(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", {"Sum": rows_xml(SUMMARY), "2025": rows_xml(TABLE)})
    table = read_table(path)
    assert len(table) == 3
    assert any("sheet '2025' chosen among 'Sum', '2025'" in note for note in table.notes)


def test_two_candidates_are_refused_with_both_ways_out(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", {"A": rows_xml(TABLE), "B": rows_xml(TABLE)})
    with pytest.raises(DataError) as error:
        read_table(path)
    assert "--sheet 'A', or read them as one table with --sheet 'A' --sheet 'B'" in str(error.value)


def test_a_hidden_sheet_is_no_rival_and_is_said(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", {"hidden 1": rows_xml(TABLE), "B": rows_xml(TABLE)})
    notes = read_table(path).notes
    assert "a hidden sheet is not read: 'hidden 1'" in notes
    assert open_table(path).names == ("cgpa", "status")
    reader = open_table(path, FileOptions(sheet=("hidden 1",)))
    assert "sheet 'hidden 1' is hidden, and read" in reader.notes


def test_the_sheet_that_is_read_is_named_where_none_is_wanted(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", {"Sum": rows_xml(SUMMARY), "B": rows_xml(SUMMARY)})
    with pytest.raises(DataError, match=r"a.xlsx, sheet 'Sum': "):
        read_table(path)


def test_formulas_that_were_never_calculated_do_not_hide_a_sheet(tmp_path):
    rows = [*TABLE[:3], ["<c><f>A1</f></c>", "Placed"]]
    path = xlsx(tmp_path / "a.xlsx", {"A": rows_xml([["note"], ["x"]]), "B": rows_xml(rows)})
    with pytest.raises(DataError, match="sheet 'B': formulas that were never calculated in cgpa"):
        read_table(path)


def test_a_binary_workbook_is_read(tmp_path):
    rows = [(i, j, cell) for i, row in enumerate(TABLE) for j, cell in enumerate(row)]
    reader = open_table(xlsb(tmp_path / "a.xlsb", rows))
    assert cells(reader, "status") == ["Placed", "Not Placed", "Placed"]
    assert "hidden rows, error cells and formulas never calculated cannot" in reader.notes[0]
    far = xlsb(tmp_path / "far.xlsb", [*rows, (1_048_575, 16_383, "x")])
    assert "cell XFD1048576 stands far from the table" in refused(far)


def test_an_open_document_sheet_is_read(tmp_path):
    reader = open_table(ods(tmp_path / "a.ods", {"S": TABLE}))
    assert cells(reader, "status") == ["Placed", "Not Placed", "Placed"]
    assert reader.notes[0].startswith("of an .ods file, hidden rows")


def test_the_blank_rest_of_an_open_document_sheet_is_nothing_and_a_far_cell_is_refused(tmp_path):
    blank = (
        '<table:table-row table:number-rows-repeated="1048570">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    reader = open_table(ods(tmp_path / "a.ods", {"S": [*TABLE, blank]}))
    assert cells(reader, "cgpa") == ["7.5", "6.5", "8.5"]
    far = (
        '<table:table-row><table:table-cell table:number-columns-repeated="9999"/>'
        + ods_cell("x") + "</table:table-row>"
    )  # fmt: skip
    path = ods(tmp_path / "far.ods", {"S": [*TABLE, blank, far]})
    assert "cell NTP1048575 stands far" in refused(path)
    filled = blank.replace("<table:table-cell", '<table:table-cell office:value-type="float"')
    path = ods(tmp_path / "full.ods", {"S": [*TABLE, filled]})
    assert "are more than can be read" in refused(path)


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx", "a.csv"])
def test_an_old_workbook_is_read_whatever_its_name(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(XLS)
    reader = open_table(path)
    assert cells(reader, "branch") == ["मेक", "CSE"]
    assert "a hidden sheet is not read: 'Notes'" in reader.notes
    assert reader.notes[-1].startswith("of an .xls file, hidden rows")


def test_a_document_that_is_no_workbook_says_what_it_is(tmp_path):
    path = tmp_path / "a.xls"
    for stream, word in (("EncryptedPackage", "password"), ("WordDocument", "a Word document")):
        path.write_bytes(XLS[:512] + stream.encode("utf-16-le") + XLS[512:])
        assert word in refused(path)
    path.write_bytes(XLS[:700])
    assert "a workbook that cannot be read" in refused(path)


def test_a_damaged_workbook_at_which_calamine_panics_is_refused(tmp_path, capfd):
    rows = [(i, j, cell) for i, row in enumerate(TABLE) for j, cell in enumerate(row)]
    path = xlsb(tmp_path / "a.xlsb", rows)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content.replace(b"r\x001\x00", b"r\x002\x00"))
    assert "a workbook that cannot be read (damaged)" in refused(path)
    assert capfd.readouterr().err == ""
