"""Send the same requests to `mlflow models serve` and to `placement serve`, and compare.

    python scripts/compare_servers.py [--show]

Both serve the same model, each in a process of its own. Predictions must be equal to the last bit,
and so must the status; where MLflow's server fails at a request (500), ours must refuse it.

Exit 1 where they differ; each request at which they do is printed.
"""

import argparse
import http.client
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from client_servers import running
from clients import CHAMPION, DATA, ROOT, Trial
from server_payloads import Payload, payloads, sample


@dataclass(frozen=True)
class Answer:
    """What a server said: its status, and the predictions where there are any."""

    status: int
    predictions: list[dict[str, Any]] | None


Ask = Callable[[Payload], Answer]


def answer_of(status: int, body: bytes) -> Answer:
    """Return what was said; a document with NaN is none."""
    try:
        document = json.loads(body, parse_constant=_no_constant)
    except ValueError:
        return Answer(status, None)
    return Answer(status, document.get("predictions") if type(document) is dict else None)


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def differences(ours: Ask, theirs: Ask, requests: Iterable[Payload]) -> Iterator[tuple[str, str]]:
    """Yield of each request its name, and how the answers differ: nothing where they are equal."""
    for payload in requests:
        given, expected = ours(payload), theirs(payload)
        broke_down = expected.status >= 500
        if given.status // 100 != 4 if broke_down else given.status != expected.status:
            yield payload.name, f"status {given.status}, MLflow's is {expected.status}"
        elif repr(given.predictions) != repr(expected.predictions):
            yield payload.name, "other predictions than MLflow's"
        else:
            yield payload.name, ""


def over_http(address: str) -> Ask:
    """Return what asks a server, and adds no header of its own."""
    host = urlsplit(address).netloc

    def ask(payload: Payload) -> Answer:
        kind = {} if payload.content_type is None else {"Content-Type": payload.content_type}
        connection = http.client.HTTPConnection(host, timeout=60)
        try:
            connection.request("POST", "/invocations", payload.body, kind)
            response = connection.getresponse()
            return answer_of(response.status, response.read())
        finally:
            connection.close()

    return ask


def main() -> int:
    """Compare; return 1 where the servers differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--show", action="store_true", help="name every request")
    asked = parser.parse_args()
    requests = payloads(sample(DATA, number="cgpa", words="branch"))
    found: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory(prefix="servers-") as folder:
        trial = Trial(Path(folder), venvs=None)
        store = {"MLFLOW_TRACKING_URI": trial.store}
        mlflow = ("-m", "mlflow", "models", "serve", "-m", CHAMPION, "--env-manager", "local")
        placement = ("-m", "placement", "serve", "--model", CHAMPION)
        logs = trial.folder / "theirs", trial.folder / "ours"
        for log in logs:
            log.mkdir()
        here = {**store, "PYTHONPATH": str(ROOT)}
        with (
            running(sys.executable, *mlflow, health="/ping", folder=logs[0], **store) as theirs,
            running(sys.executable, *placement, health="/ping", folder=logs[1], **here) as ours,
        ):
            compared = differences(over_http(ours), over_http(theirs), requests)
            for name, difference in compared:
                found.append((name, difference))
                if difference or asked.show:
                    print(f"{name:50} {difference or 'equal'}", flush=True)
    counts = Counter(bool(difference) for _, difference in found)
    print(f"{len(found)} requests: {counts[False]} answered alike, {counts[True]} otherwise")
    return int(counts[True] > 0)


if __name__ == "__main__":
    sys.exit(main())
