"""What the bodies of the scoring endpoints look like, as JSON Schema, with worked examples."""

from collections.abc import Mapping
from typing import Any

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
        "columns": {"type": "array", "items": {"type": "string"}},
        "data": {"type": "array", "items": _CELLS},
        "index": {"type": "array"},
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
        columns={"type": "array", "items": {"type": "string"}},
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
