"""The service's own answers: what is predicted of records, and what would have to be different."""

from dataclasses import asdict
from typing import Any

from placement.errors import DataError
from placement.evaluation.explanation.actionable import changeable
from placement.evaluation.explanation.counterfactual import counterfactual
from placement.model.scorer import match_columns
from placement.serving.errors import Refused
from placement.serving.json_codec import decode_json, encode_json
from placement.serving.scoring.columns import Columns, columns_of_records, refuse_many
from placement.serving.scoring.protocols.open_inference import outside_training
from placement.serving.scoring.reply import Reply
from placement.serving.scoring.served_model import ServedModel
from placement.serving.settings import Limits

Document = dict[str, Any]


def predict_records(body: bytes, model: ServedModel, limits: Limits) -> Reply:
    """Answer records, as `predict --json` does."""
    asked = _object(body, {"records", "threshold", "reasons"})
    records = asked.get("records")
    if type(records) is not list or not records:
        raise Refused(400, "records must be a list of objects: [{column: cell, …}, …]")
    refuse_many(len(records), limits.rows)
    with_reasons = asked.get("reasons", False)
    if type(with_reasons) is not bool:
        raise Refused(400, "reasons must be true or false")
    threshold = model.threshold(asked.get("threshold"))
    answers = model.answer(_columns(records), threshold, limits=True, with_reasons=with_reasons)
    columns: dict[str, list[Any]] = {
        "row": list(range(1, len(records) + 1)),
        "probability": answers.probability.tolist(),
        "prediction": answers.prediction.tolist(),
        "label": [model.words[one] for one in answers.prediction.tolist()],
    }
    if answers.low is not None and answers.high is not None:
        columns |= {"low": answers.low.tolist(), "high": answers.high.tolist()}
    if answers.reasons is not None:
        columns["reasons"] = list(answers.reasons)
    columns["notes"] = list(answers.notes)
    columns["outside_training"] = outside_training(answers).tolist()
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    document = {"format": 1, **_about(model), "threshold": threshold, "predictions": rows}
    return Reply(encode_json(document), len(rows))


def what_if(body: bytes, model: ServedModel) -> Reply:
    """Say of one student with which figures such students reach a probability."""
    asked = _object(body, {"record", "reach", "columns"})
    record, reach, names = asked.get("record"), asked.get("reach", 0.7), asked.get("columns", [])
    if type(record) is not dict:
        raise Refused(400, "record must be an object: {column: cell, …}")
    if type(reach) not in (int, float) or not 0 < reach < 1:
        raise Refused(400, "reach must be a probability between 0 and 1")
    if type(names) is not list or not all(type(name) is str for name in names):
        raise Refused(400, "columns must be a list of names")
    cells = _columns([record])
    answers = model.answer(cells, model.fitted.threshold, limits=True)
    spelling = match_columns(cells, model.scorer.feature_columns)
    student = {name: cells[spelled] for name, spelled in spelling.items()}
    formats = model.scorer.formats(student)
    found = counterfactual(
        model.fitted,
        {name: column[0] for name, column in student.items()},
        changeable(model.schema, names),
        reach,
        formats,
    )
    low, high = answers.low, answers.high
    document = {
        "format": 1,
        **_about(model),
        "probability": float(answers.probability[0]),
        "low": None if low is None else float(low[0]),
        "high": None if high is None else float(high[0]),
        "notes": answers.notes[0],
        "what_if": [asdict(one) for one in found],
    }
    return Reply(encode_json(document), 1)


def _columns(records: list[Any]) -> Columns:
    """Turn records into columns; a list is no cell, though MLflow's protocol lets it be one."""
    columns = columns_of_records(records)
    for name, cells in columns.items():
        if type(cells) is list and any(type(cell) in (list, dict) for cell in cells):
            raise DataError(f"column {name}: a cell must be a number, a text, true, false or null")
    return columns


def _about(model: ServedModel) -> Document:
    about = {"name": model.name, "version": model.version, "digest": model.digest}
    return {"model": about, "outcome": model.schema.target.outcome}


def _object(body: bytes, known: set[str]) -> Document:
    """Read a body that may have these members only, so that a slip is not overlooked."""
    try:
        document = decode_json(body)
    except ValueError as problem:
        raise Refused(400, "the body is no JSON") from problem
    if type(document) is not dict:
        raise Refused(400, "the body must be an object")
    if unknown := sorted(document.keys() - known):
        raise Refused(400, f"unknown: {unknown[0]!r}; known are {', '.join(sorted(known))}")
    return document
