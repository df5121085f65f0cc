"""What the pages work with: the model that is served, the queue, sheets, and their process."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

from placement.serving.errors import Refused
from placement.serving.jobs.service import JobService, JobsUnavailable
from placement.serving.jobs.store_process import StoreProcess
from placement.serving.pages.work.process import Desk
from placement.serving.pages.work.sheets import Sheets
from placement.serving.scoring.model_holder import ModelHolder

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Shared:
    """What every page may need."""

    models: ModelHolder
    jobs: JobService
    sheets: Sheets
    desk: Desk

    def warm_up(self) -> None:
        """Start the processes that the next click needs, which takes them seconds."""
        self.desk.start()
        self.jobs.start()

    def queue(
        self,
        method: Callable[Concatenate[StoreProcess, P], R],
        *args: P.args,
        **named: P.kwargs,
    ) -> R:
        """Ask the queue; where it is just being opened, once more."""
        for _ in range(2):
            try:
                return self.jobs.call(method, *args, **named)
            except JobsUnavailable:
                continue
        raise Refused(503, "The queue is being opened: try again in a moment.")
