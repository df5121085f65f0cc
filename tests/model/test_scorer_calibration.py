"""A calibrated scorer: what its probability is, bit by bit, and how it is kept in a bundle."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.data.encoding.encoder import Encoder
from placement.errors import ModelError
from placement.model.bundle import open_bundle, write_bundle
from placement.model.scorer import (
    DOCUMENT,
    Isotonic,
    NumberColumn,
    Platt,
    Scorer,
    calibration_from_document,
    digest_of,
    read_bundle,
    sigmoid,
)

COLUMNS = (
    NumberColumn("cgpa", 7.0, 2.0, 4.0, 10.0, 10.0, missing=None),
    NumberColumn("tenth", 70.0, 10.0, 40.0, 100.0, None, missing=None),
)
WEIGHTS = np.array([1.7, -0.31])
PLATT = Platt(0.83, -0.29)
ISOTONIC = Isotonic((-2.5, -0.7, 0.1, 1.3, 2.9), (0.03, 0.03, 0.41, 0.8, 0.97))
BOTH = pytest.mark.parametrize("calibration", [PLATT, ISOTONIC], ids=["platt", "isotonic"])


def table(n=2000):
    rng = np.random.default_rng(0)
    return {"cgpa": rng.normal(7, 3, n), "tenth": rng.normal(70, 20, n)}


def test_platt_is_a_sigmoid_of_the_stretched_logit():
    scores = Scorer(COLUMNS, WEIGHTS, 0.4, calibration=PLATT).score(table())
    expected = 1 / (1 + np.exp(-(0.83 * scores.logit - 0.29)))
    assert scores.probability == pytest.approx(expected, abs=1e-15)


def test_isotonic_is_straight_between_its_points_and_level_outside():
    result = ISOTONIC.apply(np.array([-99.0, -2.5, -1.6, -0.3, 0.1, 0.7, 2.9, 99.0]))
    expected = [0.03, 0.03, 0.03, 0.22, 0.41, 0.605, 0.97, 0.97]
    assert result == pytest.approx(expected, abs=1e-15)


@BOTH
def test_the_logit_stays_the_linear_predictor(calibration):
    plain = Scorer(COLUMNS, WEIGHTS, 0.4).score(table())
    scores = Scorer(COLUMNS, WEIGHTS, 0.4, calibration=calibration).score(table())
    assert scores.logit.tolist() == plain.logit.tolist()
    assert plain.probability.tolist() == sigmoid(plain.logit).tolist()
    assert scores.probability.tolist() != plain.probability.tolist()


@BOTH
def test_a_row_has_the_same_bits_alone_and_in_a_batch(calibration):
    scorer, cells = Scorer(COLUMNS, WEIGHTS, 0.4, calibration=calibration), table()
    every = scorer.score(cells).probability
    for rows in (slice(3, 4), slice(10, 13), slice(100, 1100)):
        part = scorer.score({name: column[rows] for name, column in cells.items()}).probability
        assert part.tolist() == every[rows].tolist()


@BOTH
@given(logits=st.lists(st.floats(-50, 50), min_size=1, max_size=40))
def test_every_logit_has_the_same_bits_alone_and_never_falls(calibration, logits):
    x = np.sort(np.array(logits))
    every = calibration.apply(x)
    assert every.tolist() == [float(calibration.apply(x[k : k + 1])[0]) for k in range(len(x))]
    assert (np.diff(every) >= -1e-15).all()


def saved(folder, **more):
    document = {"encoder": Encoder(COLUMNS).document, "threshold": 0.5, **more}
    return write_bundle(folder, document, WEIGHTS, 0.4)


@BOTH
def test_a_bundle_keeps_it_to_the_bit(calibration, tmp_path):
    bundle = read_bundle(saved(tmp_path / "model", calibration=calibration.document))
    assert bundle.scorer.calibration == calibration
    expected = Scorer(COLUMNS, WEIGHTS, 0.4, calibration=calibration).score(table()).probability
    assert bundle.scorer.score(table()).probability.tolist() == expected.tolist()


@pytest.mark.parametrize("more", [{}, {"calibration": None}])
def test_a_bundle_without_one_scores_by_the_sigmoid(tmp_path, more):
    bundle = read_bundle(saved(tmp_path / "model", **more))
    assert bundle.scorer.calibration is None
    scores = bundle.scorer.score(table())
    assert scores.probability.tolist() == sigmoid(scores.logit).tolist()


@pytest.mark.parametrize(
    "entry", [{"kind": "spline"}, {"kind": "platt", "slope": 1.0}, {"slope": 1.0}]
)
def test_one_that_is_not_understood_is_a_model_error_and_never_ignored(tmp_path, entry):
    folder = saved(tmp_path / "model")
    document = json.loads((folder / DOCUMENT).read_text()) | {"calibration": entry}
    document["digest"] = digest_of(document)
    (folder / DOCUMENT).write_text(json.dumps(document))
    with pytest.raises(ModelError, match="train it again"):
        open_bundle(folder)


@BOTH
def test_its_document_is_read_back_as_it_was(calibration):
    text = json.dumps(calibration.document)
    assert calibration_from_document(json.loads(text)) == calibration
    assert calibration_from_document(None) is None
