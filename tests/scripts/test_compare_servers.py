"""The server answers as MLflow's own does, whose application runs here; a difference is seen."""

import dataclasses
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
MLFLOW_SAYS = "_MLFLOW_IS_IN_SERVING_ENVIRONMENT"  # its server sets it for the whole process


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import compare_servers

    return compare_servers


@pytest.fixture
def ask(scripts, recorded_here, monkeypatch):
    """What asks the two servers of one model: `ask["ours"](payload)`."""
    from mlflow.pyfunc import load_model, scoring_server
    from starlette.testclient import TestClient

    from placement.serving.app import create_app
    from placement.serving.settings import ServerSettings

    monkeypatch.setenv(MLFLOW_SAYS, "true")
    (folder,) = recorded_here.glob("mlruns/artifacts/models/*/artifacts")
    ours = create_app(ServerSettings(model=str(folder / "data" / "bundle")))
    theirs = scoring_server.init(load_model(str(folder)))

    def asking(client):
        def asked(payload):
            kind = {} if payload.content_type is None else {"content-type": payload.content_type}
            response = client.post("/invocations", content=payload.body, headers=kind)
            return scripts.answer_of(response.status_code, response.content)

        return asked

    with (
        TestClient(ours, "http://localhost", raise_server_exceptions=False) as our_client,
        TestClient(theirs, raise_server_exceptions=False) as their_client,
    ):
        yield {"ours": asking(our_client), "theirs": asking(their_client)}


@pytest.fixture
def requests(scripts, recorded_here):
    students = scripts.sample(recorded_here / "students.csv", number="cgpa", words="stream")
    return scripts.payloads(students)


@pytest.mark.filterwarnings("default")  # MLflow's server would refuse what pandas warns it of
def test_every_request_is_answered_as_by_mlflows_server(scripts, ask, requests):
    found = dict(scripts.differences(ask["ours"], ask["theirs"], requests))
    assert {name: said for name, said in found.items() if said} == {}
    assert len(found) == len(requests) > 180  # no two of one name
    answers = [ask["ours"](payload) for payload in requests]
    assert sum(answer.predictions is not None for answer in answers) > 70
    assert {answer.status for answer in answers} == {200, 400, 415}


def test_another_bit_and_another_status_are_differences(scripts, ask, requests):
    good, bad = requests[0], next(one for one in requests if one.name == "a bare list")
    broken = next(one for one in requests if one.name == "content type: none")
    assert ask["theirs"](broken).status == 500

    def other_bit(payload):
        answer = ask["ours"](payload)
        first = {**answer.predictions[0]}
        first["placement_probability"] += 1e-16
        return dataclasses.replace(answer, predictions=[first, *answer.predictions[1:]])

    def other_status(payload):
        return dataclasses.replace(ask["ours"](payload), status=404)

    def no_refusal(_):
        return scripts.Answer(200, None)

    def said(ours, *payloads):
        return [text for _, text in scripts.differences(ours, ask["theirs"], payloads)]

    assert said(other_bit, good) == ["other predictions than MLflow's"]
    assert said(other_status, bad) == ["status 404, MLflow's is 400"]
    assert said(no_refusal, broken) == ["status 200, MLflow's is 500"]
    assert said(ask["ours"], good, bad, broken) == [""] * 3


def test_a_document_with_nan_has_no_predictions(scripts):
    assert scripts.answer_of(200, b'{"predictions": [{"p": NaN}]}').predictions is None
    assert scripts.answer_of(200, b'{"predictions": [{"p": 1}]}').predictions == [{"p": 1}]
