"""Do 95 % intervals hold the truth in 95 of 100 samples? Draw samples, fit them, count.

    python scripts/intervals.py [SAMPLES] [ROWS]

The truth is a model with known coefficients; intervals of the coefficients in the file's own units
are counted, and those of the chance of an average student.
"""

import sys
from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.special import expit

from placement.arrays import FloatArray
from placement.config.train_config import TrainConfig
from placement.data.table.read_table import read_table
from placement.evaluation.coefficients import estimates
from placement.model.fitted import Fitted
from placement.training.fit import fit

TRUTH = {"(intercept)": -8.0, "cgpa": 0.9, "aptitude": 0.03, "branch=ECE": -0.7}
AVERAGE: dict[str, list[float] | list[str]] = {"cgpa": [7.0], "aptitude": [60.0], "branch": ["CSE"]}
CONFIG = TrainConfig(l2=0.0, test_size=0.0, optimizer="newton")


def coverage_of_fits(samples: int, rows: int, seed: int = 0) -> dict[str, float]:
    """Return by what is estimated the share of samples whose interval holds the truth."""
    rng = np.random.default_rng(seed)
    return share_held(fit(read_table(sample(rows, rng)), CONFIG) for _ in range(samples))


def share_held(fits: Iterable[Fitted]) -> dict[str, float]:
    """Return by what is estimated the share of fits whose interval holds the truth."""
    held, count = dict.fromkeys((*TRUTH, "chance"), 0), 0
    chance = float(expit(log_odds(pd.DataFrame(AVERAGE)))[0])
    for fitted in fits:
        count += 1
        for row in estimates(fitted):
            if row.low is not None and row.high is not None:
                held[row.feature] += bool(row.low <= TRUTH[row.feature] <= row.high)
        limits = fitted.scorer.score(AVERAGE, errors=True).interval
        if limits is not None:
            held["chance"] += bool(limits[0][0] <= chance <= limits[1][0])
    return {name: hits / count for name, hits in held.items()}


def sample(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw students, and their outcomes from their true chances."""
    cgpa, aptitude = rng.normal(7, 1.2, rows), rng.normal(60, 15, rows)
    branch = rng.choice(["CSE", "ECE"], rows)
    students = pd.DataFrame({"cgpa": cgpa, "aptitude": aptitude, "branch": branch})
    placed = (rng.random(rows) < expit(log_odds(students))).astype(int)
    return students.assign(placed=placed)


def log_odds(students: pd.DataFrame) -> FloatArray:
    """Return the true log-odds of students."""
    logit = (
        TRUTH["(intercept)"]
        + TRUTH["cgpa"] * students["cgpa"]
        + TRUTH["aptitude"] * students["aptitude"]
        + TRUTH["branch=ECE"] * (students["branch"] == "ECE")
    )
    return logit.to_numpy(float)


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:3]] + [4000, 500][len(sys.argv[1:3]) :]
    for name, share in coverage_of_fits(*asked).items():
        print(f"{name}: {share:.3f}")
