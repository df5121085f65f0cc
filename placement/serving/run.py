"""Run the server on a port until it is told to end; what is in flight is answered first."""

import asyncio
import gc
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from placement.errors import StoreError
from placement.serving.app import create_app
from placement.serving.security.bounded_protocol import BoundedProtocol
from placement.serving.settings import ServerSettings


def serve(settings: ServerSettings, when_up: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; `when_up` is told the address.

    Raises ModelError where there is no such model, StoreError where the port is taken.
    """
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        http=BoundedProtocol.within(settings.limits),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(settings.limits.seconds),
        limit_concurrency=settings.limits.connections,
        ws="none",
    )
    with (
        _listen(settings) as listening,
        asyncio.Runner(loop_factory=config.get_loop_factory()) as runner,
    ):
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{host}:{listening.getsockname()[1]}"
        runner.run(_run(app, uvicorn.Server(config), listening, lambda: when_up(address)))


async def _run(
    app: FastAPI, server: uvicorn.Server, listening: socket.socket, when_up: Callable[[], None]
) -> None:
    await app.state.models.start()  # before anybody can connect, so that a mistake ends it
    gc.collect()
    gc.freeze()  # what was imported stays, and need not be looked through again and again
    when_up()
    await server.serve([listening])


def _listen(settings: ServerSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Head and body of an answer are two writes; the second would wait for the first's receipt.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
    except OSError as problem:
        listening.close()
        raise StoreError(
            f"cannot listen on {settings.host}:{settings.port} ({problem.strerror or problem}); "
            f"try --port {settings.port + 1}"
        ) from problem
    return listening
