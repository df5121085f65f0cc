"""All rows of several files, each column on a shelf."""

import pytest

from placement.data.collecting import Hashed, collect
from placement.data.shelf import FileShelf, MemoryShelf
from placement.data.tables import open_table


@pytest.fixture(params=["memory", "files"])
def shelf(request, tmp_path):
    return MemoryShelf(10) if request.param == "memory" else FileShelf(tmp_path, 10)


def test_free_text_found_out_late_has_the_pieces_of_its_table_and_one_hash_a_text(shelf, tmp_path):
    for name, words in (("a", ["x", "Y"]), ("b", ["x", "y", *(f"word {k}" for k in range(20))])):
        cells = [words[k % len(words)] for k in range(24 if name == "b" else 13)]
        rows = ["essay,one", *(f"{cell},1" for cell in cells)]
        (tmp_path / f"{name}.csv").write_text("\n".join(rows))
    reader = open_table([str(tmp_path / "a.csv"), str(tmp_path / "b.csv")])
    data = collect(reader, shelf, frozenset({"essay"}), most_words=6)
    essay = data.columns["essay"]
    assert isinstance(essay, Hashed)
    assert list(essay.vector.sizes) == [10, 3, 10, 10, 4]
    hashes = essay.vector.whole()
    assert len(set(hashes.tolist())) == 22
    assert hashes[0] == hashes[12] == hashes[13] == hashes[35]
    assert hashes[1] == hashes[14], "whatever their case"
