"""What a training keeps of the rows that its model was not trained on."""

import pytest

from placement.config.train_config import TrainConfig
from placement.workflows.training.train import train


@pytest.fixture
def figures(students, tmp_path):
    """Train on so many students and return the figures."""

    def trained(rows, **settings):
        sheet = students(tmp_path / "students.csv", rows)
        result = train([str(sheet)], TrainConfig(track=False, sensitive=(), **settings))
        return result.fitted.figures.evaluated

    return trained


def total(confusion):
    return sum(confusion.as_dict().values())


def test_held_out_rows_are_counted_at_the_threshold_of_the_model(figures):
    evaluated = figures(240, threshold="0.8")
    unseen = evaluated.out_of_sample
    counts = unseen.confusion
    assert unseen.measured_on == "test"
    assert (counts.tp + counts.tn) / total(counts) == pytest.approx(evaluated.metrics.accuracy)
    assert counts.tp / (counts.tp + counts.fp) == pytest.approx(evaluated.metrics.precision)
    assert unseen.calibration.observed == evaluated.calibration.observed


def test_where_none_are_held_out_every_row_is_predicted_by_a_model_of_the_other_folds(figures):
    evaluated = figures(100, test_size=0.0)
    unseen = evaluated.out_of_sample
    assert (unseen.measured_on, evaluated.metrics_on) == ("out_of_fold", "train")
    assert total(unseen.confusion) == 100
    # The figures of the training rows flatter.
    counts = unseen.confusion
    assert (counts.tp + counts.tn) / 100 < evaluated.metrics.accuracy


def test_rows_too_few_for_folds_are_measured_as_they_were_trained_on(figures):
    evaluated = figures(4, test_size=0.0)
    assert evaluated.out_of_sample.measured_on == "train"
    assert not evaluated.skill.better_than_base_rate
