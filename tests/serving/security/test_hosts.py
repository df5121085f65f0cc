import pytest

from placement.serving.security.hosts import host_name

BODY = {"dataframe_records": [{"stream": "CSE", "cgpa": 7, "backlogs": 0, "aptitude": 60}]}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8000", "localhost:9", "LOCALHOST", "[::1]:8000", "localhost."]
)
def test_the_names_of_this_machine_are_answered(client, host):
    assert client.get("/ping", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "10.0.0.1", ""],
)
def test_another_name_is_refused_even_on_this_machine(client, host):
    for method, path in (("GET", "/ping"), ("POST", "/invocations"), ("GET", "/metrics")):
        assert client.request(method, path, headers={"host": host}).status_code == 421


def test_an_allowed_name_is_answered(started):
    with started(allowed_hosts=("placement.example",)) as client:
        for host, status in (("placement.example:80", 200), ("other.example", 421)):
            assert client.get("/ping", headers={"host": host}).status_code == status


def test_a_server_of_all_addresses_answers_by_address_but_not_by_any_name(started):
    with started(host="::", insecure=True) as client:
        for host, status in (("192.0.2.7:80", 200), ("[2001:db8::1]", 200), ("evil.example", 421)):
            assert client.get("/ping", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9000"},
        {"origin": "http://localhost:8000"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_page_of_another_site_cannot_write(client, headers):
    for path in ("/invocations", "/v1/predictions", "/v2/models/model/infer", "/nowhere"):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert client.request(method, path, headers=headers).status_code == 403
    assert client.get("/ping", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "http://127.0.0.1:8000"}, {"sec-fetch-site": "same-origin"}]
)
def test_an_own_page_and_a_program_can_write(client, headers):
    assert client.post("/invocations", json=BODY, headers=headers).status_code == 200


def test_no_answer_lets_another_site_read_it(client):
    origin = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    for method in ("GET", "OPTIONS"):
        answer = client.request(method, "/v1/model", headers=origin)
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("host", "name"),
    [("a.b:8", "a.b"), ("A.", "a"), ("[::1]:8", "[::1]"), ("[::1]", "[::1]"), ("", ""), ("[", "[")],
)
def test_the_name_of_a_host_is_told_from_its_port(host, name):
    assert host_name(host) == name
