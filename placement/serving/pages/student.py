"""One student: a form of the model's columns, the chance, what moves it, and what-if."""

from collections.abc import Iterator, Mapping

from fastapi import APIRouter, Request, Response

from placement.arrays import Document
from placement.errors import DataError
from placement.evaluation.explanation.actionable import better, changeable
from placement.evaluation.explanation.contributions import explain
from placement.evaluation.explanation.counterfactual import counterfactual
from placement.model.fitted import Fitted
from placement.model.scorer import CategoryColumn, NumberColumn, doubts
from placement.reporting.format.probability_words import in_100
from placement.serving.pages.charts import contribution_bar, probability_bar
from placement.serving.pages.render import PageRoute, desk_page
from placement.serving.pages.shared import Shared
from placement.serving.scoring.served_model import ServedModel

_GOALS = (0.5, 0.6, 0.7, 0.8, 0.9)
_FAINT = 0.05  # of log-odds: what moves the chance by less is no reason
_STRONG = 0.7


def student_router(shared: Shared) -> APIRouter:
    """Return the page of one student."""
    router = APIRouter(route_class=PageRoute)

    @router.get("/students/one")
    def one(request: Request) -> Response:
        model = shared.models.model
        cells = {
            name: request.query_params.get(name, _usual(model, name))
            for name in model.scorer.feature_columns
        }
        return desk_page(
            request,
            "one.html",
            fields=[_field(model, name, cell) for name, cell in cells.items()],
            outcome=model.schema.target.outcome,
            **_answer(model, cells),
        )

    return router


def _usual(model: ServedModel, name: str) -> str:
    """Return what the form begins with: the average number, the first level; nobody's cells."""
    column = _column(model, name)
    if isinstance(column, NumberColumn):
        return f"{column.mean:.0f}" if column.whole else f"{column.mean:.3g}"
    return _levels(model, name)[0]


def _column(model: ServedModel, name: str) -> object:
    return next(one for one in model.scorer.columns if getattr(one, "column", None) == name)


def _levels(model: ServedModel, name: str) -> list[str]:
    return [level for level in model.fitted.encoder.levels_of(name) if not level.startswith("(")]


def _field(model: ServedModel, name: str, cell: str) -> dict[str, object]:
    """Return how a column is asked for."""
    column = _column(model, name)
    if isinstance(column, CategoryColumn):
        levels = _levels(model, name)
        known = next((level for level in levels if level.casefold() == cell.strip().casefold()), "")
        if cell and not known:
            levels, known = [*levels, cell], cell
        return {"name": name, "levels": levels, "value": known, "hint": ""}
    hint = ""
    if isinstance(column, NumberColumn):
        hint = f"learnt from {column.low:g} to {column.high:g}; blank: not known"
        form = column.written
        if form.mixed is not None:
            hint = f"{hint}; out of {form.mixed:g} is brought to {form.scale:g}"
    return {"name": name, "levels": [], "value": cell, "hint": hint}


def _answer(model: ServedModel, cells: Mapping[str, str]) -> Document:
    """Return the chance of a student, what moves it, and the chance of others."""
    fitted = model.fitted
    table = {name: [cell] for name, cell in cells.items()}
    scores = model.scorer.score(table, errors=True)
    explanation = explain(fitted, table)
    probability = float(scores.probability[0])
    low, high = (None, None)
    if scores.interval is not None:
        low, high = float(scores.interval[0][0]), float(scores.interval[1][0])
    contributions = dict(
        zip(explanation.columns, explanation.contributions[0].tolist(), strict=True)
    )
    largest = max((abs(part) for part in contributions.values()), default=0.0)
    ordered = sorted(contributions.items(), key=lambda item: -abs(item[1]))
    return {
        "chance": in_100(probability),
        "limits": "" if low is None or high is None else f"{in_100(low)} to {in_100(high)}",
        "bar": probability_bar(probability, low, high),
        "notes": [note for note in (doubts(scores.problems),) if note],
        "parts": [
            {"name": name, "bar": contribution_bar(part, largest), "words": _words(part)}
            for name, part in ordered
        ],
        "what_if": list(_what_if(fitted, cells, probability)),
    }


def _words(part: float) -> str:
    if abs(part) < _FAINT:
        return "hardly moves it"
    strength = "much" if abs(part) >= _STRONG else "a little"
    return f"{'raises' if part > 0 else 'lowers'} it {strength}"


def _what_if(
    fitted: Fitted, cells: Mapping[str, str], probability: float
) -> Iterator[dict[str, object]]:
    """Yield of each changeable column the nearest value that reaches a higher round chance."""
    goal = next((goal for goal in _GOALS if goal > probability), None)
    if goal is None:
        return
    try:
        changes = counterfactual(fitted, cells, changeable(fitted.schema), goal)
    except DataError:
        return
    for change in changes:
        if change.verdict == "reached" and change.probability is not None:
            value = change.value if isinstance(change.value, str) else f"{change.value:g}"
            now = change.now if isinstance(change.now, str) else f"{change.now:g}"
            fewer = "down " if better(change.column) == "less" else ""
            yield {
                "text": f"{change.column} {value} ({fewer}from {now})",
                "chance": in_100(change.probability),
                "bar": probability_bar(change.probability, change.low, change.high),
            }
