"""What a command asks its workflow for: an option is a field of the request, under its name."""

import dataclasses

import pytest

from placement.cli import cli
from placement.cli.settings import FIELDS
from placement.workflows.monitoring.drift import DriftRequest
from placement.workflows.monitoring.evaluate import EvaluateRequest
from placement.workflows.monitoring.report import ReportRequest
from placement.workflows.scoring.explain import ExplainRequest
from placement.workflows.scoring.predict_request import PredictRequest
from placement.workflows.selection.compare import CompareRequest
from placement.workflows.selection.promote import PromoteRequest
from placement.workflows.selection.tune import TuneRequest
from placement.workflows.training.gradcheck import GradcheckRequest

OF_EVERY_COMMAND = {"as_json", "quiet", "verbose"}
OF_A_GRAPH = {"row", "graph", "draw", "model"}


@pytest.mark.parametrize(
    ("name", "request_class", "others"),
    [
        ("predict", PredictRequest, {"settings"}),
        ("evaluate", EvaluateRequest, set()),
        ("explain", ExplainRequest, set()),
        ("drift", DriftRequest, set()),
        ("compare", CompareRequest, set()),
        ("promote", PromoteRequest, set()),
        ("report", ReportRequest, set()),
        ("gradcheck", GradcheckRequest, OF_A_GRAPH),
        ("tune", TuneRequest, {"config_file", *FIELDS}),
    ],
)
def test_every_option_of_a_command_is_a_field_of_its_request(name, request_class, others):
    options = {parameter.name for parameter in cli.commands[name].params}
    fields = {item.name for item in dataclasses.fields(request_class)} - {"config"}
    assert options - OF_EVERY_COMMAND - others == fields - OF_EVERY_COMMAND


@pytest.mark.parametrize(
    ("name", "request_class"),
    [("predict", PredictRequest), ("evaluate", EvaluateRequest), ("explain", ExplainRequest)],
)
def test_a_default_is_the_same_for_the_command_and_for_its_request(name, request_class):
    shown = {p.name: p.default for p in cli.commands[name].params}
    for item in dataclasses.fields(request_class):
        if item.default not in (dataclasses.MISSING, None, (), False):
            assert shown[item.name] == item.default, item.name
