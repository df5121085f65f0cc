"""What `scripts/attack_load.py` takes for wrong; the tests of the model holder move an alias."""

import json
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
EXPECTED = {"1": [(0.25, 0), (0.5, 1)], "2": [(0.125, 0), (0.75, 1)]}


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import attack_load

    return attack_load


@pytest.fixture
def fault(script):
    """What is wrong with an answer of rows by a version: `fault(rows, said, header)`."""
    question = script.Question("predictions", "/v1/predictions", b"", slice(0, 2), script._own)

    def judged(rows, said="1", header="placement/1", status=200):
        predictions = [{"probability": p, "prediction": y} for p, y in rows]
        body = json.dumps({"model": {"version": said}, "predictions": predictions}).encode()
        return script.fault_of(question, status, header, body, EXPECTED)

    return judged


def test_an_answer_is_of_the_version_that_it_names(fault):
    assert fault(EXPECTED["1"]) == ""
    assert fault(EXPECTED["2"], "2", "placement/2") == ""
    assert "but of ['2']" in fault(EXPECTED["2"])
    assert "version 2 in the body, 1 in the header" in fault(EXPECTED["1"], said="2")


def test_a_mixed_answer_a_bit_and_a_refusal_are_faults(fault):
    assert "but of none" in fault([EXPECTED["1"][0], EXPECTED["2"][1]])
    assert "but of none" in fault([(0.25, 0), (0.5000000000000001, 1)])
    assert "but of none" in fault(EXPECTED["1"][:1])
    assert "status 503" in fault(EXPECTED["1"], status=503)
    assert "status 200" in fault(EXPECTED["1"], header=None)


def test_every_protocol_asks_for_one_row_and_for_all(script, trained):
    asked = script.questions(trained.parent / "students.csv")
    assert {question.path for question in asked} == {
        "/invocations", "/v1/predictions", "/v2/models/placement/infer"
    }  # fmt: skip
    assert len({(question.name, question.rows.stop) for question in asked}) == len(asked) == 7


def test_connections_ask_until_the_end_and_a_dead_server_is_a_fault(script):
    moved = []
    question = script.Question("predictions", "/", b"", slice(0, 2), script._own)
    seen = script.attack(
        "http://127.0.0.1:9", [question], EXPECTED, moved.append,
        seconds=0.3, connections=2, moves=2,
    )  # fmt: skip
    assert moved == ["2", "1"]
    assert all("ConnectionRefusedError" in one.faults[0] for one in seen)
