import json
import struct

import numpy as np
import pytest

from placement.serving.scoring.protocols.open_inference import HEADER_LENGTH

INFER = "/v2/models/model/infer"
NUMBERS = ("cgpa", "backlogs", "aptitude")


def tensors(records):
    """Each column of the records as a tensor of JSON."""
    return [
        {
            "name": name,
            "shape": [len(records)],
            "datatype": "BYTES" if name == "stream" else "FP64",
            "data": [record[name] for record in records],
        }
        for name in records[0]
    ]


def in_binary(records):
    """A body in which every column is binary, and the length of its JSON, as tritonclient does."""
    heads, parts = [], []
    for tensor in tensors(records):
        cells = tensor.pop("data")
        if tensor["datatype"] == "BYTES":
            texts = [(cell or "").encode() for cell in cells]
            raw = b"".join(struct.pack("<I", len(text)) + text for text in texts)
        else:
            raw = np.array(cells, dtype="<f8").tobytes()
        heads.append(tensor | {"parameters": {"binary_data_size": len(raw)}})
        parts.append(raw)
    document = {"inputs": heads, "parameters": {"binary_data_output": True}}
    head = json.dumps(document).encode()
    return head + b"".join(parts), len(head)


def outputs(answer):
    assert answer.status_code == 200, answer.text
    return {output["name"]: output["data"] for output in answer.json()["outputs"]}


def test_the_server_is_described_with_and_without_a_slash(client):
    for path in ("/v2", "/v2/"):
        answer = client.get(path, follow_redirects=False)
        assert answer.status_code == 200
        assert answer.json()["extensions"] == ["binary_tensor_data"]
        assert answer.json().keys() >= {"name", "version"}


def test_health_says_live_and_ready(client):
    assert client.get("/v2/health/live").json()["live"] is True
    assert client.get("/v2/health/ready").json() == {"ready": True, "live": True}
    assert client.get("/v2/models/model/ready").json()["ready"] is True


def test_the_model_is_described(client):
    about = client.get("/v2/models/model").json()
    assert [(one["name"], one["datatype"], one["shape"]) for one in about["inputs"]] == [
        ("stream", "BYTES", [-1]), ("cgpa", "FP64", [-1]), ("backlogs", "FP64", [-1]),
        ("aptitude", "FP64", [-1]),
    ]  # fmt: skip
    assert "probability" in [one["name"] for one in about["outputs"]]
    (version,) = about["versions"]
    assert client.get(f"/v2/models/model/versions/{version}").json() == about
    assert client.get(f"/v2/models/model/versions/{version}/ready").status_code == 200


@pytest.mark.parametrize("path", ["/v2/models/other", "/v2/models/model/versions/7/ready"])
def test_another_model_or_version_is_a_404_with_an_error(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]


def test_tensors_are_answered_as_predict_does_bit_for_bit(client, records, expected):
    answer = client.post(INFER, json={"id": "42", "inputs": tensors(records)})
    given = outputs(answer)
    assert answer.json()["id"] == "42"
    for name in ("probability", "low", "high"):
        assert given[name] == [row[f"placement_{name}"] for row in expected]
    assert given["label"] == [row["placement_label"] for row in expected]
    assert given["notes"] == [row["notes"] or "" for row in expected]
    assert given["outside_training"][3] is True


def test_binary_tensors_are_answered_in_binary_and_alike(client, records, probabilities):
    body, length = in_binary(records)
    answer = client.post(INFER, content=body, headers={HEADER_LENGTH: str(length)})
    assert answer.status_code == 200, answer.text
    head = int(answer.headers[HEADER_LENGTH])
    document, raw = json.loads(answer.content[:head]), answer.content[head:]
    at = 0
    parts = {}
    for output in document["outputs"]:
        size = output["parameters"]["binary_data_size"]
        parts[output["name"]] = raw[at : at + size]
        at += size
    assert at == len(raw)
    assert np.frombuffer(parts["probability"], "<f8").tolist() == probabilities
    assert np.frombuffer(parts["outside_training"], "?").sum() > 0
    assert parts["label"].startswith(struct.pack("<I", len("Placed")) + b"Placed") or parts[
        "label"
    ].startswith(struct.pack("<I", len("Not Placed")) + b"Not Placed")


