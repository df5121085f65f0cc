"""What every request passes before and after its endpoint, in one piece of plain ASGI."""

import traceback
from typing import Any

from placement.serving.errors import error_response, refusal
from placement.serving.observability.logs import log
from placement.serving.settings import ServerSettings

Scope, Receive, Send = dict[str, Any], Any, Any


class Gateway:
    """Lets a request through to `app`, and answers every error."""

    def __init__(self, app: Any, settings: ServerSettings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - a defect is logged without its values
            if refusal(error).status == 500:
                log("defect", level="error", kind=type(error).__name__, at=_places(error))
            await error_response(error)(scope, receive, send)


def _places(error: Exception) -> list[str]:
    """Return where an error came from; its message may hold a cell, so it is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno}" for frame in frames]
