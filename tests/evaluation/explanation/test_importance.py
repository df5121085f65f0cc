"""The columns that count most are those whose part in the logit varies most."""

import numpy as np
import pandas as pd
import pytest

from placement import TrainConfig, fit, read_table
from placement.evaluation.explanation.contributions import explain
from placement.evaluation.explanation.importance import column_importance


@pytest.fixture
def frame():
    draw = np.random.default_rng(3)
    n = 400
    frame = pd.DataFrame(
        {
            "cgpa": draw.uniform(5, 10, n),
            "noise": draw.uniform(0, 1, n),
            "stream": draw.choice(["CSE", "ECE", "MECH"], n, p=[0.6, 0.3, 0.1]),
            "aptitude": draw.uniform(0, 100, n),
        }
    )
    logit = 1.5 * (frame.cgpa - 7.5) + np.where(frame.stream == "CSE", 1.0, -1.0)
    frame["placed"] = (draw.uniform(size=n) < 1 / (1 + np.exp(-logit))).astype(int)
    frame.loc[::9, "aptitude"] = np.nan
    return frame


def test_it_is_the_deviation_of_each_columns_contributions_over_the_training_rows(frame):
    fitted = fit(read_table(frame), TrainConfig(test_size=0.0))
    parts = explain(fitted, frame)
    deviations = dict(zip(parts.columns, parts.contributions.std(axis=0), strict=True))
    assert column_importance(fitted) == pytest.approx(deviations)


def test_the_largest_comes_first_whatever_the_units(frame):
    fitted = fit(read_table(frame.assign(cgpa=frame.cgpa * 1000)), TrainConfig(test_size=0.0))
    assert list(column_importance(fitted))[:2] == ["cgpa", "stream"]