def test_requested_outputs_filter_the_answer_and_give_reasons(client, records, expected):
    wanted = [{"name": "reason_1"}, {"name": "probability", "parameters": {"binary_data": False}}]
    answer = client.post(INFER, json={"inputs": tensors(records), "outputs": wanted})
    given = outputs(answer)
    assert list(given) == ["reason_1", "probability"]
    assert given["reason_1"] == [row["placement_reason_1"] for row in expected]


def test_nested_data_and_other_datatypes_are_taken(client):
    columns = [("cgpa", "FP32", 7.5), ("backlogs", "INT8", 1), ("aptitude", "UINT16", 60)]
    inputs = [
        {"name": name, "shape": [1, 1], "datatype": kind, "data": [[cell]]}
        for name, kind, cell in columns
    ]
    inputs.append({"name": "stream", "shape": [1], "datatype": "BYTES", "data": ["CSE"]})
    flat = [
        {**tensor, "shape": [1], "datatype": "FP64", "data": [cell]}
        for tensor, (_, _, cell) in zip(inputs, columns, strict=False)
    ]
    one = outputs(client.post(INFER, json={"inputs": inputs}))
    assert one == outputs(client.post(INFER, json={"inputs": [*flat, inputs[-1]]}))


def test_the_threshold_is_a_parameter_and_comes_back(client, records):
    asked = {"inputs": tensors(records), "parameters": {"threshold": 0.0}}
    answer = client.post(INFER, json=asked)
    assert set(outputs(answer)["prediction"]) == {1}
    assert answer.json()["parameters"]["threshold"] == 0.0


CGPA = {"name": "cgpa", "shape": [1], "datatype": "FP64", "data": [7.0]}


@pytest.mark.parametrize(
    "document",
    [
        "", "[]", "{}", {"inputs": []}, {"inputs": [7]}, {"inputs": [CGPA]},
        {"inputs": [CGPA, CGPA]}, {"inputs": [CGPA], "id": 7}, {"inputs": [CGPA], "parameters": 7},
        {"inputs": [{**CGPA, "shape": [2]}]}, {"inputs": [{**CGPA, "shape": [1, 2]}]},
        {"inputs": [{**CGPA, "shape": [-1]}]}, {"inputs": [{**CGPA, "shape": "1"}]},
        {"inputs": [{**CGPA, "datatype": "FP8"}]}, {"inputs": [{**CGPA, "datatype": []}]},
        {"inputs": [{**CGPA, "data": ["7"]}]}, {"inputs": [{**CGPA, "data": [[[7]]]}]},
        {"inputs": [{**CGPA, "datatype": "INT8", "data": [700]}]},
        {"inputs": [{**CGPA, "data": None}]}, {"inputs": [CGPA], "outputs": [{"name": "x"}]},
        {"inputs": [{**CGPA, "parameters": {"binary_data_size": 8}}]},
    ],
)  # fmt: skip
def test_a_mistake_is_a_400_with_an_error(client, document):
    body = document if isinstance(document, str) else json.dumps(document)
    answer = client.post(INFER, content=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]


@pytest.mark.parametrize("length", ["x", "-1", "999999", "9" * 40, "1"])
def test_a_header_length_that_does_not_fit_is_a_400(client, records, length):
    body, _ = in_binary(records[:2])
    answer = client.post(INFER, content=body, headers={HEADER_LENGTH: length})
    assert answer.status_code == 400


@pytest.mark.parametrize("change", [b"", b"x"])
def test_bytes_that_lack_or_are_left_over_are_a_400(client, records, change):
    body, length = in_binary(records[:2])
    body = body + change if change else body[:-1]
    answer = client.post(INFER, content=body, headers={HEADER_LENGTH: str(length)})
    assert answer.status_code == 400


def test_texts_that_lie_about_their_length_are_a_400(client):
    for raw in (b"\x01", struct.pack("<I", 9) + b"CSE", struct.pack("<I", 2) + b"\xff\xfe"):
        tensor = {"name": "stream", "shape": [1], "datatype": "BYTES"}
        head = json.dumps({"inputs": [tensor | {"parameters": {"binary_data_size": len(raw)}}]})
        headers = {HEADER_LENGTH: str(len(head))}
        assert client.post(INFER, content=head.encode() + raw, headers=headers).status_code == 400
