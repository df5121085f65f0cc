"""What is found in several settings, alone or as one of the ranks that torchrun starts.

torchrun --nproc-per-node 2 -m tests.training.passes.rank_cases DATA FOLDER
"""

import json
import os
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from placement.config.train_config import TrainConfig
from placement.data.columns import load_columns
from placement.data.columns.storage import PIECE_ROWS, Storage
from placement.data.formats.delimited import dialect
from placement.evaluation.metrics import accumulator
from placement.runtime import ranks, shared_memory
from placement.runtime.progress import NoProgress
from placement.training.fit import build_fitted, information_at
from placement.training.passes.distributed import join
from placement.training.prepare import prepare
from placement.training.solver.training_loop import RunContext, solve
from placement.training.validation.cross_predict import score_tested
from placement.workflows.reading.read_labelled import read_with_progress

# Rows of a chunk, and settings.
CASES: dict[str, tuple[int, dict[str, Any]]] = {
    "small chunks": (20, {}),
    "one share empty": (100_000, {}),
    "stream": (50, {"stream": True}),
    "mini-batches": (50, {"optimizer": "sgd", "batch_size": 64, "epochs": 3, "patience": 2}),
    "balanced": (50, {"weight": "projects", "class_weight": "balanced"}),
    "unpenalised": (70, {"features": ("branch", "cgpa", "tenth"), "l2": 0.0}),
    "lbfgs": (50, {"optimizer": "lbfgs"}),
    "in pieces": (50, {}),
    "firth": (50, {"features": ("branch", "cgpa"), "firth": True, "optimizer": "auto"}),
}


def figures(data: str, name: str, cache: str) -> dict[str, object]:
    """Train on some data as a case says, and return what was found."""
    if name == "in pieces":  # of a file, of columns, and of sums, handed over in shared memory
        with (
            patch.object(dialect, "SAMPLE_BYTES", 4096),
            patch.object(load_columns, "_PIECE_BYTES", 4096),
            patch.object(shared_memory, "LEAST_BYTES", 1),
            patch.object(accumulator, "EXACT_ROWS", 10),
        ):
            return trained(data, *CASES[name], cache, piece_rows=30)
    return trained(data, *CASES[name], cache)


def trained(
    data: str,
    chunk_rows: int,
    settings: dict[str, Any],
    cache: str,
    piece_rows: int = PIECE_ROWS,
) -> dict[str, object]:
    """Train on some data, and return what was found."""
    config = TrainConfig(cache=cache, **{"optimizer": "newton", **settings})
    with Storage(stream=config.stream, folder=cache, piece_rows=piece_rows) as storage:
        table = read_with_progress([data], config.of_scope("read"), storage, NoProgress())
        prepared = prepare(table, config, chunk_rows=chunk_rows)
        solution = solve(prepared.problem, context=RunContext(prepared.validation, prepared.test))
        fitted = build_fitted(prepared, solution, information_at(prepared, solution))
        predictions = accumulator.PredictionAccumulator(shared=True)
        for p, y, w, base_rate, _ in score_tested(prepared, fitted):
            predictions.add(p, y, w, base_rate)
        predictions.complete()
        assert fitted.factor is not None
        return {
            "weights": [*fitted.weights, fitted.intercept],
            "factor": fitted.factor.ravel().tolist(),
            "metrics": list(predictions.result().metrics.as_dict().values()),
            "epochs": [epoch.loss for epoch in fitted.history],
            "split": [np.asarray(piece).tolist() for piece in prepared.split.subsets],
        }


def main(data: str, folder: str) -> None:
    """Write what this rank finds."""
    join(timeout=60)
    found = {name: figures(data, name, folder) for name in CASES}
    Path(folder, f"{os.environ['RANK']}.json").write_text(json.dumps(found), encoding="utf-8")
    ranks.current().exchange(None)
    os._exit(0)  # gloo's own threads now and then abort an interpreter that ends in order


if __name__ == "__main__":
    main(*sys.argv[1:])
