import numpy as np
import pandas as pd

from placement.config.train_config import TrainConfig
from placement.data.splits.folds import assign_folds
from placement.data.table.read_table import read_table
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
