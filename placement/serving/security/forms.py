"""The form's own token, looked for in the first bytes of a body before an endpoint sees any.

A page sends it as the header `x-csrf-token`, or as the first field of its form, `csrf_token`.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from placement.serving.errors import Refused
from placement.serving.security.hosts import Headers
from placement.serving.security.sessions import Session, is_csrf

FIELD, HEADER = "csrf_token", b"x-csrf-token"
Receive = Callable[[], Awaitable[Any]]
_PEEKED = 4096  # the field stands first
_PART = re.compile(rb'\A--[^\r\n]+\r\n[^\r]*name="csrf_token"[^\r]*\r\n\r\n([\w-]+)\r\n')


async def check_csrf(session: Session, headers: Headers, receive: Receive) -> Receive:
    """Return what gives the same body again; `Refused` where it is no form of the session."""
    given = headers.get(HEADER)
    if given is not None:
        _require(session, given.decode("latin-1"))
        return receive
    messages: list[Any] = []
    start = b""
    while len(start) < _PEEKED:
        messages.append(await receive())
        start += messages[-1].get("body", b"")
        if not messages[-1].get("more_body"):
            break
    _require(session, _token_in(headers.get(b"content-type", b""), start))
    waiting = iter(messages)

    async def again() -> Any:
        message = next(waiting, None)
        return await receive() if message is None else message

    return again


def _token_in(content_type: bytes, start: bytes) -> str:
    if content_type.startswith(b"multipart/form-data"):
        match = _PART.match(start)
        return match[1].decode("ascii") if match else ""
    if content_type.startswith(b"application/x-www-form-urlencoded"):
        return parse_qs(start.decode("latin-1")).get(FIELD, [""])[0]
    return ""


def _require(session: Session, given: str) -> None:
    if not is_csrf(session, given):
        raise Refused(403, "the form is not of this session: load the page again")
