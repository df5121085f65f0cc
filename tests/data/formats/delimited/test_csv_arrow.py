"""A large file is parsed in pieces at once, a small one walked: to the same cells, by any road."""

import codecs
import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.data.formats.delimited.csv_arrow import Parser, lines_are_records
from placement.data.formats.delimited.csv_table import TextPart
from placement.data.formats.delimited.dialect import Dialect
from placement.data.formats.delimited.row_layout import RowLayout
from placement.data.formats.table_reader import BlockRequest, open_table
from placement.data.output.csv_cells import append_cells, render_cells
from placement.errors import DataError
from placement.model.scorer import Coded, NumberFormat, parse_numbers, words

ODD_NUMBERS = (
    "7.5", " 7.5 ", "+5", "-5", ".5", "5.", "1e5", "1E+5", "nan", "NaN", "nAn", "nan(1)", "-nan",
    "inf", "Infinity", "-inf", "1_000", "0x1A", "٣", "1,200", "83%", " ", "", "-", "?", "NA", "na",
    "N/A", "null", "NULL", "#N/A", "1e400", "7.5\t", "\u00a07", "1d5", "1e", "--5", "007", "5.5.5",
    "true", "'8.1'", "12345678901234567890", "1e-320", "0.1", "-0",
)  # fmt: skip


@pytest.fixture(params=["in turn", "in shares"])
def by_both_roads(tmp_path, monkeypatch, request):
    """Read a file as a large one, in pieces of a few bytes, and as a small one.

    Pieces are read in turn, or looked at in shares, as each of several ranks does.
    """
    if request.param == "in shares":
        monkeypatch.setattr(TextPart, "_read_pieces", TextPart._scanned_pieces)

    def read(content, wanted=None, piece=64):
        wanted = dataclasses.replace(wanted or BlockRequest(records=True), piece_bytes=piece)
        path = tmp_path / "may.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        reader = open_table(path)
        roads = []
        for large in (True, False):
            part = dataclasses.replace(reader.parts[0], large=large)
            roads.append(list(dataclasses.replace(reader, parts=(part,)).blocks(wanted)))
        return roads

    return read


def cells(blocks, name, decimal="."):
    """What the cells of a column mean: as words, and as numbers."""
    own = [block.columns[name] for block in blocks if len(block)]
    spelled = [w for one in own for w in (one if one.dtype.kind == "f" else words(one)).tolist()]
    form = NumberFormat(grouping="." if decimal == "," else ",")
    numbers = [parse_numbers(one, form) for one in own]
    bad = np.concatenate([mask for _, mask in numbers]).tolist()
    return spelled, np.concatenate([values for values, _ in numbers]).tolist(), bad


def same(roads, names, decimal="."):
    fast, slow = roads
    for name in names:
        _, numbers, bad = cells(fast, name, decimal)
        _, expected, expected_bad = cells(slow, name, decimal)
        np.testing.assert_array_equal(numbers, expected)
        assert bad == expected_bad
    lines = [[int(n) for b in blocks for n in b.lines] for blocks in roads]
    assert lines[0] == lines[1]
    texts = [[r for b in blocks for r in listed(b.records)] for blocks in roads]
    assert texts[0] == texts[1]
    assert sum(b.blank_lines for b in fast) == sum(b.blank_lines for b in slow)
    rows = [[b.first_row + k for b in blocks for k in range(len(b))] for blocks in roads]
    assert rows[0] == rows[1]


def listed(found):
    return found if isinstance(found, list) or found is None else found.to_pylist()


def was_parsed(blocks):
    return all(not isinstance(block.records, list) for block in blocks)


