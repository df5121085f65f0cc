"""Servers that `clients.py` starts, asks and stops: MLflow's, and a PostgreSQL below one."""

import contextlib
import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PATIENCE = 300.0  # seconds until a server must answer


class Missing(Exception):
    """A client cannot be tried here: what is not there."""


class Wrong(Exception):
    """A client does not work: how."""


def environment(python: str | Path, **more: str) -> dict[str, str]:
    """Return the environment of a command, without settings of MLflow, Python and this project.

    What it starts by name, as MLflow does uvicorn, is that of its own interpreter's environment.
    """
    prefixes = ("MLFLOW_", "PLACEMENT_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    kept["PATH"] = os.pathsep.join([str(Path(python).parent), kept["PATH"]])
    ours = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    return {**kept, **ours, **more}


@contextlib.contextmanager
def running(*command: str, health: str, folder: Path, **variables: str) -> Iterator[str]:
    """Run a server on a free port until the end of the block; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words, address = [*command, "--port", str(port)], f"http://127.0.0.1:{port}"
    log, own = folder / "server.log", environment(command[0], **variables)
    with log.open("w", encoding="utf-8") as out:
        server = subprocess.Popen(
            words, cwd=folder, env=own, stdout=out, stderr=out, start_new_session=True
        )
    try:
        end = time.monotonic() + PATIENCE
        while not _answers(f"{address}{health}"):
            if server.poll() is not None or time.monotonic() > end:
                raise Wrong(f"the server did not start: {log.read_text(encoding='utf-8')[-300:]}")
            time.sleep(0.2)
        yield address
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):  # its workers too
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(server.pid, number)
                server.wait(15)


def _answers(address: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
        return True
    return False


def post(server: str, form: str, body: bytes) -> Any:
    """Have MLflow's scoring server score rows; return what it says, or raise Wrong."""
    kind = "text/csv" if form == "CSV" else "application/json"
    asked = urllib.request.Request(f"{server}/invocations", body, {"Content-Type": kind})
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as refusal:
        said = refusal.read().decode(errors="replace")
        raise Wrong(f"{form}: HTTP {refusal.code}: {said[-300:]}") from refusal


def json_bodies(rows: Path) -> dict[str, bytes]:
    """Return a CSV in each JSON form that MLflow's scoring server takes."""
    import pandas as pd

    frame = pd.read_csv(rows)
    records = json.loads(frame.to_json(orient="records"))
    documents = {
        "dataframe_split": json.loads(frame.to_json(orient="split", index=False)),
        "dataframe_records": records,
        "instances": records,
        "inputs": {name: [record[name] for record in records] for name in frame.columns},
    }
    return {name: json.dumps({name: document}).encode() for name, document in documents.items()}


@contextlib.contextmanager
def postgresql() -> Iterator[tuple[str, str]]:
    """Run a PostgreSQL of one's own, behind a socket file; yield its URI and its version.

    It refuses to run as root: then it is the user `postgres` who runs it.
    """
    folders = (os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin")))
    control = shutil.which("pg_ctl", path=os.pathsep.join(folders))
    if control is None:
        raise Missing("PostgreSQL (on Debian: apt-get install postgresql)")
    as_root = getpass.getuser() == "root"
    user = "postgres" if as_root else getpass.getuser()
    prefix = ("runuser", "-u", user, "--") if as_root else ()
    home = tempfile.mkdtemp(prefix="clients-postgresql-")

    def run(*words: str) -> str:
        command = [*prefix, control, *words, "-D", f"{home}/data"]
        done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Wrong(f"pg_ctl {words[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    try:
        shutil.chown(home, user)
        run("initdb", "-o", "--auth=trust --no-sync")
        run("start", "-w", "-l", f"{home}/log", "-o", f"-k {home} -c listen_addresses=''")
        try:
            yield f"postgresql://{user}@/postgres?host={home}", run("--version").split()[2]
        finally:
            run("stop", "-w", "-m", "fast")
    finally:
        shutil.rmtree(home)
