"""Standard errors where rows are no students of their own, against statsmodels' clusters."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from placement.config.train_config import TrainConfig
from placement.data.table.read_table import read_table
from placement.evaluation.coefficients import estimates
from placement.reporting.text.coefficients import coefficient_notes
from placement.training.fit import build_fitted, information_at
from placement.training.prepare import prepare
from placement.training.solver.training_loop import solve
from placement.workflows.training.inference import with_inference
from tests.evaluation.test_coefficients import in_file_units, students

PLAIN = TrainConfig(l2=0.0, test_size=0.0, loss="logits", optimizer="newton")


def repeated(times=3, count=120):
    """Students with an offer a row, all of a student's rows with one outcome."""
    frame = students(count, seed=3)
    frame = frame.loc[np.repeat(frame.index, times)].reset_index()
    return frame.assign(
        roll_no=[f"R{k}" for k in frame.pop("index")],
        iq=frame.iq + np.random.default_rng(1).integers(-9, 9, len(frame)),
    )


def fitted(frame, chunk_rows=None, **settings):
    table = read_table(frame, group=settings.get("group"))
    config = dataclasses.replace(PLAIN, **settings)
    prepared = prepare(table, config, chunk_rows=chunk_rows)
    solution = solve(prepared.problem)
    information = information_at(prepared, solution)
    model = build_fitted(prepared, solution, information)
    return table, with_inference(prepared, model, information)


def errors(model):
    return np.array([row.std_error for row in estimates(model)])


def of_statsmodels(table, model, groups):
    design = in_file_units(table, model)
    kwds = {"groups": pd.factorize(groups)[0]}
    return sm.Logit(table.label, design).fit(disp=0, cov_type="cluster", cov_kwds=kwds).bse


@pytest.mark.parametrize("settings", [{}, {"group": "roll_no"}, {"group": "none"}])
@pytest.mark.parametrize("chunk_rows", [None, 7])
def test_errors_are_clustered_by_the_students_that_rows_are_of(settings, chunk_rows):
    frame = repeated()
    table, model = fitted(frame, chunk_rows, **settings)
    assert errors(model) == pytest.approx(of_statsmodels(table, model, frame.roll_no), rel=1e-5)
    clusters = model.figures.inference.clusters
    assert (clusters.column, clusters.clusters, clusters.rows) == ("roll_no", 120, 360)
    assert "  Standard errors and limits are clustered by roll_no: 120 among 360 rows." in (
        coefficient_notes(model)
    )


def test_errors_of_a_multiplied_table_are_clustered_by_its_different_rows():
    frame = pd.concat([students(150, seed=5)] * 4, ignore_index=True)
    table, model = fitted(frame)
    rows = frame.astype(str).agg("|".join, axis=1)
    assert errors(model) == pytest.approx(of_statsmodels(table, model, rows), rel=1e-5)
    _, once = fitted(frame.head(150))
    assert errors(model) == pytest.approx(errors(once), rel=0.2)
    assert "by the different rows: 150 among 600 rows" in " ".join(coefficient_notes(model))


def test_rows_on_their_own_and_few_groups_are_not_clustered():
    frame = repeated(times=1).assign(college=np.arange(120) % 9)
    _, plain = fitted(frame.drop(columns="college"))
    _, few = fitted(frame.drop(columns="roll_no"), group="college")
    for model in (plain, few):
        assert model.figures.inference.clusters is None
        assert errors(model) == pytest.approx(errors(plain))


def test_clusters_no_more_than_the_parameters_leave_the_errors_of_the_rows():
    frame = repeated(times=30, count=12)
    frame = frame.assign(**{f"extra{k}": np.sin(np.arange(360) * (k + 1)) for k in range(12)})
    _, model = fitted(frame, l2=1.0)
    assert model.figures.inference.clusters is None
    assert np.isfinite(errors(model)).all()


def test_a_penalised_model_has_the_sandwich_of_the_penalised_information():
    _, free = fitted(repeated())
    _, model = fitted(repeated(), l2=1e-6)
    assert errors(model) == pytest.approx(errors(free), rel=1e-4)


def test_firth_with_students_on_several_rows_has_walds_limits_of_the_clusters():
    _, model = fitted(repeated(), firth=True, loss="logits", optimizer="auto")
    assert model.figures.inference.profile is None
    assert model.figures.inference.clusters.clusters == 120
