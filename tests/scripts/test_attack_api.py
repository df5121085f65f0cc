"""The quick form of `scripts/attack_api.py`, and that it sees what it looks for."""

from pathlib import Path

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import attack_api

    return attack_api


def without(document, *starts):
    """A document without the paths that begin in some way."""
    paths = {
        path: about for path, about in document["paths"].items() if not path.startswith(starts)
    }
    return document | {"paths": paths}


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        # Jobs need a store, an upload is scored in a process of its own.
        ("our document", ("/v1/jobs", "/v1/predictions/file", "/v2")),
        ("Open Inference Protocol", ("/v2/models/{model}/versions",)),
    ],
)
def test_no_made_up_request_gets_another_answer_than_the_document_says(
    script, trained, workdir, name, left_out
):
    from placement.serving.app import create_app
    from placement.serving.settings import ServerSettings

    app = create_app(ServerSettings(model=str(trained), allowed_hosts=(script.HOST,)))
    with TestClient(app, f"http://{script.HOST}"):
        document = without(script.documents(app)[name], *left_out)
        found = script.attack(app, document, 1, ("coverage",))
    assert found.faults == {}
    assert found.cases >= 100
    assert {200, 400} <= found.statuses.keys()


def test_an_answer_of_another_form_or_a_5xx_is_a_fault(script):
    app = FastAPI()

    @app.get("/number")
    def number() -> int:
        raise HTTPException(503)

    @app.get("/text", response_model=int)
    def text():
        from fastapi.responses import JSONResponse

        return JSONResponse("seven")

    found = script.attack(app, app.openapi(), 2, ("fuzzing",))
    said = sorted(found.faults)
    assert any("GET /number" in one and "not_a_server_error" in one for one in said)
    assert any("GET /text" in one and "response_schema_conformance" in one for one in said)
