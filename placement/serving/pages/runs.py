"""Runs: what waits, goes on and is done; two of them side by side; where MLflow shows them."""

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from placement.arrays import Document
from placement.reporting.format.probability_words import of_100
from placement.serving.errors import Refused
from placement.serving.jobs.process import RESULT
from placement.serving.jobs.store_process import StoreProcess
from placement.serving.pages.job import JobId
from placement.serving.pages.render import PageRoute, desk_page
from placement.serving.pages.shared import Shared
from placement.tracking.jobs import FINISHED, RUNNING, WAITING
from placement.tracking.store import locate_store

_MOST = 100
_KINDS = {"train": "training", "predict": "scoring", "tune": "tuning", "report": "report"}
_STATES = {
    WAITING: "waits", RUNNING: "goes on", FINISHED: "done", "FAILED": "not done", "KILLED": "ended",
}  # fmt: skip


def runs_router(shared: Shared) -> APIRouter:
    """Return the page of the runs."""
    router = APIRouter(route_class=PageRoute)

    @router.get("/runs")
    def show(
        request: Request,
        compare: Annotated[list[JobId] | None, Query()] = None,
    ) -> Response:
        jobs = shared.queue(StoreProcess.jobs)[:_MOST]
        chosen = compare or []
        if len(chosen) not in (0, 2):
            raise Refused(422, "Tick two trainings that are done, to see them side by side.")
        store = locate_store()
        return desk_page(
            request,
            "runs.html",
            jobs=[_line(job) for job in jobs],
            is_going=any(job["status"] in (WAITING, RUNNING) for job in jobs),
            chosen=chosen,
            compared=[_figures(shared, job) for job in jobs if job["id"] in chosen],
            store=store.tracking_uri,
            is_server=store.is_server,
        )

    return router


def _line(job: Document) -> Document:
    uploads = job["uploads"]
    return {
        "id": job["id"],
        "kind": _KINDS.get(job["kind"], job["kind"]),
        "file": uploads[0]["name"] if uploads else "",
        "state": _STATES.get(job["status"], job["status"]),
        "accepted": str(job["accepted"])[:16].replace("T", " "),
        "error": job["error"] or "",
        "can_compare": job["kind"] == "train" and job["status"] == FINISHED and bool(job["files"]),
    }


def _figures(shared: Shared, job: Document) -> Document:
    """Return the figures of a training by which it is compared."""
    path = shared.jobs.folder.of_job(str(job["id"])) / RESULT
    if not path.exists():
        raise Refused(410, "The files of this training were removed.")
    document = json.loads(path.read_text("utf-8"))
    metrics = document["metrics"]
    figures = {
        "Students it learnt from": f"{document['rows']['train']:,}",
        "Students it was tried on": f"{document['rows']['test']:,}",
        "Right, of 100": _share(metrics.get("accuracy")),
        "Finds, of 100 placed": _share(metrics.get("recall")),
        "Puts a placed student above another, of 100 pairs": _share(metrics.get("roc_auc")),
        "How wrong its chances are (log-loss, lower is better)": _digits(metrics.get("log_loss")),
        "Columns it learnt from": ", ".join(document["features"]),
        "Model": str(document["model_uri"] or "none").removeprefix("models:/"),
    }
    return {"id": job["id"], "name": _line(job)["file"], "when": _line(job)["accepted"], **figures}


def _share(value: float | None) -> str:
    return "not known" if value is None else of_100(value)


def _digits(value: float | None) -> str:
    return "not known" if value is None else f"{value:.3f}"
