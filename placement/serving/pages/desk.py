"""The officer's desk: all its pages behind one router, and the process that works for them."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from placement.serving.jobs.service import JobService
from placement.serving.pages.effect import effect_router
from placement.serving.pages.job import job_router
from placement.serving.pages.learn import learn_router
from placement.serving.pages.model import model_router
from placement.serving.pages.runs import runs_router
from placement.serving.pages.shared import Shared
from placement.serving.pages.student import student_router
from placement.serving.pages.students import students_router
from placement.serving.pages.train import train_router
from placement.serving.pages.work.exports import Exports
from placement.serving.pages.work.process import Desk
from placement.serving.pages.work.sheets import Sheets
from placement.serving.scoring.model_holder import ModelHolder


def pages_router(
    models: ModelHolder, jobs: JobService
) -> tuple[APIRouter, tuple[Desk | Exports, ...]]:
    """Return the pages, and what is to be closed with the server."""
    shared = Shared(models, jobs, Sheets(jobs.folder.root / "sheets"), Desk())
    shared.sheets.remove_old()
    exports = Exports(shared.sheets.root)
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def home(_: Request) -> Response:
        return RedirectResponse("/train" if models.current is None else "/students", 303)

    for made in (
        train_router, job_router, student_router, students_router, effect_router, runs_router,
        learn_router,
    ):  # fmt: skip
        router.include_router(made(shared))
    router.include_router(model_router(shared, exports))
    return router, (shared.desk, exports)
