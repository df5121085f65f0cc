"""What a job may be told: the settings of its command, but no path, no address, no foreign tag."""

import json
import typing

import pytest

from placement.config.train_config import UNUSED_IN_TUNING, TrainConfig
from placement.errors import UsageError
from placement.serving.jobs.settings import (
    Kind,
    check_request,
    predict_request,
    report_request,
    settings_model,
    settings_of,
    train_config,
    tune_request,
)

KINDS = typing.get_args(Kind)
DATA = {"data": ["students.csv"]}


def allowed(kind):
    return {field.alias for field in settings_model(kind).model_fields.values()}


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_of_job_takes_a_path_or_says_where_things_are_kept(kind):
    refused = {"out", "left_out", "cache", "test", "labels", "features_file", "data", "config"}
    assert not allowed(kind) & (refused | {"experiment", "track", "log_data", "about"})
    for name in refused:
        with pytest.raises(UsageError, match=f"'{name}' cannot be set for a job of kind {kind}"):
            settings_of(kind, json.dumps({name: "/etc/passwd"}))


def test_every_other_setting_of_a_training_is_there():
    fields = set(TrainConfig.__dataclass_fields__)
    gone = {
        "out", "left_out", "cache", "keep_cache", "stream", "test", "labels", "features_file",
        "experiment", "track", "log_data", "workers", "rank_timeout", "device", "resume",
    }  # fmt: skip
    assert allowed("train") == fields - gone
    assert allowed("tune") == fields - gone - set(UNUSED_IN_TUNING) | {"folds", "repeats"}


@pytest.mark.parametrize("kind", ["predict", "report"])
@pytest.mark.parametrize(
    "model", ["mymodel", "/home/me/model", "runs:/abc/model", "http://host/m", "models:/../x/1", ""]
)
def test_a_model_is_chosen_by_registered_name_and_version_only(kind, model):
    name = "model" if kind == "predict" else "run"
    with pytest.raises(UsageError, match="name champion, challenger, models:/NAME/VERSION"):
        settings_of(kind, json.dumps({name: model}))
    for fine in ("champion", "models:/placement/3", "models:/placement@previous"):
        assert settings_of(kind, json.dumps({name: fine})) == {name: fine}


@pytest.mark.parametrize("tag", ["placement.job=x", "mlflow.user=x", "MLFLOW.user=x"])
def test_tags_that_say_what_a_run_is_cannot_be_set(tag):
    with pytest.raises(UsageError, match="is not yours to set"):
        settings_of("train", json.dumps({"tag": [tag]}))
    assert settings_of("train", '{"tag": ["college=north"]}') == {"tag": ["college=north"]}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('{"l2": "large"}', "settings: l2: Input should be a valid number"),
        ('{"drop": "name"}', "settings: drop: Input should be a valid array"),
        ('{"epochs": 1.5}', "settings: epochs"),
        ("[1]", "^settings: Input should be an object"),
        ("{", "^settings: Invalid JSON"),
        ('{"register": "../x"}', "settings: register"),
    ],
)
def test_a_value_of_another_kind_is_refused_by_the_name_of_its_setting(settings, said):
    with pytest.raises(UsageError, match=said):
        settings_of("train", settings)


def test_a_refusal_does_not_repeat_the_value():
    with pytest.raises(UsageError) as refused:
        settings_of("train", '{"l2": "Quixworth 00001"}')
    assert "Quixworth" not in str(refused.value)


def test_what_the_command_would_refuse_is_refused_before_the_job_is_kept():
    with pytest.raises(UsageError, match="--optimizer"):
        check_request("train", {"optimizer": "magic"}, DATA)
    with pytest.raises(UsageError, match="--on, --absent and --labels-mean need --labels"):
        check_request("train", {"on": "register_no"}, DATA)
    check_request("train", {"on": "register_no"}, {**DATA, "labels": ["outcomes.csv"]})


@pytest.mark.parametrize(
    ("kind", "inputs", "said"),
    [
        ("train", {}, "a job of kind train needs a file 'data'"),
        ("predict", {**DATA, "labels": ["a.csv"]}, "has no file 'labels'"),
        ("predict", {"data": ["a.csv", "b.csv"]}, "has one file 'data', not 2"),
        ("tune", {**DATA, "test": ["a.csv"]}, "has no file 'test'"),
    ],
)
def test_files_that_a_job_has_no_use_for_are_refused(kind, inputs, said):
    with pytest.raises(UsageError, match=said):
        check_request(kind, {}, inputs)


def test_settings_become_what_the_workflows_are_asked():
    settings = settings_of("train", '{"drop": ["name"], "l2": 2, "threshold": "recall=0.9"}')
    config = train_config(settings, {**DATA, "labels": ["l.csv"], "test": ["t.csv"]})
    assert (config.drop, config.l2, config.labels, config.test) == (
        ("name",),
        2.0,
        "l.csv",
        "t.csv",
    )
    assert tune_request({"folds": 3, "seed": 5}, DATA).config.seed == 5
    assert tune_request({"folds": 3}, DATA).folds == 3
    predicted = predict_request({"rank": "risk", "top": 5, "format": "xlsx"}, DATA)
    assert (predicted.data, predicted.out, predicted.about) == (
        "students.csv",
        "../scored.xlsx",
        True,
    )
    assert report_request({}, {}).data is None
    assert report_request({}, DATA).out == "../report.html"
