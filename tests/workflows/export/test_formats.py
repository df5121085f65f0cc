"""Every format answers as the model does: on corners of every kind of column, and when broken."""

import numpy as np
import pytest

from placement.data.schema import Target
from placement.errors import UsageError
from placement.model.scorer import Scorer
from placement.reporting.export.subject import Subject
from placement.reporting.export.workbook import write_workbook
from placement.workflows.export.cases import corner_cases
from placement.workflows.export.formats import FORMATS
from placement.workflows.export.run_workbook import office, workbook_proofs
from tests.reporting.export.models import BEFORE, CALIBRATIONS, CGPA, EVERYTHING, HOSTEL, scorer_of

TARGET = Target("Placed", "Yes", "No")
DOUBLE = 1e-12
PROGRAMS = ("sql", "python", "onnx")


def subject_of(scorer: Scorer, file: str = "model") -> Subject:
    return Subject(scorer, TARGET, 0.4, "A made-up model.", file)


def written(kind, scorer, folder):
    """Write a model in a format; return its file."""
    for package in FORMATS[kind].needs:
        pytest.importorskip(package)
    path = folder / FORMATS[kind].file
    FORMATS[kind].write(path, subject_of(scorer))
    return path


def proofs_of(kind, scorer, path):
    return list(FORMATS[kind].prove(path, corner_cases(scorer), subject_of(scorer)))


@pytest.mark.parametrize("calibration", CALIBRATIONS)
@pytest.mark.parametrize("kind", PROGRAMS)
def test_every_kind_of_column_scores_to_the_last_digits(kind, calibration, tmp_path):
    scorer = scorer_of(*EVERYTHING, calibration=calibration)
    proofs = proofs_of(kind, scorer, written(kind, scorer, tmp_path))
    assert {proof.where for proof in proofs if proof.difference > DOUBLE} == set()
    assert min(proof.rows for proof in proofs) > 100


@pytest.mark.parametrize("column", BEFORE, ids=lambda column: type(column).__name__)
@pytest.mark.parametrize("kind", PROGRAMS)
def test_each_kind_of_column_scores_alone(kind, column, tmp_path):
    columns = (column,) if column.column != CGPA.column else (CGPA, column)
    scorer = scorer_of(*dict.fromkeys(columns))
    proofs = proofs_of(kind, scorer, written(kind, scorer, tmp_path))
    assert [proof for proof in proofs if proof.difference > DOUBLE] == []


@pytest.mark.parametrize("calibration", CALIBRATIONS)
def test_a_nomogram_read_at_its_ticks_says_what_the_model_says(calibration, tmp_path):
    scorer = scorer_of(*BEFORE, calibration=calibration)
    (proof,) = proofs_of("nomogram", scorer, written("nomogram", scorer, tmp_path))
    assert proof.difference < DOUBLE


def test_a_nomogram_of_a_product_of_columns_is_refused_by_name(tmp_path):
    with pytest.raises(UsageError, match="CGPA:Branch"):
        written("nomogram", scorer_of(*EVERYTHING), tmp_path)


@pytest.mark.skipif(office() is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("calibration", ["none", "isotonic"])
def test_a_workbook_recalculated_by_libreoffice_scores_as_the_model(
    calibration, tmp_path, monkeypatch
):
    monkeypatch.setattr("placement.workflows.export.run_workbook.find_spec", lambda _: None)
    scorer = scorer_of(*EVERYTHING, calibration=calibration)
    cases, file = proofs_of("xlsx", scorer, written("xlsx", scorer, tmp_path))
    assert cases.difference < 1e-11
    assert cases.rows > 100
    assert file.difference < 1e-11


def test_a_workbook_calculated_by_another_package_scores_as_the_model(tmp_path, monkeypatch):
    pytest.importorskip("formulas")
    monkeypatch.setattr("placement.workflows.export.run_workbook.office", lambda: None)
    scorer, path = scorer_of(CGPA, HOSTEL, calibration="platt"), tmp_path / "model.xlsx"
    write_workbook(path, subject_of(scorer))
    cases = corner_cases(scorer).rows(np.array([0, 1, 3, 9, 20]))
    (proof,) = workbook_proofs(path, cases, subject_of(scorer))
    assert (proof.referee, proof.rows) == ("formulas", 5)
    assert proof.difference < 1e-11


@pytest.mark.parametrize("kind", ["sql", "python", "nomogram"])
def test_a_digit_changed_in_the_file_is_found_and_its_row_named(kind, tmp_path):
    scorer = scorer_of(CGPA, HOSTEL)
    path = written(kind, scorer, tmp_path)
    text = path.read_text(encoding="utf-8")
    weight = repr(float(abs(scorer.weights[2])))
    broken = {
        "sql": text.replace(weight, "9.5"),
        "python": text.replace(weight, "9.5"),
        "nomogram": text.replace('data-value="Yes" data-x="', 'data-value="Yes" data-x="1'),
    }[kind]
    assert broken != text
    path.write_text(broken, encoding="utf-8")
    proof = proofs_of(kind, scorer, path)[0]
    assert not proof.passed
    assert "Yes" in proof.where or "row" in proof.where


def test_the_corners_hold_missing_unknown_and_outlying_cells():
    cases = corner_cases(scorer_of(*EVERYTHING))
    assert sum(cell is None for cell in cases.cells["CGPA"]) > 1
    assert max(c for c in cases.cells["CGPA"] if c is not None) > CGPA.high
    assert {"CSE", "  CSE ", "Mechanical", None} < set(cases.cells["Branch"])
    assert any("no such level" in str(cell) for cell in cases.cells["Branch"])
    assert np.isfinite(cases.logit).all()
