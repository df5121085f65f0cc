import numpy as np
import pandas as pd
import pytest

from placement.config.train_config import TrainConfig
from placement.data.splits.folds import assign_folds
from placement.data.table.read_table import read_table
from placement.training.prepare import prepare
from placement.training.problem import problem
from placement.training.validation.cross_predict import predict_out_of_fold


def test_the_models_of_folds_descend_no_curve_that_nobody_looks_at():
    draw = np.random.default_rng(0)
    cgpa = draw.normal(7, 1, 200)
    placed = draw.random(200) < 1 / (1 + np.exp(7 - cgpa))
    table = read_table(pd.DataFrame({"cgpa": cgpa, "placed": placed.astype(int)}))
    folds = assign_folds(table, 0, 5)
    auto, newton = (
        np.concatenate([rows.probability for rows in predict_out_of_fold(table, config, folds)])
        for config in (TrainConfig(), TrainConfig(optimizer="newton"))
    )
    assert auto.tolist() == newton.tolist()


def test_a_fold_with_a_penalty_is_not_searched_for_a_plane_between_the_classes(monkeypatch):
    monkeypatch.setattr(problem, "separation_in", lambda *_, **__: pytest.fail("searched"))
    rows = np.arange(40)
    table = read_table(pd.DataFrame({"cgpa": rows % 7, "placed": rows % 2}))
    folds = assign_folds(table, 0, 5)
    assert len(list(predict_out_of_fold(table, TrainConfig(optimizer="newton"), folds))) == 5
    with pytest.raises(pytest.fail.Exception, match="searched"):
        prepare(table, TrainConfig())
