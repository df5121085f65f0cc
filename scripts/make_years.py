"""Make what two years of lists need: next year's students, and what became of the listed ones.

    python scripts/make_years.py students students2027.csv
    python scripts/make_years.py outcomes list2026.csv results2026.csv

Nobody in these files exists. Outcomes are drawn from the known weights of `make_students.py`; a
seat on the list adds `SEAT` to a student's log-odds. So what `placement effect` says can be
compared with the truth.
"""

import argparse
from pathlib import Path

import make_students
import numpy as np
import pandas as pd

SEAT = 1.2  # of the log-odds: 20 to 30 points for a student near the cut-off
SEED = 2027
_NEXT_YEAR = 1_000_000  # register numbers of the next batch


def students(path: Path) -> None:
    """Write the students of the batch after the last of `data/students.csv`."""
    drawn = pd.DataFrame(make_students.make_students(SEED, make_students.ROWS))
    batch = drawn[drawn["batch"] == max(make_students.BATCHES)].copy()
    batch["batch"] += 1
    batch["register_no"] += _NEXT_YEAR
    batch.to_csv(path, index=False)


def chances(listed: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return each student's true chance (n,) without a seat, and with one."""
    columns = {name: listed[name].to_numpy() for name in ("branch", *make_students.NUMBERS)}
    columns |= {name: columns[name].astype(float) for name in make_students.NUMBERS}
    z = make_students.log_odds(columns, np.ones(len(listed), dtype=bool))
    return 1 / (1 + np.exp(-z)), 1 / (1 + np.exp(-z - SEAT))


def outcomes(path: Path, out: Path) -> None:
    """Write what became of a list's students: register number and status."""
    listed = pd.read_csv(path)
    without, with_seat = chances(listed)
    seated = listed["placement_seat"].isin(["certain", "drawn"])
    rng = np.random.default_rng(int(listed["register_no"].sum()))  # of the students, in any order
    order = np.argsort(listed["register_no"].to_numpy())
    luck = np.empty(len(listed))
    luck[order] = rng.random(len(listed))
    placed = luck < np.where(seated, with_seat, without)
    status = np.where(placed, "Placed", "Not Placed")
    pd.DataFrame({"register_no": listed["register_no"], "status": status}).to_csv(out, index=False)


def overrides(path: Path, each: int = 6) -> None:
    """Add an adviser's judgement to a list: so many out, so many in, none of those who drew.

    The adviser has an eye for it: of the certain, those with the best true chances are taken out.
    """
    listed = pd.read_csv(path)
    chance = pd.Series(chances(listed)[0], listed.index)
    listed["override"] = listed["override_reason"] = ""
    out = chance[listed["placement_seat"] == "certain"].nlargest(each).index
    into = chance[listed["placement_seat"] == "none"].nsmallest(each).index
    for rows, word, reason in ((out, "out", "has an offer"), (into, "in", "has stopped coming")):
        listed.loc[rows, ["override", "override_reason"]] = word, reason
    listed.to_csv(path, index=False)


def true_effect(paths: list[Path]) -> float:
    """Return the average effect of a seat, in points, among those who drew on some lists."""
    listed = pd.concat(map(pd.read_csv, paths), ignore_index=True)
    drew = listed[listed["placement_seat"].isin(["drawn", "not drawn"])]
    without, with_seat = chances(drew)
    return float(100 * (with_seat - without).mean())


def main() -> None:
    """Write one of the files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["students", "outcomes"])
    parser.add_argument("files", nargs="+", type=Path)
    asked = parser.parse_args()
    (students if asked.what == "students" else outcomes)(*asked.files)


if __name__ == "__main__":
    main()
