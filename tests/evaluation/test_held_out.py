"""A model's own training table is known again, and with it the rows that were held out of it."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from placement.config.train_config import TrainConfig
from placement.data.splits.split import TEST, hold_out, rows_of
from placement.data.table.read_table import read_table
from placement.errors import DataError, UsageError
from placement.evaluation.evaluate import evaluate
from placement.evaluation.held_out import measured_rows, split_of_training
from placement.model.fitted import load_fitted
from placement.stats.metrics import metrics
from placement.training.fit import fit

QUICK = TrainConfig(optimizer="newton")


def students(rows=200):
    draw = np.random.default_rng(5)
    cgpa = draw.uniform(4, 10, rows)
    placed = draw.random(rows) < 1 / (1 + np.exp(7 - cgpa))
    batch = np.where(np.arange(rows) % 3, 2024, 2025)
    club = draw.choice(["chess", "drama", "music", "robotics"], rows)
    return pd.DataFrame({"cgpa": cgpa, "batch": batch, "club": club, "placed": placed.astype(int)})


@pytest.fixture(scope="module")
def table():
    return read_table(students())


@pytest.fixture(scope="module")
def fitted(table):
    return fit(table, QUICK)


def held_out_of(table, config):
    split = hold_out(table, config)
    return np.concatenate([rows_of(split, TEST)(piece) for piece in range(table.pieces)])


def test_of_its_own_training_table_the_held_out_rows_are_measured(fitted, table):
    found, held_out = evaluate(fitted, table), held_out_of(table, QUICK)
    assert (found.metrics_on, found.rows) == ("test", held_out.sum())
    assert found.rows == fitted.figures.rows.test > 0
    probability = fitted.predict_proba(table)[held_out]
    expected = metrics(probability, table.label[held_out]).as_dict()
    assert found.metrics.as_dict() == pytest.approx(expected, abs=1e-12)


def test_all_rows_are_measured_where_all_are_asked_for(fitted, table):
    found = evaluate(fitted, table, rows="all")
    assert (found.metrics_on, found.rows) == ("train", len(table))


def test_another_table_is_measured_whole(fitted):
    found = evaluate(fitted, read_table(students().head(150)))
    assert (found.metrics_on, found.rows) == (None, 150)


@pytest.mark.parametrize(
    "settings",
    [
        {"test_where": "batch==2025"},
        {"test_size": 0.4, "seed": 3},
        {"patience": 5},
        {"firth": True, "optimizer": "auto"},
    ],
)
def test_rows_are_held_out_again_as_the_settings_say(table, settings):
    config = replace(QUICK, **settings)
    measured = measured_rows(fit(table, config), table)
    assert measured.metrics_on == "test"
    np.testing.assert_array_equal(measured.table.rows, table.rows[held_out_of(table, config)])


@pytest.mark.parametrize("group", ["club", "none"])
def test_groups_are_held_out_again(group):
    frame = students().assign(**{"Register No": np.repeat(np.arange(7000, 7100), 2)})
    table, config = read_table(frame, group=group), replace(QUICK, group=group)
    measured = measured_rows(fit(table, config), table)
    np.testing.assert_array_equal(measured.table.rows, table.rows[held_out_of(table, config)])


def test_where_nothing_was_held_out_a_warning_says_that_figures_flatter(table):
    model = fit(table, replace(QUICK, test_size=0.0))
    with pytest.warns(UserWarning, match="was trained on"):
        assert evaluate(model, table).metrics_on == "train"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluate(model, table, rows="all")


def test_rows_in_another_order_are_known_again_where_the_training_recorded_them(trained):
    model, sheet = load_fitted(trained), pd.read_csv(trained.parent / "students.csv")
    shuffled = sheet.sample(frac=1, random_state=1)
    ordered, other = (measured_rows(model, read_table(rows)) for rows in (sheet, shuffled))
    assert (ordered.metrics_on, other.metrics_on) == ("test", "test")
    assert sorted(ordered.table.columns["cgpa"]) == sorted(other.table.columns["cgpa"])


def test_the_same_rows_with_a_further_column_would_be_held_out_otherwise_and_are_not(trained):
    model, sheet = load_fitted(trained), pd.read_csv(trained.parent / "students.csv")
    further = read_table(sheet.assign(club=np.where(np.arange(len(sheet)) % 2, "chess", "drama")))
    assert split_of_training(model, further) is None
    assert measured_rows(model, further).metrics_on == "train"


def test_a_model_fitted_again_on_all_rows_has_no_held_out_ones(fitted, table):
    again = replace(fitted, config={**fitted.config, "refit": True})
    assert measured_rows(again, table).metrics_on == "train"


def test_a_frame_is_no_table_and_the_error_says_what_makes_one(fitted):
    with pytest.raises(DataError, match=r"read_table\(…, target='placed'\)"):
        evaluate(fitted, students())


def test_other_words_for_the_rows_are_refused(fitted, table):
    with pytest.raises(UsageError, match="rows='some': choose held_out or all"):
        evaluate(fitted, table, rows="some")


def test_an_evaluation_says_in_short_and_as_html_what_was_measured(fitted, table):
    found = evaluate(fitted, table)
    assert repr(found).startswith(f"Evaluation({found.rows} held-out rows: roc_auc 0.")
    assert len(repr(found)) < 100
    assert "held-out rows" in found._repr_html_()
    assert f">{found.metrics.log_loss:.4f}</td>" in found._repr_html_()
