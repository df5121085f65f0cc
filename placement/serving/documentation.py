"""The OpenAPI document with examples of the model that is served, and a plain page made from it."""

import re
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from placement import __version__
from placement.model.scorer import CategoryColumn, NumberColumn, Scorer
from placement.serving.json_codec import encode_json
from placement.serving.pages.render import page
from placement.serving.scoring.model_holder import ModelHolder
from placement.serving.scoring.protocols.body_schemas import (
    ANSWERS,
    BODIES,
    ERROR,
    body_examples,
)

Document = dict[str, Any]
_ANSWERS = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}


def documentation_router(app: FastAPI, models: ModelHolder) -> APIRouter:
    """Return the page of the endpoints, and have the application describe itself with examples."""
    router = APIRouter()

    def openapi() -> Document:
        model = models.current
        example = _GENERIC if model is None else example_record(model.scorer)
        return openapi_document(app, "placement" if model is None else model.name, example)

    app.openapi = openapi  # type: ignore[method-assign]

    @router.get("/docs", include_in_schema=False)
    async def docs(_: Request) -> Response:
        return page("docs.html", version=__version__, groups=_groups(openapi()))

    return router


_GENERIC: Document = {"cgpa": 7.4, "internships": 1, "branch": "CSE"}


def example_record(scorer: Scorer) -> Document:
    """Return a made-up student: average numbers and first levels, nobody's cells."""
    record: Document = {}
    for column in scorer.columns:
        if isinstance(column, NumberColumn):
            record[column.column] = round(column.mean, 2)
        elif isinstance(column, CategoryColumn):
            record[column.column] = next(iter(column.levels), "")
    return record


def openapi_document(app: FastAPI, name: str, record: Mapping[str, Any]) -> Document:
    """Return the document: what FastAPI knows of the routes, bodies, and answers to mistakes."""
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    document.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR
    examples = body_examples(record)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            answer = {"description": "a mistake, and what to do", "content": _ANSWERS}
            operation["responses"].pop("422", None)
            operation["responses"].setdefault("default", answer)
            operation["summary"] = operation.pop("description", operation.get("summary", ""))
            if path in ANSWERS:
                operation["responses"]["200"]["content"] = ANSWERS[path]
            if body := BODIES.get(path):
                operation["requestBody"] = _with_examples(body, examples.get(path, {}))
            # An endpoint that takes the request as it is says nothing of its path.
            known = operation.setdefault("parameters", [])
            for part in {*re.findall(r"{(\w+)}", path)} - {one["name"] for one in known}:
                known.append(_of_path(part, {"example": name} if part == "name" else {}))
    return document


def _of_path(name: str, more: Document) -> Document:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, **more}


def _with_examples(body: Document, examples: Mapping[str, Mapping[str, Any]]) -> Document:
    content = {
        kind: {**about, "examples": {title: {"value": value} for title, value in own.items()}}
        if (own := examples.get(kind))
        else about
        for kind, about in body["content"].items()
    }
    return {**body, "content": content}


def _groups(document: Document) -> list[tuple[str, list[Document]]]:
    """Return the operations by tag, as the page shows them."""
    groups: dict[str, list[Document]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = next(iter(operation.get("tags", ())), "others")
            groups.setdefault(tag, []).append(
                {
                    "method": method.upper(),
                    "path": path,
                    "summary": operation["summary"],
                    "examples": list(_examples(operation)),
                    "answers": [
                        (status, about.get("description", ""))
                        for status, about in operation["responses"].items()
                    ],
                }
            )
    return list(groups.items())


def _examples(operation: Document) -> Any:
    for kind, about in operation.get("requestBody", {}).get("content", {}).items():
        for title, example in about.get("examples", {}).items():
            value = example["value"]
            text = value if isinstance(value, str) else encode_json(value).decode()
            yield {"title": f"{title} ({kind})", "text": text}
