"""Do 95 % intervals hold the truth in 95 of 100 samples? Draw samples, fit them, count.

    python scripts/intervals.py [SAMPLES] [ROWS]
    python scripts/intervals.py --metrics [SAMPLES] [--quick]

The truth is a model with known coefficients; intervals of the coefficients in the file's own units
are counted, and those of the chance of an average student. With `--metrics` those of the metrics:
by metric and scenario, of held-out rows with 20 or more of each outcome, beside what a million rows
say; exit 1 where they do not hold the truth in 93 to 97 of 100 on average, or in 92 anywhere.
"""

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import binomtest

from placement.arrays import FloatArray
from placement.config.train_config import TrainConfig
from placement.data.table.read_table import read_table
from placement.evaluation.coefficients import estimates
from placement.evaluation.metrics.metric_intervals import metric_intervals
from placement.model.fitted import Fitted
from placement.stats.metrics import metrics
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


@dataclass(frozen=True)
class HeldOut:
    """Held-out rows whose true log-odds are `intercept + slope * x`, x being normal.

    The model says `scale` times that: beyond 1 it is too sure. `step` rounds its x, for ties.
    """

    name: str
    rows: int
    intercept: float
    slope: float
    scale: float = 1.0
    step: float = 0.0

    def draw(self, rows: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Return probabilities and outcomes (n,)."""
        x = rng.normal(size=rows)
        seen = np.round(x / self.step) * self.step if self.step else x
        outcome = rng.random(rows) < expit(self.intercept + self.slope * x)
        chance = expit(self.scale * (self.intercept + self.slope * seen))
        return chance, outcome.astype(float)


HELD_OUT = (
    HeldOut("half placed", 100, 0.0, 1.6),
    HeldOut("3 in 10 placed", 100, -1.1, 1.3),
    HeldOut("6 in 10, strong", 252, 0.75, 2.2),
    HeldOut("rare", 200, -2.3, 1.5),
    HeldOut("rare, weak", 400, -2.4, 0.9),
    HeldOut("too sure", 150, 0.0, 1.2, scale=2.5),
    HeldOut("8 in 10, very strong", 300, 3.0, 4.0),
    HeldOut("weak", 1_000, 0.0, 0.5),
    HeldOut("ties", 120, 0.3, 1.5, step=1.0),
)
LEAST_OF_AN_OUTCOME = 20


def coverage_of_metrics(held_out: HeldOut, samples: int, seed: int = 0) -> dict[str, list[int]]:
    """Return by metric how many intervals hold the truth, and how many there are."""
    rng = np.random.default_rng(seed)
    truth = metrics(*held_out.draw(1_000_000, rng)).as_dict()
    held: dict[str, list[int]] = {name: [0, 0] for name in truth if name != "ece"}
    drawn = 0
    while drawn < samples:
        chance, outcome = held_out.draw(held_out.rows, rng)
        if min(outcome.sum(), held_out.rows - outcome.sum()) < LEAST_OF_AN_OUTCOME:
            continue
        drawn += 1
        limits = metric_intervals(chance, outcome)
        for name, counts in held.items():
            if (interval := limits[name]) is not None:
                counts[0] += bool(interval[0] <= truth[name] <= interval[1])
                counts[1] += 1
    return held


def report_metrics(samples: int) -> bool:
    """Print coverage by metric and scenario, in 100; True where all of it is as it should be."""
    found = {scenario: coverage_of_metrics(scenario, samples) for scenario in HELD_OUT}
    for number, scenario in enumerate(HELD_OUT, 1):
        print(f"{number}: {scenario.rows:,} rows, {scenario.name}")
    print(f"\n95 % intervals of {samples:,} samples that hold the truth, in 100")
    print(
        f"{'':18}", *(f"{number:>6}" for number in range(1, len(HELD_OUT) + 1)), "  mean", "least"
    )
    good = True
    for name in next(iter(found.values())):
        cells = [counts[name] for counts in found.values()]
        shares = [100 * hits / count for hits, count in cells]
        mean = sum(shares) / len(shares)
        print(f"{name:18}", *(f"{share:6.1f}" for share in (*shares, mean, min(shares))))
        # Luck may put a cell of 92 below 92: it counts where that is beyond luck.
        low = any(binomtest(*cell, 0.92, alternative="less").pvalue < 0.01 for cell in cells)
        good = good and 93 <= mean <= 97 and not low
    print(f"(a cell is off by {196 * np.sqrt(0.05 * 0.95 / samples):.1f} by luck, 95 in 100 times)")
    return good


def main() -> int:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("samples", type=int, nargs="?", default=4_000)
    parser.add_argument("rows", type=int, nargs="?", default=500)
    parser.add_argument("--metrics", action="store_true", help="intervals of the metrics")
    parser.add_argument("--quick", action="store_true", help="400 samples in place of 4,000")
    asked = parser.parse_args()
    samples = 400 if asked.quick else asked.samples
    if asked.metrics:
        return 0 if report_metrics(samples) else 1
    for name, share in coverage_of_fits(samples, asked.rows).items():
        print(f"{name}: {share:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
