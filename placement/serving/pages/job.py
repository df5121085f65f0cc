"""A training that was started: how it goes, how it ended, and whether its model takes over."""

import asyncio
import json
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from pydantic import StringConstraints

from placement.arrays import Document
from placement.errors import PlacementError
from placement.reporting.format.plain_sentences import plain, plain_sentences
from placement.reporting.report.findings import findings
from placement.reporting.report.verdicts import Report, verdicts
from placement.serving.errors import Refused
from placement.serving.jobs.process import RESULT
from placement.serving.jobs.store_process import StoreProcess
from placement.serving.pages.charts import line_chart
from placement.serving.pages.render import PageRoute, desk_page
from placement.serving.pages.shared import Shared
from placement.serving.pages.work.process import DeskProcess
from placement.serving.scoring.served_model import ServedModel
from placement.tracking.jobs import FINISHED, RUNNING, WAITING

JobId = Annotated[str, StringConstraints(pattern="^[0-9a-f]{16}$")]
_STATES = {
    WAITING: "It waits for its turn.",
    RUNNING: "It is learning.",
    FINISHED: "It is done.",
    "FAILED": "It could not be done.",
    "KILLED": "It was ended.",
}
_CURVES = {"loss": "students it learns from", "held_out_loss": "students held out"}


def job_router(shared: Shared) -> APIRouter:
    """Return the pages of a job."""
    router = APIRouter(route_class=PageRoute)

    @router.get("/train/jobs/{job}")
    async def look(request: Request, job: JobId) -> Response:
        found, curve = await asyncio.to_thread(_state, shared, job)
        is_done = found["status"] == FINISHED and not found["files_removed"]
        return desk_page(
            request,
            "job.html",
            job=found,
            is_over=found["status"] not in (WAITING, RUNNING),
            state=_STATES.get(found["status"], found["status"]),
            curve=curve,
            **(await _result(shared, found) if is_done else _NO_RESULT),
        )

    @router.post("/train/jobs/{job}/cancel")
    def cancel(job: JobId) -> Response:
        shared.queue(StoreProcess.cancel, job)
        return RedirectResponse(f"/train/jobs/{job}", 303)

    @router.post("/promote")
    def promote(
        request: Request,
        job: Annotated[JobId, Form()],
        reason: Annotated[str, Form(max_length=500)] = "",
        sheet: Annotated[UploadFile | None, File()] = None,
    ) -> Response:
        model = _document(shared, job).get("model_uri")
        if model is None:
            raise Refused(404, "This training has no model that could take over.")
        data = None
        if sheet is not None and sheet.filename:
            data = str(shared.sheets.path(shared.sheets.keep([sheet])))
        if shared.models.current is not None and data is None and not reason.strip():
            raise Refused(422, "Give students that neither model has learnt from, or a reason.")
        said = shared.desk.call(DeskProcess.promote, str(model), data, reason.strip() or None)
        status = 200 if said.promoted else 409
        return desk_page(request, "promoted.html", status, said=said, job=job, model=model)

    return router


_NO_RESULT: Document = {
    "findings": [], "verdicts": [], "champion": None, "champion_findings": [],
    "is_champion": False, "model": None, "warnings": [],
}  # fmt: skip


def _state(shared: Shared, job: str) -> tuple[Document, Markup]:
    """Return what became of a job so far, and how its training went."""
    found = shared.queue(StoreProcess.job, job)
    epochs = shared.queue(StoreProcess.epochs, job, -1).epochs
    lines = {
        name: [(float(one["epoch"]), float(one[field])) for one in epochs if field in one]
        for field, name in _CURVES.items()
    }
    shown = {name: points for name, points in lines.items() if len(points) > 1}
    return found, line_chart(shown, "How wrong it still is, step by step: lower is better", "step")


def _document(shared: Shared, job: str) -> Document:
    path = shared.jobs.folder.of_job(job) / RESULT
    if not path.exists():
        raise Refused(410, "The files of this training were removed.")
    document: Document = json.loads(path.read_text("utf-8"))
    return document


async def _result(shared: Shared, found: Document) -> Document:
    """Return what a finished training came to, beside the model in use."""
    if found["kind"] != "train":
        return _NO_RESULT
    document = _document(shared, str(found["id"]))
    if document["model_uri"] is None:
        return {**_NO_RESULT, "warnings": list(map(plain, document["warnings"]))}
    with suppress(PlacementError, RuntimeError):  # of an alias that has just moved
        await shared.models.refresh()
    model, champion = await shared.models.find(document["model_uri"]), shared.models.current
    report = _report(model)
    return {
        "findings": list(findings(report)),
        "verdicts": [
            (state, said) for state, text in verdicts(report) for said in plain_sentences([text])
        ],
        "champion": champion,
        "champion_findings": [] if champion is None else list(findings(_report(champion))),
        "is_champion": champion is not None and champion.digest == model.digest,
        "model": model.label,
        "warnings": list(map(plain, document["warnings"])),
    }


def _report(model: ServedModel) -> Report:
    source = model.source
    about = {
        "model": model.name,
        "version": source.version,
        "created": source.created,
        "run_id": source.run_id,
    }
    return Report(about, model.fitted, None)
