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
        self._fields = 0
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def within(cls, limits: Limits) -> type["BoundedProtocol"]:
        """Return a protocol of such limits."""
        return type(cls.__name__, (cls,), {"limits": limits})

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(cast("asyncio.Transport", JoinedWrites(transport, self.loop)))
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._end_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count the bytes of a head that goes on, and hand them on."""
        if self._head is not None:
            self._head += len(data)
        super().data_received(data)
        # A body may have come with the head, which is complete then.
        if self._head is not None and self._head > self.limits.header:
            self._refuse()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header; what is raised here the parser turns into a 400."""
        self._fields += len(name) + len(value)
        if self._fields > self.limits.header:
            raise ValueError("the headers are too long")
        super().on_header(name, value)

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._fields = 0
        if self._head is None:
            self._begin_head()

    def on_headers_complete(self) -> None:
        """Count no longer."""
        self._end_head()
        super().on_headers_complete()

    def _begin_head(self) -> None:
        self._head = 0
        self._timer = self.loop.call_later(self.limits.header_seconds, self._refuse)

    def _end_head(self) -> None:
        self._head = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self) -> None:
        self._end_head()
        if not self.transport.is_closing():
            self.transport.close()
