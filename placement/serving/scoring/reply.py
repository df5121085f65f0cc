"""The answer to rows: bytes of JSON, made at once for a few rows and in a thread for many."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fastapi import Request, Response

from placement.serving.json_codec import JSON
from placement.serving.scoring.served_model import ServedModel
from placement.serving.security.bodies import read_body, unpacked
from placement.serving.security.hosts import Headers
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
    encoding = headers_of(request).get(b"content-encoding")
    return body if encoding is None else unpacked(body, encoding, limits.decompressed)


def headers_of(request: Request) -> Headers:
    """Return the headers by name, as the gateway took them apart."""
    headers: Headers = request.scope["state"]["headers"]
    return headers


async def replied(
    request: Request, model: ServedModel, size: int, make: Callable[[], Reply]
) -> Response:
    """Make the reply to a body of some size; it says which model answered."""
    reply = make() if size <= _FEW else await asyncio.to_thread(make)
    request.scope["state"]["rows"] = reply.rows
    return _Quick(reply, model)


class _Quick(Response):
    """An answer whose headers are written once: making them is felt where rows are few."""

    def __init__(self, reply: Reply, model: ServedModel) -> None:
        self.body, self.status_code, self.background = reply.body, 200, None
        self.raw_headers = [
            (b"content-type", reply.media_type.encode()),
            (b"content-length", str(len(reply.body)).encode()),
            (MODEL_HEADER.encode(), model.header),
            *((name.encode(), text.encode()) for name, text in reply.headers.items()),
        ]
