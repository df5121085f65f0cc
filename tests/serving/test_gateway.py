import pytest

from placement.serving.errors import Refused
from placement.serving.settings import Limits

ONE = {"stream": "CSE", "cgpa": 7.25, "backlogs": 0, "aptitude": 61.5}
BODY = {"dataframe_records": [ONE]}


def test_every_answer_carries_the_headers_of_security(client):
    answers = [
        client.get("/ping"), client.get("/docs"), client.get("/nowhere"), client.put("/ping"),
        client.post("/invocations", json=BODY), client.post("/invocations", content="{"),
        client.get("/ping", headers={"host": "evil.example"}), client.get("/static/style.css"),
        client.post("/v1/predictions", json=[]),
    ]  # fmt: skip
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-request-id"]


def test_a_request_keeps_the_id_it_came_with_if_it_is_one(client):
    assert client.get("/ping", headers={"x-request-id": "a.b-1"}).headers["x-request-id"] == "a.b-1"
    for made_up in ("", "a b", 'a"', "x" * 65):
        own = client.get("/ping", headers={"x-request-id": made_up}).headers["x-request-id"]
        assert own not in ("", made_up)


def test_a_request_is_logged_without_its_path_and_cells(client, log_lines):
    log_lines()
    client.post("/invocations", json=BODY, headers={"x-request-id": "mine"})
    client.get("/nowhere/Quixworth")
    client.get("/v2/models/Quixworth")
    lines = log_lines()
    assert [line["event"] for line in lines] == ["request"] * 3
    first = lines[0]
    assert (first["id"], first["route"], first["status"], first["rows"]) == (
        "mine", "/invocations", 200, 1,
    )  # fmt: skip
    assert first["time"].endswith("Z")
    assert [line["route"] for line in lines[1:]] == ["other", "/v2/models/{name}"]
    assert "Quixworth" not in str(lines)
    assert "7.25" not in str(lines)


def test_a_defect_shows_nothing_of_the_inside_and_is_logged_by_its_place(
    client, log_lines, monkeypatch
):
    from placement.serving.scoring.protocols import own

    def broken(*_):
        raise RuntimeError("Quixworth 61.5")

    monkeypatch.setattr(own, "columns_of_records", broken)
    log_lines()
    answer = client.post("/v1/predictions", json={"records": [ONE]})
    assert answer.status_code == 500
    assert answer.json()["error_code"] == "INTERNAL_ERROR"
    for word in ("Quixworth", "RuntimeError", "Traceback", ".py"):
        assert word not in answer.text
    defect, request = log_lines()
    assert (defect["event"], defect["kind"], defect["id"]) == (
        "defect",
        "RuntimeError",
        request["id"],
    )
    assert any("own.py" in place for place in defect["at"])
    assert "Quixworth" not in str(defect)


def test_a_request_that_takes_too_long_is_a_504(started, monkeypatch):
    import time

    from placement.serving.scoring import routes

    monkeypatch.setattr(routes, "describe", lambda _: time.sleep(0.5))
    with started(limits=Limits(seconds=0.05)) as client:
        answer = client.get("/v1/model")
        assert answer.status_code == 504
        assert answer.json()["error"]


def test_without_a_model_the_server_lives_and_says_so(store, started):
    with started(model="champion", may_lack_model=True) as client:
        assert client.get("/ping").status_code == 404
        assert client.get("/v2/health/live").status_code == 200
        assert client.get("/v2/health/ready").status_code == 503
        assert client.post("/invocations", json=BODY).status_code == 503
        assert client.get("/openapi.json").status_code == 200


def test_a_known_error_code_goes_with_each_status():
    assert Refused(418, "x").code == "INTERNAL_ERROR"
    assert Refused(413, "x").code == "REQUEST_LIMIT_EXCEEDED"
    assert Refused(400, "x", "OWN").code == "OWN"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_another_method_is_a_405_or_404(client, method):
    assert client.request(method, "/invocations").status_code in (404, 405)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "said"),
    [
        ("GET", "/train", {"host": "evil.example"}, 421, "not asked by that name"),
        ("POST", "/train", {"origin": "http://evil.example"}, 403, "page of another site"),
        ("POST", "/train", {"content-length": str(2**40)}, 413, "body is larger than"),
        ("GET", "/nowhere", {}, 404, "There is no such page."),
        ("GET", "/promote", {}, 405, "This address takes a form"),
        ("GET", "/students/0123456789abcdef?sort=size", {}, 422, "sort"),
    ],
)
def test_a_browser_reads_a_refusal_as_a_page_with_what_to_do(
    client, method, path, headers, status, said
):
    answer = client.request(method, path, headers={"accept": "text/html", **headers})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert said in answer.text
    assert "--allowed-host" not in answer.text
    assert answer.text.count("<p") >= 2  # what happened, and what to do
    document = client.request(method, path, headers=headers)
    assert document.status_code == status
    assert document.json()["message"]
