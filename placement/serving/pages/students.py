"""Students: a sheet that is given is scored, listed by risk, and taken away as a file."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path as FilePath
from typing import Annotated, Concatenate, Literal, ParamSpec
from urllib.parse import urlencode

from fastapi import APIRouter, File, Request, Response, UploadFile
from fastapi.responses import FileResponse, RedirectResponse

from placement.errors import DataError
from placement.reporting.format.probability_words import in_100
from placement.serving.errors import Refused
from placement.serving.pages.charts import probability_bar
from placement.serving.pages.render import PageRoute, desk_page, sentence_of
from placement.serving.pages.shared import Shared
from placement.serving.pages.work.process import DeskProcess
from placement.serving.pages.work.results import ListChoice, ScoredList, ScoredStudent
from placement.serving.pages.work.sheets import SheetKey
from placement.serving.scoring.served_model import ServedModel

P = ParamSpec("P")
Order = Literal["risk", "chance", "name"]
_ORDERS: dict[str, str] = {
    "risk": "most at risk first",
    "chance": "best chance first",
    "name": "by name",
}
_SHOWN, _MOST_LISTS = 200, 4
_ENDINGS = ("csv", "xlsx")


def students_router(shared: Shared) -> APIRouter:
    """Return the pages of lists of students."""
    router = APIRouter(route_class=PageRoute)
    lists = _Lists(shared)

    @router.get("/students")
    def begin(request: Request) -> Response:
        shared.desk.start()
        model = shared.models.current
        return desk_page(request, "students.html", model=model)

    @router.post("/students")
    def take(sheet: Annotated[UploadFile, File()]) -> Response:
        if not sheet.filename:
            raise Refused(422, "No file was chosen: choose a sheet of students first.")
        return RedirectResponse(f"/students/{shared.sheets.keep([sheet])}", 303)

    @router.get("/students/{key}")
    def show(
        request: Request,
        key: SheetKey,
        sort: Order = "risk",
        find: str = "",
        group: str = "",
        every: bool = False,
    ) -> Response:
        model, choice = shared.models.model, choice_of(request)
        try:
            scored = lists.get(key, model, choice)
        except DataError as problem:
            return _unlisted(request, shared, key, choice, problem)
        matching = _sorted(_matching(scored.students, find, group), sort)
        shown = matching if every else matching[:_SHOWN]
        return desk_page(
            request,
            "list.html",
            key=key,
            file=shared.sheets.path(key).name,
            model=model,
            scored=scored,
            choice=scored.choice,
            asked=choice,
            rows=[_row(one) for one in shown],
            matching=len(matching),
            sort=sort,
            orders=_ORDERS,
            find=find,
            group=group,
            query=_query(scored.choice),
            endings=_ENDINGS,
        )

    _add_files(router, shared, lists)
    return router


def _add_files(router: APIRouter, shared: Shared, lists: "_Lists") -> None:
    """Add what is taken away of a list."""

    @router.get("/students/{key}/list.{ending}")
    def download(request: Request, key: SheetKey, ending: Literal["csv", "xlsx"]) -> Response:
        return _attachment(_written(shared, key, choice_of(request), ending))

    @router.get("/students/{key}/invitations.{ending}")
    def invitations(request: Request, key: SheetKey, ending: Literal["csv", "xlsx"]) -> Response:
        """Return whom to write to, without a word of why."""
        choice = choice_of(request)
        if not choice.seats:
            raise Refused(422, "Nobody is invited yet: say first how many seats there are.")
        out = _file(shared, key, choice, f"invitations.{ending}")
        if not out.exists():
            _write(shared, key, DeskProcess.write_invitations, choice, out)
        return _attachment(out)

    @router.get("/students/{key}/groups.zip")
    def groups(request: Request, key: SheetKey) -> Response:
        """Return a workbook for each branch, in an archive."""
        choice = choice_of(request)
        group = lists.get(key, shared.models.model, choice).group
        if group is None:
            raise Refused(404, "The sheet has no column of branches.")
        out = _file(shared, key, choice, "groups.zip")
        if not out.exists():
            _write(shared, key, DeskProcess.write_groups, choice, out, group)
        return _attachment(out)

    @router.get("/students/{key}/about.json")
    def about(request: Request, key: SheetKey) -> Response:
        """Return what is kept of a list, by which its effect can be told next year."""
        out = _written(shared, key, choice_of(request), "csv")
        about = out.with_name(f"{out.name}.about.json")
        if not about.exists():
            raise Refused(404, "Nothing is kept of a list without seats.")
        return _attachment(about)


def _unlisted(
    request: Request, shared: Shared, key: str, choice: ListChoice, problem: DataError
) -> Response:
    """Return a page that says why there is no list, and takes what may be needed for it."""
    path = shared.sheets.path(key)
    return desk_page(
        request,
        "unlisted.html",
        422,
        key=key,
        file=path.name,
        choice=choice,
        problem=sentence_of(problem),
        sheets=shared.desk.call(DeskProcess.sheet_titles, path),
    )


class _Lists:
    """The last lists that were looked at, so that sorting one does not score it again."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._known: OrderedDict[tuple[str, str, ListChoice], ScoredList] = OrderedDict()

    def get(self, key: str, model: ServedModel, choice: ListChoice) -> ScoredList:
        """Return a list, scored by the model that is served now."""
        path, known = self._shared.sheets.path(key), self._known
        name = (key, model.digest, choice)
        scored = known.get(name)
        if scored is None:
            features = model.scorer.feature_columns
            scored = self._shared.desk.call(
                DeskProcess.score, path, str(model.directory), tuple(features), choice
            )
            known[name] = known[key, model.digest, scored.choice] = scored
            while len(known) > _MOST_LISTS:
                known.popitem(last=False)
        return scored


