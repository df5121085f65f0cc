"""From an error to the answer of a request: a status, and a document that says nothing of inside.

The document is that of MLflow (`error_code`, `message`) and of the Open Inference Protocol
(`error`) at once.
"""

from fastapi import Response

from placement.errors import (
    DataError,
    GateRefused,
    GradientCheckError,
    ModelError,
    PlacementError,
    StoreError,
    UsageError,
)
from placement.serving.json_codec import json_response

_STATUS: dict[type[PlacementError], int] = {
    UsageError: 400,
    DataError: 422,
    GradientCheckError: 422,
    ModelError: 404,
    StoreError: 503,
    GateRefused: 409,
}
_CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    405: "METHOD_NOT_ALLOWED",
    408: "DEADLINE_EXCEEDED",
    409: "RESOURCE_CONFLICT",
    411: "BAD_REQUEST",
    413: "REQUEST_LIMIT_EXCEEDED",
    415: "UNSUPPORTED_MEDIA_TYPE",
    421: "PERMISSION_DENIED",
    422: "INVALID_PARAMETER_VALUE",
    503: "TEMPORARILY_UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class Refused(Exception):
    """A request that is not answered, with the status and, where there is a known one, the code."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message = status, message
        self.code = code or _CODES.get(status, "INTERNAL_ERROR")


def refusal(error: Exception) -> Refused:
    """Return what is answered where an error was raised; a defect of ours shows nothing of it."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, PlacementError):
        kind = next((kind for kind in _STATUS if isinstance(error, kind)), None)
        return Refused(500 if kind is None else _STATUS[kind], str(error))
    return Refused(500, "the server failed at this request; its log says where")


def error_response(error: Exception) -> Response:
    """Return the answer of a request at which an error was raised."""
    refused = refusal(error)
    document = {"error_code": refused.code, "message": refused.message, "error": refused.message}
    headers = {"www-authenticate": "Bearer"} if refused.status == 401 else None
    return json_response(document, refused.status, headers)
