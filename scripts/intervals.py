"""Do 95 % intervals hold the truth in 95 of 100 samples? Draw samples, fit them, count.

    python scripts/intervals.py [SAMPLES] [ROWS]

The truth is a model with known coefficients; intervals of the coefficients in the file's own units
are counted, and those of the chance of an average student.
"""

import sys

import numpy as np
import pandas as pd
from scipy.special import expit

from placement.config.train_config import TrainConfig
from placement.data.table.read_table import read_table
from placement.evaluation.coefficients import estimates
from placement.training.fit import fit

TRUTH = {"(intercept)": -8.0, "cgpa": 0.9, "aptitude": 0.03, "branch=ECE": -0.7}
AVERAGE = {"cgpa": [7.0], "aptitude": [60.0], "branch": ["CSE"]}


def coverage_of_fits(samples: int, rows: int, seed: int = 0) -> dict[str, float]:
    """Return by what is estimated the share of samples whose interval holds the truth."""
    rng = np.random.default_rng(seed)
    held = dict.fromkeys((*TRUTH, "chance"), 0)
    config = TrainConfig(l2=0.0, test_size=0.0, optimizer="newton")
    chance = expit(TRUTH["(intercept)"] + 7.0 * TRUTH["cgpa"] + 60.0 * TRUTH["aptitude"])
    for _ in range(samples):
        fitted = fit(read_table(_sample(rows, rng)), config)
        for row in estimates(fitted):
            if row.low is not None and row.high is not None:
                held[row.feature] += bool(row.low <= TRUTH[row.feature] <= row.high)
        limits = fitted.scorer.score(AVERAGE, errors=True).interval
        if limits is not None:
            held["chance"] += bool(limits[0][0] <= chance <= limits[1][0])
    return {name: count / samples for name, count in held.items()}


def _sample(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    cgpa, aptitude = rng.normal(7, 1.2, rows), rng.normal(60, 15, rows)
    branch = rng.choice(["CSE", "ECE"], rows)
    logit = (
        TRUTH["(intercept)"]
        + TRUTH["cgpa"] * cgpa
        + TRUTH["aptitude"] * aptitude
        + TRUTH["branch=ECE"] * (branch == "ECE")
    )
    placed = (rng.random(rows) < expit(logit)).astype(int)
    return pd.DataFrame({"cgpa": cgpa, "aptitude": aptitude, "branch": branch, "placed": placed})


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:3]] + [4000, 500][len(sys.argv[1:3]) :]
    for name, share in coverage_of_fits(*asked).items():
        print(f"{name}: {share:.3f}")
