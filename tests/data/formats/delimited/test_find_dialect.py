"""The dialect is what makes the rows of a table equally wide, whatever marks it uses."""

import re

import numpy as np
import pytest

from placement.data.formats.table_reader import BlockRequest, open_table
from placement.data.output.csv_writer import open_output

NAMES = ["roll", "name", "branch", "cgpa", "placed"]
ROWS = [
    [str(n), f"Asha {n}", ("CSE", "ECE")[n % 2], f"{5 + n % 4}.{n % 9}", ("no", "yes")[n % 2]]
    for n in range(1, 41)
]


def read(path):
    reader = open_table(path)
    blocks = list(reader.blocks(BlockRequest(records=True)))
    rows = [list(row) for b in blocks for row in zip(*b.columns.values(), strict=True)]
    return reader, rows, [row for block in blocks for row in block.left_out]


def scored(path, out):
    reader = open_table(path)
    with open_output(str(out), reader, ("placement_probability", "placement_label")) as output:
        for block in reader.blocks(output.request):
            rows = len(block)
            cells = (np.full(rows, 0.25), np.array(["Not Placed"] * rows, dtype=object))
            output.put(
                output.prepare(
                    block, {"placement_probability": cells[0], "placement_label": cells[1]}
                )
            )
    return out


def quoted_name(name, text):
    """Write a name such as `Rao, Asha 1` in the manner that is meant."""
    return text.format(name.replace("Asha", "Rao, Asha"))


@pytest.mark.parametrize("delimiter", ["#", ":", "~", "^", "::", "|", ";", "\t", ","])
def test_a_delimiter_is_found_however_rare(tmp_path, delimiter):
    lines = [delimiter.join(row) for row in [NAMES, *ROWS]]
    (tmp_path / "may.csv").write_text("\n".join(lines) + "\n")
    reader, rows, faults = read(tmp_path / "may.csv")
    assert reader.names == tuple(NAMES)
    assert (rows, faults) == (ROWS, [])
    out = scored(tmp_path / "may.csv", tmp_path / "out.csv")
    line = out.read_text().splitlines()[1]
    assert line.startswith(lines[1] + delimiter + "0.25" + delimiter)
    again = read(out)
    assert [row[:5] for row in again[1]] == ROWS
    assert {tuple(row[5:]) for row in again[1]} == {("0.25", "Not Placed")}


@pytest.mark.parametrize(
    ("text", "word", "delimiter"),
    [
        ('"{}"', "{}", ","),
        ('"\\"{}\\""', '"{}"', ","),
        ("'{}'", "{}", ","),
        ("'O\\'{}'", "O'{}", ","),
        ("'O''{}'", "O'{}", ","),
        ('"{}"', "{}", " "),
        ('"{}"', "{}", "#"),
    ],
)
def test_quotes_and_escapes_are_those_that_make_a_table(tmp_path, text, word, delimiter):
    marked = [[row[0], quoted_name(row[1], text), *row[2:]] for row in ROWS]
    lines = [delimiter.join(row) for row in [NAMES, *marked]]
    (tmp_path / "may.csv").write_text("\n".join(lines) + "\n")
    _, rows, faults = read(tmp_path / "may.csv")
    expected = [[row[0], quoted_name(row[1], word), *row[2:]] for row in ROWS]
    # A word in quotes of its own is that word, as everywhere.
    assert [[cell.strip('"') for cell in row] for row in rows] == [
        [cell.strip('"') for cell in row] for row in expected
    ]
    assert faults == []
    out = scored(tmp_path / "may.csv", tmp_path / "out.csv")
    assert out.read_text().splitlines()[1].startswith(lines[1] + delimiter + "0.25")
    assert [row[:5] for row in read(out)[1]] == rows
    assert {row[6] for row in read(out)[1]} == {"Not Placed"}


def test_an_escape_before_a_delimiter_and_a_null_of_databases_are_read(tmp_path):
    lines = [",".join(NAMES)]
    lines += [",".join([row[0], f"Rao\\, {row[1]}", "\\N", *row[3:]]) for row in ROWS]
    (tmp_path / "may.csv").write_text("\n".join(lines) + "\n")
    _, rows, faults = read(tmp_path / "may.csv")
    assert rows[0] == ["1", "Rao, Asha 1", "", "6.1", "yes"]
    assert faults == []
    out = scored(tmp_path / "may.csv", tmp_path / "out.csv")
    assert [row[:5] for row in read(out)[1]] == rows


def test_row_names_of_a_table_parted_by_blanks_are_read_and_written_below_a_blank_name(tmp_path):
    lines = [" ".join(f'"{name}"' for name in NAMES)]
    lines += [f'"{row[0]}" {row[0]} "{row[1]}" "{row[2]}" {row[3]} "{row[4]}"' for row in ROWS]
    (tmp_path / "may.csv").write_text("\n".join(lines) + "\n")
    reader, rows, faults = read(tmp_path / "may.csv")
    assert reader.names == ("unnamed_1", *NAMES)
    assert ([row[1:] for row in rows], faults) == (ROWS, [])
    out = scored(tmp_path / "may.csv", tmp_path / "out.csv").read_text().splitlines()
    assert out[0].startswith(f'"" {lines[0]} "placement_probability"')
    assert out[1].startswith(lines[1] + " 0.25 ")


@pytest.mark.parametrize("mark", ["|", ";", "#", ":"])
def test_a_list_within_the_cells_of_a_comma_table_is_no_delimiter(tmp_path, mark):
    lines = [f"roll,name{mark}initial,branch{mark}section,cgpa,placed"]
    lines += [f"{r[0]},{r[1]}{mark}K,{r[2]}{mark}A,{r[3]},{r[4]}" for r in ROWS]
    (tmp_path / "may.csv").write_text("\n".join(lines) + "\n")
    reader, rows, _ = read(tmp_path / "may.csv")
    assert reader.names[2:4] == (f"branch{mark}section", "cgpa")
    assert rows[0][2] == f"ECE{mark}A"


@pytest.mark.parametrize(
    "lines",
    [
        ["email", "a@x.y", "b@x.y", "c@x.y"],
        ["time", "10:30", "11:45", "9:15"],
        ["remark", "note: late", "note: absent", "note: ill"],
    ],
)
def test_a_single_column_is_not_cut_at_marks_within_it(tmp_path, lines):
    (tmp_path / "may.csv").write_text("\n".join(lines) + "\n")
    assert read(tmp_path / "may.csv")[0].names == (lines[0],)


def test_what_the_line_holds_is_named_not_guessed_at(tmp_path):
    lines = [",".join(NAMES), *(",".join(row) for row in ROWS)]
    lines[7] = lines[7].replace("Asha", "Rao, Asha")
    (tmp_path / "may.csv").write_text("\n".join(lines) + "\n")
    (fault,) = read(tmp_path / "may.csv")[2]
    assert (fault.line, fault.reason) == (8, "6 fields where the heading has 5")
    assert re.fullmatch(r"7,Rao, Asha 7,.*", fault.text)