def choice_of(request: Request) -> ListChoice:
    """Return the choices of a page's address."""
    asked = request.query_params
    rows = asked.get("rows", "auto")
    lottery = _number(asked.get("lottery"))
    return ListChoice(
        rows=rows if rows in ("all", "blank") else "auto",
        seats=_number(asked.get("seats")),
        by=asked.get("by") or None,
        lottery=lottery,
        seed=_number(asked.get("seed")) or 1,
        accept_doubts=asked.get("doubts") == "1",
        sheet=asked.get("sheet") or None,
        header_row=_number(asked.get("header_row")),
    )


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > 6:
        raise Refused(422, "Seats, students who draw, a draw and a row are whole numbers.")
    return int(text) or None


def _query(choice: ListChoice) -> str:
    fields = {
        "rows": choice.rows,
        "seats": choice.seats,
        "by": choice.by,
        "lottery": choice.lottery,
        "seed": choice.seed,
        "doubts": "1" if choice.accept_doubts else None,
        "sheet": choice.sheet,
        "header_row": choice.header_row,
    }
    return urlencode({name: value for name, value in fields.items() if value})


def _written(shared: Shared, key: str, choice: ListChoice, ending: str) -> FilePath:
    """Write the file of a list, once for each choice and model."""
    out = _file(shared, key, choice, f"list.{ending}")
    if not out.exists():
        _write(shared, key, DeskProcess.write_list, choice, out)
    return out


def _file(shared: Shared, key: str, choice: ListChoice, name: str) -> FilePath:
    """Return where a file of a list is or will be."""
    digest = shared.models.model.digest
    folder = hashlib.sha256(f"{digest} {choice}".encode()).hexdigest()[:16]
    return shared.sheets.folder(key, folder) / name


def _write(
    shared: Shared,
    key: str,
    write: Callable[Concatenate[DeskProcess, FilePath, str, P], None],
    *args: P.args,
    **named: P.kwargs,
) -> None:
    """Have a file of a sheet written by the model that is served now."""
    model = shared.models.model
    source = model.source.uri if model.source.version is not None else str(model.directory)
    shared.desk.call(write, shared.sheets.path(key), source, *args, **named)


def _attachment(file: FilePath) -> Response:
    return FileResponse(file, filename=file.name, content_disposition_type="attachment")


def _matching(students: Iterable[ScoredStudent], find: str, group: str) -> list[ScoredStudent]:
    wanted = find.strip().casefold()
    return [
        one
        for one in students
        if (not group or one.group.casefold() == group.casefold())
        and (not wanted or wanted in " ".join((*one.identity, one.group)).casefold())
    ]


def _sorted(students: list[ScoredStudent], order: str) -> list[ScoredStudent]:
    if order == "name":
        return sorted(students, key=lambda one: one.identity[::-1])
    return sorted(students, key=lambda one: one.probability, reverse=order == "chance")


def _row(student: ScoredStudent) -> dict[str, object]:
    """Return a line of the table."""
    limits = ""
    if student.low is not None and student.high is not None:
        limits = f"{in_100(student.low)} to {in_100(student.high)}"
    return {
        "student": student,
        "chance": in_100(student.probability),
        "limits": limits,
        "bar": probability_bar(student.probability, student.low, student.high),
        "why": "/students/one?" + urlencode(dict(student.cells)),
    }
