"""Do fits find the true weights? Coverage of 95 % intervals over seeds, χ² of the shipped file.

For each seed, students are drawn as `make_students.py` draws them and fitted without a penalty
through the public interface. The weights are read back from the predictions (so the encoding
is tested with them) and compared with `TRUE_WEIGHTS`; their covariance is the inverse of XᵀSX.
Takes about a minute; exit 1 where coverage leaves 92-98 % or χ² has p <= 0.01.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from make_students import TRUE_WEIGHTS, make_students
from scipy import stats

from placement import TrainConfig, fit, read_table
from placement.data.splits.split import hold_out

Floats = npt.NDArray[np.float64]
SHIPPED = Path(__file__).resolve().parent.parent / "data" / "students.csv"
ROWS = 1_500
INSIDE = (0.92, 0.98)


@dataclass(frozen=True)
class Found:
    """One fit beside the truth: `estimate` and `truth` are (d,), `covariance` is (d, d)."""

    estimate: Floats
    truth: Floats
    covariance: Floats

    @property
    def covered(self) -> npt.NDArray[np.bool_]:
        """Which 95 % intervals hold their true weight: (d,)."""
        reach = stats.norm.ppf(0.975) * np.sqrt(np.diag(self.covariance))
        return np.abs(self.estimate - self.truth) <= reach

    @property
    def chi2(self) -> float:
        """How far all weights are off together, in their own covariance."""
        off = self.estimate - self.truth
        return float(off @ np.linalg.solve(self.covariance, off))

    @property
    def p_value(self) -> float:
        """Chance of a larger χ² were the weights true."""
        return float(stats.chi2.sf(self.chi2, len(self.truth)))


def natural_design(students: pd.DataFrame) -> Floats:
    """The columns that the true weights multiply, in the file's own units: (n, d)."""
    columns = []
    for name in TRUE_WEIGHTS:
        column, _, level = name.partition("=")
        if name == "intercept":
            columns.append(np.ones(len(students)))
        elif level == "(missing)":
            columns.append(students[column].isna().to_numpy(float))
        elif level:
            columns.append((students[column] == level).to_numpy(float))
        else:
            columns.append(students[column].fillna(students[column].mean()).to_numpy(float))
    return np.column_stack(columns)


def find(students: pd.DataFrame, test_size: float = 0.0) -> Found:
    """Fit labelled students without a penalty and read the weights back.

    With a share held out, as `placement train` does by default, the rest alone is looked at.
    """
    labelled = students[students["status"].notna()].reset_index(drop=True)
    config = TrainConfig(l2=0.0, test_size=test_size)
    table = read_table(labelled)
    fitted = fit(table, config)
    labelled = labelled.iloc[hold_out(table, config).train].reset_index(drop=True)
    p = np.asarray(fitted.predict_proba(labelled), dtype=float)
    design = natural_design(labelled)
    logit = np.log(p) - np.log1p(-p)
    estimate, *_ = np.linalg.lstsq(design, logit, rcond=None)
    if not np.allclose(design @ estimate, logit, atol=1e-6):
        sys.exit("coverage: the model is not linear in the columns of TRUE_WEIGHTS")
    information = design.T @ (design * (p * (1 - p))[:, None])
    return Found(estimate, np.array(list(TRUE_WEIGHTS.values())), np.linalg.inv(information))


def report_shipped(test_size: float) -> bool:
    """Print the fit of the shipped file beside the truth; True where χ² is believable."""
    found = find(pd.read_csv(SHIPPED), test_size)
    errors = np.sqrt(np.diag(found.covariance))
    print(f"placement train {SHIPPED.name} --l2 0 --test-size {test_size:g}")
    print(f"  {'weight':20} {'true':>9} {'found':>9} {'error':>9}")
    for name, true, mine, error in zip(
        TRUE_WEIGHTS, found.truth, found.estimate, errors, strict=True
    ):
        print(f"  {name:20} {true:9.3f} {mine:9.3f} {error:9.3f}")
    print(f"  chi2 {found.chi2:.2f} on {len(errors)}, p = {found.p_value:.3f} (wanted: > 0.01)")
    return found.p_value > 0.01


def report_coverage(seeds: int, rows: int) -> bool:
    """Print how often the intervals hold the truth; True where all together is 92-98 %."""
    every = [find(pd.DataFrame(make_students(seed, rows))) for seed in range(1, seeds + 1)]
    covered = np.array([found.covered for found in every])
    print(f"\nCoverage of 95 % intervals, {seeds} seeds of {rows} students")
    for name, share in zip(TRUE_WEIGHTS, covered.mean(axis=0), strict=True):
        print(f"  {name:20} {share:7.1%}")
    share = covered.mean()
    print(f"  {'all':20} {share:7.1%} (wanted: {INSIDE[0]:.0%} to {INSIDE[1]:.0%})")
    print(
        f"  One weight alone: expect 95 %, give or take {np.sqrt(0.95 * 0.05 / seeds):.1%} by luck."
    )
    return bool(INSIDE[0] <= share <= INSIDE[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200, help="files to draw (default 200)")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"students in each ({ROWS})")
    asked = parser.parse_args()
    shipped = [report_shipped(test_size) for test_size in (TrainConfig().test_size, 0.0)]
    coverage = report_coverage(asked.seeds, asked.rows)
    return 0 if all(shipped) and coverage else 1


if __name__ == "__main__":
    sys.exit(main())
