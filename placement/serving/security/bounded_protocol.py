"""Limits of what comes before a request's body: its bytes, and the time they take.

The parser below would gather headers without end, and wait for them for ever.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from placement.serving.joined_writes import JoinedWrites
from placement.serving.settings import Limits


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which closes a connection whose head is too long or too slow."""

    limits = Limits()

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._head: int | None = None  # bytes of a head that is being received
        self._fields, self._since = 0, 0.0
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def within(cls, limits: Limits) -> type["BoundedProtocol"]:
        """Return a protocol of such limits."""
        return type(cls.__name__, (cls,), {"limits": limits})

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(cast("asyncio.Transport", JoinedWrites(transport, self.loop)))
        self._begin_head()
        self._check_time()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count the bytes of a head that goes on, and hand them on."""
        if self._head is not None:
            self._head += len(data)
        super().data_received(data)
        # A body may have come with the head, which is complete then.
        if self._head is not None and self._head > self.limits.header:
            self._cut()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header; what is raised here the parser turns into a 400."""
        self._fields += len(name) + len(value)
        if self._fields > self.limits.header:
            raise ValueError("the headers are too long")
        super().on_header(name, value)

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        if self._head is None:
            self._begin_head()

    def on_headers_complete(self) -> None:
        """Count no longer."""
        self._head = None
        super().on_headers_complete()

    def _begin_head(self) -> None:
        self._head, self._fields, self._since = 0, 0, self.loop.time()

    def _check_time(self) -> None:
        """Look now and then whether a head takes too long: a timer for each would cost more."""
        seconds = self.limits.header_seconds
        if self._head is not None and self.loop.time() - self._since >= seconds:
            self._cut()
        else:
            self._timer = self.loop.call_later(seconds, self._check_time)

    def _cut(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
