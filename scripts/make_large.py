"""Write a CSV of as many students as asked: for measuring, not for learning from.

    python scripts/make_large.py ROWS FILE

Nobody in it exists. Rows are drawn 500,000 at a time, so that no size needs much memory.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

BLOCK = 500_000


def students(draw: np.random.Generator, rows: int) -> dict[str, Any]:
    """Draw some students: marks and counts that move together, and the outcome."""
    able = draw.normal(size=rows)

    def marks(mean: float, shared: float, own: float, low: float, high: float, digits: int) -> Any:
        drawn = mean + shared * able + own * draw.normal(size=rows)
        return np.clip(np.round(drawn, digits), low, high)

    columns: dict[str, Any] = {
        "cgpa": marks(7.2, 0.8, 0.5, 3, 10, 2),
        "tenth": marks(74, 7, 6, 35, 100, 1),
        "twelfth": marks(70, 7, 7, 35, 100, 1),
        "aptitude": marks(60, 10, 12, 0, 100, 0).astype(np.int64),
        "backlogs": draw.poisson(0.6, rows),
        "internships": draw.poisson(0.8, rows),
        "projects": draw.poisson(2, rows),
        "attendance": np.round(draw.uniform(55, 100, rows), 2),
    }
    weights = {"cgpa": 0.9, "tenth": 0.02, "aptitude": 0.03, "backlogs": -0.6, "internships": 0.5}
    logit = sum(weight * columns[name] for name, weight in weights.items()) - 10.1
    placed = draw.random(rows) < 1 / (1 + np.exp(-logit))
    return columns | {"status": np.where(placed, "Placed", "Not Placed")}


def write(path: Path, rows: int) -> None:
    """Write a file of so many rows; the same number gives the same bytes."""
    draw = np.random.default_rng(1)
    with path.open("wb") as file:
        for start in range(0, rows, BLOCK):
            table = pa.table(students(draw, min(BLOCK, rows - start)))
            how = pc.WriteOptions(include_header=start == 0, quoting_style="none")
            pc.write_csv(table, file, how)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rows", type=int)
    parser.add_argument("file", type=Path)
    asked = parser.parse_args()
    write(asked.file, asked.rows)
