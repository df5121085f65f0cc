"""A transport that sends in one piece what is written in one turn of the loop.

uvicorn writes the head of an answer and then its body: two packets, each of which wakes the client.
"""

import asyncio
from typing import Any


class JoinedWrites:
    """Stands before a transport, and joins what is written until the loop comes round."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send data, with what is written before the loop comes round."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        """Send what was written, and close."""
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _flush(self) -> None:
        if self._parts:
            joined = b"".join(self._parts)
            self._parts.clear()
            if not self._transport.is_closing():
                self._transport.write(joined)
