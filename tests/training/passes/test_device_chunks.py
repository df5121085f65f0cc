import gc

import numpy as np
import pytest
import torch

from placement.data.encoding.chunks import ArrayChunks, ChunkFormat, FileChunks
from placement.data.encoding.design_matrix import DesignMatrix
from placement.model.design_tensor import BLOCK_ROWS
from placement.runtime import ranks
from placement.training.passes.chunk_threads import map_chunks
from placement.training.passes.device_chunks import DeviceTables

CPU = torch.device("cpu")
ROWS = 2 * BLOCK_ROWS + 500


def rows_in_file(path):
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(ROWS, 2)), draw.integers(0, 2, ROWS) * 1.0
    form = ChunkFormat(DesignMatrix.of(x).layout, x.dtype, weighted=False)
    sizes = (ROWS - 20_001, 20_000, 1)
    with path.open("wb") as file:
        for end, size in zip(np.cumsum(sizes).tolist(), sizes, strict=True):
            rows = slice(end - size, end)
            file.write(np.vstack([x[rows].T, y[rows]]).tobytes())
    return x, y, FileChunks(path, sizes, form)


def walked(tables, source):
    chunks = [(c.x.dense.clone(), c.y.clone(), c.weight) for c in tables.chunks(source)]
    assert all(weight is None for _, _, weight in chunks)
    return *(torch.cat(parts).numpy() for parts in list(zip(*chunks, strict=True))[:2]), len(chunks)


@pytest.mark.parametrize("room", [float("inf"), 0.0])
def test_the_rows_of_uneven_chunks_come_in_order_in_chunks_of_a_device(tmp_path, room):
    x, y, source = rows_in_file(tmp_path / "rows")
    tables = DeviceTables(CPU, torch.float64, chunk_bytes=1, room=lambda: room)
    for _ in range(2):
        found, targets, chunks = walked(tables, source)
        np.testing.assert_array_equal(found, x)
        np.testing.assert_array_equal(targets, y)
        assert chunks == 3


def test_rows_that_fit_are_read_once_and_others_at_every_walk(tmp_path):
    x, _, source = rows_in_file(tmp_path / "rows")
    held, copied = (
        DeviceTables(CPU, torch.float64, room=lambda room=room: room)
        for room in (x.nbytes * 1.5, x.nbytes * 1.5 - 1)
    )
    walked(held, source)
    walked(copied, source)
    source.discard()
    np.testing.assert_array_equal(walked(held, source)[0], x)
    with pytest.raises(FileNotFoundError):
        walked(copied, source)


class Rank(ranks.Alone):
    size = 3

    def __init__(self, rank):
        self.rank = rank


def test_a_rank_with_a_card_has_the_same_rows_as_one_without(monkeypatch):
    """Of several hosts one may have a card: no row is summed up twice, and none left out."""
    x = np.arange(330.0)[:, None]
    source = ArrayChunks(DesignMatrix.of(x), np.zeros(330), np.ones(330), chunk_rows=10)
    tables = DeviceTables(CPU, torch.float64, room=lambda: 0.0)
    for rank in range(3):
        monkeypatch.setattr(ranks, "_ranks", Rank(rank))
        parts = map_chunks(source, lambda chunks: [chunk.x.to_dense().copy() for chunk in chunks])
        own = np.concatenate([rows for part in parts for rows in part])
        np.testing.assert_array_equal(walked_weighted(tables, source), own)


def test_a_mini_batch_leaves_the_device_when_it_is_gone():
    x = np.random.default_rng(0).normal(size=(100, 2))
    source = ArrayChunks(DesignMatrix.of(x), np.zeros(100), np.ones(100))
    tables = DeviceTables(CPU, torch.float64, room=lambda: float("inf"))
    for start in range(0, 100, 10):
        batch = source.take(np.arange(start, start + 10))
        np.testing.assert_array_equal(walked_weighted(tables, batch), x[start : start + 10])
    del batch
    gc.collect()
    assert not tables._held
    walked_weighted(tables, source)
    assert len(tables._held) == 1


def walked_weighted(tables, source):
    return torch.cat([c.x.dense.clone() for c in tables.chunks(source)]).numpy()
