"""The answer to rows: bytes of JSON, made at once for a few rows and in a thread for many."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fastapi import Request, Response

from placement.serving.json_codec import JSON
from placement.serving.scoring.served_model import ServedModel
from placement.serving.security.bodies import read_body, unpacked
from placement.serving.settings import Limits

MODEL_HEADER = "x-placement-model"
_FEW = 16 * 1024  # bytes of a body whose rows are scored sooner than a thread would begin


@dataclass(frozen=True)
class Reply:
    """What is answered, and of how many rows."""

    body: bytes
    rows: int
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON


async def body_of(request: Request, limits: Limits) -> bytes:
    """Read the body of a request, unpacked."""
    body = await read_body(request.receive)
    encoding = request.headers.get("content-encoding")
    if encoding is None:
        return body
    return unpacked(body, encoding.encode("latin-1"), limits.decompressed)


async def replied(
    request: Request, model: ServedModel, size: int, make: Callable[[], Reply]
) -> Response:
    """Make the reply to a body of some size; it says which model answered."""
    reply = make() if size <= _FEW else await asyncio.to_thread(make)
    request.state.rows = reply.rows
    headers = {MODEL_HEADER: model.label, **reply.headers}
    return Response(reply.body, headers=headers, media_type=reply.media_type)