@pytest.mark.parametrize("cell", ODD_NUMBERS)
@pytest.mark.parametrize("decimal", [".", ","])
def test_a_cell_is_the_same_number_by_both_roads(by_both_roads, cell, decimal):
    plain = "7,25" if decimal == "," else "7.25"
    lines = [f"{plain};x"] * 20 + [f"{cell};y", f"{plain};z"]
    roads = by_both_roads("cgpa;name\n" + "\n".join(lines) + "\n")
    same(roads, ["cgpa"], decimal)


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,x\n\n2,y\n,,\n  \n3,z\n\n\n",
        "a,b\r\n1,x\r\n\r\n2,y\r\n,\r\n",
        "a,b\n1,x\n2,y",
        'a,b\n1,"x, y"\n2,"z"\n"3",w\n',
        'a,b\n1,"x ""y"""\n2,z\n',
        'a,b\n1, "x"\n2,z\n',
        'a,b\n1,5\'11"\n2,6" tall\n',
        'a,b\n1,"x\n\ny"\n2,z\n3,w\n',
        "a,b\n1,x,\n2,y\n3,z,,\n",
        "a,b\n,x\n1,y\n,\n ,z\n",
        "a,b\n1,\u0b85\u0ba9\u0bcd\n2,Zo\u00eb\n",
        "a\tb\n1\tx y\n2\tz\n",
    ],
)
@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_rows_records_and_lines_are_the_same_by_both_roads(by_both_roads, text, piece):
    same(by_both_roads(text, piece=piece), ["a", "b"])


def test_plain_pieces_are_parsed_at_once(by_both_roads):
    text = "a,b\n" + "".join(f'{k}.5,"x{k % 3}"\n' for k in range(100))
    fast, slow = by_both_roads(text)
    assert was_parsed(fast)
    assert len(fast) > 5
    assert not was_parsed(slow)
    assert fast[0].columns["a"].dtype == np.float64
    assert isinstance(fast[0].columns["b"], Coded)


def test_a_word_among_numbers_is_coded_in_its_piece_alone(by_both_roads):
    lines = [f"{k}.25,x" for k in range(60)]
    lines[30] = "absent,x"
    # Of what is looked at beforehand, nearly all are numbers.
    fast, _ = by_both_roads("a,b\n" + "\n".join(lines) + "\n")
    kinds = [isinstance(block.columns["a"], Coded) for block in fast]
    assert kinds.count(True) == 1
    assert was_parsed(fast)


def test_a_byte_order_mark_and_another_encoding_are_taken_off(by_both_roads):
    for content in (
        codecs.BOM_UTF8 + "a,b\n1,Zo\u00eb\n2,y\n".encode(),
        "a,b\n1,Zo\u00eb\n2,y\n".encode("cp1252"),
    ):
        fast, slow = by_both_roads(content)
        same((fast, slow), ["a", "b"])
        assert was_parsed(fast)
        assert cells(fast, "b")[0] == ["Zo\u00eb", "y"]


def test_only_what_is_wanted_is_looked_at(by_both_roads):
    wanted = BlockRequest(columns=frozenset({"a"}))
    for blocks in by_both_roads("a,b\n1,x\n2,y\n", wanted):
        assert [set(block.columns) for block in blocks] == [{"a"}] * len(blocks)
        assert all(block.records is None for block in blocks)
    fast, _ = by_both_roads("a,b\n01,x\n02,y\n", BlockRequest(as_text=frozenset({"a"})))
    assert cells(fast, "a")[0] == ["01", "02"]


def left_out(blocks):
    return [(row.line, row.reason, row.text) for block in blocks for row in block.left_out]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("3,4,5", "3 fields where the heading has 2"),
        ("3", "1 field where the heading has 2"),
        ("3\r4,5", "1 field where the heading has 2"),
        ('"3,4', "a quote is opened there and never closed"),
        ('"3" x,4', "text after a closing quote"),
        ('3"x,"4', "a quote is opened there and never closed"),
    ],
)
@pytest.mark.parametrize("piece", [1, 64, 1 << 20])
def test_a_faulty_row_far_down_is_left_out_alone_by_both_roads(by_both_roads, row, fault, piece):
    lines = ["1,2"] * 50 + ["", row] + ["5,6"] * 10
    roads = by_both_roads("a,b\n" + "\n".join(lines) + "\n", piece=piece)
    same(roads, ["a", "b"])
    assert left_out(roads[0]) == left_out(roads[1]) == [(53, fault, row.split("\r")[0])]
    assert cells(roads[0], "a")[1].count(5) == 10


