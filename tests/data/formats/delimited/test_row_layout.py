"""Which rows are read, made up to a file at a time: by field counts, quotes, and their cells."""

import pytest

from placement.data.formats.table_reader import BlockRequest, open_table

NAMES = "roll,name,branch,cgpa,backlogs,placed,remarks"
BRANCHES, PLACED = ("CSE", "ECE", "MECH"), ("no", "yes", "yes")


def lines(end=""):
    """A heading and 60 rows; the last cell of each is blank."""
    rows = [
        f"{n},Asha {n},{BRANCHES[n * 7 % 3]},{5 + n % 5}.{n % 7},{n * 3 % 4},{PLACED[n % 3]},"
        for n in range(1, 61)
    ]
    return [NAMES, *(row + end for row in rows)]


@pytest.fixture
def read(tmp_path):
    """Read lines as a file; return the part, the rows by line, and the faults by line."""

    def of(content, end="\n", encoding="utf-8"):
        path = tmp_path / "may.csv"
        path.write_bytes(end.join(content).encode(encoding))
        reader = open_table(path)
        blocks = list(reader.blocks(BlockRequest(records=True)))
        rows = {
            int(line): list(row)
            for block in blocks
            for line, row in zip(
                block.lines, zip(*block.columns.values(), strict=True), strict=True
            )
        }
        return reader, rows, {row.line: row.reason for block in blocks for row in block.left_out}

    return of


def changed(change, line=20):
    content = lines()
    content[line - 1] = change(content[line - 1])
    return content


def cut(*cells):
    return ",".join(cells)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda row: row + ",", "8 fields where the heading has 7"),
        (lambda row: row.replace("Asha", "Rao, Asha"), "8 fields where the heading has 7"),
        (lambda row: row.replace("Asha", "Rao, Asha")[:-1], "one column off ('Asha"),
        (lambda row: ",".join(row.split(",")[:4]), "4 fields where the heading has 7"),
        (lambda row: ",".join([*row.split(",")[1:], ""]), "one column off"),
        (lambda row: cut(*row.split(",")[:2], *row.split(",")[3:], ""), "one column off"),
        (lambda row: cut(*row.split(",")[:3], *row.split(",")[4:], ""), "one column off"),
        (lambda row: cut(*row.split(",")[:4], "", *row.split(",")[4:6]), "one column off"),
        (lambda row: row.replace("Asha", '"Asha'), "a quote is opened there and never closed"),
        (lambda row: row.replace("Asha 1", '"Asha" 1'), "text after a closing quote"),
        (lambda row: row.replace("Asha 1", 'Asha"'), "a quote within a cell without another"),
        (lambda row: row.replace(",", ";"), "1 field where the heading has 7"),
    ],
)
@pytest.mark.parametrize(
    ("end", "encoding"), [("\n", "utf-8"), ("\r\n", "utf-16"), ("\r", "utf-8-sig")]
)
def test_a_row_whose_cells_cannot_be_told_apart_is_the_only_fault(
    read, change, reason, end, encoding
):
    _, rows, faults = read(changed(change), end, encoding)
    assert list(faults) == [20]
    assert reason in faults[20]
    assert rows == {n: row.split(",") for n, row in enumerate(lines(), 1) if n not in (1, 20)}


@pytest.mark.parametrize(
    "change",
    [
        lambda row: (
            row.replace("CSE", "Robotics").replace("ECE", "Robotics").replace("MECH", "Robotics")
        ),
        lambda row: row.replace("Asha", "Rao-Asha") + "absent, later",
        lambda row: cut(*row.split(",")[:3], "AB", *row.split(",")[4:]),
        lambda row: cut(*row.split(",")[:3], "", "", "", ""),
        lambda row: row.replace("Asha", "5'11\" Asha"),
        lambda row: row.replace("Asha", 'Asha ""'),
    ],
)
def test_an_odd_cell_alone_is_no_fault(read, change):
    content = changed(
        lambda row: change(row) if "later" not in change(row) else row + '"absent, later"'
    )
    _, rows, faults = read(content)
    assert faults == {}
    assert len(rows) == 60


