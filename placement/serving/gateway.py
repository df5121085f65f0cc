"""What every request passes before and after its endpoint, in one piece of plain ASGI.

Host and origin, token or session, role, length and time are checked before an endpoint sees
anything; headers, figures and a line of the log are added to whatever is answered.
"""

import asyncio
import itertools
import re
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from placement.serving.errors import Refused
from placement.serving.observability.logs import log
from placement.serving.observability.metrics import Metrics
from placement.serving.pages.render import is_browser, refusal_response
from placement.serving.security.bodies import check_length, limited
from placement.serving.security.forms import check_csrf
from placement.serving.security.headers import SECURITY_HEADERS
from placement.serving.security.hosts import SAFE, Headers, HostCheck
from placement.serving.security.roles import needed_role
from placement.serving.security.sessions import Session, Sessions
from placement.serving.security.tokens import Role, role_of
from placement.serving.settings import ServerSettings

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Endpoint = Callable[[Request], Awaitable[Response]]

UPLOADS = frozenset(
    {
        "/v1/predictions/file",
        "/v1/jobs",
        "/train",
        "/students",
        "/effect",
        "/promote",
        "/model",
    }
)
_ID = re.compile(rb"[\w.-]{1,64}")
_BEARER = "bearer "


@dataclass(frozen=True)
class Caller:
    """Who asks: the role, and the session where it is a browser that logged in."""

    role: Role
    session: Session | None = None


@dataclass
class _Answer:
    """What is known of a request when it was answered."""

    id: bytes
    started: float
    status: int = 0


class Gateway:
    """Lets a request through to `app`, or to the `lanes` that need no search for a route."""

    def __init__(
        self,
        app: App,
        settings: ServerSettings,
        sessions: Sessions,
        metrics: Metrics,
        lanes: Mapping[tuple[str, str], Endpoint],
    ) -> None:
        self._app, self._settings, self._sessions = app, settings, sessions
        self._metrics, self._lanes = metrics, lanes
        self._hosts = HostCheck(settings)
        start = secrets.token_hex(6)
        self._ids = (f"{start}-{number}".encode() for number in itertools.count(1))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; a websocket is not taken."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        name = given if _ID.fullmatch(given) else next(self._ids)
        answer = _Answer(name, time.perf_counter())
        state = scope.setdefault("state", {})
        state["request_id"], state["headers"] = name.decode("ascii"), headers

        async def send_on(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                own = message.get("headers", ())
                message["headers"] = [*own, *SECURITY_HEADERS, (b"x-request-id", name)]
            await send(message)

        seconds = self._settings.limits.seconds
        if scope["path"] in UPLOADS:
            seconds = self._settings.limits.upload_seconds
        try:
            async with asyncio.timeout(seconds):
                receive = await self._admit(scope, headers, receive)
                await self._dispatch(scope, receive, send_on)
        except TimeoutError:
            await self._refuse(
                Refused(504, f"the request took more than {seconds:g} seconds"),
                scope,
                answer,
                send_on,
            )
        except Exception as error:  # noqa: BLE001 - a defect is logged without its values
            await self._refuse(error, scope, answer, send_on)
        finally:
            self._record(scope, answer)

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        lane = self._lanes.get((scope["method"], scope["path"]))
        if lane is None:
            await self._app(scope, receive, send)
        else:
            response = await lane(Request(scope, receive))
            await response(scope, receive, send)

    async def _admit(self, scope: Scope, headers: Headers, receive: Receive) -> Receive:
        """Check a request before its body is read; return what receives that."""
        method, path, limits = scope["method"], scope["path"], self._settings.limits
        self._hosts.check(method, headers)
        most = limits.upload if path in UPLOADS else limits.body
        check_length(headers, most)
        if b"content-length" not in headers:
            receive = limited(receive, most)
        caller = self._caller(headers)
        scope["state"]["caller"] = caller
        needed = needed_role(method, path)
        if needed is not None and (caller is None or caller.role < needed):
            if caller is None:
                raise Refused(
                    401, "a token is needed: Authorization: Bearer …, or log in at /login"
                )
            raise Refused(403, f"this needs the role {needed.name.lower()}")
        if caller is not None and caller.session is not None and method not in SAFE:
            receive = await check_csrf(caller.session, headers, receive)
        return receive

    def _caller(self, headers: Headers) -> Caller | None:
        tokens = self._settings.tokens
        if not tokens:
            return Caller(Role.TRAIN)
        given = headers.get(b"authorization")
        if given is not None:
            scheme, token = given[: len(_BEARER)].decode("latin-1"), given[len(_BEARER) :]
            role = role_of(tokens, token.decode("latin-1").strip())
            return None if role is None or scheme.lower() != _BEARER else Caller(role)
        cookies = headers.get(b"cookie")
        session = None if cookies is None else self._sessions.find(cookies.decode("latin-1"))
        return None if session is None else Caller(session.role, session)

    async def _refuse(self, error: Exception, scope: Scope, answer: _Answer, send: Send) -> None:
        response = refusal_response(Request(scope), error)
        if response.status_code == 500:
            log(
                "defect",
                level="error",
                id=answer.id.decode("ascii"),
                kind=type(error).__name__,
                at=_places(error),
            )
        if answer.status:  # too late to say so: the connection is cut
            raise ConnectionAbortedError from None
        if response.status_code == 401 and scope["method"] == "GET" and is_browser(Request(scope)):
            response = RedirectResponse(f"/login?next={quote(scope['path'])}", 303)
        await response(scope, _nothing, send)

    def _record(self, scope: Scope, answer: _Answer) -> None:
        seconds, state = time.perf_counter() - answer.started, scope["state"]
        route = self._route(scope)
        self._metrics.request(route, scope["method"], answer.status, seconds)
        rows: int = state.get("rows", 0)
        self._metrics.rows(rows)
        log(
            "request",
            id=state["request_id"],
            method=scope["method"],
            route=route,
            status=answer.status,
            ms=round(seconds * 1000, 3),
            rows=rows,
        )

    def _route(self, scope: Scope) -> str:
        """Return the route as it is written: a path that somebody made up is not repeated."""
        if (scope["method"], scope["path"]) in self._lanes:
            path: str = scope["path"]
            return path
        return getattr(scope.get("route"), "path", "other")


def caller_of(request: Request) -> Caller | None:
    """Return who asks."""
    caller: Caller | None = request.state.caller
    return caller


def _places(error: Exception) -> list[str]:
    """Return where an error came from; its message may hold a cell, so it is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno}" for frame in frames]


async def _nothing() -> Any:
    return {"type": "http.disconnect"}
