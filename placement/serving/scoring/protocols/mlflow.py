"""MLflow's scoring protocol, as the server of MLflow 3.17 speaks it: a body in, predictions out."""

import io
import json
from collections.abc import Callable
from typing import Any

import orjson

from placement.errors import DataError
from placement.model.scorer import TableLike
from placement.serving.errors import Refused
from placement.serving.json_codec import JSON, decode_json
from placement.serving.scoring.columns import (
    Columns,
    columns_of_lists,
    columns_of_records,
    columns_of_rows,
    refuse_many,
)
from placement.serving.scoring.plain_records import MOST as MOST_PLAIN
from placement.serving.scoring.reply import Reply
from placement.serving.scoring.served_model import Answers, ServedModel
from placement.serving.settings import Limits

CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"
FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_ONE_FORMAT = f"the body must be an object with exactly one of {', '.join(FORMATS)}, and params"


def invoke(body: bytes, content_type: str | None, model: ServedModel, limits: Limits) -> Reply:
    """Answer `/invocations`."""
    kind = media_type(content_type)
    if kind == JSON:
        answers = _answer_json(body, model, limits)
    elif kind == CSV:
        answers = _answer_table(_read_csv(body, limits), None, model, limits)
    elif kind == PARQUET:
        answers = _answer_table(_read_parquet(body, limits), None, model, limits)
    else:
        raise Refused(415, f"the body may be {JSON}, {CSV} or {PARQUET}, not {kind or 'untyped'}")
    return _reply(answers)


def _answer_table(table: TableLike, given: object, model: ServedModel, limits: Limits) -> Answers:
    refuse_many(next((len(table[name]) for name in table), 0), limits.rows)
    try:
        return model.answer(table, model.threshold(given))
    except DataError as problem:
        raise Refused(400, str(problem), "INVALID_PARAMETER_VALUE") from problem


def _reply(answers: Answers) -> Reply:
    """Return a record for each row, in the columns of the logged model."""
    cells = zip(
        answers.probability.tolist(), answers.prediction.tolist(), answers.notes, strict=True
    )
    rows = [
        {"placement_probability": p, "placement_prediction": y, "placement_notes": note}
        for p, y, note in cells
    ]
    return Reply(orjson.dumps({"predictions": rows}), len(rows))


def media_type(content_type: str | None) -> str:
    """Return the type of a body; another charset or parameter is refused, as MLflow does."""
    if content_type == JSON:
        return JSON
    kind, *pairs = (part.strip() for part in (content_type or "").split(";"))
    parameters = dict(pair.partition("=")[::2] for pair in pairs)
    if parameters.pop("charset", "utf-8").lower() != "utf-8":
        raise Refused(415, "the body must be in UTF-8")
    if parameters:
        raise Refused(415, "the content type has a parameter beside charset")
    return kind


def _answer_json(body: bytes, model: ServedModel, limits: Limits) -> Answers:
    try:
        document = decode_json(body)
    except ValueError as problem:
        raise Refused(400, f"the body is no JSON: {_where(problem)}") from problem
    given = [name for name in FORMATS if name in document] if type(document) is dict else []
    if len(given) != 1:
        raise Refused(400, _ONE_FORMAT)
    given_params = document.get("params")
    params = {} if given_params is None else given_params
    if type(params) is not dict:
        raise Refused(400, "params must be an object", "INVALID_PARAMETER_VALUE")
    name, threshold = given[0], params.get("threshold")
    rows = document[name]
    if name == "dataframe_records" and type(rows) is list and len(rows) <= MOST_PLAIN:
        refuse_many(len(rows), limits.rows)
        try:
            return model.answer_records(rows, model.threshold(threshold))
        except DataError as problem:
            raise Refused(400, str(problem), "INVALID_PARAMETER_VALUE") from problem
    try:
        table = _READERS[name](rows)
    except DataError as problem:
        raise Refused(400, f"{name}: {problem}") from problem
    return _answer_table(table, threshold, model, limits)


def _where(problem: ValueError) -> str:
    """Say where a document breaks off, and nothing of what stands there."""
    if isinstance(problem, json.JSONDecodeError):
        return f"line {problem.lineno}, column {problem.colno}"
    return "it is not UTF-8" if isinstance(problem, UnicodeError) else str(problem)


def _records(value: Any) -> Columns:
    if type(value) is not list:
        raise DataError("must be a list of records")
    return columns_of_records(value)


def _split(value: Any) -> Columns:
    if (
        type(value) is not dict
        or "data" not in value
        or value.keys() - {"columns", "data", "index"}
    ):
        raise DataError("must have data, columns and, if you like, index")
    names, rows, index = value.get("columns"), value["data"], value.get("index")
    if type(names) is not list or type(rows) is not list:
        raise DataError("columns must be a list of names and data a list of rows")
    if index is not None and (type(index) is not list or len(index) != len(rows)):
        raise DataError("index must be a list of as many as there are rows")
    return columns_of_rows(names, rows)


def _instances(value: Any) -> Columns:
    if type(value) is list and value and type(value[0]) is dict:
        columns = columns_of_records(value)
        if any(len(record) != len(columns) for record in value):
            raise DataError("every record must have the same columns")
        return columns
    if type(value) is dict and not all(type(cells) is list for cells in value.values()):
        raise DataError("every column must be a list of cells")
    return _lists(value)


def _lists(value: Any) -> Columns:
    if type(value) is not dict:
        raise DataError("the columns need names: give an object of columns")
    return columns_of_lists(value)


_READERS: dict[str, Callable[[Any], Columns]] = {
    "dataframe_split": _split,
    "dataframe_records": _records,
    "instances": _instances,
    "inputs": _lists,
}


def _read_csv(body: bytes, limits: Limits) -> Columns:
    """Read what `DataFrame.to_csv` wrote, by the reader of MLflow's server."""
    import pandas as pd

    try:
        frame = pd.read_csv(io.StringIO(body.decode("utf-8")), nrows=limits.rows + 1)
    except (ValueError, ArithmeticError, pd.errors.ParserError) as problem:
        raise Refused(400, "the body is no CSV of UTF-8 with a line of headings") from problem
    return {str(name): cells for name, cells in frame.items()}


def _read_parquet(body: bytes, limits: Limits) -> Columns:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(pa.BufferReader(body))
        if file.metadata.num_rows > limits.rows:
            raise Refused(413, f"more than the {limits.rows:,} rows of a request")
        groups = (file.metadata.row_group(k) for k in range(file.metadata.num_row_groups))
        if sum(group.total_byte_size for group in groups) > limits.decompressed:
            raise Refused(413, "too large when it is unpacked")
        frame = file.read().to_pandas()
    except (pa.ArrowException, OSError, ValueError) as problem:
        raise Refused(400, "the body is no Parquet file") from problem
    return {str(name): cells for name, cells in frame.items()}
