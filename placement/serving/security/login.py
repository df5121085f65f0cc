"""The way in for browsers: a token is typed once, a cookie stands for it until the logout."""

from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from placement.serving.errors import Refused
from placement.serving.pages.render import page
from placement.serving.security.bodies import limited, read_body
from placement.serving.security.sessions import NO_COOKIE, Sessions, cookie_of
from placement.serving.security.tokens import Role, role_of
from placement.serving.settings import ServerSettings

_MOST = 8192  # bytes of the form
_MAY = {Role.SEE: "see", Role.SCORE: "see and score", Role.TRAIN: "see, score, train and promote"}


def login_router(settings: ServerSettings, sessions: Sessions) -> APIRouter:
    """Return the endpoints of login and logout."""
    router = APIRouter(include_in_schema=False)

    @router.get("/login")
    async def form(request: Request, next: str = "/docs") -> Response:
        session = request.state.caller and request.state.caller.session
        role = "" if session is None else _MAY[session.role]
        return page("login.html", session=session, role=role, next=_local(next), error="")

    @router.post("/login")
    async def login(request: Request) -> Response:
        fields = parse_qs((await read_body(limited(request.receive, _MOST))).decode("latin-1"))
        target = _local(fields.get("next", ["/docs"])[0])
        role = role_of(settings.tokens, fields.get("token", [""])[0].strip())
        if role is None:
            error = "This token is not known."
            return page("login.html", 401, session=None, role="", next=target, error=error)
        cookie = cookie_of(sessions.begin(role), secure=_is_encrypted(request))
        return RedirectResponse(target, 303, {"set-cookie": cookie})

    @router.post("/logout")
    async def logout(request: Request) -> Response:
        session = request.state.caller and request.state.caller.session
        if session is None:
            raise Refused(400, "nobody is logged in")
        sessions.end(session)
        return RedirectResponse("/login", 303, {"set-cookie": NO_COOKIE})

    return router


def _local(path: str) -> str:
    """Return a path of this server; a link may have put another's address there."""
    is_local = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_local else "/docs"


def _is_encrypted(request: Request) -> bool:
    """Whether the browser speaks TLS, to us or to a proxy; who lies about it harms only himself."""
    proxied = request.headers.get("x-forwarded-proto", "")
    return "https" in (request.url.scheme, proxied.partition(",")[0].strip())
