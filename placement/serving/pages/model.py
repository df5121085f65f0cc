"""The model in use: whether to trust it first, then what it learnt, and all that is known of it."""

import threading
from typing import Annotated, Literal

from fastapi import APIRouter, File, Path, Request, Response, UploadFile
from fastapi.responses import FileResponse, RedirectResponse

from placement.reporting.format.blocks import Block, Picture, Points, Section, Table, Text
from placement.reporting.format.plain_sentences import plain_sentences
from placement.serving.errors import Refused
from placement.serving.pages.render import PageRoute, desk_page
from placement.serving.pages.shared import Shared
from placement.serving.pages.work.exports import Exports
from placement.serving.pages.work.process import DeskProcess
from placement.serving.pages.work.results import ModelReport

# The first words of the report's sections, in the order in which they are asked for here.
_FIRST = (
    "Can its list", "Can it be trusted", "What it has learnt", "Does 70", "Are groups",
    "Is a straight line", "Were the gradients",
)  # fmt: skip
_TITLES = {
    "model.xlsx": "A workbook that computes",
    "nomogram.svg": "A chart to read chances from on paper",
}
ExportName = Literal["model.xlsx", "nomogram.svg"]
FileName = Literal["report.html", "MODEL_CARD.md"]
_SHORT = 6  # rows of a table that is shown at once
_KINDS = {Text: "text", Points: "points", Table: "table", Picture: "picture"}


def model_router(shared: Shared, exports: Exports) -> APIRouter:
    """Return the pages of the model in use."""
    router = APIRouter(route_class=PageRoute)
    reports = _Reports(shared)

    @router.get("/model")
    def show(request: Request, data: str | None = None) -> Response:
        model = shared.models.current
        if model is None:
            return desk_page(request, "model.html", model=None)
        report = reports.get(data)
        ordered = _ordered(report.sections)
        return desk_page(
            request,
            "model.html",
            model=model,
            report=report,
            data=data or "",
            first=[_shown(number, one) for number, one in ordered if _rank(one) < len(_FIRST)],
            others=[_shown(number, one) for number, one in ordered if _rank(one) == len(_FIRST)],
        )

    @router.post("/model")
    def take(sheet: Annotated[UploadFile, File()]) -> Response:
        if not sheet.filename:
            raise Refused(422, "No file was chosen: choose a sheet with outcomes first.")
        return RedirectResponse(f"/model?data={shared.sheets.keep([sheet])}", 303)

    @router.get("/model/pictures/{section}-{block}.png")
    def picture(
        section: Annotated[int, Path(ge=0)],
        block: Annotated[int, Path(ge=0)],
        data: str | None = None,
    ) -> Response:
        try:
            found = reports.get(data).sections[section].blocks[block]
        except IndexError:
            found = None
        if not isinstance(found, Picture):
            raise Refused(404, "There is no such picture.")
        return Response(bytes(found.png), media_type="image/png")

    @router.get("/model/files/{name}")
    def file(name: FileName, data: str | None = None) -> Response:
        report = reports.get(data)
        text = report.page if name == "report.html" else report.card
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(text, media_type="text/plain; charset=utf-8", headers=headers)

    _offer_exports(router, shared, exports)
    return router


def _offer_exports(router: APIRouter, shared: Shared, exports: Exports) -> None:
    @router.get("/model/exports/{name}")
    def export(request: Request, name: ExportName) -> Response:
        is_ready = exports.get(shared.models.model, name) is not None
        return desk_page(request, "export.html", file=name, title=_TITLES[name], is_ready=is_ready)

    @router.get("/model/exports/{name}/file")
    def exported(name: ExportName) -> Response:
        out = exports.get(shared.models.model, name)
        if out is None:
            return RedirectResponse(f"/model/exports/{name}", 303)
        return FileResponse(out, filename=name, content_disposition_type="attachment")


class _Reports:
    """The reports on the model in use: each is made once, as it takes seconds."""

    def __init__(self, shared: Shared) -> None:
        self._shared, self._lock = shared, threading.Lock()
        self._known: dict[tuple[str, str | None], ModelReport] = {}

    def get(self, data: str | None) -> ModelReport:
        """Return the report, with what a kept sheet adds to it."""
        model = self._shared.models.model
        path = None if not data else str(self._shared.sheets.path(data))
        with self._lock:
            key = model.digest, data or None
            if key not in self._known:
                self._known = {k: v for k, v in self._known.items() if k[0] == model.digest}
                self._known[key] = self._shared.desk.call(
                    DeskProcess.report, model.source.uri, path
                )
            return self._known[key]


def _rank(section: Section) -> int:
    found = (k for k, words in enumerate(_FIRST) if section.title.startswith(words))
    return next(found, len(_FIRST))


def _ordered(sections: tuple[Section, ...]) -> list[tuple[int, Section]]:
    return sorted(enumerate(sections), key=lambda item: _rank(item[1]))


def _shown(number: int, section: Section) -> dict[str, object]:
    """Return a section as the template shows it: each block with its kind."""
    blocks = [
        {
            "kind": _KINDS[type(block)],
            "it": _in_plain_words(block),
            "picture": f"{number}-{index}",
            "is_long": isinstance(block, Table) and len(block.rows) > _SHORT,
        }
        for index, block in enumerate(section.blocks)
    ]
    return {"title": section.title, "id": f"s{number}", "blocks": blocks}


def _in_plain_words(block: Block) -> Block:
    """Leave out what is said of the options of a command."""
    if not isinstance(block, Points):
        return block
    items = ((state, said) for state, text in block.items for said in plain_sentences([text]))
    return Points(tuple(items))
