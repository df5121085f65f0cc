"""The ASGI application of a server: `create_app(settings)` puts routes and gates together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from placement import __version__
from placement.serving.gateway import Gateway
from placement.serving.observability.logs import log
from placement.serving.scoring.model_holder import ModelHolder
from placement.serving.scoring.routes import scoring_router
from placement.serving.settings import ServerSettings


def create_app(settings: ServerSettings) -> FastAPI:
    """Return the application; its model is loaded when it starts."""
    models = ModelHolder(settings, log)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await models.start()
        yield
        await models.stop()

    app = FastAPI(
        title="placement",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
    )
    app.state.settings, app.state.models = settings, models
    app.include_router(scoring_router(models, settings))
    app.add_middleware(Gateway, settings=settings)
    return app
