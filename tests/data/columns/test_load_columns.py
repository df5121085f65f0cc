"""All rows of several files, each column in a store."""

import numpy as np
import pytest

from placement.data.columns import load_columns as module
from placement.data.columns.column_store import DiskColumnStore, MemoryColumnStore
from placement.data.columns.load_columns import load_columns
from placement.data.columns.raw_column import CategoricalColumn, HashedColumn, NumericColumn
from placement.data.formats.table_reader import open_table


@pytest.fixture(params=["memory", "files"])
def store(request, tmp_path):
    return MemoryColumnStore(10) if request.param == "memory" else DiskColumnStore(tmp_path, 10)


def test_free_text_found_out_late_has_the_pieces_of_its_table_and_one_hash_a_text(store, tmp_path):
    for name, words in (("a", ["x", "Y"]), ("b", ["x", "y", *(f"word {k}" for k in range(20))])):
        cells = [words[k % len(words)] for k in range(24 if name == "b" else 13)]
        rows = ["essay,one", *(f"{cell},1" for cell in cells)]
        (tmp_path / f"{name}.csv").write_text("\n".join(rows))
    reader = open_table([str(tmp_path / "a.csv"), str(tmp_path / "b.csv")])
    data = load_columns(reader, store, frozenset({"essay"}), max_texts=6)
    essay = data.columns["essay"]
    assert isinstance(essay, HashedColumn)
    assert list(essay.array.sizes) == [10, 3, 10, 10, 4]
    hashes = essay.array.whole()
    assert len(set(hashes.tolist())) == 22
    assert hashes[0] == hashes[12] == hashes[13] == hashes[35]
    assert hashes[1] == hashes[14], "whatever their case"


@pytest.fixture
def large(monkeypatch):
    """Files of 600 kB are already parsed in several pieces."""
    monkeypatch.setattr(module, "_PIECE_BYTES", 100_000)


def written(path, cells):
    """A file so large that its pieces are parsed at once."""
    filler = "x" * 400
    path.write_text("\n".join(["mark,note", *(f"{cell},{filler}" for cell in cells)]) + "\n")
    return path


def loaded_column(path, store, **how):
    return load_columns(open_table(str(path)), store, **how).columns["mark"]


@pytest.mark.parametrize("max_texts", [50, 100_000])
def test_the_order_of_rows_does_not_decide_whether_a_column_holds_numbers(
    large, store, tmp_path, max_texts
):
    draw = np.random.default_rng(1)
    numbers = [f"{value:.5f}" for value in draw.normal(60, 10, 3_000)]
    for share, kind in (
        (0.04, NumericColumn),
        (0.06, HashedColumn if max_texts == 50 else CategoricalColumn),
    ):
        few = [f"absent {k}" for k in range(round(3_000 * share / (1 - share)))]
        cells = few + numbers
        first = loaded_column(written(tmp_path / "a.csv", cells), store, max_texts=max_texts)
        last = loaded_column(written(tmp_path / "b.csv", cells[::-1]), store, max_texts=max_texts)
        # Of no more words than can be held, the words tell how they read as numbers.
        kinds = (kind, CategoricalColumn) if max_texts > 50 else (kind,)
        assert isinstance(first, kinds)
        assert isinstance(last, kinds)
        if isinstance(first, CategoricalColumn):
            numbers_of = first.numbers[first.codes]
            assert np.isnan(numbers_of[: len(few)]).all()
        elif isinstance(first, type(last)):
            assert sorted(first.array.whole().tobytes()) == sorted(last.array.whole().tobytes())


def test_words_stay_as_they_are_written_where_later_pieces_look_like_numbers(
    store, tmp_path, monkeypatch
):
    # The first bytes are numbers, the first piece is not, and later pieces are again.
    monkeypatch.setattr(module, "_PIECE_BYTES", 400_000)
    cells = ["1.50"] * 700 + ["7A"] * 250 + ["7.50"] * 2_000 + ["7B"] * 900
    for name, own in (("a.csv", cells), ("b.csv", cells[::-1])):
        read = loaded_column(written(tmp_path / name, own), store)
        assert isinstance(read, CategoricalColumn)
        assert read.texts[read.codes].tolist() == own


def test_what_was_read_once_more_leaves_nothing_behind(large, tmp_path):
    store = DiskColumnStore(tmp_path, 10)
    cells = [*map(str, range(2_000)), *(f"word {k}" for k in range(1_000))]
    read = loaded_column(written(tmp_path / "a.csv", cells), store, max_texts=50)
    assert isinstance(read, HashedColumn)
    assert len(list(tmp_path.glob("*.cells"))) == 2  # of the two columns
