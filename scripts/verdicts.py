"""How often is a model called better than the base rate, of noise and of a signal?

    python scripts/verdicts.py [--quick] [--samples N]

Students are drawn whose outcome is noise, or goes with one of the columns; a model is trained on
them as `placement train` does it, with a fifth of the rows held out. Counted are the verdict on
them, and for comparison the rule of earlier versions: the interval of the gain on the held-out rows
alone lies above 0. Exit 1 where noise is called better more often than 3 % beyond chance, or where
the verdict finds a signal less often than the former rule.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import binomtest

from placement.config.train_config import TrainConfig
from placement.data.table.read_table import read_table
from placement.model.figures import EvaluationFigures
from placement.training.prepare import prepare
from placement.workflows.training.final_figures import evaluation_of
from placement.workflows.training.fit_and_test import fit_and_test

SAMPLES, QUICK = 400, 40
MOST_FALSE = 0.03
FEWEST_OF_OUTCOME = 5  # with fewer nothing can be held out, whatever the rule


@dataclass(frozen=True)
class Scenario:
    """Students: `signal` is the slope of the log-odds in the first of so many `columns`."""

    name: str
    rows: int
    columns: int
    signal: float
    share: float = 0.5
    l2: float = 1.0
    students: int = 0  # each on several rows, with one outcome; 0: every row is a student


SCENARIOS = (
    Scenario("noise", 60, 5, 0.0),
    Scenario("noise, few placed", 60, 5, 0.0, share=0.25),
    Scenario("noise, strong penalty", 60, 5, 0.0, l2=50.0),
    Scenario("noise", 240, 5, 0.0),
    Scenario("noise, strong penalty", 240, 5, 0.0, l2=100.0),
    Scenario("noise, one column", 240, 1, 0.0),
    Scenario("noise, 80 students on 240 rows", 240, 5, 0.0, students=80),
    Scenario("noise, held-out rows decide", 1200, 5, 0.0),
    Scenario("weak signal", 60, 5, 0.8),
    Scenario("signal", 60, 5, 1.5),
    Scenario("weak signal", 240, 5, 0.5),
    Scenario("signal", 240, 5, 1.0),
    Scenario("signal, few placed", 240, 15, 1.0, share=0.2),
)


def figures(scenario: Scenario, samples: int) -> Iterator[EvaluationFigures]:
    """Train on so many samples of a scenario."""
    rng = np.random.default_rng([scenario.rows, scenario.columns, round(100 * scenario.signal)])
    group = "student" if scenario.students else None
    config = TrainConfig(optimizer="newton", l2=scenario.l2, group=group, sensitive=())
    for _ in range(samples):
        table = read_table(_drawn(scenario, rng), target="placed", group=group)
        yield evaluation_of(fit_and_test(prepare(table, config)))


def _drawn(scenario: Scenario, rng: np.random.Generator) -> pd.DataFrame:
    """Draw students, at least five of each outcome for the rows to be held out."""
    while True:
        count = scenario.students or scenario.rows
        cells = rng.normal(size=(count, scenario.columns))
        logit = np.log(scenario.share / (1 - scenario.share)) + scenario.signal * cells[:, 0]
        placed = (rng.random(count) < expit(logit)).astype(int)
        students = pd.DataFrame(cells.round(6)).add_prefix("marks").assign(placed=placed)
        if round(0.2 * min(placed.sum(), count - placed.sum())) >= FEWEST_OF_OUTCOME:
            break
    if not scenario.students:
        return students
    students = students.assign(student=[f"S{n}" for n in range(count)])
    students = students.loc[np.repeat(students.index, scenario.rows // count)]
    students["marks0"] += rng.normal(0, 0.1, len(students)).round(6)
    return students.reset_index(drop=True)


def main() -> int:
    """Print a table, one line a scenario."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} samples a scenario")
    parser.add_argument("--samples", type=int, default=SAMPLES)
    arguments = parser.parse_args()
    samples = QUICK if arguments.quick else arguments.samples
    print(f"{samples} samples a scenario; 95 % Clopper-Pearson limits of the share called better")
    print(f"{'':32}rows  former rule           verdict               no signal  failed")
    failed = False
    for scenario in SCENARIOS:
        measured = list(figures(scenario, samples))
        former = sum(one.skill.low > 0 for one in measured)
        better = sum(one.verdict.name == "better" for one in measured)
        without = sum(one.verdict.name == "no_signal" for one in measured)
        worse = better < former if scenario.signal else _lower(better, samples) > MOST_FALSE
        failed |= worse
        print(
            f"{scenario.name:30}{scenario.rows:6}  {_share(former, samples):22}"
            f"{_share(better, samples):22}{without / samples:9.1%}  {'yes' if worse else ''}",
            flush=True,
        )
    return int(failed)


def _lower(count: int, samples: int) -> float:
    return float(binomtest(count, samples).proportion_ci().low)


def _share(count: int, samples: int) -> str:
    limits = binomtest(count, samples).proportion_ci()
    return f"{count / samples:6.1%} ({limits.low:.1%}-{limits.high:.1%})"


if __name__ == "__main__":
    sys.exit(main())
