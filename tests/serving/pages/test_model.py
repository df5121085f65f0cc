import json
import re
import threading
import time

EXPORT = "/model/exports/nomogram.svg"


def test_a_chart_of_the_model_is_made_beside_the_pages_and_then_taken_away(
    started, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with started() as client:
        assert "data-poll" in client.get(EXPORT).text  # it is being made
        early = client.get(f"{EXPORT}/file", follow_redirects=False)
        assert early.headers["location"] == EXPORT
        while "data-poll" in (page := client.get(EXPORT)).text:
            time.sleep(0.2)
        assert page.status_code == 200
        address = re.search(r'class="button" href="([^"]+)"', page.text)[1]
        answer = client.get(address)
    assert answer.headers["content-disposition"] == 'attachment; filename="nomogram.svg"'
    assert "<svg" in answer.text


def test_what_waits_to_be_made_ends_with_the_server(started, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = set(threading.enumerate())
    with started() as client:
        client.get(EXPORT)
        client.get("/model/exports/model.xlsx")
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive(), thread.name


def test_a_chart_that_cannot_be_made_is_refused_on_the_page_that_waits_for_it(
    browser, tmp_path, trained, running
):
    digest = json.loads((trained / "fitted.json").read_text("utf-8"))["digest"]
    in_its_way = tmp_path / "mlruns" / "jobs" / "sheets" / f"export-{digest[:16]}"
    in_its_way.parent.mkdir(parents=True)
    in_its_way.write_text("")  # where a folder is to be
    with running(tmp_path, "serve", "--model", trained) as address:
        page = browser.new_page()
        page.goto(f"{address}{EXPORT}")
        page.get_by_role("heading", name="This was not done").wait_for(timeout=30_000)
