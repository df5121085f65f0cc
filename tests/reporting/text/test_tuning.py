"""What a tuning says, and how."""

import dataclasses
import shlex

import numpy as np
import pytest

from placement.cli import settings
from placement.config.train_config import UNUSED_IN_TUNING, TrainConfig
from placement.evaluation.alternatives.alternatives import Candidate, ModelComparison
from placement.evaluation.alternatives.nonlinearity_search import MeanDifference
from placement.reporting.text.tuning import (
    TuneResult,
    draw_path,
    options_of,
    path_plot,
    train_line,
    tune_document,
    tune_text,
    weights_plot,
)
from placement.training.validation.l2_path import Penalty, PenaltyPath


@pytest.fixture
def path():
    losses, errors = (0.6, 0.51, 0.50, 0.52), (0.01, 0.02, 0.015, 0.03)
    return PenaltyPath(
        penalties=tuple(map(Penalty, (100.0, 10.0, 1.0, 0.1), losses, errors)),
        best=2,
        chosen=1,
        rows=160,
        folds=5,
        repeats=3,
        names=("cgpa", "stream=ECE"),
        weights=np.array([[0.1, 0.0], [0.5, -0.1], [0.9, -0.4], [1.0, -0.5]]),
    )


@pytest.fixture
def result(path):
    apart = MeanDifference(0.1, 0.05, 0.15)
    other = Candidate("other", 0.6, 0.2, 0.7, apart)
    return TuneResult(
        sources=("my students.csv",),
        name="my students.csv",
        rows={"train": 160, "validation": 0, "test": 40},
        path=path,
        alternatives=ModelComparison(
            160, 160, 5, Candidate("perceptron", 0.5, 0.2, 0.8, None), other, other, ("cgpa",),
            other, False, (), None, None,
        ),
        options=("--target", "Final Result", "--l2", "10"),
        warnings=("few rows",),
        run=None,
    )  # fmt: skip


def test_the_path_the_choice_and_the_line_to_type_are_said(result):
    text = tune_text(result)
    assert "5-fold cross-validation, 3 times with other folds, of 160 training rows" in text
    assert "40 held-out rows took no part" in text
    assert "Chosen: --l2 10, the strongest penalty within one standard error" in text
    assert "(0.5000 at --l2 1, standard error 0.0150)." in text
    assert "placement train 'my students.csv' --target 'Final Result' --l2 10" in text
    (chosen,) = (line for line in text.splitlines() if line.endswith("chosen"))
    assert chosen.split() == ["10", "0.5100", "0.0200", "chosen"]
    assert "Is a straight line enough?" in text
    assert "Careful" not in text


def test_columns_that_say_little_are_said_to(result, path):
    weak = dataclasses.replace(result, path=dataclasses.replace(path, chosen=0))
    assert "Careful: even the strongest penalty" in tune_text(weak)


def test_the_document_holds_the_path_and_the_line(result):
    told = tune_document(result)
    assert (told["format"], told["l2"], told["best_l2"], told["run_id"]) == (1, 10.0, 1.0, None)
    assert told["path"][1] == {
        "l2": 10.0, "log_loss": 0.51, "standard_error": 0.02, "best": False, "chosen": True
    }  # fmt: skip
    assert told["command"] == train_line(result)
    assert told["warnings"] == ["few rows"]


def test_the_words_for_train_give_the_settings_of_the_tuning_back():
    config = TrainConfig(
        target="Final, Result",
        features=("c,g", 'a "b"'),
        drop=("x y", "z"),
        ignore_label=("Higher Studies",),
        test_size=0.3,
        class_weight="balanced",
        experiment="north",
        run_name="tuning",
        track=False,
    )
    words = options_of(config, 20.0, UNUSED_IN_TUNING)
    assert words[-2:] == ("--l2", "20")
    import click

    @settings.config_options()
    def command(config):
        return config

    parsed = click.command()(command)
    found = parsed.main(list(words), standalone_mode=False)
    expected = dataclasses.replace(config, l2=20.0, run_name=None, track=True)
    assert found == expected
    assert shlex.split(shlex.join(words)) == list(words)


def test_the_pictures_are_the_same_bytes_each_time(path, tmp_path):
    assert path_plot(path) == path_plot(path)
    assert {own.name for own in draw_path(tmp_path, path)} == {"l2_path.png", "weights_by_l2.png"}
    assert path_plot(path) != path_plot(dataclasses.replace(path, chosen=2))


def test_of_very_many_weights_a_picture_is_drawn_and_of_none_none(path):
    many = dataclasses.replace(
        path,
        names=tuple(f"town={k}" for k in range(500)),
        weights=np.random.default_rng(0).normal(size=(4, 500)),
    )
    assert weights_plot(many)
    assert weights_plot(dataclasses.replace(path, names=(), weights=np.zeros((4, 0)))) is None
