"""The officer's desk: all its pages behind one router, and what they share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from placement.serving.pages.sheets import Sheets
from placement.serving.pages.work.process import Desk
from placement.serving.scoring.model_holder import ModelHolder

if TYPE_CHECKING:
    from placement.serving.jobs.service import JobService
    from placement.serving.jobs.store_process import StoreProcess

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Shared:
    """What the pages work with: the model that is served, the queue, sheets, and their process."""

    models: ModelHolder
    jobs: "JobService"
    sheets: Sheets
    desk: Desk

    def warm_up(self) -> None:
        """Start the processes that the next click needs, which takes them seconds."""
        self.desk.start()
        self.jobs.start()

    def queue(
        self,
        method: "Callable[Concatenate[StoreProcess, P], R]",
        *args: P.args,
        **named: P.kwargs,
    ) -> R:
        """Ask the queue; where it is just being opened, once more."""
        from placement.serving.jobs.service import JobsUnavailable

        try:
            return self.jobs.call(method, *args, **named)
        except JobsUnavailable:
            return self.jobs.call(method, *args, **named)


def pages_router(models: ModelHolder, jobs: "JobService") -> tuple[APIRouter, Desk]:
    """Return the pages, and the process that is to be closed with the server."""
    from placement.serving.pages.effect import effect_router
    from placement.serving.pages.job import job_router
    from placement.serving.pages.learn import learn_router
    from placement.serving.pages.model import model_router
    from placement.serving.pages.runs import runs_router
    from placement.serving.pages.student import student_router
    from placement.serving.pages.students import students_router
    from placement.serving.pages.train import train_router

    shared = Shared(models, jobs, Sheets(jobs.folder.root / "sheets"), Desk())
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def home(_: Request) -> Response:
        return RedirectResponse("/train" if models.current is None else "/students", 303)

    for made in (
        train_router, job_router, student_router, students_router, model_router, effect_router,
        runs_router, learn_router,
    ):  # fmt: skip
        router.include_router(made(shared))
    return router, shared.desk
