"""The process beside the server that reads sheets and runs workflows for the pages.

It has torch and MLflow, so that the server need not, and a workbook that brings its reader down
brings down this process: another takes its place.
"""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from placement.errors import DataError
from placement.runtime.worker_process import ProcessWorker
from placement.serving.pages.work.results import (
    EffectQuestion,
    EffectView,
    LessonView,
    ListChoice,
    Look,
    ModelReport,
    Promotion,
    ScoredList,
)

P = ParamSpec("P")
R = TypeVar("R")


class DeskProcess:
    """Calls the workflows that the pages show; each method returns plain, frozen data."""

    def warm_up(self) -> None:
        """Import what the first page asks for."""
        import placement.serving.pages.work.understanding

        _ = placement.serving.pages.work.understanding

    def terminate(self) -> None:
        """The files are the server's."""

    def look_at(self, path: Path, settings: Mapping[str, Any], is_first: bool) -> Look:
        """Say what a sheet is understood as."""
        from placement.serving.pages.work.understanding import look_at

        return look_at(path, settings, is_first=is_first)

    def sheet_titles(self, path: Path) -> tuple[str, ...]:
        """Return the names of the sheets of a workbook; none of any other file."""
        from placement.data.formats.workbooks.excel import sheet_titles

        return sheet_titles(path)

    def score(
        self, path: Path, model: str, features: tuple[str, ...], choice: ListChoice
    ) -> ScoredList:
        """Score a sheet for the screen."""
        from placement.serving.pages.work.scored_list import scored_list

        return scored_list(path, model, features, choice)

    def write_list(self, path: Path, model: str, choice: ListChoice, out: Path) -> None:
        """Write the file of a list."""
        from placement.serving.pages.work.scored_list import write_list

        write_list(path, model, choice, out)

    def write_invitations(self, path: Path, model: str, choice: ListChoice, out: Path) -> None:
        """Write the file of invitations to those of a list."""
        from placement.serving.pages.work.scored_list import write_invitations

        write_invitations(path, model, choice, out)

    def write_groups(
        self, path: Path, model: str, choice: ListChoice, out: Path, group: str
    ) -> None:
        """Write an archive of the files of a list's groups."""
        from placement.serving.pages.work.scored_list import write_groups

        write_groups(path, model, choice, out, group)

    def report(self, model: str, data: str | None = None) -> ModelReport:
        """Return the report on a model."""
        from placement.serving.pages.work.model_report import model_report

        return model_report(model, data)

    def export(self, model: str, kind: str, out: str) -> None:
        """Write a model in another format, once it is proved to say the same."""
        from placement.workflows.export.export import ExportRequest, export

        export(ExportRequest(model=model, to=kind, out=out))

    def promote(self, model: str, data: str | None, reason: str | None) -> Promotion:
        """Make a version champion, unless something speaks against it."""
        from placement.serving.pages.work.model_report import try_promotion

        return try_promotion(model, data, reason)

    def effect(self, question: EffectQuestion) -> EffectView:
        """Say what a list led to."""
        from placement.serving.pages.work.list_effect import list_effect

        return list_effect(question)

    def lessons(self) -> tuple[tuple[str, str], ...]:
        """Return the name and the title of each lesson."""
        from placement.lessons.catalog import LESSONS

        return tuple((lesson.name, lesson.title) for lesson in LESSONS.values())

    def lesson(
        self, name: str, inputs: Mapping[str, str], broken: str | None, answer: str | None
    ) -> LessonView:
        """Run a lesson."""
        from placement.serving.pages.work.lesson_view import lesson_view

        return lesson_view(name, inputs, broken, answer)


class Desk:
    """Has things done in that process, which is started when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: ProcessWorker[DeskProcess] | None = None

    def call(
        self, method: Callable[Concatenate[DeskProcess, P], R], *args: P.args, **named: P.kwargs
    ) -> R:
        """Have something done; blocks. Raises DataError where the process broke down at it."""
        worker = self.start()
        future = worker.submit(method, *args, **named)
        try:
            return future.result()
        except RuntimeError as problem:
            if worker.is_running:
                raise
            raise DataError("the file cannot be read: its reader broke down at it") from problem

    def start(self) -> ProcessWorker[DeskProcess]:
        """Return the process, started where there is none."""
        with self._lock:
            if self._worker is None or not self._worker.is_running:
                self._worker = ProcessWorker(DeskProcess)
            return self._worker

    def close(self) -> None:
        """End the process."""
        with self._lock:
            if self._worker is not None:
                self._worker.kill()
                self._worker.close()
                self._worker = None
