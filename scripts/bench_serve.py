"""Put load on a scoring server with wrk, and read what it measured: requests/s and the p99.

wrk is a program of its own (Debian: apt-get install wrk). It runs beside the server it loads, on
the same machine: what a small machine answers is less than what the server could.
"""

import csv
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from client_servers import running

ROOT = Path(__file__).resolve().parents[1]
MODEL = "models:/placement@champion"
CONNECTIONS = 8
_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[%s]==]
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('{"requests": %%d, "microseconds": %%d, "p99": %%f, "failed": %%d}\\n',
    summary.requests, summary.duration, latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


@dataclass(frozen=True)
class Load:
    """What a server did under load: seconds a request, and the 99th percentile of their times."""

    seconds: float
    p99: float


@dataclass(frozen=True)
class Contest:
    """Two servers of one model, MLflow's and placement's, and bodies of one and of many rows."""

    mlflow: str
    placement: str
    one: Path
    many: Path


def contest(stack: ExitStack, folder: Path, table: Path, python: str, rows: int) -> Contest:
    """Start both servers on the model that was trained in a folder."""
    if shutil.which("wrk") is None:
        raise SystemExit("serve needs wrk (on Debian: apt-get install wrk)")
    store = {"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlruns/mlflow.db", "PYTHONPATH": str(ROOT)}
    theirs = ("-m", "mlflow", "models", "serve", "-m", MODEL, "--env-manager", "local")
    ours = ("-m", "placement", "serve", "--model", MODEL, "--quiet")
    servers = [
        stack.enter_context(running(python, *words, health="/ping", folder=_made(there), **store))
        for words, there in (((*theirs, "--workers", "1"), folder / "a"), (ours, folder / "b"))
    ]
    record = next(_records(table, 1))
    return Contest(
        *servers,
        one=_script(folder / "one.lua", {"dataframe_records": [record]}),
        many=_script(folder / "many.lua", {"dataframe_split": split_of(table, rows)}),
    )


def load(address: str, script: Path, seconds: int) -> Load:
    """Ask a server as fast as it answers, for some seconds."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "60s", "-s", script]
    done = subprocess.run(
        [*map(str, command), f"{address}/invocations"], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    if found["failed"] or not found["requests"]:
        raise SystemExit(f"{address}: {found['failed']} of {found['requests']} requests failed")
    return Load(found["microseconds"] / 1e6 / found["requests"], found["p99"] / 1e6)


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _records(table: Path, rows: int) -> Iterator[dict[str, Any]]:
    """Yield the first rows of a table as JSON has them; fewer where it has fewer."""
    with table.open(encoding="utf-8", newline="") as file:
        for _, row in zip(range(rows), csv.DictReader(file), strict=False):
            yield {name: _cell(cell) for name, cell in row.items()}


def _cell(cell: str) -> float | str | None:
    try:
        return float(cell)
    except ValueError:
        return cell or None


def split_of(table: Path, rows: int) -> Mapping[str, Any]:
    """Return the first rows of a table as `dataframe_split`."""
    records = list(_records(table, rows))
    return {"columns": list(records[0]), "data": [list(record.values()) for record in records]}


def _script(path: Path, document: Mapping[str, Any]) -> Path:
    path.write_text(_SCRIPT % json.dumps(document), encoding="utf-8")
    return path
