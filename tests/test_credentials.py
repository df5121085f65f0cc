"""No password and no token in what is printed, raised or recorded."""

import json
import sys
from pathlib import Path

import pytest

import placement.cli
from placement.cli.console import Console
from placement.credentials import masked, masked_value
from placement.errors import StoreError
from placement.lessons.mlflow_log import EXPERIMENT
from placement.tracking.runs import list_runs, tracked_run
from placement.tracking.store import Store

SECRET = "hunter2-Wxy/9"  # noqa: S105
ADDRESSES = [
    "postgresql://ana:{}@db.example:5432/runs",
    "postgresql+psycopg2://ana:{}@db/runs?sslmode=require",
    "https://ana:{}@mlflow.example/",
    "https://{}-a-token-and-no-user@mlflow.example/x",
    "http://mlflow.example/api?access_token={}&x=1",
    "https://store.example/container?sv=2024&sig={}",
    "host=db user=ana password={} dbname=runs",
    "DefaultEndpointsProtocol=https;AccountKey={};x=1",
    "Authorization: Bearer {}",
    "authorization: Basic {}",
    "AWS_SECRET_ACCESS_KEY={}",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_password_is_known_by_its_form(address):
    secret = "s3cret.Word-42"  # noqa: S105
    text = masked(f"cannot open {address.format(secret)}: refused")
    assert "s3cret" not in text
    assert "***" in text
    assert text.startswith("cannot open ")
    assert text.endswith(": refused")


@pytest.mark.parametrize(
    "text",
    [
        "sqlite:////home/ana/mlruns/mlflow.db",
        "http://127.0.0.1:5000/#/models/placement@champion",
        "models:/placement@champion, ana@example.org",
        "placement train marks.csv --target Placed --l2=0 --positive 'yes'",
        "stream=CSE, cgpa=(missing), tokens=7",
        "Add a token: the bearer of 12 marks",
    ],
)
def test_what_is_no_password_stays(text):
    assert masked(text) == text


def test_an_access_key_is_known_by_its_form():
    assert masked("AKIAIOSFODNN7EXAMPLE was refused") == "AKIA*** was refused"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MLFLOW_TRACKING_PASSWORD", SECRET),
        ("MLFLOW_TRACKING_TOKEN", SECRET),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("DATABRICKS_TOKEN", SECRET),
        ("MLFLOW_TRACKING_URI", f"postgresql://ana:{SECRET}@db/runs"),
    ],
)
def test_what_the_environment_holds_is_masked_wherever_it_turns_up(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    written = (SECRET, "hunter2-Wxy%2F9", json.dumps({"x": SECRET}))
    for text in map(masked, written):
        assert "hunter2" not in text
    assert masked(f"a{SECRET}b") == f"a{SECRET}b"


def test_a_short_or_numeric_word_of_the_environment_masks_no_figures(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "12345678")
    monkeypatch.setenv("PGPASSWORD", "CSE")
    assert masked('{"row": 12345678, "stream": "CSE"}') == '{"row": 12345678, "stream": "CSE"}'


def test_a_password_that_is_a_common_word_masks_it_in_its_address_alone(monkeypatch):
    address = "postgresql://placement:placement@db/placement"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.setenv("SORT_KEY", "branch")
    used = '{"model_uri": "models:/placement/3", "next": "placement train a.csv --group branch"}'
    assert masked(used) == used
    assert masked(address) == "postgresql://placement:***@db/placement"


def test_a_value_whose_name_says_what_it_is_is_masked_whole():
    assert masked_value("db_password", "two words") == "***"
    assert masked_value("optimizer", "newton") == "newton"


def test_an_error_holds_no_password():
    error = StoreError(f"cannot open http://ana:{SECRET.replace('/', '')}@h: refused")
    assert "hunter2" not in f"{error} {error!r} {error.args}"


def test_a_store_that_does_not_answer_is_told_without_its_password(
    run, monkeypatch, trained, workdir
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ana:hunter2@127.0.0.1:9")
    sheet = trained.parent / "students.csv"
    for words in (("runs",), ("train", sheet, "-v"), ("predict", sheet), ("ui",), ("report",)):
        done = run(*words)
        assert done.code in (5, 6), done.err
        assert "hunter2" not in done.out + done.err
        assert "http://ana:***@127.0.0.1:9" in done.err


def test_the_line_to_export_asks_for_the_password(monkeypatch):
    line = Store("postgresql://ana:hunter2@db/runs", "").export_line
    assert line == (
        "export MLFLOW_TRACKING_URI='postgresql://ana:***@db/runs'  # write your password for ***"
    )
    plain = Store("postgresql://db/runs", "").export_line
    assert plain == "export MLFLOW_TRACKING_URI=postgresql://db/runs"


def test_nothing_that_is_printed_shows_a_password(run, monkeypatch, capfd, workdir):
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", SECRET)
    placement.cli.common.echo(json.dumps({"note": SECRET}))
    console = Console(verbose=True)
    console.note(f"is {SECRET}")
    console.warn_all([f"was {SECRET}"])
    with console.progress(f"reading {SECRET}", "rows") as progress:
        monkeypatch.setattr("placement.cli.console._SECONDS_BETWEEN_LINES", 0)
        progress.update(1, SECRET)
    shown = "".join(capfd.readouterr())
    assert shown.count("***") == 5
    assert "hunter2" not in shown
    settings = run("train", "--print-config", "--tag", "db_password=opensesame")
    assert 'tag = ["db_password=***"]' in settings.out
    usage = run("train", f"--no-such={SECRET}", SECRET)
    assert usage.code == 2
    assert "hunter2" not in usage.err


def test_the_trace_of_a_defect_shows_no_password(monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", SECRET)
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            error.add_note(f"at http://ana:{SECRET}@h")
            raise ValueError(f"token {SECRET}") from error
    except ValueError:
        placement.cli._say_defect(*sys.exc_info())
    shown = capsys.readouterr().err
    assert "ValueError: token ***" in shown
    assert "hunter2" not in shown


def test_the_command_prints_its_defects_that_way(monkeypatch):
    monkeypatch.setattr(placement.cli, "run", lambda _: 1 / 0)
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    with pytest.raises(ZeroDivisionError):
        placement.cli.main([])
    assert sys.excepthook is placement.cli._say_defect


def test_nothing_that_is_recorded_holds_a_password(store, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", SECRET)
    address = "https://ana:hunter2@h/x"
    tags = {"db_password": "opensesame", "origin": address}
    with tracked_run(store, EXPERIMENT, tags=tags, params={"source": SECRET}) as run:
        run.log_text(f"from {address}", "note.txt")
    (found,) = list_runs(store, EXPERIMENT)
    client = store.client()
    recorded = client.get_run(found.run_id).data
    assert recorded.tags["db_password"] == recorded.params["source"] == "***"  # noqa: S105
    assert recorded.tags["origin"] == "https://ana:***@h/x"
    path = client.download_artifacts(found.run_id, "note.txt")
    assert Path(path).read_text(encoding="utf-8") == "from https://ana:***@h/x"
