"""Cells in pieces, in memory and in files: what comes back is what was put there."""

import numpy as np
import pytest

from placement.data.columns.column_store import (
    ChunkedArrayBuilder,
    ComputedArray,
    DiskChunkedArray,
    DiskColumnStore,
    MemoryColumnStore,
    downcast,
)
from placement.errors import StoreError

COLUMNS = {
    "small whole numbers": np.array([3.0, -100.0, 0.0, 127.0]),
    "large whole numbers": np.array([40_000.0, -1.0, 2.0]),
    "larger than 32 bits": np.array([2.0**31, 1.0]),
    "beyond exact whole numbers": np.array([1e300, 1.0]),
    "just beyond 32 bits": np.array([1.0, 2.0, 2.0**31], dtype=np.float32),
    "decimals": np.array([7.25, 3.0]),
    "with gaps": np.array([1.0, np.nan, 2.0]),
    "infinite": np.array([1.0, np.inf]),
    "none": np.array([]),
    "codes": np.array([0, 5, 300], dtype=np.int32),
    "hashes": np.array([2**64 - 1, 0], dtype=np.uint64),
    "parts": np.array([0, 1, 2], dtype=np.uint8),
}


@pytest.fixture(params=["memory", "files"])
def store(request, tmp_path):
    return MemoryColumnStore(10) if request.param == "memory" else DiskColumnStore(tmp_path, 10)


@pytest.mark.parametrize("name", COLUMNS)
def test_cells_come_back_in_their_dtype_bit_by_bit(store, name):
    cells = COLUMNS[name]
    array = store.new_array(cells.dtype)
    array.append(cells)
    array.append(cells[::-1])
    for place, expected in enumerate((cells, cells[::-1])):
        found = array.piece(place)
        assert found.dtype == cells.dtype
        assert found.tobytes() == expected.tobytes()
    assert array.rows == 2 * len(cells)
    assert array.whole().tobytes() == np.concatenate([cells, cells[::-1]]).tobytes()


@pytest.mark.parametrize(
    ("name", "size"),
    [("small whole numbers", 1), ("large whole numbers", 4), ("decimals", 8), ("with gaps", 8)],
)
def test_numbers_take_no_more_bytes_than_they_need(tmp_path, name, size):
    cells = COLUMNS[name]
    assert downcast(cells).itemsize == size
    array = DiskColumnStore(tmp_path).new_array(np.float64)
    array.append(cells)
    assert array.path.stat().st_size == size * len(cells) == array.size


@pytest.mark.parametrize("sizes", [[3, 4, 25, 1], [10, 10], [33], [0, 9, 1], []])
def test_pieces_are_cut_at_the_same_rows_whatever_comes_at_once(store, sizes):
    cells, start = np.arange(sum(sizes), dtype=np.float64), 0
    builder = ChunkedArrayBuilder(store, np.float64)
    for size in sizes:
        builder.add(cells[start : start + size])
        start += size
    builder.end_piece()
    whole, left = divmod(len(cells), 10)
    assert builder.array.sizes == [10] * whole + [left] * (left > 0)
    assert builder.array.whole().tolist() == cells.tolist()


def test_a_file_ends_its_piece(store):
    builder = ChunkedArrayBuilder(store, np.int32)
    for _ in range(2):
        builder.add(np.arange(13, dtype=np.int32))
        builder.end_piece()
    builder.end_piece()
    assert builder.array.sizes == [10, 3, 10, 3]


def test_an_array_is_read_again_by_its_sizes_and_dtypes(tmp_path):
    made = DiskColumnStore(tmp_path).new_array(np.float64)
    for cells in (np.array([1.0, 2.0]), np.array([0.5]), np.array([1e9])):
        made.append(cells)
    again = DiskChunkedArray.from_file(made.dtype.str, made.path, made.sizes, made.dtypes)
    assert again.whole().tolist() == [1.0, 2.0, 0.5, 1e9]
    assert again.size == made.size == made.path.stat().st_size


def test_what_is_computed_is_worked_out_when_asked_and_never_written():
    array = ComputedArray(np.int64, [2, 1], lambda place: np.full(2 - place, place))
    assert array.whole().tolist() == [0, 0, 1]
    with pytest.raises(TypeError, match="not written"):
        array.append(np.zeros(1))


def test_a_file_cut_short_while_in_use_is_told(tmp_path):
    array = DiskColumnStore(tmp_path).new_array(np.float64)
    array.append(np.array([0.5, 0.25]))
    array.path.write_bytes(array.path.read_bytes()[:-1])
    with pytest.raises(StoreError, match="was cut short while it was in use"):
        array.piece(0)


def test_a_folder_that_is_gone_is_told_as_an_output_that_cannot_be_written(tmp_path):
    array = DiskColumnStore(tmp_path / "gone").new_array(np.float64)
    with pytest.raises(StoreError, match="folder does not exist"):
        array.append(np.zeros(1))
