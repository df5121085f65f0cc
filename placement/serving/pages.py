"""Pages of HTML from templates: every value is escaped, no script or style stands in them."""

from functools import cache
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("placement.serving"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return the page of a template."""
    return HTMLResponse(_templates().get_template(name).render(values), status)
