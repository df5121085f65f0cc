"""Bodies of requests: read whole up to a limit, unpacked up to another, passed on as they come."""

import zlib
from collections.abc import Awaitable, Callable
from typing import Any

from placement.serving.errors import Refused
from placement.serving.security.hosts import Headers

Receive = Callable[[], Awaitable[Any]]
_WINDOW = {b"gzip": 16 + zlib.MAX_WBITS, b"deflate": zlib.MAX_WBITS}


def check_length(headers: Headers, most: int) -> None:
    """Refuse a body that says it is too long."""
    length = headers.get(b"content-length", b"0")
    if not length.isdigit():
        raise Refused(400, "content-length must be a number")
    if len(length) > 15 or int(length) > most:
        raise too_large(most)


def too_large(most: int) -> Refused:
    """Return the refusal of a body that is too long."""
    return Refused(413, f"the body is larger than the {most:,} bytes of a request")


def limited(receive: Receive, most: int) -> Receive:
    """Return what receives a body, and refuses it once it is too long."""
    size = 0

    async def counted() -> Any:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise too_large(most)
        return message

    return counted


async def read_body(receive: Receive) -> bytes:
    """Return a whole body; nearly always it comes in one message."""
    message = await receive()
    if not message.get("more_body"):
        return _part(message)
    parts = [_part(message)]
    while message.get("more_body"):
        message = await receive()
        parts.append(_part(message))
    return b"".join(parts)


def _part(message: Any) -> bytes:
    if message["type"] == "http.disconnect":
        raise Refused(400, "the request broke off")
    part: bytes = message.get("body", b"")
    return part


def unpacked(body: bytes, encoding: bytes | None, most: int) -> bytes:
    """Return a body without its `Content-Encoding`."""
    if encoding is None or encoding == b"identity":
        return body
    window = _WINDOW.get(encoding.lower())
    if window is None:
        raise Refused(415, "the content encoding must be gzip or deflate")
    unpacker = zlib.decompressobj(window)
    try:
        plain = unpacker.decompress(body, most + 1)
    except zlib.error as problem:
        raise Refused(400, "the body is not packed as it says") from problem
    if len(plain) > most:
        raise Refused(413, f"the body is larger than {most:,} bytes when it is unpacked")
    if not unpacker.eof:
        raise Refused(400, "the packed body is cut short")
    return plain
