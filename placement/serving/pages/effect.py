"""Did it help? Last year's list and this year's outcomes, answered in sentences and a picture."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from placement.serving.errors import Refused
from placement.serving.pages.charts import probability_bar
from placement.serving.pages.render import PageRoute, desk_page
from placement.serving.pages.shared import Shared
from placement.serving.pages.work.process import DeskProcess
from placement.serving.pages.work.results import EffectQuestion

_VERDICTS = {
    "helped": ("good", "The seat helped."),
    "harmed": ("bad", "Those with a seat fared worse."),
    "not shown": ("doubt", "It is not shown that the seat helped, nor that it did not."),
    "no lottery": ("doubt", "No lots were drawn, so no effect can be told."),
}


def effect_router(shared: Shared) -> APIRouter:
    """Return the page of what a list led to."""
    router = APIRouter(route_class=PageRoute)

    @router.get("/effect")
    def ask(request: Request) -> Response:
        shared.desk.start()
        return desk_page(request, "effect.html", view=None)

    @router.post("/effect")
    def answer(
        request: Request,
        lists: Annotated[list[UploadFile], File()],
        outcomes: Annotated[UploadFile, File()],
        on: Annotated[str, Form(max_length=200)] = "",
        absent: Annotated[str, Form(pattern="^(not-placed|unknown)?$")] = "",
        attended: Annotated[str, Form(max_length=100)] = "",
    ) -> Response:
        given = [one for one in lists if one.filename]
        if not given or not outcomes.filename:
            raise Refused(422, "Both are needed: the list, and a file with the outcomes.")
        model = shared.models.current
        question = EffectQuestion(
            files=tuple(shared.sheets.files(shared.sheets.keep(given))),
            outcomes=shared.sheets.path(shared.sheets.keep([outcomes])),
            model="champion" if model is None else model.source.uri,
            on=on.strip() or None,
            absent=absent or None,
            attended=attended.strip() or None,
        )
        view = shared.desk.call(DeskProcess.effect, question)
        state, said = _VERDICTS[view.verdict]
        shares = [
            {
                "whose": whose,
                "placed": placed,
                "of": of,
                "bar": probability_bar(placed / of, None, None),
            }
            for whose, placed, of in view.shares
            if of
        ]
        return desk_page(request, "effect.html", view=view, state=state, said=said, shares=shares)

    return router
