"""Bodies and answers of the scoring endpoints, as JSON Schema, with worked examples."""

from collections.abc import Mapping
from typing import Any

from placement.serving.json_codec import JSON
from placement.serving.scoring.file_predictions import TYPES
from placement.serving.scoring.protocols.open_inference import OUTPUTS, REASONS
from placement.serving.scoring.protocols.tensors import DATATYPES

Document = dict[str, Any]

ERROR: Document = {
    "type": "object",
    "required": ["error_code", "message", "error"],
    "properties": {name: {"type": "string"} for name in ("error_code", "message", "error")},
}
_CELL: Document = {"type": ["number", "string", "boolean", "null"]}
_CELLS: Document = {"type": "array", "items": _CELL}
_TEXTS: Document = {"type": "array", "items": {"type": "string"}}
_RECORD: Document = {"type": "object", "additionalProperties": _CELL}
_RECORDS: Document = {"type": "array", "items": _RECORD}
_COLUMNS: Document = {"type": "object", "additionalProperties": {"anyOf": [_CELL, _CELLS]}}
_PROBABILITY: Document = {"type": "number", "minimum": 0, "maximum": 1}
_THRESHOLD: Document = {"anyOf": [_PROBABILITY, {"type": "null"}]}
_PARAMS: Document = {"type": ["object", "null"], "properties": {"threshold": _THRESHOLD}}
_SPLIT: Document = {
    "type": "object",
    "required": ["columns", "data"],
    "properties": {
        "columns": _TEXTS,
        "data": {"type": "array", "items": _CELLS},
        "index": {"type": ["array", "null"]},
    },
}


def _object(required: list[str], **properties: Document) -> Document:
    return {"type": "object", "required": required, "properties": properties}


_INVOCATIONS: Document = {
    "oneOf": [
        _object(["dataframe_split"], dataframe_split=_SPLIT, params=_PARAMS),
        _object(["dataframe_records"], dataframe_records=_RECORDS, params=_PARAMS),
        _object(["instances"], instances={"anyOf": [_RECORDS, _COLUMNS]}, params=_PARAMS),
        _object(["inputs"], inputs=_COLUMNS, params=_PARAMS),
    ]
}
_TENSOR = _object(
    ["name", "shape", "datatype", "data"],
    name={"type": "string"},
    shape={"type": "array", "items": {"type": "integer", "minimum": 0}},
    datatype={"enum": list(DATATYPES)},
    data={"type": "array"},
)
_INFER = _object(
    ["inputs"],
    id={"type": ["string", "null"]},
    parameters=_PARAMS,
    inputs={"type": "array", "minItems": 1, "items": _TENSOR},
    outputs={
        "type": ["array", "null"],
        "items": _object(["name"], name={"enum": [*OUTPUTS, *REASONS]}),
    },
)
_PREDICTIONS: Document = {
    **_object(
        ["records"],
        records={**_RECORDS, "minItems": 1},
        threshold=_THRESHOLD,
        reasons={"type": "boolean"},
    ),
    "additionalProperties": False,
}
_WHAT_IF: Document = {
    **_object(
        ["record"],
        record=_RECORD,
        reach={"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        columns=_TEXTS,
    ),
    "additionalProperties": False,
}


def _json(schema: Document) -> Document:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


_TEXT: Document = {"schema": {"type": "string"}}
_INFER_PATHS = [f"/v2/models/{{name}}{version}/infer" for version in ("", "/versions/{version}")]
_FILE: Document = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": _object(
                ["file"],
                file={"type": "string", "format": "binary"},
                **{"as": {"enum": ["csv", "tsv", "parquet", "xlsx"]}},
                threshold=_PROBABILITY,
                reasons={"type": "boolean"},
                accept_doubts={"type": "boolean"},
            )
        }
    },
}
BODIES: dict[str, Document] = {
    "/invocations": {
        "required": True,
        "content": {
            "application/json": {"schema": _INVOCATIONS},
            "text/csv": _TEXT,
            "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
        },
    },
    "/v1/predictions": _json(_PREDICTIONS),
    "/v1/predictions/file": _FILE,
    "/v1/what-if": _json(_WHAT_IF),
    **dict.fromkeys(_INFER_PATHS, _json(_INFER)),
}


_BIT: Document = {"enum": [0, 1]}
_NOTE: Document = {"type": ["string", "null"]}
_MLFLOW_ROW = _object(
    ["placement_probability", "placement_prediction", "placement_notes"],
    placement_probability=_PROBABILITY,
    placement_prediction=_BIT,
    placement_notes=_NOTE,
)
_ROW = _object(
    ["row", "probability", "prediction", "label", "notes", "outside_training"],
    row={"type": "integer", "minimum": 1},
    probability=_PROBABILITY,
    low=_PROBABILITY,
    high=_PROBABILITY,
    prediction=_BIT,
    label={"type": "string"},
    reasons=_TEXTS,
    notes=_NOTE,
    outside_training={"type": "boolean"},
)
_OUTPUT = _object(
    ["name", "datatype", "shape"],
    name={"enum": [*OUTPUTS, *REASONS]},
    datatype={"enum": list(DATATYPES)},
    shape={"type": "array", "items": {"type": "integer", "minimum": 0}, "maxItems": 1},
    data={"type": "array"},
)


def _answer(*media_types: str, **properties: Document) -> Document:
    files = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in media_types}
    schema = _object(list(properties), **properties)
    return {**({JSON: {"schema": schema}} if properties else {}), **files}


_INFERRED = _answer(
    "application/octet-stream",
    model_name={"type": "string"},
    model_version={"type": "string"},
    parameters={"type": "object"},
    outputs={"type": "array", "items": _OUTPUT},
)
# What is answered with status 200, by path.
ANSWERS: dict[str, Document] = {
    "/invocations": _answer(predictions={"type": "array", "items": _MLFLOW_ROW}),
    "/v1/predictions": _answer(
        format={"const": 1},
        model={"type": "object"},
        outcome={"type": "string"},
        threshold={"type": "number"},
        predictions={"type": "array", "items": _ROW},
    ),
    "/v1/predictions/file": _answer(*TYPES.values()),
    **dict.fromkeys(_INFER_PATHS, _INFERRED),
}


def body_examples(record: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return a worked example of each body, of one student, by path and media type."""
    json = "application/json"
    names, cells = list(record), list(record.values())
    tensors = [
        {"name": name, "shape": [1], "datatype": _datatype(cell), "data": [cell]}
        for name, cell in record.items()
    ]
    infer = {json: {"a column each": {"id": "1", "inputs": tensors}}}
    line = ",".join(map(str, cells))
    return {
        "/invocations": {
            json: {
                "records": {"dataframe_records": [dict(record)], "params": {"threshold": 0.5}},
                "rows": {"dataframe_split": {"columns": names, "data": [cells]}},
            },
            "text/csv": {"a table": f"{','.join(names)}\n{line}\n"},
        },
        "/v1/predictions": {json: {"records": {"records": [dict(record)], "reasons": True}}},
        "/v1/what-if": {json: {"a student": {"record": dict(record), "reach": 0.7}}},
        **dict.fromkeys(_INFER_PATHS, infer),
    }


def _datatype(cell: object) -> str:
    return "BYTES" if isinstance(cell, str) else "FP64"
