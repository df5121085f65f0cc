"""Pages of HTML from templates: every value is escaped, no script or style stands in them."""

import re
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined

from placement.errors import PlacementError
from placement.reporting.format.plain_sentences import plain
from placement.serving.errors import Refused, error_response, refusal
from placement.serving.security.tokens import Role

_FOLDER = re.compile(r"\S*[/\\]sheets[/\\][0-9a-f]{16}[/\\]")

_SAID = {
    "Not Found": "There is no such page.",
    "Method Not Allowed": "This address takes a form; it shows nothing by itself.",
}
_TRY_AGAIN = (
    "Go back with your browser's arrow, mend it, and try again; or begin anew at one of the pages "
    "above."
)
_NEXT = {
    401: "Choose one of the pages above: it lets you log in. Then try again.",
    403: "Open the pages at this server's own address and try again there; or log in with a token "
    "that may do this.",
    404: "Choose one of the pages above.",
    405: "Choose one of the pages above.",
    413: "Leave out of the file what is not needed, such as pictures and other sheets, or give it "
    "in parts.",
    421: "Ask whoever runs this server by which address it is reached.",
    500: "Try once more. If it fails again, tell whoever runs this server when it was: its log "
    "says where.",
    503: "Wait a moment, and try again. Where there is no model yet, begin at Train.",
    504: "Wait a moment, and try again.",
}


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("placement.serving"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return the page of a template."""
    return HTMLResponse(_templates().get_template(name).render(values), status)


def desk_page(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page of the desk: with what its caller may do, and what their forms must repeat."""
    caller = getattr(request.state, "caller", None)
    role = Role.SEE if caller is None else caller.role
    session = None if caller is None else caller.session
    about = {
        "path": request.url.path,
        "csrf": "" if session is None else session.csrf,
        "is_session": session is not None,
        "may_score": role >= Role.SCORE,
        "may_train": role >= Role.TRAIN,
    }
    return page(name, status, **{**about, **values})


class PageRoute(APIRoute):
    """A route whose refusals are read by a person: they are pages too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that answers a refusal with a page."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except (PlacementError, Refused) as error:
                return _refused_page(request, error)

        return handle


def is_browser(request: Request) -> bool:
    """Whether a person reads the answer."""
    return "text/html" in request.headers.get("accept", "")


def refusal_response(request: Request, error: Exception) -> Response:
    """Return the answer of a request at which an error was raised: a browser gets a page."""
    return _refused_page(request, error) if is_browser(request) else error_response(error)


def _refused_page(request: Request, error: Exception) -> Response:
    status = refusal(error).status
    next_step = _NEXT.get(status, _TRY_AGAIN)
    return desk_page(request, "refused.html", status, said=sentence_of(error), next=next_step)


def sentence_of(error: Exception) -> str:
    """Say an error to a person at a page; a sheet is named without the folder it is kept in."""
    message = _FOLDER.sub("", refusal(error).message)
    said = plain(message) or message
    if said.split(" ")[0].isalpha():  # not the name of a file
        said = said[:1].upper() + said[1:]
    return _SAID.get(said, said)
