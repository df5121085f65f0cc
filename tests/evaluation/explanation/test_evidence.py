"""Evidence for a column as a whole, against statsmodels."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from placement.config.train_config import TrainConfig
from placement.data.table.read_table import read_table
from placement.evaluation.explanation.evidence import column_p_values
from placement.training.fit import fit


def test_a_columns_p_value_is_that_of_the_wald_test_of_all_its_coefficients():
    draw = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "cgpa": draw.normal(7, 1, 300),
            "stream": draw.choice(["A", "B", "C"], 300),
        }
    )
    logit = 0.8 * (frame.cgpa - 7) + 0.5 * (frame.stream == "B")
    frame["placed"] = (draw.uniform(size=300) < 1 / (1 + np.exp(-logit))).astype(int)
    table = read_table(frame)
    fitted = fit(table, TrainConfig(l2=0.0, loss="logits", optimizer="newton", test_size=0.0))
    design = pd.get_dummies(frame[["cgpa", "stream"]], drop_first=True, dtype=float)
    referee = sm.Logit(frame.placed, sm.add_constant(design)).fit(disp=0)
    found = column_p_values(fitted)
    joint = referee.wald_test("stream_B = 0, stream_C = 0", scalar=True).pvalue
    assert found["stream"] == pytest.approx(min(1.0, 2 * float(joint)), rel=1e-5)
    assert found["cgpa"] == pytest.approx(2 * referee.pvalues["cgpa"], rel=1e-5)
