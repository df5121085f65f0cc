import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.model.scorer import Platt, read_bundle
from placement.serving.scoring.columns import columns_of_records
from placement.serving.scoring.plain_records import MOST, PlainRecords

CELLS = {
    "stream": st.sampled_from(["CSE", "ECE", "MECH", "cse", "Marine", "", None, 7]),
    "cgpa": st.one_of(st.floats(5.01, 9.9), st.floats(), st.integers(5, 9), st.none(), st.text()),
    "backlogs": st.one_of(st.integers(0, 3), st.integers(), st.floats(0, 3), st.booleans()),
    "aptitude": st.one_of(st.floats(21, 94), st.sampled_from(["61", "61.5 %", None])),
}


@pytest.fixture(scope="module")
def scorer(trained):
    return read_bundle(trained).scorer


@given(records=st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=4))
def test_plain_records_have_the_bits_of_the_scorer_or_are_left_to_it(scorer, records):
    quick = PlainRecords(scorer).probability(records)
    if quick is None:
        return
    scores = scorer.score(columns_of_records(records))
    assert quick.tobytes() == scores.probability.tobytes()
    assert scores.problems == ()


def test_most_records_of_the_training_are_plain(scorer, records):
    plain = [PlainRecords(scorer).probability([one]) is not None for one in records]
    assert 0.5 < np.mean(plain) < 1


def test_a_calibrated_model_is_scored_alike(scorer):
    from dataclasses import replace

    calibrated = replace(scorer, calibration=Platt(1.25, -0.125))
    record = {"stream": "ECE", "cgpa": 7.1, "backlogs": 1, "aptitude": 60.0}
    quick = PlainRecords(calibrated).probability([record])
    assert quick.tobytes() == calibrated.score(columns_of_records([record])).probability.tobytes()


def test_many_records_and_other_columns_are_left_to_the_scorer(scorer):
    record = {"stream": "ECE", "cgpa": 7.1, "backlogs": 1, "aptitude": 60.0}
    assert PlainRecords(scorer).probability([record] * MOST) is not None
    assert PlainRecords(scorer).probability([record] * (MOST + 1)) is None
    assert PlainRecords(scorer).probability([]) is None
    assert PlainRecords(scorer).probability([{**record, "cgpa": None}]) is None
    assert PlainRecords(scorer).probability([[7.1]]) is None
