import asyncio

import pytest
import uvicorn
from uvicorn.server import ServerState

from placement.serving.security.bounded_protocol import BoundedProtocol
from placement.serving.settings import Limits


async def app(scope, receive, send):
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
    )
    await send({"type": "http.response.body", "body": b"ok"})


def answer_to(pieces, pause=0.0, **limits):
    """What a server of such limits answers to pieces of a request."""

    async def ask():
        kind = BoundedProtocol.within(Limits(**limits))
        config, loop = uvicorn.Config(app, http=kind, log_config=None), asyncio.get_running_loop()
        config.load()
        server = await loop.create_server(
            lambda: kind(config=config, server_state=ServerState(), app_state={}), "127.0.0.1", 0
        )
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(pause)
            try:
                return await asyncio.wait_for(reader.read(65536), 30)
            except ConnectionError:
                return b""
            finally:
                writer.close()

    return asyncio.run(ask())


LINE, END = b"GET / HTTP/1.1\r\n", b"Host: x\r\n\r\n"


def test_a_head_within_the_limits_is_answered():
    assert answer_to([LINE, END], 0.05, header=1000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("header", [b"x: " + b"y" * 2000, b"x: y\r\n" * 1000])
def test_a_head_that_is_too_long_is_refused(header):
    assert answer_to([LINE + header + b"\r\n" + END], header=1000).startswith(b"HTTP/1.1 400")


def test_a_head_that_never_ends_is_cut_off():
    assert answer_to([LINE + b"x: ", *[b"y" * 500] * 10], 0.01, header=1000) == b""


@pytest.mark.parametrize("pieces", [[], [LINE], [LINE, b"Host"]])
def test_a_head_that_takes_too_long_is_cut_off(pieces):
    assert answer_to(pieces, header_seconds=0.2) == b""


def test_a_long_body_is_no_head():
    body = b"POST / HTTP/1.1\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000
    assert answer_to([body], header=1000).startswith(b"HTTP/1.1 200")
