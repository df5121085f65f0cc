"""Chunks in a file are those of the same arrays in memory."""

import numpy as np
import pytest

from placement.data.encoding import chunks
from placement.data.encoding.chunks import ArrayChunks, ChunkFormat, FileChunks
from placement.data.encoding.design_matrix import DesignMatrix, Layout
from placement.errors import StoreError

SIZES = (40, 40, 17)


@pytest.fixture(params=[True, False], ids=["weighted", "unweighted"])
def both(request, tmp_path):
    """The same rows in a file and in memory."""
    draw, rows = np.random.default_rng(1), sum(SIZES)
    x, y = draw.normal(size=(rows, 3)), draw.integers(0, 2, rows).astype(float)
    weight = draw.integers(1, 4, rows).astype(float) if request.param else np.ones(rows)
    path, ends = tmp_path / "rows", np.cumsum(SIZES)
    with path.open("wb") as file:
        for end, size in zip(ends, SIZES, strict=True):
            part = slice(end - size, end)
            lines = [*x[part].T, y[part], *([weight[part]] if request.param else [])]
            file.writelines(line.tobytes() for line in lines)
    return (
        FileChunks(path, SIZES, ChunkFormat(Layout.plain(3), np.dtype(np.float64), request.param)),
        ArrayChunks(DesignMatrix.of(x), y, weight, chunk_rows=40),
    )


def assert_equal(one, other):
    for name in ("x", "y", "weight"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def assert_same(found, expected):
    assert (found.rows, found.columns, len(found)) == (
        expected.rows,
        expected.columns,
        len(expected),
    )
    for one, other in zip(found, expected, strict=True):
        assert_equal(one, other)


def test_a_file_is_walked_in_the_chunks_of_memory(both):
    assert_same(*both)


def test_some_columns_of_a_file_are_those_of_memory_and_of_those_again_some(both):
    found, expected = (source.select(np.array([2, 0])) for source in both)
    assert_same(found, expected)
    assert_same(found.select(np.array([1])), expected.select(np.array([1])))


def test_rows_of_a_file_come_in_the_order_asked(both):
    rows = np.array([96, 3, 3, 41, 0, 80])
    assert_equal(*(source.take(rows) for source in both))
    assert_equal(*(source.take(rows[:0]) for source in both))


def test_a_sample_of_a_file_is_the_head_of_each_chunk(both, monkeypatch):
    found, expected = both
    heads = np.array([0, 1, 40, 41])
    assert_equal(found.sample(), expected.take(heads))
    for bound, most in (("MOST_SAMPLED", 2), ("MOST_SAMPLED_CELLS", 6)):
        with monkeypatch.context() as patch:
            patch.setattr(chunks, bound, most)
            assert_equal(found.sample(), expected.take(heads[:2]))


def test_a_file_cut_short_while_in_use_is_told(both):
    found = both[0]
    found.path.write_bytes(found.path.read_bytes()[:-8])
    with pytest.raises(StoreError, match="was cut short while it was in use"):
        found.chunk(2)


def test_two_threads_read_one_file_into_buffers_of_their_own(both):
    from concurrent.futures import ThreadPoolExecutor

    found, expected = both
    mine = found.chunk(0)
    with ThreadPoolExecutor(1) as pool:
        assert_equal(pool.submit(found.chunk, 1).result(), expected.chunk(1))
    assert_equal(mine, expected.chunk(0))
