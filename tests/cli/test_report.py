"""`placement report`: one page, one card, and the run that keeps both."""

import contextlib
import io
import json
import re
import shutil
import types
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from placement.cli import run as placement
from placement.config.train_config import TrainConfig
from placement.workflows.training.train import train


class Page(HTMLParser):
    """What a page says and where it would have to fetch something from."""

    def __init__(self, text):
        super().__init__()
        self.said, self.links, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)
        self.links += [value for name, value in attrs if name in {"src", "href"}]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag  # every element is closed, in order

    def handle_data(self, data):
        self.said.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.said))


@pytest.fixture(scope="module")
def trained_batches(tmp_path_factory):
    """Students in three batches and a model of them, made once; `batches` copies them."""
    home = tmp_path_factory.mktemp("batches")
    rng = np.random.default_rng(0)
    rows = 360
    data = pd.DataFrame(
        {
            "cgpa": rng.normal(7, 1, rows).round(2),
            "<branch> & co": rng.choice(["CSE", "ECE"], rows),
            "gender": rng.choice(["F", "M"], rows),
            "batch": np.repeat([2023, 2024, 2025], rows // 3),
        }
    )
    chance = 1 / (1 + np.exp(-2 * (data["cgpa"] - 7)))
    data["status"] = np.where(rng.random(rows) < chance, "Placed", "Not Placed")
    data.loc[rng.random(rows) < 0.1, "cgpa"] = np.nan
    data.to_csv(home / "students.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        train(["students.csv"], TrainConfig(track=False, out="model", optimizer="newton"))
    return home


@pytest.fixture
def batches(trained_batches, tmp_path, monkeypatch):
    """The students and the model in the current directory, which is not the folder of others."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(trained_batches, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture(scope="module")
def reported(trained_batches):
    """A report with the rows, made once: its page, its card and the short answer."""
    said = io.StringIO()
    with contextlib.chdir(trained_batches), contextlib.redirect_stdout(said):
        assert placement(["report", "model", "--data", "students.csv", "--out", "o/page.html"]) == 0
        page, card = (Path("o", name).read_text("utf-8") for name in ("page.html", "MODEL_CARD.md"))
    return types.SimpleNamespace(html=page, card=card, answer=" ".join(said.getvalue().split()))


def test_a_page_needs_no_network_and_says_all_that_is_known(reported):
    page = Page(reported.html)
    assert page.open == []
    assert all(link.startswith(("data:image/png;base64,", "#s")) for link in page.links)
    for title in (
        "Can its list be used, and for whom not?", "Can it be trusted?", "What it is worth",
        "Does 70 % mean 70 %?", "Are groups treated alike?",
        "Is a straight line enough?", "What it has learnt", "From chance to decision",
        "What a student can ask", "The data: what was dropped, and what was filled",
        "Were the gradients right?", "What it is for, and what must not be done with it",
    ):  # fmt: skip
        assert title in page.text, title
    assert (
        "trained on 240 students of earlier batches and tried on the 120 of batch 2025" in page.text
    )
    assert "<branch> & co=ECE" in page.text  # escaped in the file, so it is text here
    assert "its average, and a sign that it was missing" in page.text
    card = reported.card
    assert card.startswith("# Report on a model of status: who will be 'Placed'?")
    assert "\\<branch> & co=ECE" in card
    assert "data:image" not in card


def test_figures_of_the_latest_batch_are_of_a_model_that_had_not_seen_it(reported, batches):
    from placement.data.table.read_table import read_table
    from placement.training.fit import fit

    data = pd.read_csv("students.csv")
    early, late = data[data["batch"] < 2025], data[data["batch"] == 2025]
    columns = ["cgpa", "<branch> & co", "status"]
    fitted = fit(read_table(early[columns]), TrainConfig(test_size=0.0, optimizer="newton"))
    p = fitted.predict_proba(late)
    placed = (late["status"] == "Placed").to_numpy()
    loss = -np.mean(np.log(np.where(placed, p, 1 - p)))
    page = Page(reported.html).text
    start = page.index("Out of time: the same settings, trained on")
    assert re.search(rf"log-loss \d\.\d{{4}} {loss:.4f}", page[start : start + 600])
    right = f"{100 * ((p >= 0.5) == placed).mean():.0f} of 100"
    assert f"tried on the 120 students of batch 2025, it is right for {right}" in page


def test_without_data_what_only_rows_can_tell_is_said_to_be_unknown(run, batches):
    done = run("report", "model", "--json")
    document = done.json
    assert document["format"] == 1
    assert document["run_id"] is None
    result = {item["text"] for item in document["verdicts"] if item["state"] == "doubt"}
    assert "Whether a straight line is enough was not asked: give --data FILE." in result
    assert "Out of time" not in Path("report.html").read_text("utf-8")


def test_the_first_page_says_whether_the_list_can_be_used_before_any_link(reported):
    html = reported.html
    first = html.index("Its list can be used to see early who may need help")
    assert first < html.index("Not for students of another college") < html.index("<details>")
    assert html.index("<details>") < html.index("<a href") < html.index("Can it be trusted?</h2>")


def test_no_table_stands_twice(reported):
    tables = re.findall(r"<table>.*?</table>", reported.html)
    assert len(tables) > 5
    assert len(set(tables)) == len(tables)
    headings = [re.sub(r"<[^>]+>", "|", table.partition("<tbody>")[0]) for table in tables]
    assert len(set(headings)) == len(headings)


def test_the_command_answers_with_the_first_page_and_where_it_is(run, batches, reported):
    answer = reported.answer
    assert answer.startswith("✓ Its list can be used to see early who may need help")
    assert answer.endswith("Written: o/page.html, to be opened in a browser, and o/MODEL_CARD.md.")
    assert "log-loss" not in answer
    full = run("report", "model", "--data", "students.csv", "-v").out
    assert "better than the base rate" in full
    findings = run("report", "model", "--data", "students.csv", "--json").json["findings"]
    assert all(item["text"] in answer for item in findings)


def test_of_a_model_without_signal_the_first_page_says_not_to_use_it(run, batches):
    rng = np.random.default_rng(1)
    noise = pd.DataFrame({"cgpa": rng.normal(size=3000), "placed": rng.integers(0, 2, 3000)})
    noise.to_csv("noise.csv", index=False)
    run("train", "noise.csv", "--no-track", "--out", "noise", "--optimizer", "newton")
    assert run("report", "noise").out.startswith(
        "! Do not use its list: over 600 students it is no"
    )


def test_of_a_model_that_knows_the_answer_the_first_page_says_so(run, batches):
    rng = np.random.default_rng(2)
    score = rng.normal(size=3000)
    sure = pd.DataFrame({"score": score.round(3), "placed": (score > 0).astype(int)})
    sure.loc[::90, "placed"] = 1 - sure["placed"]
    sure.to_csv("sure.csv", index=False)
    done = run("train", "sure.csv", "--no-track", "--out", "sure", "--optimizer", "newton")
    assert done.code == 0, done.err
    answer = " ".join(run("report", "sure").out.split())
    assert answer.startswith("! Do not use its list yet: it is too good to be true (ROC AUC 0.99")


def test_the_run_keeps_the_page_and_its_gradient_checks_are_shown(run, store, batches):
    trained = run("train", "students.csv", "--optimizer", "newton", "--json").json
    document = run("report", trained["run_id"], "--json").json
    assert document["run_id"] == trained["run_id"]
    client = store.client()
    names = {file.path for file in client.list_artifacts(trained["run_id"])}
    assert {"report.html", "MODEL_CARD.md"} <= names
    page = Page(Path(client.download_artifacts(trained["run_id"], "report.html")).read_text())
    assert "w[cgpa]" in page.text
    checks = json.loads(
        Path(client.download_artifacts(trained["run_id"], "gradient_checks.json")).read_text()
    )
    rows = [dict(zip(checks["columns"], row, strict=True)) for row in checks["data"]]
    last = max(row["epoch"] for row in rows)
    for row in (r for r in rows if r["epoch"] == last and abs(r["manual"]) >= 1e-9):
        assert f"{row['manual']:.6f}" in page.text


def test_verdicts_turn_bad_where_the_model_is_bad(run, batches):
    rng = np.random.default_rng(1)
    noise = pd.DataFrame({"cgpa": rng.normal(size=200), "placed": rng.integers(0, 2, 200)})
    noise.to_csv("noise.csv", index=False)
    run("train", "noise.csv", "--no-track", "--out", "noise", "--optimizer", "gd", "--epochs", 2)
    document = {
        item["text"]: item["state"] for item in run("report", "noise", "--json").json["verdicts"]
    }
    assert next(s for t, s in document.items() if "do not predict the outcome" in t) == "bad"
    assert any("did not reach the optimum" in t and s == "bad" for t, s in document.items())


def test_what_is_wrong_is_told_with_its_exit_code(run, batches):
    assert run("report", "nothing-here").code == 5
    assert run("report", "model", "--data", "absent.csv").code == 3
    Path("taken").write_text("a file")
    assert run("report", "model", "--out", "taken/report.html").code == 6
