"""Run the server on a port until it is told to end; what is in flight is answered first."""

import asyncio
import socket
from collections.abc import Callable

import uvicorn

from placement.errors import StoreError
from placement.serving.app import create_app
from placement.serving.settings import ServerSettings


def serve(settings: ServerSettings, when_up: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; `when_up` is told the address.

    Raises ModelError where there is no such model, StoreError where the port is taken.
    """
    listening = _listen(settings)
    with listening:
        asyncio.run(_run(settings, listening, when_up))


async def _run(
    settings: ServerSettings, listening: socket.socket, when_up: Callable[[str], None]
) -> None:
    app = create_app(settings)
    await app.state.models.start()  # before anybody can connect, so that a mistake ends it
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(settings.limits.seconds),
        limit_concurrency=settings.limits.connections,
        ws="none",
        lifespan="on",
    )
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    when_up(f"http://{host}:{listening.getsockname()[1]}")
    await uvicorn.Server(config).serve([listening])


def _listen(settings: ServerSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
    except OSError as problem:
        listening.close()
        raise StoreError(
            f"cannot listen on {settings.host}:{settings.port} ({problem.strerror or problem}); "
            f"try --port {settings.port + 1}"
        ) from problem
    return listening
