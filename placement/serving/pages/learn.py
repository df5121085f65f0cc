"""Learn: each lesson with numbers of one's own, its graph, and a derivative that can be spoilt."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from placement.serving.pages.render import PageRoute, desk_page
from placement.serving.pages.shared import Shared
from placement.serving.pages.work.process import DeskProcess
from placement.serving.pages.work.results import LessonView

Name = Annotated[str, Path(pattern="^[a-z_-]{1,40}$")]
_LINKS = {
    "dL_dyhat": "∂L/∂ŷ, of the loss",
    "dyhat_dz": "∂ŷ/∂z, of the sigmoid",
    "dz_dw": "∂z/∂w, of the score by the weight",
    "dz_db": "∂z/∂b, of the score by the intercept",
}


def learn_router(shared: Shared) -> APIRouter:
    """Return the pages of the lessons."""
    router = APIRouter(route_class=PageRoute)

    @router.get("/learn")
    def contents(request: Request) -> Response:
        return desk_page(request, "learn.html", lessons=shared.desk.call(DeskProcess.lessons))

    @router.get("/learn/{name}")
    def show(request: Request, name: Name) -> Response:
        return desk_page(
            request,
            "lesson.html",
            lesson=name,
            view=_view(shared, request, name),
            links=_LINKS,
            broken=request.query_params.get("break", ""),
            answer=request.query_params.get("answer", ""),
            query=request.url.query,
            lessons=shared.desk.call(DeskProcess.lessons),
        )

    @router.get("/learn/{name}/graph.svg")
    def graph(request: Request, name: Name) -> Response:
        return Response(_view(shared, request, name).graph, media_type="image/svg+xml")

    return router


def _view(shared: Shared, request: Request, name: str) -> LessonView:
    asked = dict(request.query_params)
    broken, answer = asked.pop("break", None), asked.pop("answer", None)
    inputs = {key: value for key, value in asked.items() if value}
    return shared.desk.call(DeskProcess.lesson, name, inputs, broken or None, answer or None)
