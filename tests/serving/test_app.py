"""Whatever is asked, in whatever form: no value of a student is logged, stored or left behind."""

import io
import itertools
import json
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from placement.serving.app import create_app
from placement.serving.settings import ServerSettings

NAME, NUMBER = "Quixworth-Zebedee", "731990007123456"
SECRETS = (NAME, NUMBER)
RECORD = {
    "register_no": int(NUMBER), "name": NAME, "stream": "CSE", "cgpa": 7.25, "backlogs": 0,
    "aptitude": 61.5,
}  # fmt: skip
ODD = [
    RECORD,
    RECORD | {"stream": NAME},
    RECORD | {"cgpa": NAME},
    RECORD | {"cgpa": NUMBER},
    RECORD | {"cgpa": int(NUMBER)},
    RECORD | {"cgpa": [NAME]},
    RECORD | {NAME: NUMBER},
    {NAME: NUMBER},
    {name: cell for name, cell in RECORD.items() if name != "cgpa"},
]


def tensors(record):
    return [
        {"name": name, "shape": [1], "datatype": kind, "data": [cell]}
        for name, cell in record.items()
        for kind in ["BYTES" if isinstance(cell, str) else "FP64"]
    ]


def bodies():
    """Paths and JSON bodies, most of them wrong in some way."""
    for odd in ODD:
        yield "/invocations", {"dataframe_records": [odd]}
        yield "/invocations", {"dataframe_records": [odd] * 40}
        yield "/invocations", {"dataframe_split": {"columns": [*odd], "data": [[*odd.values()]]}}
        yield "/invocations", {"inputs": odd}
        yield "/v1/predictions", {"records": [odd], "reasons": True}
        yield "/v1/predictions", {"records": [odd], NAME: 1}
        yield "/v1/what-if", {"record": odd}
        yield "/v1/what-if", {"record": odd, "columns": [NAME]}
        yield "/v2/models/model/infer", {"id": "1", "inputs": tensors(odd)}
        yield "/v2/models/model/infer", {"inputs": tensors(odd), "outputs": [{"name": NAME}]}
        yield f"/v2/models/{NAME}/infer", {"inputs": tensors(odd)}
    yield "/invocations", {NAME: [RECORD]}
    yield "/invocations", {"dataframe_records": [RECORD], "params": {"threshold": NAME}}
    yield "/v1/predictions", {"records": NAME}


def ask(client):
    """Ask for everything; return the statuses."""
    sheet = pd.DataFrame(ODD[:3])
    table, packed = sheet.to_csv(index=False).encode(), io.BytesIO()
    sheet[["name", "register_no", "stream"]].to_parquet(packed)
    answers = [client.post(path, json=body) for path, body in bodies()]
    kinds = ("application/json", "text/csv", "application/vnd.apache.parquet", NAME)
    contents = (table, table[:-3] + b'"', packed.getvalue(), b'{"x": "' + table)
    paths = ("/invocations", "/v1/predictions", "/v2/models/model/infer")
    answers += [
        client.post(path, content=content, headers={"content-type": kind})
        for path, content, kind in itertools.product(paths, contents, kinds)
    ]
    files = {"a": (f"{NAME}.csv", table), "b": (f"{NAME}.exe", table), "c": (f"{NAME}.xlsx", table)}
    for given in files.values():
        for path in ("/v1/predictions/file", "/v1/jobs", "/students", "/train"):
            name = "data" if path == "/v1/jobs" else "file"
            asked = {"kind": "predict", "settings": json.dumps({"model": NAME})}
            answers.append(client.post(path, files={name: given}, data=asked))
        answers.append(client.post("/v1/predictions/file", files={"file": given}))
    for path in (
        f"/nowhere/{NAME}",
        f"/v1/jobs/{NAME}",
        f"/login?next=/{NAME}",
        f"/v1/model?{NAME}",
    ):
        headers = {"user-agent": NAME, "authorization": f"Bearer {NAME}", "cookie": f"x={NAME}"}
        answers.append(client.get(path, headers={**headers, "referer": f"http://x/{NAME}"}))
    answers.append(client.post("/login", data={"token": NAME}))
    answers.append(client.request(NAME.upper(), "/ping"))
    answers.append(client.get("/ping", headers={"host": NAME}))
    return [answer.status_code for answer in answers]


def holding(*folders):
    """The files below folders in which a secret stands, or in whose name."""
    found = []
    for path in (path for folder in folders for path in folder.rglob("*")):
        text = path.read_bytes() if path.is_file() else b""
        wanted = [secret.encode(code) for secret in SECRETS for code in ("utf-8", "utf-16-le")]
        if any(secret in text for secret in wanted) or NAME in path.name:
            found.append(path)
    return found


def test_no_value_of_a_student_is_in_the_log_the_store_or_a_file(
    trained, store, tmp_path, monkeypatch, capfd
):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    app = create_app(ServerSettings(model=str(trained)))
    capfd.readouterr()
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        statuses = ask(client)
        assert NAME not in client.get("/metrics").text
        assert holding(tmp_path) == []
    assert {200, 400, 404, 415, 421, 422} <= set(statuses)
    assert max(statuses) < 500
    said = capfd.readouterr()
    assert said.err.count('"event":"request"') > len(statuses)
    for secret in SECRETS:
        assert secret not in said.err + said.out
    assert holding(tmp_path) == []


@pytest.mark.parametrize("content", [NAME.encode(), f"x{NUMBER}".encode(), NAME.encode("utf-16")])
def test_a_value_in_a_file_is_found(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert holding(tmp_path) == [Path(tmp_path, "file")]
