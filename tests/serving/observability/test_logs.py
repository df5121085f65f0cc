import json

from placement.serving.observability.logs import audit, log


def test_a_line_is_one_document_with_time_level_and_event(capfd):
    log("thing", level="warning", text='a "b"\nc', number=float("nan"))
    line = json.loads(capfd.readouterr().err)
    assert line.pop("time")[10] == "T"
    assert line == {"level": "warning", "event": "thing", "text": 'a "b"\nc', "number": None}


def test_an_audit_says_who_did_what(capfd):
    audit("promote", role="train", digest="d")
    line = json.loads(capfd.readouterr().err)
    assert (line["event"], line["action"], line["role"], line["digest"]) == (
        "audit", "promote", "train", "d",
    )  # fmt: skip
