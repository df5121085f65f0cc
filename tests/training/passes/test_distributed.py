import subprocess
import sys

import numpy as np

from placement.training.passes import distributed
from placement.training.problem.options import Options
from placement.training.solver.training_loop import solve

RANK = """
import os
import sys
import numpy as np
from torch import distributed
from placement.data.encoding.chunks import ArrayChunks
from placement.data.encoding.design_matrix import DesignMatrix
from placement.training.solver.training_loop import solve
from placement.training.problem.options import Options

rank, rows, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
distributed.init_process_group("gloo", f"file://{folder}/meet", rank=rank, world_size=2)
data = np.load(f"{folder}/rows.npz")
mine = slice(0, rows) if rank == 0 else slice(rows, None)
y = data["y"][mine]
source = ArrayChunks(DesignMatrix.of(data["x"][mine]), y, np.ones(len(y)), 50)
for optimizer, batch_size in (("auto", None), ("lbfgs", None), ("sgd", 64)):
    settings = Options(optimizer=optimizer, batch_size=batch_size, epochs=60)
    found = solve(source, settings)
    np.save(f"{folder}/{optimizer}{rank}.npy", np.append(found.weights, found.intercept))
distributed.barrier()  # who leaves first would tear gloo's connection from the other's hands
os._exit(0)  # gloo's own threads now and then abort an interpreter that ends in order
"""


def test_alone_every_sum_is_its_own():
    values = np.arange(3.0)
    assert distributed.add_up(values) is values
    assert (distributed.rank(), distributed.world_size(), distributed.largest(7)) == (0, 1, 7)
    assert distributed.any_rank(True)
    assert not distributed.any_rank(False)


def run_ranks(folder, source, rows):
    np.savez(folder / "rows.npz", x=source.x.to_dense(), y=source.y)
    started = [
        subprocess.Popen([sys.executable, "-c", RANK, str(rank), str(rows), str(folder)])
        for rank in (0, 1)
    ]
    assert [process.wait(timeout=120) for process in started] == [0, 0]


def test_two_ranks_with_unequal_shares_find_the_same_model(make, tmp_path, whole_descent):
    source = make(300)
    run_ranks(tmp_path, source, 290)
    for optimizer in ("auto", "lbfgs"):
        alone = solve(source, Options(optimizer=optimizer, epochs=60))
        for rank in (0, 1):
            result = np.load(tmp_path / f"{optimizer}{rank}.npy")
            np.testing.assert_allclose(result, [*alone.weights, alone.intercept], atol=1e-10)
    both = [np.load(tmp_path / f"sgd{rank}.npy") for rank in (0, 1)]
    np.testing.assert_array_equal(*both)
