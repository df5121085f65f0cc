"""Several processes find what one does: in memory or not, whatever the chunks and the optimizer."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from placement.runtime import ranks
from tests.training.passes import rank_cases

ROOT = Path(__file__).parents[3]
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """400 students, with missing branches."""
    table = pd.read_csv(ROOT / "data" / "students.csv").sample(400, random_state=0)
    table.loc[table.index[::7], "branch"] = None
    path = tmp_path_factory.mktemp("ranks") / "students.csv"
    table.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def on_ranks(data, tmp_path_factory):
    """What each of two ranks found, by case."""
    folder = tmp_path_factory.mktemp("found")
    script = ("-m", "tests.training.passes.rank_cases")
    command = (*TORCHRUN, "--nproc-per-node", "2", *script, data, folder)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    subprocess.run(command, env=environment, cwd=ROOT, check=True)
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in (0, 1)]


@pytest.fixture(scope="module")
def alone(data, tmp_path_factory):
    """What one process finds, by case."""
    folder = str(tmp_path_factory.mktemp("alone"))
    return {name: rank_cases.figures(str(data), name, folder) for name in rank_cases.CASES}


@pytest.mark.parametrize("case", rank_cases.CASES)
def test_every_rank_finds_what_one_process_does(case, alone, on_ranks):
    expected = alone[case]
    for found in on_ranks:
        assert found[case]["split"] == expected["split"]
        for name in ("weights", "factor", "metrics", "epochs"):
            assert found[case][name] == pytest.approx(expected[name], rel=1e-10, abs=1e-10), name


def test_alone_a_process_has_the_whole_share():
    assert ranks.share_of(7) == range(7)
    assert ranks.started() == 1
