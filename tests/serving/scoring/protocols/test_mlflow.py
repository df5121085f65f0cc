import io
import json

import pandas as pd
import pytest

JSON = {"content-type": "application/json"}
CSV = {"content-type": "text/csv"}
PARQUET = {"content-type": "application/vnd.apache.parquet"}
ONE = {"stream": "CSE", "cgpa": 7.25, "backlogs": 0, "aptitude": 61.5}


def invoke(client, document, **params):
    body = document if isinstance(document, (str, bytes)) else json.dumps(document | params)
    return client.post("/invocations", content=body, headers=JSON)


def probability_of(answer):
    assert answer.status_code == 200, answer.text
    return [row["placement_probability"] for row in answer.json()["predictions"]]


def lists(records):
    return {name: [record[name] for record in records] for name in records[0]}


def test_records_are_answered_as_predict_does_bit_for_bit(client, records, probabilities, expected):
    answer = invoke(client, {"dataframe_records": records})
    assert probability_of(answer) == probabilities
    notes = [row["placement_notes"] for row in answer.json()["predictions"]]
    assert notes == [row["notes"] for row in expected]
    assert set(notes) - {None}


def test_each_record_alone_is_answered_as_among_others(client, records, probabilities):
    alone = [probability_of(invoke(client, {"dataframe_records": [one]}))[0] for one in records]
    assert alone == probabilities


@pytest.mark.parametrize("form", ["dataframe_split", "inputs", "instances"])
def test_every_form_is_answered_alike(client, records, probabilities, form):
    split = {"columns": list(records[0]), "data": [list(record.values()) for record in records]}
    document = {
        "dataframe_split": {"dataframe_split": split},
        "inputs": {"inputs": lists(records)},
        "instances": {"instances": records},
    }[form]
    assert probability_of(invoke(client, document)) == probabilities


def test_csv_and_parquet_are_answered_alike(client, sheet, records, probabilities):
    answer = client.post("/invocations", content=sheet.read_bytes(), headers=CSV)
    assert probability_of(answer) == probabilities
    packed = io.BytesIO()
    pd.DataFrame(records).to_parquet(packed)
    answer = client.post("/invocations", content=packed.getvalue(), headers=PARQUET)
    assert probability_of(answer) == probabilities


def test_the_threshold_is_a_parameter(client):
    chance = probability_of(invoke(client, {"dataframe_records": [ONE]}))[0]
    for threshold, label in ((chance, 1), (min(chance + 1e-9, 1), 0)):
        answer = invoke(client, {"dataframe_records": [ONE]}, params={"threshold": threshold})
        assert answer.json()["predictions"][0]["placement_prediction"] == label


def test_a_list_where_no_number_is_read_changes_nothing(client):
    (alone,) = probability_of(invoke(client, {"dataframe_records": [ONE]}))
    tagged = ONE | {"tags": ["a", {"b": 1}]}
    assert probability_of(invoke(client, {"dataframe_records": [tagged]})) == [alone]
    odd = invoke(client, {"dataframe_records": [ONE | {"stream": ["CSE"]}]})
    assert odd.json()["predictions"][0]["placement_notes"] == "stream: unseen level"


def test_a_cell_alone_is_a_row(client, trained):
    assert len(probability_of(invoke(client, {"inputs": ONE}))) == 1


@pytest.mark.parametrize(
    "body",
    [
        "", "{", "[]", "7", '"x"', "null", b"\xff\xfe", "[" * 100_000,
        "{}", '{"dataframe_records": [], "inputs": {}}', '{"dataframe_records": {}}',
        '{"dataframe_records": [7]}', '{"dataframe_records": []}',
        '{"dataframe_records": [{"cgpa": 7}]}', '{"dataframe_split": {"columns": ["cgpa"]}}',
        '{"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}}',
        '{"dataframe_split": {"columns": ["cgpa"], "data": [[1, 2]]}}',
        '{"inputs": [[1, 2]]}', '{"instances": [{"cgpa": 1}, {"aptitude": 1}]}', '{"inputs": 7}',
        '{"inputs": {"cgpa": [1, 2], "aptitude": [1]}}',
        json.dumps({"dataframe_records": [ONE | {"cgpa": [7]}]}),
        json.dumps({"dataframe_records": [ONE | {"cgpa": {"a": 7}}]}),
        json.dumps({"inputs": [ONE]}),  # arrays of numpy there, which no reader of cells takes
        json.dumps({"instances": ONE}),
        json.dumps({"dataframe_records": [ONE | {"stream": "\ud800"}]}),
        json.dumps({"dataframe_records": [ONE], "params": 7}),
        json.dumps({"dataframe_records": [ONE], "params": {"threshold": "0.5"}}),
        json.dumps({"dataframe_records": [ONE], "params": {"threshold": 1.5}}),
        json.dumps({"dataframe_records": [ONE], "params": {"threshold": True}}),
    ],
)  # fmt: skip
def test_a_mistake_is_a_400_with_the_document_of_mlflow(client, body):
    answer = invoke(client, body)
    assert answer.status_code == 400, answer.text
    document = answer.json()
    assert document["error_code"] in {"BAD_REQUEST", "INVALID_PARAMETER_VALUE"}
    assert document["message"] == document["error"] != ""
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "kind",
    [
        "application/json; charset=latin-1", "application/json; boundary=x", "text/plain", "",
        "multipart/form-data",
    ],
)  # fmt: skip
def test_another_media_type_or_charset_is_a_415(client, kind):
    answer = client.post("/invocations", content="{}", headers={"content-type": kind})
    assert answer.status_code == 415


def test_a_charset_of_utf_8_is_taken(client):
    kind = {"content-type": "application/json; charset=UTF-8"}
    body = json.dumps({"dataframe_records": [ONE]})
    assert client.post("/invocations", content=body, headers=kind).status_code == 200


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b'a,b\n"1,2\n'])
def test_what_is_no_csv_or_parquet_is_a_400(client, body):
    assert client.post("/invocations", content=body, headers=CSV).status_code == 400
    assert client.post("/invocations", content=body, headers=PARQUET).status_code == 400


def test_numbers_that_json_does_not_know_are_cells_and_never_answers(client):
    body = '{"dataframe_records": [{"stream": "CSE", "cgpa": NaN, "backlogs": 1, "aptitude": %s}]}'
    for number in ("Infinity", "1e999", "9" * 400):
        answer = invoke(client, body % number)
        assert answer.status_code == 200, answer.text
        json.loads(answer.text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def test_a_shorter_row_ends_in_gaps(client):
    split = {"columns": list(ONE), "data": [list(ONE.values()), ["CSE", 7.25]]}
    both = probability_of(invoke(client, {"dataframe_split": split}))
    gaps = ONE | {"backlogs": None, "aptitude": None}
    assert both[1] == probability_of(invoke(client, {"dataframe_records": [gaps]}))[0]


def test_ping_health_and_version_are_those_of_mlflow(client):
    for path in ("/ping", "/health"):
        answer = client.get(path)
        assert (answer.status_code, answer.text) == (200, "\n")
    assert client.get("/version").text.count(".") == 2