def test_two_rows_on_one_line_are_two_faults(read):
    content = lines()
    content[19:21] = [content[19] + "," + content[20]]
    reader, rows, _ = read(content)
    left_out = [row for block in reader.blocks() for row in block.left_out]
    assert [row.text for row in left_out] == lines()[19:21]
    assert len(rows) == 58


def test_blanks_at_the_end_of_nearly_every_row_are_dropped_and_said(read):
    reader, rows, faults = read([NAMES, *(row + "," for row in lines()[1:])])
    assert rows[2] == lines()[1].split(",")
    assert "1 field without a name and a cell" in reader.notes[0]
    assert faults == {}


def test_a_row_without_the_blank_that_all_others_end_with_is_a_fault_where_its_last_cell_is_blank(
    read,
):
    content = [NAMES, *(row + "," for row in lines()[1:])]
    content[19] = content[19][:-1]
    assert read(content)[2] == {20: "7 fields where most rows have 8"}
    content[19] += "late"
    assert read(content)[2] == {}


def test_row_names_without_a_heading_are_an_unnamed_column(read):
    content = [NAMES, *(f"{n},{row}late" for n, row in enumerate(lines()[1:], 1))]
    reader, rows, _ = read(content)
    assert reader.names == ("unnamed_1", *NAMES.split(","))
    assert reader.header == "," + NAMES
    assert rows[2][:3] == ["1", "1", "Asha 1"]
    assert "each row has one field more" in reader.notes[0]


def test_row_names_are_told_from_a_blank_at_the_end_by_what_the_columns_hold(read):
    reader, rows, _ = read([NAMES.removeprefix("roll,"), *lines()[1:]])
    assert reader.names[:3] == ("unnamed_1", "name", "branch")
    assert rows[2][2] in BRANCHES


def test_more_cells_than_names_that_are_no_row_names_are_faults(read):
    _, rows, faults = read([NAMES, *(row + "a,b" for row in lines()[1:])])
    assert rows == {}
    assert set(faults.values()) == {"8 fields where the heading has 7"}


@pytest.mark.parametrize("short", [lambda _: True, lambda n: n % 3])
def test_blanks_that_were_not_written_at_the_end_are_blank_and_said(read, short):
    content = [NAMES + ",mentor"]
    content += [row[:-1] if short(n) else row + "ok,Rao" for n, row in enumerate(lines()[1:])]
    reader, rows, faults = read(content)
    assert rows[3][6:] == ["", ""]
    assert faults == {}
    assert "(remarks, mentor) have blanks there" in reader.notes[0]
    records = [
        record for block in reader.blocks(BlockRequest(records=True)) for record in block.records
    ]
    assert {record.count(",") for record in records} == {7}


def test_a_cell_of_several_lines_is_a_cell(read):
    content = [
        NAMES,
        *(row.replace("Asha", '"Rao,\nAsha').replace(",CSE", '",CSE') for row in lines()[1:]),
    ]
    content = [row + '"' if row.count('"') % 2 else row for row in content]
    whole = [row for row in content if "CSE" in row]
    _, rows, _ = read([NAMES, *whole])
    assert len(rows) == len(whole)
    assert rows[2][1].startswith("Rao,\nAsha")


def test_the_mark_of_an_appended_file_is_taken_off(read):
    content = changed(lambda row: "\ufeff" + row)
    assert read(content)[1][20] == lines()[19].split(",")


def test_a_count_that_no_row_had_before_is_no_fault(tmp_path):
    rows = [f"Asha {n},CSE,6.{n % 90:02d},{n % 4},{40 + n % 50},1,Placed," for n in range(400)]
    rows[300] = "Asha 300,CSE,6.30,7,41,9,Placed,"
    path = tmp_path / "clean.csv"
    heading = "name,branch,cgpa,backlogs,aptitude,internships,status,ctc"
    path.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    blocks = list(open_table(str(path)).blocks())
    assert sum(map(len, blocks)) == 400
    assert not any(block.left_out for block in blocks)
