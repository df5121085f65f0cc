"""Ask a server from many connections while an alias moves: no request may fail, no answer mix two.

    python scripts/attack_load.py [--seconds 30] [--connections 16] [--moves 10]

Two versions of a model are trained whose answers differ on every row. `placement serve` follows
the alias, MLflow moves it, and each answer must be, row by row and bit for bit, what `placement
predict` says by the very version that the answer names.

Exit 1 where a request failed, an answer was another's or a move was not taken up.
"""

import argparse
import http.client
import itertools
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from client_servers import running
from clients import DATA, ROOT, Trial

ALIAS = "models:/placement@champion"
MODEL_HEADER = "x-placement-model"
Rows = list[tuple[float, int]]
Expected = Mapping[str, Rows]  # by version


@dataclass(frozen=True)
class Question:
    """A request for some of the rows, and how its answer is read: version (if said), rows."""

    name: str
    path: str
    body: bytes
    rows: slice
    read: Callable[[Any], tuple[str | None, Rows]]
    content_type: str = "application/json"


@dataclass
class Seen:
    """What the connections saw: answers by question and by version, and what was wrong."""

    answers: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def questions(sheet: Path) -> list[Question]:
    """Return requests in each of the protocols, for one row and for many."""
    import pandas as pd

    frame = pd.read_csv(sheet)
    records: list[dict[str, Any]] = json.loads(frame.to_json(orient="records"))
    everybody, found = slice(0, len(records)), []
    for rows in (slice(3, 4), everybody):
        asked = json.dumps({"dataframe_records": records[rows]}).encode()
        found.append(Question("invocations", "/invocations", asked, rows, _mlflow))
        asked = json.dumps({"records": records[rows]}).encode()
        found.append(Question("predictions", "/v1/predictions", asked, rows, _own))
        asked = json.dumps({"inputs": [_tensor(frame[name][rows]) for name in frame]}).encode()
        found.append(Question("infer", "/v2/models/placement/infer", asked, rows, _tensors))
    table = sheet.read_bytes()
    return [*found, Question("CSV", "/invocations", table, everybody, _mlflow, "text/csv")]


def _tensor(cells: Any) -> dict[str, Any]:
    numeric = cells.dtype.kind in "if"
    data = [None if cell != cell else cell for cell in cells.tolist()]  # noqa: PLR0124 - NaN
    datatype = "FP64" if numeric else "BYTES"
    return {"name": cells.name, "datatype": datatype, "shape": [len(data)], "data": data}


def _mlflow(document: Any) -> tuple[None, Rows]:
    rows = document["predictions"]
    return None, [(row["placement_probability"], row["placement_prediction"]) for row in rows]


def _own(document: Any) -> tuple[str, Rows]:
    rows = [(row["probability"], row["prediction"]) for row in document["predictions"]]
    return document["model"]["version"], rows


def _tensors(document: Any) -> tuple[str, Rows]:
    data = {output["name"]: output["data"] for output in document["outputs"]}
    return document["model_version"], list(
        zip(data["probability"], data["prediction"], strict=True)
    )


def fault_of(
    question: Question, status: int, header: str | None, body: bytes, expected: Expected
) -> str:
    """Return what is wrong with an answer, nothing where it is right."""
    if status != 200 or header is None:
        return f"{question.name}: status {status}: {body[:200]!r}"
    version = header.rpartition("/")[2]
    said, rows = question.read(json.loads(body))
    if said not in (None, version) or version not in expected:
        return f"{question.name}: version {said} in the body, {version} in the header"
    if repr(rows) != repr(expected[version][question.rows]):
        others = [name for name in expected if rows == expected[name][question.rows]]
        return f"{question.name}: not the answers of version {version}, but of {others or 'none'}"
    return ""


def ask_until(
    end: Callable[[], bool], address: str, asked: Sequence[Question], expected: Expected,
    seen: Seen, seed: int,
) -> None:  # fmt: skip
    """Ask one question after another on one connection."""
    draw, host = random.Random(seed), urlsplit(address).netloc  # noqa: S311
    connection = http.client.HTTPConnection(host, timeout=60)
    while not end():
        question = draw.choice(asked)
        try:
            kind = {"Content-Type": question.content_type}
            connection.request("POST", question.path, question.body, kind)
            answer = connection.getresponse()
            header, body = answer.headers[MODEL_HEADER], answer.read()
            fault = fault_of(question, answer.status, header, body, expected)
            seen.versions[str(header)] += 1
        except (OSError, http.client.HTTPException, ValueError, LookupError) as problem:
            fault = f"{question.name}: {problem!r}"
            connection.close()
        seen.answers[question.name] += 1
        if fault:
            seen.faults.append(fault)
    connection.close()


def attack(
    address: str, asked: Sequence[Question], expected: Expected, move: Callable[[str], None],
    *, seconds: float, connections: int, moves: int,
) -> list[Seen]:  # fmt: skip
    """Ask from many connections while the model moves; return what each of them saw."""
    over = threading.Event()
    seen = [Seen() for _ in range(connections)]
    threads = [
        threading.Thread(target=ask_until, args=(over.is_set, address, asked, expected, one, seed))
        for seed, one in enumerate(seen)
    ]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    versions = itertools.cycle(sorted(expected, reverse=True))
    for number in range(moves):
        time.sleep(max(begin + seconds * (number + 0.5) / moves - time.monotonic(), 0))
        version = next(versions)
        move(version)
    time.sleep(max(begin + seconds - time.monotonic(), 0))
    over.set()
    for thread in threads:
        thread.join()
    return seen


def main() -> int:
    """Attack; return 1 where something was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--moves", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        trial = Trial(Path(folder), venvs=None)
        expected = two_versions(trial)
        here = {"MLFLOW_TRACKING_URI": trial.store, "PYTHONPATH": str(ROOT)}
        serve = (sys.executable, "-m", "placement", "serve", "--model", ALIAS)
        with running(*serve, health="/v2/health/ready", folder=trial.folder, **here) as address:
            seen = attack(
                address, questions(trial.rows), expected, mover(trial.store),
                seconds=given.seconds, connections=given.connections, moves=given.moves,
            )  # fmt: skip
        log = (trial.folder / "server.log").read_text(encoding="utf-8").splitlines()
    taken = sum('"event":"model"' in line for line in log) - 1  # the first is that of the start
    faults = [fault for one in seen for fault in one.faults]
    answers = sum((one.answers for one in seen), Counter())
    versions = sum((one.versions for one in seen), Counter())
    print(
        f"{answers.total()} requests in {given.seconds:g} s: {dict(answers)}; by {dict(versions)}"
    )
    print(f"the alias moved {given.moves} times, {taken} were taken up; {len(faults)} faults")
    for fault in faults[:10]:
        print(f"  {fault}")
    return int(bool(faults) or taken != given.moves)


def two_versions(trial: Trial) -> dict[str, Rows]:
    """Train a second version; return what each says, which must differ on every row."""
    trial.placement("train", DATA, "--l2", "300", "--no-promote", store=trial.store)
    said = {v: trial.predicted(f"models:/placement/{v}", store=trial.store) for v in ("1", "2")}
    if any(one[0] == other[0] for one, other in zip(*said.values(), strict=True)):
        raise SystemExit("the two versions agree on a row")
    return said


def mover(store: str) -> Callable[[str], None]:
    """Return what moves the alias."""
    import mlflow

    client = mlflow.MlflowClient(store)
    return lambda version: client.set_registered_model_alias("placement", "champion", version)


if __name__ == "__main__":
    sys.exit(main())
