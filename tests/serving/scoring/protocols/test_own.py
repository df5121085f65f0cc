import pytest

JSON = {"content-type": "application/json"}


def test_records_are_answered_as_predict_does_with_reasons(client, records, expected):
    answer = client.post("/v1/predictions", json={"records": records, "reasons": True}).json()
    rows = answer["predictions"]
    assert [row["row"] for row in rows] == list(range(1, len(records) + 1))
    for name in ("probability", "low", "high", "label"):
        assert [row[name] for row in rows] == [row[f"placement_{name}"] for row in expected]
    assert [row["notes"] for row in rows] == [row["notes"] for row in expected]
    assert [row["reasons"][0] for row in rows] == [row["placement_reason_1"] for row in expected]
    assert rows[3]["outside_training"] is True
    assert answer["model"]["name"] == "model"
    assert "reasons" not in client.post("/v1/predictions", json={"records": records[:1]}).text


def test_the_threshold_decides(client, records):
    for threshold, label in ((0, 1), (1, 0)):
        asked = {"records": records[5:9], "threshold": threshold}
        answer = client.post("/v1/predictions", json=asked).json()
        assert {row["prediction"] for row in answer["predictions"]} == {label}


def test_what_if_is_what_explain_says(client, trained):
    from placement.evaluation.explanation.actionable import changeable
    from placement.evaluation.explanation.counterfactual import counterfactual
    from placement.model.fitted import load_fitted

    student = {"stream": "ECE", "cgpa": 6.5, "backlogs": 1, "aptitude": 50.0}
    fitted = load_fitted(trained)
    (found,) = counterfactual(fitted, student, changeable(fitted.schema, ["cgpa"]), 0.6)
    asked = {"record": student, "reach": 0.6, "columns": ["cgpa"]}
    answer = client.post("/v1/what-if", json=asked).json()
    assert found.verdict == "reached"
    assert answer["what_if"][0]["value"] == found.value
    assert answer["what_if"][0]["probability"] == found.probability
    assert answer["low"] < answer["probability"] < answer["high"]


@pytest.mark.parametrize(
    ("path", "document", "status"),
    [
        ("/v1/predictions", {"records": []}, 400),
        ("/v1/predictions", {"records": {}}, 400),
        ("/v1/predictions", {"records": [7]}, 422),
        ("/v1/predictions", {"records": [{"cgpa": 7}]}, 422),
        ("/v1/predictions", {"records": [{}], "treshold": 0.5}, 400),
        ("/v1/predictions", {"records": [{}], "threshold": 7}, 422),
        ("/v1/predictions", {"records": [{}], "reasons": "yes"}, 400),
        ("/v1/predictions", [], 400),
        ("/v1/what-if", {"record": []}, 400),
        ("/v1/what-if", {"record": {}, "reach": 1}, 400),
        ("/v1/what-if", {"record": {}, "columns": [7]}, 400),
        ("/v1/what-if", {"record": {"cgpa": 7}}, 422),
    ],
)
def test_a_mistake_is_refused_with_a_sentence(client, path, document, status):
    answer = client.post(path, json=document)
    assert answer.status_code == status, answer.text
    assert answer.json()["message"]


def test_only_json_is_taken(client):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = client.post("/v1/predictions", content="{}", headers={"content-type": kind})
        assert answer.status_code == 415


def test_nobody_is_advised_to_change_a_personal_attribute(client):
    record = {"stream": "ECE", "cgpa": 6.5, "backlogs": 1, "aptitude": 50.0}
    answer = client.post("/v1/what-if", json={"record": record, "columns": ["gender"]})
    assert answer.status_code == 422
