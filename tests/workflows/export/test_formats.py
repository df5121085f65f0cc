"""Every format answers as the model does: on corners of every kind of column, and when broken."""

import numpy as np
import pytest

from placement.data.schema import Target
from placement.model.scorer import Scorer
from placement.reporting.export.subject import Subject
from placement.workflows.export.cases import corner_cases
from placement.workflows.export.formats import FORMATS
from tests.reporting.export.models import BEFORE, CALIBRATIONS, CGPA, EVERYTHING, scorer_of

TARGET = Target("Placed", "Yes", "No")
DOUBLE = 1e-12


def subject_of(scorer: Scorer, file: str) -> Subject:
    return Subject(scorer, TARGET, 0.4, "A made-up model.", file)


def proofs_of(kind, scorer, folder):
    """Write a model in a format and run it on the corners of what it learnt."""
    target = FORMATS[kind]
    for package in target.needs:
        pytest.importorskip(package)
    path = folder / target.file
    subject = subject_of(scorer, target.file)
    target.write(path, subject)
    return list(target.prove(path, corner_cases(scorer), subject))


@pytest.mark.parametrize("calibration", CALIBRATIONS)
@pytest.mark.parametrize("kind", ["sql", "python", "onnx"])
def test_every_kind_of_column_scores_to_the_last_digits(kind, calibration, tmp_path):
    proofs = proofs_of(kind, scorer_of(*EVERYTHING, calibration=calibration), tmp_path)
    assert {proof.where for proof in proofs if proof.difference > DOUBLE} == set()
    assert min(proof.rows for proof in proofs) > 100


@pytest.mark.parametrize("column", BEFORE, ids=lambda column: type(column).__name__)
@pytest.mark.parametrize("kind", ["sql", "python", "onnx"])
def test_each_kind_of_column_scores_alone(kind, column, tmp_path):
    columns = (column,) if column.column != CGPA.column else (CGPA, column)
    proofs = proofs_of(kind, scorer_of(*dict.fromkeys(columns)), tmp_path)
    assert [proof for proof in proofs if proof.difference > DOUBLE] == []


def test_the_corners_hold_missing_unknown_and_outlying_cells():
    cases = corner_cases(scorer_of(*EVERYTHING))
    assert sum(cell is None for cell in cases.cells["CGPA"]) > 1
    assert max(c for c in cases.cells["CGPA"] if c is not None) > CGPA.high
    assert {"CSE", "  CSE ", "Mechanical", None} < set(cases.cells["Branch"])
    assert any("no such level" in str(cell) for cell in cases.cells["Branch"])
    assert np.isfinite(cases.logit).all()
