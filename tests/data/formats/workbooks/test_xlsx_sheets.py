"""What calamine does not tell of a workbook: errors, formulas, hidden rows, far cells."""

import pytest
import xlsxwriter

from placement.data.formats.table_reader import open_table
from placement.data.formats.workbooks.xlsx_sheets import read_facts
from placement.errors import DataError
from tests.data.formats.workbooks.small_workbooks import rows_xml, xlsx

HEADER = ["roll", "cgpa", "status"]
ROWS = [HEADER, ["a", 7.5, "Placed"], ["b", 6.5, "Not Placed"], ["c", 8.5, "Placed"]]
ERROR = '<c t="e"><v>#DIV/0!</v></c>'


def with_cell(row, column, cell):
    rows = [list(row) for row in ROWS]
    rows[row][column] = cell
    return rows_xml(rows)


@pytest.fixture
def opened(tmp_path):
    """Open a workbook of one sheet with these rows."""
    return lambda rows, **how: open_table(xlsx(tmp_path / "a.xlsx", {"S": rows}, **how))


def refused(opened, rows, **how):
    with pytest.raises(DataError) as error:
        opened(rows, **how)
    return str(error.value)


def test_of_an_ordinary_sheet_nothing_is_parsed_and_nothing_said(opened, tmp_path):
    reader = opened(rows_xml(ROWS))
    assert (reader.notes, reader.warnings) == ((), ())
    assert read_facts(str(tmp_path / "a.xlsx")) == {}


@pytest.mark.parametrize(
    ("shown", "text"), [("0%", "77.2%"), ("0.0 %", "77.2%"), ('0.0"%"', "0.772"), ("0.0", "0.772")]
)
def test_a_cell_that_excel_shows_as_a_percentage_is_one(tmp_path, shown, text):
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ["a", 0.772, "Placed"], book.add_format({"num_format": shown}))
        sheet.write_row(2, 0, ["b", 77.2, "Placed"])
    block = next(open_table(tmp_path / "a.xlsx").blocks())
    assert list(block.columns["cgpa"]) == [text, "77.2"]
    assert block.raw[0][1] == 0.772  # as it goes out again


def test_errors_are_warned_of_by_column_word_and_row(opened):
    rows = [HEADER, ["a", ERROR, "<c t='e'><v>#N/A</v></c>"], *ROWS[2:], ["d", ERROR, "Placed"]]
    reader = opened(rows_xml(rows, first=3))
    assert reader.warnings == (
        "column 'cgpa' holds 2 Excel errors (#DIV/0! in sheet rows 4, 7), read as blank",
        "column 'status' holds 1 Excel error (#N/A in sheet row 4), read as blank",
    )
    assert reader.error_cells == {"cgpa": 2, "status": 1}
    block = next(reader.blocks())
    assert list(block.columns["cgpa"]) == ["", "6.5", "8.5", ""]
    assert block.raw[0] == ["a", "#DIV/0!", "#N/A"]


def test_an_error_beside_the_table_is_not_of_it(opened):
    beside = ERROR.replace("<c", '<c r="F9"')
    assert opened(rows_xml(ROWS) + f'<row r="9">{beside}</row>').warnings == ()


@pytest.mark.parametrize(
    "cell",
    [
        "<c><f>A1+1</f></c>",
        "<c><f>A1+1</f><v/></c>",
        "<c><f>A1+1</f><v></v></c>",
        "<c><f>A1+1</f> <v /></c>",
        '<c t="n"><f t="shared" si="0"/></c>',
    ],
)
def test_a_formula_that_was_never_calculated_is_refused_with_the_remedy(opened, cell):
    message = refused(opened, with_cell(2, 1, cell))
    assert "never calculated in cgpa (1 cell): open the workbook in Excel" in message


def test_a_formula_with_its_value_is_read_and_one_of_an_empty_text_is_blank(opened):
    reader = opened(with_cell(1, 1, "<c><f>A1+1</f><v>9</v></c>"))
    assert list(next(reader.blocks()).columns["cgpa"]) == ["9", "6.5", "8.5"]
    reader = opened(with_cell(1, 1, '<c t="str"><f>IF(A1="","",1)</f><v></v></c>'))
    assert list(next(reader.blocks()).columns["cgpa"]) == ["", "6.5", "8.5"]


def test_the_zeros_that_xlsxwriter_puts_for_a_value_were_never_calculated(tmp_path):
    for value, is_refused in ((0, True), (7, False)):
        book = xlsxwriter.Workbook(str(tmp_path / "w.xlsx"))
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        for row in (1, 2, 3):
            sheet.write_row(row, 0, ["x", 0, "Placed"])
            sheet.write_formula(row, 1, "=1+6", value=value)
        book.close()
        if is_refused:
            with pytest.raises(DataError, match="never calculated in cgpa"):
                open_table(tmp_path / "w.xlsx")
        else:
            assert list(next(open_table(tmp_path / "w.xlsx").blocks()).columns["cgpa"]) == ["7"] * 3


def test_hidden_rows_are_counted_and_used(opened):
    rows = rows_xml(ROWS).replace('<row r="3"', '<row r="3" hidden="1"')
    (note,) = opened(rows).notes
    assert note == "1 row that the sheet hides is used too: delete it to leave it out"
    sheet = (
        f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<sheetData>{rows}</sheetData><autoFilter ref="A1:C4"><filterColumn colId="0"/>'
        "</autoFilter></worksheet>"
    )
    reader = opened(sheet)
    assert reader.notes == ("1 row that a filter hides is used too: delete it to leave it out",)
    assert sum(map(len, reader.blocks())) == 3


@pytest.mark.parametrize(
    "far",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="60000"><c r="XFD60000" t="inlineStr"><is><t>x</t></is></c></row>',
        "<row r='60000'><c r='XFD60000'><v>1</v></c></row>",
        '<row r="3"><c r="XFD99999"><v>1</v></c></row>',
        '<row r="5"><c r="AAA900000"><v>1</v></c></row>',
    ],
)
@pytest.mark.parametrize("dimension", ["", '<dimension ref="A1:C4"/>'])
def test_a_far_stray_cell_is_refused_before_anything_is_allocated(opened, far, dimension):
    sheet = (
        f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{dimension}'
        f"<sheetData>{rows_xml(ROWS)}{far}</sheetData></worksheet>"
    )
    assert "stands far from the table" in refused(opened, sheet)


def test_an_empty_cell_with_a_style_is_no_stray_cell(opened):
    rows = rows_xml(ROWS) + '<row r="1048576"><c r="XFD1048576" s="1"/></row>'
    assert sum(map(len, opened(rows).blocks())) == 3


def test_cells_of_another_prefix_or_without_references_are_counted_where_they_stand(tmp_path):
    sheet = (
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        "<x:sheetData><x:row><x:c><x:v>1</x:v></x:c></x:row>"
        '<x:row><x:c/><x:c t="e"><x:v>#REF!</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    facts = read_facts(str(xlsx(tmp_path / "a.xlsx", {"S": sheet})))
    assert facts["S"].errors == {(2, 2): "#REF!"}
