import re

import pytest
from fastapi.testclient import TestClient

from placement.serving.security.sessions import COOKIE, LIFETIME

SCORE = "a-token-that-scores"
BODY = {"dataframe_records": [{"stream": "CSE", "cgpa": 7, "backlogs": 0, "aptitude": 60}]}
OWN = {"origin": "http://127.0.0.1:8000"}


@pytest.fixture
def browser(guarded):
    """A browser of its own that has not logged in."""
    return TestClient(guarded.app, base_url="http://127.0.0.1:8000", follow_redirects=False)


def log_in(browser, token=SCORE, path="/docs"):
    return browser.post("/login", data={"token": token, "next": path}, headers=OWN)


def csrf_of(browser):
    return re.search(r'name="csrf_token" value="([\w-]+)"', browser.get("/login").text)[1]


def test_a_browser_is_led_to_the_login_and_back(browser):
    answer = browser.get("/docs", headers={"accept": "text/html,*/*"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/docs")
    assert 'value="/docs"' in browser.get("/login?next=/docs").text
    answer = log_in(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/docs")
    assert browser.get("/docs").status_code == 200
    assert "see and score" in browser.get("/login").text


def test_the_cookie_is_kept_from_scripts_and_other_sites_and_holds_no_token(browser):
    cookie = log_in(browser).headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={int(LIFETIME)}"} <= set(
        cookie.split("; ")
    )
    assert SCORE not in cookie
    secure = TestClient(browser.app, base_url="https://127.0.0.1:8000", follow_redirects=False)
    answer = secure.post("/login", data={"token": SCORE})
    assert "Secure" in answer.headers["set-cookie"].split("; ")
    proxied = {"x-forwarded-proto": "https"}
    browser.cookies.clear()
    answer = browser.post("/login", data={"token": SCORE}, headers=proxied)
    assert "Secure" in answer.headers["set-cookie"].split("; ")
    assert "Secure" not in cookie.split("; ")


def test_a_wrong_token_opens_nothing(browser):
    answer = log_in(browser, "wrong-token-wrong-token")
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "wrong-token" not in answer.text
    assert browser.get("/docs").status_code == 401


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "http://evil.example", "x", "/a\nb"]
)
def test_the_login_leads_to_no_other_site(browser, path):
    assert log_in(browser, path=path).headers["location"] == "/docs"


def test_a_write_with_the_cookie_needs_the_token_of_the_form(browser):
    log_in(browser)
    csrf = csrf_of(browser)
    assert browser.post("/invocations", json=BODY).status_code == 403
    assert browser.post("/invocations", json=BODY, headers={"x-csrf-token": "x"}).status_code == 403
    assert (
        browser.post("/invocations", json=BODY, headers={"x-csrf-token": csrf}).status_code == 200
    )


def test_a_form_carries_its_token_as_its_first_field(browser, trained):
    log_in(browser)
    csrf, sheet = csrf_of(browser), (trained.parent / "students.csv").read_bytes()
    path, file = "/v1/predictions/file", ("students.csv", sheet)
    assert browser.post(path, files={"file": file}).status_code == 403
    first = {"csrf_token": (None, csrf), "file": file}
    assert browser.post(path, files=first).status_code == 200
    assert browser.post(path, files=dict(reversed(first.items()))).status_code == 403


def test_the_csrf_token_of_another_session_does_not_fit(browser, guarded):
    other = TestClient(guarded.app, base_url="http://127.0.0.1:8000", follow_redirects=False)
    log_in(browser)
    log_in(other)
    headers = {"x-csrf-token": csrf_of(other)}
    assert browser.post("/invocations", json=BODY, headers=headers).status_code == 403


def test_the_cookie_gives_no_more_than_the_role_of_the_token(browser):
    log_in(browser)
    headers = {"x-csrf-token": csrf_of(browser)}
    assert browser.post("/v1/jobs", json={}, headers=headers).status_code == 403


def test_a_logout_ends_the_session_also_for_who_kept_the_cookie(browser):
    log_in(browser)
    kept, csrf = dict(browser.cookies), csrf_of(browser)
    assert browser.post("/logout", data={"csrf_token": "x"}).status_code == 403
    answer = browser.post("/logout", data={"csrf_token": csrf})
    assert answer.status_code == 303
    assert "Max-Age=0" in answer.headers["set-cookie"]
    browser.cookies.clear()
    for name, value in kept.items():
        browser.cookies.set(name, value)
    assert browser.get("/docs").status_code == 401


def test_a_session_ends_by_itself(browser, monkeypatch):
    from placement.serving.security import sessions

    log_in(browser)
    assert browser.get("/docs").status_code == 200
    later = sessions.time.monotonic() + LIFETIME + 1
    monkeypatch.setattr(sessions.time, "monotonic", lambda: later)
    assert browser.get("/docs").status_code == 401


@pytest.mark.parametrize(
    "cookie", ["x", f"{COOKIE}=", f"{COOKIE}=guess", f'{COOKIE}="', "a=b; ;;="]
)
def test_a_made_up_cookie_opens_nothing(browser, cookie):
    assert browser.get("/docs", headers={"cookie": cookie}).status_code == 401


def test_the_form_of_the_login_is_bounded(browser):
    assert log_in(browser, "x" * 10_000).status_code == 413
