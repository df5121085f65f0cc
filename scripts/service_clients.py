"""Clients of a running `placement serve`: each answers as `placement predict` does, bit for bit."""

import contextlib
import csv
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from client_servers import Missing, Wrong, running

if TYPE_CHECKING:
    from clients import Trial

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data" / "students.csv"
CODE = Path(__file__).with_name("service_client_code.py")
ROWS = 1000
BLANKED = ("branch", "tenth", "twelfth", "cgpa", "active_backlogs", "aptitude")
UNSEEN = ("Astrology", "B.Voc", "தமிழ்")
Answers = list[tuple[float, int]]


def write_rows(path: Path) -> Path:
    """Write students, every fourth with a blank cell and every eighth of an unknown branch."""
    draw = random.Random(19)  # noqa: S311
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = [row for _, row in zip(range(ROWS), csv.DictReader(file), strict=False)]
    for number, row in enumerate(rows):
        if number % 4 == 0:
            row[draw.choice(BLANKED)] = ""
        if number % 8 == 1:
            row["branch"] = draw.choice(UNSEEN)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@contextlib.contextmanager
def served(trial: "Trial") -> Iterator[tuple[str, Path, Answers]]:
    """Serve the champion; yield the address, a file of rows, and what `placement predict` says."""
    rows = write_rows(trial.folder / "service.csv")
    words = ("predict", rows, "--model", "champion", "--json", "--accept-doubts")
    said = json.loads(trial.placement(*words, store=trial.store))
    expected = [(row["probability"], row["prediction"]) for row in said]
    noted = sum(row["notes"] is not None for row in said)
    if len(expected) != ROWS or noted < ROWS // 4:
        raise Wrong(f"{len(expected)} rows were predicted, {noted} with a note")
    here = {"MLFLOW_TRACKING_URI": trial.store, "PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-m", "placement", "serve", "--model", "champion")
    with running(*command, health="/v2/health/ready", folder=trial.folder, **here) as server:
        yield server, rows, expected


def check(given: Any, expected: Answers) -> None:
    """Raise Wrong where an answer is another; the bits are compared."""
    answers = [(float(probability), int(prediction)) for probability, prediction in given]
    if repr(answers) != repr(expected):
        pairs = zip(answers, expected, strict=False)
        unequal = sum(repr(ours) != repr(theirs) for ours, theirs in pairs)
        raise Wrong(f"{unequal} of {len(expected)} answers differ, {len(answers)} came")


def asks(function: str, venv: str, package: str, trial: "Trial", **arguments: Any) -> str:
    """Try a client of an environment of its own; return its version."""
    trial.python(venv)
    with served(trial) as (server, rows, expected):
        given = trial.ask(venv, function, code=CODE, server=server, rows=rows, **arguments)
        check(given, expected)
    return trial.version(venv, package)


def curl(trial: "Trial") -> str:
    """Send the file itself: to be answered in JSON, and to come back with columns appended."""
    command = shutil.which("curl")
    if command is None:
        raise Missing("curl (on Debian: apt-get install curl)")
    with served(trial) as (server, rows, expected):
        csv_type = ("-H", "Content-Type: text/csv")
        said = _curl(command, *csv_type, "--data-binary", f"@{rows}", f"{server}/invocations")
        answers = json.loads(said)["predictions"]
        names = ("placement_probability", "placement_prediction")
        check([[row[name] for name in names] for row in answers], expected)
        form = ("-F", f"file=@{rows}", "-F", "accept_doubts=true")
        lines = _curl(command, *form, f"{server}/v1/predictions/file").splitlines()
        check([[row[name] for name in names] for row in csv.DictReader(lines)], expected)
    return " ".join(_curl(command, "--version").split()[:2])


def _curl(command: str, *words: str) -> str:
    asked = [command, "--silent", "--show-error", "--fail-with-body", *words]
    done = subprocess.run(asked, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise Wrong(f"curl: exit {done.returncode}: {done.stderr}{done.stdout}"[:300])
    return done.stdout


# Each by its name, with how it is used.
SERVICE_CLIENTS = {
    "placement serve: MLflow's client": (
        "mlflow.pyfunc.scoring_server.client.ScoringServerClient(host, port).invoke(frame)",
        partial(asks, "mlflow", "plain", "mlflow"),
    ),
    "placement serve: Triton's client, binary": (
        "tritonclient.http.InferenceServerClient('localhost:8000').infer(MODEL, inputs)",
        partial(asks, "triton", "triton", "tritonclient", binary=True),
    ),
    "placement serve: Triton's client, JSON": (
        (
            "InferInput(…).set_data_from_numpy(array, binary_data=False); "
            "InferRequestedOutput(name, binary_data=False)"
        ),
        partial(asks, "triton", "triton", "tritonclient", binary=False),
    ),
    "placement serve: KServe's client": (
        "kserve.InferenceRESTClient(RESTConfig(protocol='v2')).infer(url, request, MODEL)",
        partial(asks, "kserve", "kserve", "kserve"),
    ),
    "placement serve: curl": (
        (
            "curl -H 'Content-Type: text/csv' --data-binary @FILE localhost:8000/invocations; "
            "curl -F file=@FILE localhost:8000/v1/predictions/file"
        ),
        curl,
    ),
}
