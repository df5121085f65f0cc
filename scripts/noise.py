"""Does any option let held-out rows leak into the model that is measured on them?

    python scripts/noise.py [--quick]

The outcome is pure noise beside as many columns as a fit can be misled by, so that whatever
held-out figures find is a leak, or luck. Printed, by option: the mean ROC AUC (0.5 in truth), the
mean of the share called placed of the placed less that of the others (Youden's J, 0 in truth), the
mean gain over the base rate (0 or less), each with the 95 % interval of the mean, and how often the
model was called better than the base rate. Last a control that leaks: students who come five times,
not held together. Exit 1 where figures lie above the truth beyond luck, or the control's do not.
"""

import argparse
import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from scipy.stats import t as student

from placement.arrays import FloatArray
from placement.config.train_config import TrainConfig
from placement.data.table.read_table import read_table
from placement.workflows.reading.read_training_tables import Tables
from placement.workflows.training.final_figures import finalize
from placement.workflows.training.fit_and_test import fit_and_test, understand

ROWS, COLUMNS, TIMES = 300, 20, 5
SPLINES = ("score 0:4", "score 1:4")


@dataclass(frozen=True)
class Option:
    """An option of `train`; `repeated`: each student comes five times, all but alike."""

    words: str
    settings: dict[str, Any] = field(default_factory=dict)
    repeated: bool = False


OPTIONS = (
    Option("(none)"),
    Option("--group student", {"group": "student"}, repeated=True),
    Option("--refit", {"refit": True}),
    Option("--patience 3", {"patience": 3, "optimizer": "adam", "epochs": 60}),
    Option("--test-where 'batch==2025'", {"test_where": "batch==2025"}),
    Option("--spline, two columns", {"spline": SPLINES}),
    Option("--calibrate platt", {"calibrate": "platt"}),
    Option("--calibrate isotonic", {"calibrate": "isotonic"}),
    Option("--threshold youden", {"threshold": "youden"}),
    Option("--threshold recall=0.8", {"threshold": "recall=0.8"}),
    Option("--threshold precision=0.5", {"threshold": "precision=0.5"}),
    Option("--threshold capacity=60", {"threshold": "capacity=60"}),
    Option("--threshold cost=1:2", {"threshold": "cost=1:2"}),
    Option("all of these", {
        "refit": True, "spline": SPLINES, "calibrate": "platt", "threshold": "youden",
        "group": "student",
    }, repeated=True),
)  # fmt: skip
CONTROL = Option("(none), students five times", {"group": "none"}, repeated=True)


def students(rng: np.random.Generator, *, repeated: bool) -> pd.DataFrame:
    """Draw students of whom six in ten are placed, whatever their scores say."""
    times = TIMES if repeated else 1
    index = np.repeat(np.arange(ROWS // times), times)
    scores = rng.normal(size=(ROWS // times, COLUMNS))[index]
    scores += rng.normal(0, 0.01, scores.shape)
    data = pd.DataFrame(scores, columns=[f"score {k}" for k in range(COLUMNS)])
    data["student"] = [f"S{number}" for number in index]
    data["batch"] = rng.choice([2023, 2024, 2025], ROWS, p=[0.4, 0.35, 0.25])
    return data.assign(placed=(rng.random(ROWS // times) < 0.6).astype(int)[index])


def figures(option: Option, rng: np.random.Generator) -> tuple[float, float, float, bool]:
    """Train once; return held-out ROC AUC, Youden's J, gain, and whether it is called better."""
    config = TrainConfig(**{"optimizer": "newton", "sensitive": ()} | option.settings)
    table = read_table(
        students(rng, repeated=option.repeated), **{**config.of_scope("read"), "target": "placed"}
    )
    prepared, _ = understand(Tables(table, None, ()), config)
    measured = finalize(fit_and_test(prepared)).figures.evaluated
    unseen = measured.out_of_sample.confusion
    youden = unseen.tp / (unseen.tp + unseen.fn) - unseen.fp / (unseen.fp + unseen.tn)
    skill = measured.skill
    return measured.metrics.roc_auc, youden, skill.gain, skill.better_than_base_rate


def simulate(option: Option, trainings: int, seed: int = 0) -> FloatArray:
    """Return the figures (trainings, 4) of so many tables of noise."""
    rng = np.random.default_rng(seed)
    return np.array([figures(option, rng) for _ in range(trainings)], dtype=float)


def lowest(values: FloatArray) -> float:
    """Return what the mean of values (n,) is at least, with 99.9 % confidence."""
    error = values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - student.ppf(0.999, len(values) - 1) * error)


def leaks(found: FloatArray) -> bool:
    """Whether ROC AUC, Youden's J or the gain lie above the truth beyond luck."""
    return any(lowest(found[:, k]) > truth for k, truth in enumerate((0.5, 0.0, 0.0)))


def report(option: Option, trainings: int) -> bool:
    """Print a line; return whether the option leaks."""
    found = simulate(option, trainings)
    cells = []
    for values in found[:, :3].T:
        reach = student.ppf(0.975, trainings - 1) * values.std(ddof=1) / np.sqrt(trainings)
        cells.append(f"{values.mean():6.3f} ± {reach:.3f}")
    better = int(found[:, 3].sum())
    high = binomtest(better, trainings).proportion_ci().high
    called = f"{better:>3} of {trainings} (at most {100 * high:.1f} in 100)"
    print(f"  {option.words:28}", *cells, f" {called}", flush=True)
    return leaks(found)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="10 tables an option in place of 60")
    trainings = 10 if parser.parse_args().quick else 60
    print(f"  {'option':28}      ROC AUC      Youden's J            gain  called better")
    leaking = [option.words for option in OPTIONS if report(option, trainings)]
    seen = report(CONTROL, trainings)
    print("leaks:", ", ".join(leaking) or "none", "" if seen else "(but the control was not seen)")
    return 1 if leaking or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
