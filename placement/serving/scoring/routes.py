"""The endpoints that score, in all protocols."""

from fastapi import APIRouter, Request, Response

from placement import __version__
from placement.serving.scoring.mlflow_protocol import invoke
from placement.serving.scoring.model_holder import ModelHolder
from placement.serving.settings import ServerSettings


def scoring_router(models: ModelHolder, settings: ServerSettings) -> APIRouter:
    """Return the endpoints that answer with the held model."""
    router = APIRouter()

    @router.get("/ping")
    @router.get("/health")
    async def ping() -> Response:
        return Response("\n", 404 if models.current is None else 200, media_type="application/json")

    @router.get("/version")
    async def version() -> Response:
        return Response(__version__, media_type="application/json")

    @router.post("/invocations")
    async def invocations(request: Request) -> Response:
        body = await request.body()
        kind = request.headers.get("content-type")
        return invoke(body, kind, models.model, settings.limits)

    return router
