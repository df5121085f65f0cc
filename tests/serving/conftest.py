"""One small model for all: its application in this process, and what `predict` says of rows."""

import csv
import json
import random
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from placement.serving.app import create_app
from placement.serving.security.tokens import Role, Token
from placement.serving.settings import ServerSettings
from placement.workflows.scoring.predict import predict
from placement.workflows.scoring.predict_request import PredictRequest

ADDRESS = "http://127.0.0.1:8000"
SCORE, TRAIN, SEE = "a-token-that-scores", "a-token-that-trains", "a-token-that-sees"
TOKENS = (Token.of(SCORE, Role.SCORE), Token.of(TRAIN, Role.TRAIN), Token.of(SEE, Role.SEE))
NUMBERS = ("cgpa", "backlogs", "aptitude")
COLUMNS = ("stream", *NUMBERS)


@pytest.fixture(scope="session")
def settings(trained):
    """How a server of the small model is told to start, on this machine and without tokens."""
    return ServerSettings(model=str(trained))


@pytest.fixture(scope="session")
def client(settings):
    """Ask an application of the small model; none of its tests changes it."""
    with TestClient(create_app(settings), base_url=ADDRESS) as asking:
        yield asking


@pytest.fixture(scope="session")
def guarded(settings):
    """Ask an application that wants tokens."""
    told = replace(settings, tokens=TOKENS, host="192.0.2.1")
    with TestClient(create_app(told), base_url=ADDRESS) as asking:
        yield asking


@pytest.fixture
def started(settings):
    """Start an application with other settings: `with started(limits=…) as client`."""

    def start(**changes):
        app = create_app(replace(settings, **changes))
        return TestClient(app, base_url=ADDRESS)

    return start


@pytest.fixture(scope="session")
def sheet(trained, tmp_path_factory):
    """A sheet with gaps, unknown words, numbers as words, and one far from all others."""
    draw = random.Random(5)  # noqa: S311
    rows = list(csv.DictReader((trained.parent / "students.csv").read_text("utf-8").splitlines()))
    for row in rows:
        if draw.random() < 0.2:
            row[draw.choice(COLUMNS)] = ""
        if draw.random() < 0.1:
            row["stream"] = draw.choice(["Marine", " cse ", "ece"])
    rows[3]["aptitude"] = "4000"
    path = tmp_path_factory.mktemp("sheet") / "sheet.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="session")
def records(sheet):
    """The rows of the sheet as JSON has them: numbers, words, nulls."""
    rows = csv.DictReader(sheet.read_text("utf-8").splitlines())
    return [
        {
            "stream": row["stream"] or None,
            **{name: float(row[name]) if row[name] else None for name in NUMBERS},
        }
        for row in rows
    ]


@pytest.fixture(scope="session")
def expected(trained, sheet, tmp_path_factory):
    """What `placement predict` says of each row of the sheet, with reasons."""
    out = tmp_path_factory.mktemp("expected") / "out.csv"
    predict(
        PredictRequest(str(sheet), str(trained), out=str(out), reasons=True, accept_doubts=True)
    )
    rows = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    numbers = ("placement_probability", "placement_low", "placement_high")
    return [
        {
            **row,
            **{name: float(row[name]) for name in numbers},
            "notes": row["placement_notes"] or None,
        }
        for row in rows
    ]


@pytest.fixture(scope="session")
def probabilities(expected):
    """The probability of each row of the sheet."""
    return [row["placement_probability"] for row in expected]


@pytest.fixture
def log_lines(capfd):
    """Read the lines that were logged since the last call."""

    def read():
        return [json.loads(line) for line in capfd.readouterr().err.splitlines() if line[:1] == "{"]

    return read