@pytest.mark.parametrize("piece", [1, 200, 1 << 20])
@pytest.mark.parametrize("wanted", [None, BlockRequest(columns=frozenset({"name"}))])
def test_a_shifted_row_is_left_out_by_both_roads_whatever_is_read(by_both_roads, piece, wanted):
    branches = ("CSE", "ECE", "MECH")
    lines = [f"{k},Asha {k},{branches[k % 3]},{k % 7 + 3}.5,{k % 2}" for k in range(60)]
    lines[40] = "40,Rao, Asha,CSE,7.5"  # a comma too many, and the last cell lacking
    text = "roll,name,branch,cgpa,placed\n" + "\n".join(lines) + "\n"
    roads = by_both_roads(text, wanted, piece)
    reason = "its cells seem to stand one column off ('Asha' under 'branch')"
    assert left_out(roads[0]) == left_out(roads[1]) == [(42, reason, lines[40])]
    assert [sum(map(len, blocks)) for blocks in roads] == [59, 59]


def test_a_wrong_byte_far_down_is_told_by_its_line(tmp_path):
    content = b"a,b\n" + "1,\u00eb\n".encode() + b"1,x\n" * 1_200_000 + b"1,\xff\n1,x\n"
    (tmp_path / "may.csv").write_bytes(content)
    with pytest.raises(DataError, match="line 1200003: not readable as utf-8"):
        list(open_table(tmp_path / "may.csv").blocks(BlockRequest(columns=frozenset({"b"}))))


CELL = st.text(st.sampled_from("ab'\" ,;\r\n\u00e9-1.5"), max_size=4)


@given(
    st.lists(st.tuples(CELL, st.sampled_from([*ODD_NUMBERS])), min_size=1, max_size=12),
    st.sampled_from(",;"),
)
def test_any_cells_read_alike_wherever_the_file_is_cut(tmp_path_factory, rows, delimiter):
    text = ""
    for word, number in rows:
        quoted = '"' + word.replace('"', '""') + '"'
        plain = not set(word) & set('"\r\n,;') and not set(number) & set(",;")
        text += f"{word if plain else quoted}{delimiter}" + (
            number if not set(number) & set(",;") else f'"{number}"'
        )
        text += "\n"
    layout = RowLayout(("a", "b"), 2, 2, 2)
    dialect = Dialect(delimiter=delimiter)
    parser = Parser(layout, dialect, frozenset("b"), frozenset("a"), True, ())
    parsed = parser.parse(text.encode(), text.count("\n"))
    if parsed is None or not lines_are_records(text.encode(), dialect):
        return  # walked instead
    path = tmp_path_factory.mktemp("cut") / "may.csv"
    path.write_text("a" + delimiter + "b\n" + text, encoding="utf-8", newline="")
    try:
        part = dataclasses.replace(
            open_table(path).parts[0], dialect=Dialect(delimiter=delimiter), skip=1,
            names=("a", "b"), layout=layout, large=False,
        )  # fmt: skip
        blocks = [task() for task in part.tasks(BlockRequest(records=True))]
    except DataError:
        return  # no table at all
    if not sum(map(len, blocks)):
        assert not parsed.rows
        return
    spelled, _, _ = cells(blocks, "a")
    assert words(parsed.columns["a"]).tolist() == spelled
    numbers, bad = parse_numbers(parsed.columns["b"])
    _, expected, expected_bad = cells(blocks, "b")
    np.testing.assert_array_equal(numbers, expected)
    assert bad.tolist() == expected_bad
    assert parsed.records.to_pylist() == [r for b in blocks for r in b.records]


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("quoting", ["minimal", "text", "all"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_cells_appended_at_once_are_those_appended_one_by_one(decimal, quoting, delimiter):
    import pyarrow as pa

    dialect = Dialect(delimiter=delimiter, decimal=decimal, quoting=quoting, line_end="\r\n")
    random = np.random.default_rng(0).random(200)
    floats = np.concatenate([random, random * 1e-7, [0, 1, 0.5, 1e-5, 5e-324, 0.1 + 0.2, np.nan]])
    whole = np.arange(len(floats))
    coded = Coded(whole % 2, np.array(["Not Placed", 'a"b,c;d'], dtype=object))
    lines = [f"r{k}" for k in range(len(floats))]
    written = bytes(append_cells(pa.array(lines), (floats, whole, coded), dialect)).decode()
    columns = [render_cells(one, dialect) for one in (floats, whole, coded)]
    expected = [dialect.delimiter.join(row) for row in zip(lines, *columns, strict=True)]
    assert written == "".join(line + "\r\n" for line in expected)
