"""JSON of requests and answers: quick where it is plain, forgiving where Python's own is."""

import json
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Response

JSON = "application/json"
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def decode_json(body: bytes) -> Any:
    """Read a document; ValueError where it is none.

    Python's own reader also takes NaN, and numbers beyond 64 bits, as MLflow's server does.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            document = json.loads(body)
            json.dumps(document, ensure_ascii=False).encode()  # half a character is none
        except RecursionError as problem:
            raise ValueError("it is nested too deeply") from problem
        return document


def encode_json(document: Any) -> bytes:
    """Write a document; a number that is not finite is null."""
    try:
        return orjson.dumps(document, option=_OPTIONS)
    except TypeError:  # a lone surrogate, or a whole number beyond 64 bits
        text = json.dumps(document, ensure_ascii=True, allow_nan=False)
        return text.encode()


def json_response(
    document: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a document as an answer."""
    return Response(encode_json(document), status, headers, JSON)
