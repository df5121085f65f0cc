"""The Open Inference Protocol, version 2: what the model takes, and tensors in, tensors out.

A column is an input of the shape [rows]. Beside the prediction go its interval, the cells in doubt,
and which rows lie outside what the model was trained on; the reasons where they are asked for.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement import __version__
from placement.arrays import BoolArray
from placement.errors import DataError
from placement.serving.errors import Refused
from placement.serving.json_codec import decode_json, encode_json
from placement.serving.scoring.columns import refuse_many
from placement.serving.scoring.protocols.tensors import (
    BinaryPart,
    binary_tensor,
    json_tensor,
    read_tensor,
)
from placement.serving.scoring.reply import Reply
from placement.serving.scoring.served_model import Answers, ServedModel
from placement.serving.settings import Limits

HEADER_LENGTH = "inference-header-content-length"
SERVER = {"name": "placement", "version": __version__, "extensions": ["binary_tensor_data"]}
OUTPUTS = {
    "probability": "FP64", "prediction": "INT64", "label": "BYTES", "low": "FP64", "high": "FP64",
    "outside_training": "BOOL", "notes": "BYTES",
}  # fmt: skip
REASONS = {f"reason_{number}": "BYTES" for number in (1, 2, 3)}
_FAR = frozenset({"far outside training", "unseen level", "not a number"})
Document = dict[str, Any]


@dataclass(frozen=True)
class InferRequest:
    """A request as read: `outputs` are those asked for, and whether each is wanted in binary."""

    columns: Document
    parameters: Document
    outputs: dict[str, bool]
    id: str | None = None


def model_metadata(model: ServedModel) -> Document:
    """Return what a model takes and gives."""
    kinds = {"number": "FP64", "category": "BYTES"}
    inputs = [(feature.name, kinds[feature.kind]) for feature in model.schema.features]
    outputs = [*_outputs_of(model).items(), *REASONS.items()]
    return {
        "name": model.name,
        "versions": [model.version],
        "platform": "placement_perceptron",
        "inputs": [_tensor_metadata(*one) for one in inputs],
        "outputs": [_tensor_metadata(*one) for one in outputs],
    }


def _tensor_metadata(name: str, datatype: str) -> Document:
    return {"name": name, "datatype": datatype, "shape": [-1]}


def _outputs_of(model: ServedModel) -> dict[str, str]:
    """Return the outputs of a model; one without a covariance has no limits."""
    lacking = {"low", "high"} if model.scorer.factor is None else set()
    return {name: kind for name, kind in OUTPUTS.items() if name not in lacking}


def infer(body: bytes, header_length: str | None, model: ServedModel, limits: Limits) -> Reply:
    """Answer a request with a model."""
    request = read_request(body, header_length, model)
    rows = len(next(iter(request.columns.values())))
    refuse_many(rows, limits.rows)
    try:
        threshold = model.threshold(request.parameters.get("threshold"))
        answers = model.answer(
            request.columns,
            threshold,
            limits=bool(request.outputs.keys() & {"low", "high"}),
            with_reasons=bool(request.outputs.keys() & REASONS.keys()),
        )
    except DataError as problem:
        raise Refused(400, str(problem)) from problem
    return _response(request, model, threshold, answers)


def read_request(body: bytes, header_length: str | None, model: ServedModel) -> InferRequest:
    """Read the JSON of a request and the tensors behind it."""
    head, binary = _parted(body, header_length)
    try:
        document = decode_json(head)
    except ValueError as problem:
        raise Refused(400, "the body is no JSON") from problem
    if type(document) is not dict:
        raise Refused(400, "the body must be an object with inputs")
    inputs = document.get("inputs")
    if type(inputs) is not list or not inputs:
        raise Refused(400, "inputs must be a list of tensors, a column each")
    columns = dict(read_tensor(tensor, binary) for tensor in inputs)
    binary.refuse_rest()
    if len(columns) < len(inputs):
        raise Refused(400, "two inputs have one name")
    given = document.get("parameters")
    parameters = {} if given is None else given
    name = document.get("id")
    if type(parameters) is not dict or not (name is None or type(name) is str):
        raise Refused(400, "parameters must be an object and id a text")
    return InferRequest(columns, parameters, _wanted(document, parameters, model), name)


def _parted(body: bytes, header_length: str | None) -> tuple[bytes, BinaryPart]:
    if header_length is None:
        return body, BinaryPart(b"")
    if not header_length.isascii() or not header_length.isdigit() or len(header_length) > 12:
        raise Refused(400, f"{HEADER_LENGTH} must be a number of bytes")
    length = int(header_length)
    if length > len(body):
        raise Refused(400, f"{HEADER_LENGTH} is more than the body")
    return body[:length], BinaryPart(body[length:])


def _wanted(document: Document, parameters: Document, model: ServedModel) -> dict[str, bool]:
    """Return the outputs to give, and which of them in binary."""
    all_binary = parameters.get("binary_data_output") is True
    requested = document.get("outputs")
    if requested in (None, []):
        return dict.fromkeys(_outputs_of(model), all_binary)
    known = {**_outputs_of(model), **REASONS}
    wanted: dict[str, bool] = {}
    outputs: list[Any] = requested if type(requested) is list else [None]
    for output in outputs:
        name = output.get("name") if type(output) is dict else None
        if type(name) is not str or name not in known:
            raise Refused(400, f"outputs may be {', '.join(known)}")
        own = output.get("parameters")
        asked = own.get("binary_data") if type(own) is dict else None
        wanted[name] = all_binary if asked is None else asked is True
    return wanted


def _response(
    request: InferRequest, model: ServedModel, threshold: float, answers: Answers
) -> Reply:
    tensors, parts = [], []
    for name, binary in request.outputs.items():
        datatype = OUTPUTS.get(name, "BYTES")
        cells = _cells(name, model, answers)
        if binary:
            tensor, raw = binary_tensor(name, datatype, cells)
            parts.append(raw)
        else:
            tensor = json_tensor(name, datatype, cells)
        tensors.append(tensor)
    document: Document = {"model_name": model.name, "model_version": model.version}
    if request.id is not None:
        document["id"] = request.id
    document["parameters"] = {
        "digest": model.digest,
        "outcome": model.schema.target.outcome,
        "threshold": threshold,
    }
    document["outputs"] = tensors
    head, rows = encode_json(document), len(answers.probability)
    if not any(request.outputs.values()):
        return Reply(head, rows)
    headers = {HEADER_LENGTH: str(len(head))}
    return Reply(b"".join([head, *parts]), rows, headers, "application/octet-stream")


def _cells(name: str, model: ServedModel, answers: Answers) -> list[Any]:
    """Return the cells of an output."""
    match name:
        case "label":
            return [model.words[one] for one in answers.prediction.tolist()]
        case "notes":
            return [note or "" for note in answers.notes]
        case "outside_training":
            flags: list[Any] = outside_training(answers).tolist()
            return flags
        case "probability" | "prediction" | "low" | "high":
            numbers: list[Any] = getattr(answers, name).tolist()
            return numbers
    rank = int(name.removeprefix("reason_")) - 1
    return [texts[rank] if rank < len(texts) else "" for texts in answers.reasons or ()]


def outside_training(answers: Answers) -> BoolArray:
    """Which rows (n,) hold a cell unlike all that the model was trained on."""
    outside = np.zeros(len(answers.probability), dtype=bool)
    for problem in answers.problems:
        if problem.what in _FAR:
            outside[problem.rows] = True
    return outside
