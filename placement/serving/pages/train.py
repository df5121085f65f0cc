"""Train: from a sheet that was given to what was understood of it, and from there to a job."""

import asyncio
import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from placement.data.names.sensitive import means_sensitive
from placement.serving.errors import Refused
from placement.serving.jobs.settings import check_request, settings_of
from placement.serving.jobs.store_process import StoreProcess
from placement.serving.json_codec import encode_json
from placement.serving.pages.render import PageRoute, desk_page
from placement.serving.pages.shared import Shared
from placement.serving.pages.work.process import DeskProcess
from placement.serving.pages.work.sheets import SheetKey
from placement.tracking.jobs import JobRequest

SAMPLE = Path(__file__).parents[3] / "data" / "office_sheet.xlsx"
_COLUMN = "column:"
_MOST_TITLES = 500
Fields = Iterable[tuple[str, str]]


def train_router(shared: Shared) -> APIRouter:
    """Return the pages on the way to a training."""
    router = APIRouter(route_class=PageRoute)

    @router.get("/train")
    def begin(request: Request) -> Response:
        shared.warm_up()
        return desk_page(
            request,
            "train.html",
            has_model=shared.models.current is not None,
            sample=SAMPLE.exists(),
        )

    @router.post("/train")
    def take(sheet: Annotated[UploadFile, File()]) -> Response:
        if not sheet.filename:
            raise Refused(422, "No file was chosen: choose a sheet of students first.")
        return RedirectResponse(f"/train/{shared.sheets.keep([sheet])}", 303)

    @router.post("/train/sample")
    def take_sample() -> Response:
        return RedirectResponse(f"/train/{shared.sheets.keep_file(SAMPLE)}", 303)

    @router.get("/train/{key}")
    def look(request: Request, key: SheetKey) -> Response:
        fields = request.query_params.multi_items()
        settings = settings_of_fields(fields)
        path = shared.sheets.path(key)
        found = shared.desk.call(DeskProcess.look_at, path, settings, is_first=not fields)
        return desk_page(request, "understood.html", key=key, look=found, settings=found.settings)

    @router.post("/train/{key}/start")
    async def start(request: Request, key: SheetKey) -> Response:
        async with request.form(max_files=0) as form:
            fields = [(name, str(value)) for name, value in form.multi_items()]
        job = await asyncio.to_thread(_start, shared, key, settings_of_fields(fields))
        return RedirectResponse(f"/train/jobs/{job}", 303)

    return router


def settings_of_fields(fields: Fields) -> dict[str, Any]:
    """Return the settings of a training that a form's fields come to; empty ones are none."""
    settings: dict[str, Any] = {}
    for name, value in fields:
        if not value:
            continue
        if name.startswith(_COLUMN):
            option, said = _option(name.removeprefix(_COLUMN), value)
            settings.setdefault(option, []).append(said)
        elif name == "ignore_label":
            settings.setdefault(name, []).append(value)
        elif name in _FIELDS:
            settings[name] = _FIELDS[name](value)
    if "names" in settings and "header_row" in settings:
        raise Refused(422, "Give the names of the columns, or the row that has them: not both.")
    if limit := settings.pop("positive_limit", None):
        if "positive" in settings:
            raise Refused(422, "Choose what counts as placed, or give a limit: not both.")
        settings["positive"] = limit
    return settings


def _option(column: str, choice: str) -> tuple[str, str]:
    """Return the setting that a choice comes to, and its value."""
    if choice == "keep":
        return "allow_sensitive" if means_sensitive(column) else "allow_leak", column
    kind, _, scale = choice.partition(":")
    if kind == "mixed" and scale.isdecimal():
        return "mixed_scale", f"{column}:{scale}"
    if choice not in ("drop", "categorical"):
        raise Refused(422, f"{column}: choose what the page offers")
    return choice, column


def _names(value: str) -> list[str]:
    return [word.strip() for word in next(csv.reader([value], skipinitialspace=True))]


def _limit(value: str) -> str:
    limit = value.strip().replace("≥", ">=").replace("≤", "<=")
    if not limit.startswith(("<", ">", "=", "!")):
        raise Refused(422, f"{value}: a limit begins with a comparison, such as >= {value}.")
    return limit


def _row(value: str) -> int:
    if not value.isdecimal() or not 0 < int(value[:6]) <= _MOST_TITLES:
        raise Refused(422, f"The row with the column names is one of the first {_MOST_TITLES}.")
    return int(value)


def _start(shared: Shared, key: str, settings: dict[str, Any]) -> str:
    """Put a training into the queue; return the name of its job."""
    path = shared.sheets.path(key)
    given = settings_of("train", encode_json(settings).decode())
    check_request("train", given, {"data": [path.name]})
    shared.jobs.folder.make()
    with path.open("rb") as stream:
        upload = shared.jobs.folder.store_upload("data", path.name, stream)
    job = shared.queue(StoreProcess.accept, JobRequest("train", given, (upload,)))
    return str(job["id"])


_FIELDS: Mapping[str, Callable[[str], Any]] = {
    "sheet": lambda value: [value],
    "names": _names,
    "header_row": _row,
    "target": str,
    "positive": str,
    "positive_limit": _limit,
    "test_where": str,
    "refit": bool,
    "promote": bool,
}
