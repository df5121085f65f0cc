import pytest

from placement.serving.security.roles import needed_role
from placement.serving.security.tokens import Role

SCORE, TRAIN, SEE = "a-token-that-scores", "a-token-that-trains", "a-token-that-sees"
BODY = {"dataframe_records": [{"stream": "CSE", "cgpa": 7, "backlogs": 0, "aptitude": 60}]}


def bearer(token):
    return {"authorization": f"Bearer {token}"}


def test_whether_it_lives_is_told_to_everybody(guarded):
    for path in ("/ping", "/health", "/version", "/v2", "/v2/health/live", "/v2/health/ready"):
        assert guarded.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/v1/model", "/metrics", "/openapi.json", "/docs", "/v2/models/model"]
)
def test_reading_needs_a_token_of_any_role(guarded, path):
    assert guarded.get(path).status_code == 401
    for token in (SEE, SCORE, TRAIN):
        assert guarded.get(path, headers=bearer(token)).status_code == 200


def test_scoring_needs_a_token_that_scores(guarded):
    for token, status in ((None, 401), (SEE, 403), (SCORE, 200), (TRAIN, 200)):
        headers = {} if token is None else bearer(token)
        assert guarded.post("/invocations", json=BODY, headers=headers).status_code == status


@pytest.mark.parametrize(
    "given",
    ["Bearer wrong-token-wrong-token", "Bearer ", "bearer", "Basic x", SCORE, f"Token {SCORE}", ""],
)
def test_what_is_no_token_is_refused(guarded, given):
    answer = guarded.post("/invocations", json=BODY, headers={"authorization": given})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("POST", "/v1/jobs", Role.TRAIN),
        ("DELETE", "/v1/jobs/7", Role.TRAIN),
        ("GET", "/v1/jobs", Role.SEE),
        ("GET", "/v1/jobs/7/result", Role.TRAIN),
        ("POST", "/v1/anything", Role.TRAIN),
        ("POST", "/ping/x", Role.TRAIN),
        ("POST", "/v2/models/m/versions/1/infer", Role.SCORE),
        ("POST", "/v1/predictions/file", Role.SCORE),
        ("GET", "/anything", Role.SEE),
        ("GET", "/static/style.css", None),
    ],
)
def test_what_is_not_listed_needs_the_highest_role(method, path, role):
    assert needed_role(method, path) == role
