import pytest

from placement.config.bad_rows import BadRows
from placement.data.columns.loading.column_cache import load_cached_columns
from placement.data.columns.storage import Storage
from placement.data.formats.blocks import LeftOutRow
from placement.data.formats.faulty_rows import FaultyRows, answer_each, leave_out
from placement.data.formats.table_reader import open_table
from placement.data.output.left_out_file import left_out_file


def faults(count, file="may.csv"):
    return [
        LeftOutRow(n + 2, "3 fields where the heading has 2", "1,2,3", file) for n in range(count)
    ]


def test_a_warning_names_the_first_five_and_where_the_others_are_listed():
    (warning,) = leave_out(faults(7), 700, BadRows(), "may.csv")
    assert warning.startswith(
        "may.csv: 7 rows left out, cells cannot be told apart: line 2 (3 fields"
    )
    assert warning.count("fields where") == 5
    assert warning.endswith("and 2 more: --left-out FILE lists them all")


def test_rows_of_several_files_are_named_with_their_file():
    (warning,) = leave_out([*faults(1), *faults(1, "june.csv")], 700, BadRows(), "2 files")
    assert "may.csv, line 2" in warning
    assert "june.csv, line 2" in warning


def test_beyond_the_limit_the_first_five_are_shown_and_all_are_known():
    with pytest.raises(FaultyRows) as caught:
        leave_out(faults(4), 60, BadRows(), "may.csv")
    assert len(caught.value.rows) == 4
    assert "  line 2: 3 fields where the heading has 2: 1,2,3\n" in str(caught.value)
    assert str(caught.value).endswith("--bad-rows leave-out=10%")


def test_where_each_row_needs_an_answer_any_is_refused_and_twenty_are_listed():
    with pytest.raises(FaultyRows) as caught:
        answer_each(faults(23), 1_000, None, "may.csv")
    assert str(caught.value).count("fields where") == 20
    assert "  and 3 more\n" in str(caught.value)
    assert answer_each(faults(1), 1_000, BadRows(), "may.csv")
    assert answer_each([], 10, None, "may.csv") == ()


def test_rows_refused_are_listed_in_the_file_as_well(tmp_path):
    out = tmp_path / "left.csv"

    def read_two_files():
        with left_out_file(str(out)) as rows:
            rows.add(lambda: faults(1, "june.csv"))
            leave_out(faults(4), 60, BadRows(), "may.csv")

    with pytest.raises(FaultyRows):
        read_two_files()
    assert [line[:8] for line in out.read_text("utf-8-sig").splitlines()] == [
        "file,lin", "june.csv", *["may.csv,"] * 4,
    ]  # fmt: skip


def test_columns_kept_on_the_disk_remember_the_rows_left_out(tmp_path):
    lines = ["cgpa,placed", *(f"{n % 5 + 4}.5,{n % 2}" for n in range(50))]
    lines[30] += ",x"
    (tmp_path / "may.csv").write_text("\n".join(lines) + "\n")
    read = []
    for _ in range(2):
        with Storage(stream=True, folder=str(tmp_path), keep=True) as storage:
            reader = open_table(tmp_path / "may.csv")
            allocation = storage.allocate(reader)
            columns, notes = load_cached_columns(reader, allocation, frozenset(), lambda _: None)
            read.append((columns.left_out, len(columns.locations)))
    assert "are those kept" in notes[0]
    assert read[0] == read[1]
    assert [row.line for row in read[0][0]] == [31]
