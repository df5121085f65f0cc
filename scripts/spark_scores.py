"""Score students on a Spark of this machine; each answer must be that of `placement predict`.

    python scripts/spark_scores.py [--rows 100000] [--partitions 8] [--venvs DIR]

A model is trained, and `mlflow.pyfunc.spark_udf` asked about every row: probability and prediction
must be those of `placement predict`, to the last bit. Java must be there. Where pyspark is not in
this environment, one of its own is made by pip once (minutes, 1.5 GB), that of clients.py.

Exit 1 where an answer is another, 3 where something is missing.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import make_large
import pandas as pd
from client_servers import Missing
from clients import CHAMPION, Trial

ANSWERS = ["placement_probability", "placement_prediction"]


def differing(folder: Path, rows: int, partitions: int, venvs: Path | None) -> int:
    """Train, score twice, and return how many answers differ."""
    if shutil.which("java") is None:
        raise Missing("Java (on Debian: apt-get install openjdk-17-jre-headless)")
    trial, store = Trial(folder, venvs), f"sqlite:///{folder}/mlruns/mlflow.db"
    trial.python("spark")
    table, scores = folder / "table.csv", folder / "scores.csv"
    make_large.write(table, rows)
    numbered = pd.read_csv(table, dtype=str).rename_axis("row").reset_index()
    numbered.to_csv(table, index=False)  # Spark keeps no order
    trial.placement("train", table, "--drop", "row", store=store)
    trial.placement("predict", table, "--out", scores, store=store)
    start = time.monotonic()
    answers = pd.DataFrame(
        trial.ask(
            "spark", "spark", store, model=CHAMPION, rows=table, key="row", partitions=partitions
        )
    )
    print(f"Spark scored {len(answers):,} rows in {time.monotonic() - start:.0f} s", flush=True)
    expected = pd.read_csv(scores, float_precision="round_trip")
    if len(answers) != len(expected):
        return abs(len(answers) - len(expected))
    unequal = answers[ANSWERS].to_numpy() != expected[ANSWERS].to_numpy()
    return int(unequal.any(axis=1).sum())


def main(words: Sequence[str] | None = None) -> int:
    """Compare, and say how many answers differ."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--venvs", type=Path, metavar="DIR", default=cache / "placement-clients")
    asked = parser.parse_args(words)
    venvs = None if find_spec("pyspark") else asked.venvs.absolute()
    with tempfile.TemporaryDirectory(prefix="spark-scores-") as folder:
        try:
            wrong = differing(Path(folder), asked.rows, asked.partitions, venvs)
        except Missing as missing:
            print(f"not tried: it needs {missing}")
            return 3
    print(f"{wrong} of {asked.rows:,} answers differ from those of placement predict")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
