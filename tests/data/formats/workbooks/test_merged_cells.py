import openpyxl
import pytest

from placement.data.formats.table_reader import open_table
from placement.data.formats.workbooks.merged_cells import fill_merged


@pytest.mark.parametrize("at", [(1, 1), (4, 3)])
def test_a_branch_merged_over_its_students_is_the_branch_of_each(tmp_path, at):
    book, (top, left) = openpyxl.Workbook(), at
    page = book.active
    rows = [("Branch", "CGPA", "Placed"), *(("", 6 + n / 10, "yes") for n in range(5))]
    for r, cells in enumerate(rows):
        for c, cell in enumerate(cells):
            page.cell(top + r, left + c, cell or None)
    for first, last, branch in ((1, 3, "CSE"), (4, 5, "ECE")):
        page.cell(top + first, left, branch)
        page.merge_cells(
            start_row=top + first, end_row=top + last, start_column=left, end_column=left
        )
    book.save(tmp_path / "b.xlsx")
    reader = open_table(tmp_path / "b.xlsx")
    (block,) = reader.blocks()
    assert list(block.columns["Branch"]) == ["CSE"] * 3 + ["ECE"] * 2
    assert "merged cells are read in each of their rows: Branch (3 cells)" in reader.notes


@pytest.mark.parametrize(
    ("first", "last"),
    [((1, 0), (2, 1)), ((0, 0), (2, 0)), ((1, 2), (2, 2)), ((2, 0), (2, 1))],
    ids=["several columns", "from the heading", "beyond the table", "one row"],
)
def test_other_merged_cells_are_left_alone(first, last):
    rows = [(1, ["CSE", "7"]), (2, ["", ""])]
    assert fill_merged(rows, [(first, last)], ("Branch", "CGPA")) == ()
    assert rows == [(1, ["CSE", "7"]), (2, ["", ""])]


def test_a_cell_that_says_otherwise_is_not_filled():
    rows = [(1, ["CSE", "7"]), (2, ["ECE", "8"])]
    assert fill_merged(rows, [((1, 0), (2, 0))], ("Branch", "CGPA")) == ()
