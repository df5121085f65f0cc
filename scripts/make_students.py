"""Write `data/students.csv` and `data/office_sheet.xlsx`: students drawn from known weights.

Nobody in these files exists. Whether a student is placed is one draw from

    P(placed) = sigmoid(intercept + sum of weight x cell)

with the weights of `TRUE_WEIGHTS`, in the file's own units. So a fit can be compared with the
truth. Run `python scripts/make_students.py` to write both files again, byte for byte.
"""

import argparse
import csv
import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import xlsxwriter

SEED = 2026
ROWS = 1_500
OFFICE_SEED = 7
OFFICE_ROWS = 300

# Change of the log-odds per unit of the cell. Branches are told from CIVIL, the first in sorted
# order. `x=(missing)` is told from a student with the average x of the labelled rows.
TRUE_WEIGHTS = {
    "intercept": -13.0,
    "branch=CSE": 1.4,
    "branch=ECE": 0.9,
    "branch=EEE": 0.5,
    "branch=IT": 1.1,
    "branch=MECH": 0.3,
    "tenth": 0.015,
    "twelfth": 0.025,
    "twelfth=(missing)": -0.4,
    "cgpa": 0.9,
    "active_backlogs": -0.7,
    "aptitude": 0.045,
    "aptitude=(missing)": -0.8,
    "internships": 0.6,
    "projects": 0.3,
}
NUMBERS = ("tenth", "twelfth", "cgpa", "active_backlogs", "aptitude", "internships", "projects")

# Branch -> its code in a register number and its share of the students.
BRANCHES = {
    "CIVIL": (103, 0.12),
    "CSE": (104, 0.26),
    "ECE": (106, 0.22),
    "EEE": (105, 0.13),
    "IT": (205, 0.14),
    "MECH": (114, 0.13),
}
# Batch -> its share; the last one has not sat its placements yet.
BATCHES = {2023: 0.27, 2024: 0.28, 2025: 0.29, 2026: 0.16}
COLLEGE = 7310

# Spellings an office types, all the same branch to people.
SPELLINGS = {
    "CIVIL": ("CIVIL", "Civil", "civil ", "Civil Engg"),
    "CSE": ("CSE", "cse ", "Cse", " CSE"),
    "ECE": ("ECE", "ece", "ECE "),
    "EEE": ("EEE", "eee"),
    "IT": ("IT", "it", "It "),
    "MECH": ("MECH", "Mech", "mech ", "Mechanical"),
}
OFFICE_HEADER = (
    *("Register No", "Name", "Branch", "Gender", "Batch", "10th %", "12th %", "CGPA"),
    *("Active Backlogs", "Aptitude", "Internships", "Projects", "Status", "CTC (LPA)"),
)
OFFICE_TITLES = (
    "Government College of Engineering, Placement Cell",
    "Register of students, batches 2023 to 2026 (June 2026)",
)

Columns = dict[str, Any]


def make_students(seed: int, rows: int) -> Columns:
    """Draw students: column name -> list of cells, None where the cell is blank."""
    rng = np.random.default_rng(seed)
    drawn = _people(rng, rows) | _marks(rng, rows)
    labelled = drawn["batch"] < max(BATCHES)
    placed = rng.random(rows) < 1 / (1 + np.exp(-log_odds(drawn, labelled)))
    offer = np.round(np.clip(3.2 * np.exp(0.45 * np.abs(rng.normal(size=rows))), 3, 28), 2)
    drawn["status"] = np.where(placed, "Placed", "Not Placed").astype(object)
    drawn["status"][~labelled] = None
    drawn["ctc_lpa"] = np.where(placed & labelled, offer, np.nan)
    return {name: _cells(column) for name, column in drawn.items()}


def log_odds(columns: Columns, labelled: np.ndarray) -> np.ndarray:
    """The true log-odds of being placed, from the cells as they stand in the file."""
    z = np.full(len(labelled), TRUE_WEIGHTS["intercept"])
    for branch in BRANCHES:
        z += TRUE_WEIGHTS.get(f"branch={branch}", 0.0) * (columns["branch"] == branch)
    for name in NUMBERS:
        missing = np.isnan(columns[name])
        average = columns[name][labelled & ~missing].mean()
        z += TRUE_WEIGHTS[name] * np.where(missing, average, columns[name])
        z += TRUE_WEIGHTS.get(f"{name}=(missing)", 0.0) * missing
    return z


