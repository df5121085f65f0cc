"""The endpoints that score: MLflow's protocol, the Open Inference Protocol, the service's own."""

import asyncio

from fastapi import APIRouter, Request, Response

from placement import __version__
from placement.serving.errors import Refused
from placement.serving.json_codec import JSON, json_response
from placement.serving.scoring.file_predictions import FileEndpoint
from placement.serving.scoring.model_card import describe
from placement.serving.scoring.model_holder import ModelHolder
from placement.serving.scoring.protocols.mlflow import invoke
from placement.serving.scoring.protocols.open_inference import (
    HEADER_LENGTH,
    SERVER,
    infer,
    model_metadata,
)
from placement.serving.scoring.protocols.own import predict_records, what_if
from placement.serving.scoring.reply import MODEL_HEADER, body_of, headers_of, replied
from placement.serving.scoring.served_model import ServedModel
from placement.serving.settings import Limits


class MlflowEndpoints:
    """MLflow's scoring protocol."""

    def __init__(self, models: ModelHolder, limits: Limits) -> None:
        self._models, self._limits = models, limits

    async def ping(self, _: Request) -> Response:
        """Say whether there is a model: 200, or 404."""
        return Response("\n", 404 if self._models.current is None else 200, media_type=JSON)

    async def version(self, _: Request) -> Response:
        """Return the version of this program."""
        return Response(__version__, media_type=JSON)

    async def invocations(self, request: Request) -> Response:
        """Answer rows in one of MLflow's forms with their predictions."""
        model, body = self._models.model, await body_of(request, self._limits)
        given = headers_of(request).get(b"content-type")
        kind = None if given is None else given.decode("latin-1")
        # The readers of files are slow to begin, whatever the size.
        size = len(body) if kind is not None and kind.startswith(JSON) else 1 << 30
        return await replied(request, model, size, lambda: invoke(body, kind, model, self._limits))


class InferenceEndpoints:
    """The Open Inference Protocol, version 2."""

    def __init__(self, models: ModelHolder, limits: Limits) -> None:
        self._models, self._limits = models, limits

    async def server(self, _: Request) -> Response:
        """Return name, version and extensions of the server."""
        return json_response(SERVER)

    async def live(self, _: Request) -> Response:
        """Say that the server lives."""
        return json_response({"live": True})

    async def ready(self, _: Request) -> Response:
        """Say whether there is a model to ask; the specification calls it `live`, too."""
        is_ready = self._models.current is not None
        return json_response({"ready": is_ready, "live": True}, 200 if is_ready else 503)

    async def metadata(self, request: Request) -> Response:
        """Return what the model takes and gives."""
        return json_response(model_metadata(self._asked(request)))

    async def model_ready(self, request: Request) -> Response:
        """Say that the model is ready."""
        model = self._asked(request)
        return json_response({"name": model.name, "ready": True, "live": True})

    async def infer(self, request: Request) -> Response:
        """Answer tensors with tensors, as JSON or in binary."""
        model, body = self._asked(request), await body_of(request, self._limits)
        length = request.headers.get(HEADER_LENGTH)
        return await replied(
            request, model, len(body), lambda: infer(body, length, model, self._limits)
        )

    def _asked(self, request: Request) -> ServedModel:
        """Return the model that a path names."""
        model, path = self._models.model, request.path_params
        if path["name"] != model.name:
            raise Refused(404, f"there is no model of this name, but {model.name!r}")
        if path.get("version", model.version) != model.version:
            raise Refused(404, f"this version is not served, but {model.version!r}")
        return model


class OwnEndpoints:
    """The service's own protocol."""

    def __init__(self, models: ModelHolder, limits: Limits) -> None:
        self._models, self._limits = models, limits

    async def predictions(self, request: Request) -> Response:
        """Answer records with probability, interval, label, reasons and notes."""
        model, body = self._models.model, await self._json(request)
        return await replied(
            request, model, len(body), lambda: predict_records(body, model, self._limits)
        )

    async def what_if(self, request: Request) -> Response:
        """Say which figures those have who reach a probability, all else as this student's."""
        model, body = self._models.model, await self._json(request)
        return await replied(request, model, len(body), lambda: what_if(body, model))

    async def model(self, _: Request) -> Response:
        """Describe the model: its columns, figures and card."""
        model = self._models.model
        document = await asyncio.to_thread(describe, model)
        return json_response(document, headers={MODEL_HEADER: model.label})

    async def _json(self, request: Request) -> bytes:
        kind = headers_of(request).get(b"content-type", b"").partition(b";")[0].strip()
        if (
            kind != JSON.encode()
        ):  # what a form of another site can send without being asked first is none
            raise Refused(415, f"the body must be {JSON}")
        return await body_of(request, self._limits)


def scoring_router(models: ModelHolder, limits: Limits) -> APIRouter:
    """Return the endpoints that answer with the held model."""
    router = APIRouter()
    mlflow, own = MlflowEndpoints(models, limits), OwnEndpoints(models, limits)
    inference = InferenceEndpoints(models, limits)
    for path in ("/ping", "/health"):
        router.add_api_route(path, mlflow.ping, tags=["MLflow"])
    router.add_api_route("/version", mlflow.version, tags=["MLflow"])
    router.add_api_route("/invocations", mlflow.invocations, methods=["POST"], tags=["MLflow"])
    router.add_api_route("/v1/predictions", own.predictions, methods=["POST"], tags=["placement"])
    files = FileEndpoint(models, limits)
    router.add_api_route("/v1/predictions/file", files.file, methods=["POST"], tags=["placement"])
    router.add_api_route("/v1/what-if", own.what_if, methods=["POST"], tags=["placement"])
    router.add_api_route("/v1/model", own.model, tags=["placement"])
    for path in ("/v2", "/v2/"):
        router.add_api_route(path, inference.server, tags=["Open Inference Protocol"])
    router.add_api_route("/v2/health/live", inference.live, tags=["Open Inference Protocol"])
    router.add_api_route("/v2/health/ready", inference.ready, tags=["Open Inference Protocol"])
    for path in ("/v2/models/{name}", "/v2/models/{name}/versions/{version}"):
        router.add_api_route(path, inference.metadata, tags=["Open Inference Protocol"])
        router.add_api_route(
            f"{path}/ready", inference.model_ready, tags=["Open Inference Protocol"]
        )
        router.add_api_route(
            f"{path}/infer", inference.infer, methods=["POST"], tags=["Open Inference Protocol"]
        )
    return router
