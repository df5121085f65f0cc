import csv
import importlib.util
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location(
        "make_students", ROOT / "scripts/make_students.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def students(script):
    return pd.DataFrame(script.make_students(script.SEED, script.ROWS))


def labelled(students):
    return students[students["status"].notna()]


def natural_design(script, rows):
    columns = []
    for name in script.TRUE_WEIGHTS:
        column, _, level = name.partition("=")
        if name == "intercept":
            columns.append(np.ones(len(rows)))
        elif level == "(missing)":
            columns.append(rows[column].isna().to_numpy(float))
        elif level:
            columns.append((rows[column] == level).to_numpy(float))
        else:
            columns.append(rows[column].fillna(rows[column].mean()).to_numpy(float))
    return np.column_stack(columns)


def fit(design, y):
    """Newton on the log-likelihood: an independent fit, ten lines long."""
    weights = np.zeros(design.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-design @ weights))
        information = design.T @ (design * (p * (1 - p))[:, None])
        weights += np.linalg.solve(information, design.T @ (y - p))
    return weights, np.linalg.inv(information)


def test_the_shipped_csv_is_what_the_script_writes(script, tmp_path):
    script.write_csv(script.make_students(script.SEED, script.ROWS), tmp_path / "s.csv")
    assert (tmp_path / "s.csv").read_bytes() == (ROOT / "data/students.csv").read_bytes()


def test_the_shipped_workbook_is_what_the_script_writes_byte_for_byte(script, tmp_path):
    drawn = script.make_students(script.OFFICE_SEED, script.OFFICE_ROWS)
    sheet = script.as_office_keeps_it(drawn, script.OFFICE_SEED)
    script.write_office_sheet(sheet, tmp_path / "o.xlsx")
    assert (tmp_path / "o.xlsx").read_bytes() == (ROOT / "data/office_sheet.xlsx").read_bytes()


def test_another_seed_gives_other_students(script):
    assert script.make_students(1, 50) != script.make_students(2, 50)


def test_any_number_of_rows_is_given_exactly(script):
    for rows in (40, 41, 300, 1_499):
        assert {len(column) for column in script.make_students(3, rows).values()} == {rows}


def test_the_columns_stand_as_a_college_keeps_them():
    with (ROOT / "data/students.csv").open(encoding="utf-8", newline="") as file:
        header, first, *_ = csv.reader(file)
    assert header == [
        *("register_no", "name", "branch", "gender", "batch", "tenth", "twelfth", "cgpa"),
        *("active_backlogs", "aptitude", "internships", "projects", "status", "ctc_lpa"),
    ]
    assert re.fullmatch(r"\d{12}", first[0])
    assert first[1] == "Student 0001"


def test_only_the_last_batch_has_no_status(students):
    assert set(students["batch"]) == {2023, 2024, 2025, 2026}
    assert students[students["status"].isna()]["batch"].eq(2026).all()
    assert students[students["batch"] == 2026]["status"].isna().all()


def test_an_offer_is_there_exactly_for_the_placed(students):
    assert students["ctc_lpa"].notna().equals(students["status"] == "Placed")


def test_register_numbers_are_distinct(students):
    assert students["register_no"].is_unique


def test_cells_stay_in_their_ranges(students):
    assert students["cgpa"].between(0, 10).all()
    for name in ("tenth", "twelfth", "aptitude"):
        assert students[name].dropna().between(0, 100).all()
    assert students["cgpa"].round(2).eq(students["cgpa"]).all()


def test_blank_cells_are_few_and_in_both_classes(students):
    for name in ("twelfth", "aptitude"):
        blank = labelled(students)[labelled(students)[name].isna()]
        assert 0.02 < len(blank) / len(labelled(students)) < 0.10
        assert blank["status"].value_counts().min() >= 10


def test_about_six_in_ten_are_placed_and_the_true_auc_is_near_085(script, students):
    rows = labelled(students)
    placed = (rows["status"] == "Placed").to_numpy()
    z = natural_design(script, rows) @ np.array(list(script.TRUE_WEIGHTS.values()))
    above = (z[placed][:, None] > z[~placed]).mean()
    assert 0.58 < placed.mean() < 0.66
    assert 0.82 < above < 0.88


def test_the_true_weights_are_found_again_in_the_shipped_file(script, students):
    rows = labelled(students)
    found, covariance = fit(natural_design(script, rows), (rows["status"] == "Placed").to_numpy())
    off = found - np.array(list(script.TRUE_WEIGHTS.values()))
    assert stats.chi2.sf(off @ np.linalg.solve(covariance, off), len(off)) > 0.01


def test_intervals_cover_the_true_weights_over_seeds(script):
    truth, covered = np.array(list(script.TRUE_WEIGHTS.values())), []
    for seed in range(1, 41):
        rows = labelled(pd.DataFrame(script.make_students(seed, script.ROWS)))
        found, covariance = fit(
            natural_design(script, rows), (rows["status"] == "Placed").to_numpy()
        )
        covered.append(np.abs(found - truth) < 1.96 * np.sqrt(np.diag(covariance)))
    assert 0.92 <= np.mean(covered) <= 0.98


def test_the_readme_states_every_true_weight(script):
    text = (ROOT / "data/README.md").read_text(encoding="utf-8")
    stated = dict(re.findall(r"^\| (\S+) \| (-?[\d.]+) \|$", text, re.MULTILINE))
    stated["intercept"] = stated.pop("(intercept)")
    assert {name: float(weight) for name, weight in stated.items()} == script.TRUE_WEIGHTS


def test_the_office_sheet_has_titles_spellings_and_higher_studies(script):
    sheet = pd.read_excel(ROOT / "data/office_sheet.xlsx", engine="calamine", header=None)
    assert sheet.iloc[0, 1:].isna().all()
    assert sheet.iloc[1, 1:].isna().all()
    assert tuple(sheet.iloc[2]) == script.OFFICE_HEADER
    assert len(sheet) == len(script.OFFICE_TITLES) + 1 + script.OFFICE_ROWS
    status = script.OFFICE_HEADER.index("Status")
    assert set(sheet[status][3:].dropna()) == {"Placed", "Not Placed", "Higher Studies"}
    branches = set(sheet[script.OFFICE_HEADER.index("Branch")][3:])
    assert {"CSE", "Cse", "Mech", "MECH"} <= branches
    assert any(branch != branch.strip() for branch in branches)
