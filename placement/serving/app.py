"""The ASGI application of a server: `create_app(settings)` puts routes and gates together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from placement import __version__
from placement.serving.documentation import documentation_router
from placement.serving.errors import Refused
from placement.serving.gateway import Gateway
from placement.serving.observability.logs import log
from placement.serving.observability.metrics import CONTENT_TYPE, Metrics
from placement.serving.pages.render import refusal_response
from placement.serving.scoring.model_holder import ModelHolder
from placement.serving.scoring.routes import scoring_router
from placement.serving.security.login import login_router
from placement.serving.security.sessions import Sessions
from placement.serving.settings import ServerSettings

if TYPE_CHECKING:
    from placement.serving.jobs.service import JobService
    from placement.serving.pages.work.exports import Exports
    from placement.serving.pages.work.process import Desk

_LANES = ("/invocations", "/v1/predictions")


def create_app(settings: ServerSettings) -> FastAPI:
    """Return the application; its model is loaded when it starts."""
    models, sessions, metrics = ModelHolder(settings, log), Sessions(), Metrics()
    jobs = _job_service(settings)
    desks: tuple[Desk | Exports, ...] = ()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await models.start()
        if jobs is not None:
            jobs.open()
        yield
        if jobs is not None:
            await asyncio.to_thread(jobs.close)
        for desk in desks:
            await asyncio.to_thread(desk.close)
        await models.stop()

    app = FastAPI(
        title="placement",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings, app.state.models, app.state.metrics = settings, models, metrics
    app.state.jobs = jobs
    scoring = scoring_router(models, settings.limits)
    app.include_router(scoring)
    app.include_router(login_router(settings, sessions))
    if jobs is not None:
        from placement.serving.jobs.api import jobs_router
        from placement.serving.pages.desk import pages_router

        app.include_router(jobs_router(jobs))
        pages, desks = pages_router(models, jobs)
        app.include_router(pages)
    app.include_router(documentation_router(app, models))
    app.mount("/static", StaticFiles(packages=[("placement.serving", "static")]))

    @app.get("/metrics", tags=["placement"], response_class=PlainTextResponse)
    async def prometheus(_: Request) -> Response:
        """Return the figures of this server, as Prometheus reads them."""
        if models.current is not None:
            metrics.model(models.current)
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    for kind in (404, 405, HTTPException):
        app.add_exception_handler(kind, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    routes = [route for route in scoring.routes if isinstance(route, APIRoute)]
    lanes = {("POST", route.path): route.endpoint for route in routes if route.path in _LANES}
    app.add_middleware(Gateway, settings=settings, sessions=sessions, metrics=metrics, lanes=lanes)
    return app


def _job_service(settings: ServerSettings) -> "JobService | None":
    """Return what keeps jobs, which need MLflow; a server that only scores may be without it."""
    if find_spec("mlflow") is None:
        return None
    from placement.serving.jobs.service import JobService

    return JobService(Path(), settings.jobs)


async def _http_error(request: Request, error: Exception) -> Response:
    """Answer what FastAPI refuses as everything else is refused."""
    status, headers = getattr(error, "status_code", 500), getattr(error, "headers", None)
    response = refusal_response(request, Refused(status, str(getattr(error, "detail", ""))))
    response.headers.update(headers or {})
    return response


async def _invalid(request: Request, error: Exception) -> Response:
    """Say which parameter is wrong; FastAPI itself would repeat its value."""
    details = error.errors() if isinstance(error, RequestValidationError) else ()
    texts = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in details]
    return refusal_response(request, Refused(422, "; ".join(texts)))