def _people(rng: np.random.Generator, rows: int) -> Columns:
    """Who they are, sorted as a register is: by batch, then by branch."""
    codes, shares = zip(*BRANCHES.values(), strict=True)
    batch = np.repeat(list(BATCHES), _sizes(rows))
    which = rng.choice(len(BRANCHES), size=rows, p=shares)
    which = which[np.lexsort((which, batch))]
    group = batch * 10 + which
    serial = np.arange(rows) - np.searchsorted(group, group) + 1
    joined = (batch - 4) % 100
    number = ((COLLEGE * 100 + joined) * 1000 + np.array(codes)[which]) * 1000 + serial
    return {
        "register_no": number,
        "name": np.array([f"Student {row:04d}" for row in range(1, rows + 1)], dtype=object),
        "branch": np.array(list(BRANCHES), dtype=object)[which],
        "gender": np.where(rng.random(rows) < 0.42, "Female", "Male").astype(object),
        "batch": batch,
    }


def _marks(rng: np.random.Generator, rows: int) -> Columns:
    """What they did: marks hang together through one ability that the file does not show."""
    ability = rng.normal(size=rows)

    def mark(mean: float, spread: float, low: float, high: float, digits: int) -> np.ndarray:
        own = rng.normal(size=rows)
        return np.round(np.clip(mean + spread * (0.6 * ability + 0.8 * own), low, high), digits)

    marks = {
        "tenth": mark(78, 9, 40, 99.6, 1),
        "twelfth": mark(73, 10, 40, 99.4, 1),
        "cgpa": mark(7.3, 0.9, 4.2, 9.9, 2),
        "active_backlogs": np.zeros(rows),
        "aptitude": mark(58, 16, 4, 100, 0),
        "internships": np.minimum(rng.poisson(0.8, rows), 3).astype(float),
        "projects": rng.binomial(5, 0.4, rows).astype(float),
    }
    late = np.exp(-0.9 - 0.9 * (marks["cgpa"] - 7.3))
    marks["active_backlogs"] = np.minimum(rng.poisson(late), 6).astype(float)
    marks["twelfth"][rng.random(rows) < 0.07] = np.nan  # came with a diploma instead
    marks["aptitude"][rng.random(rows) < 0.05] = np.nan  # did not sit the test
    return marks


def _sizes(rows: int) -> list[int]:
    """How many students each batch has; together exactly `rows`."""
    edges = np.round(np.cumsum([0, *BATCHES.values()]) * rows).astype(int)
    return list(np.diff(edges))


def _cells(column: np.ndarray) -> list[Any]:
    """Plain Python cells: None for nan, whole numbers without a point if the column has none."""
    if column.dtype != float:
        return column.tolist()
    whole = bool(np.all(np.isnan(column) | (column == np.round(column))))
    return [None if np.isnan(x) else int(x) if whole else float(x) for x in column]


def write_csv(columns: Columns, path: Path) -> None:
    """Write the columns as a comma-separated file with a header."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def as_office_keeps_it(columns: Columns, seed: int) -> Columns:
    """Spell branches in many ways, and send some students to higher studies."""
    rng = np.random.default_rng(seed)
    sheet = dict(columns)
    sheet["branch"] = [str(rng.choice(SPELLINGS[branch])) for branch in columns["branch"]]
    leaves = rng.random(len(columns["status"])) < 0.06
    away = [bool(gone and status) for gone, status in zip(leaves, columns["status"], strict=True)]
    for name, instead in (("status", "Higher Studies"), ("ctc_lpa", None)):
        sheet[name] = [instead if a else cell for a, cell in zip(away, columns[name], strict=True)]
    return sheet


def write_office_sheet(columns: Columns, path: Path) -> None:
    """Write a workbook with two title rows above the header; the same bytes each time."""
    with xlsxwriter.Workbook(str(path)) as book:
        # Without a date of its own a workbook holds the time of writing.
        midnight = dt.datetime(2026, 6, 15, tzinfo=dt.UTC).replace(tzinfo=None)
        book.set_properties({"created": midnight})
        bold, plain = book.add_format({"bold": True}), book.add_format({"num_format": "0"})
        sheet = book.add_worksheet("Students")
        sheet.set_column(0, 1, 15, plain)
        for row, title in enumerate(OFFICE_TITLES):
            sheet.write(row, 0, title, bold)
        sheet.write_row(len(OFFICE_TITLES), 0, OFFICE_HEADER, bold)
        for position, cells in enumerate(columns.values()):
            sheet.write_column(len(OFFICE_TITLES) + 1, position, cells)


def main() -> None:
    """Write both files into the directory given, by default the project's `data`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parent.parent / "data"
    parser.add_argument("directory", nargs="?", type=Path, default=default)
    directory = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    write_csv(make_students(SEED, ROWS), directory / "students.csv")
    office = as_office_keeps_it(make_students(OFFICE_SEED, OFFICE_ROWS), OFFICE_SEED)
    write_office_sheet(office, directory / "office_sheet.xlsx")


if __name__ == "__main__":
    main()
