"""Move an alias between two models while a server is under load: no answer may fail or mix them.

    python scripts/move_alias.py [--seconds 30] [--moves 10] [--connections 16]

wrk (Debian: apt-get install wrk) looks at every body: it must be that of the one model or that of
the other, to the last byte. Exit 1 where one is not.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import make_large
from bench_serve import MODEL, ROOT, split_of
from client_servers import running

_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[%s]==]
local one, other = [==[%s]==], [==[%s]==]
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init(args) ones, others, wrong = 0, 0, 0 end
function response(status, headers, body)
  if status == 200 and body == one then ones = ones + 1
  elseif status == 200 and body == other then others = others + 1
  else wrong = wrong + 1 end
end
function done(summary, latency, requests)
  local errors, thread = summary.errors, threads[1]
  io.write(string.format('{"one": %%d, "other": %%d, "wrong": %%d, "lost": %%d}\\n',
    thread:get("ones"), thread:get("others"), thread:get("wrong"),
    errors.connect + errors.read + errors.write + errors.timeout))
end
"""


def answer(address: str, body: bytes) -> bytes:
    """Return what a server answers."""
    request = urllib.request.Request(
        f"{address}/invocations", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        content: bytes = response.read()
    return content


def main(words: Sequence[str] | None = None) -> int:
    """Train two models, serve their alias, and move it under load."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--moves", type=int, default=10)
    parser.add_argument("--connections", type=int, default=16)
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        table = folder / "table.csv"
        make_large.write(table, 1000)
        uri = f"sqlite:///{folder}/mlruns/mlflow.db"
        store = {"MLFLOW_TRACKING_URI": uri, "PYTHONPATH": str(ROOT)}
        for l2 in ("1", "300"):
            train = [sys.executable, "-m", "placement", "train", str(table), "--l2", l2, "-q"]
            subprocess.run(train, cwd=folder, env=os.environ | store, check=True)
        body = json.dumps({"dataframe_split": split_of(table, 50)}).encode()
        from mlflow import MlflowClient

        client = MlflowClient(uri, uri)

        def point(version: int) -> None:
            client.set_registered_model_alias("placement", "champion", str(version))

        serve = (sys.executable, "-m", "placement", "serve", "--model", MODEL, "--quiet")
        with running(*serve, health="/ping", folder=folder, **store) as address:
            bodies: list[bytes] = []
            for version in (2, 1):
                point(version)
                while (found := answer(address, body)) in bodies[:1] or _version(
                    address
                ) != version:
                    time.sleep(0.2)
                bodies.append(found)
            script = folder / "load.lua"
            script.write_text(_SCRIPT % (body.decode(), *(one.decode() for one in bodies)))
            load = [
                "wrk",
                "-t1",
                f"-c{asked.connections}",
                f"-d{asked.seconds}s",
                "-s",
                str(script),
            ]
            with subprocess.Popen(
                [*load, f"{address}/invocations"], stdout=subprocess.PIPE, text=True
            ) as process:
                for number in range(asked.moves):
                    time.sleep(asked.seconds / (asked.moves + 1))
                    point(2 - number % 2)
                out, _ = process.communicate()
    print(out.splitlines()[-1])
    counts = json.loads(out.splitlines()[-1])
    return 0 if counts["one"] and counts["other"] and not counts["wrong"] + counts["lost"] else 1


def _version(address: str) -> int:
    """Return the version that is served."""
    with urllib.request.urlopen(f"{address}/v2/models/placement", timeout=60) as response:
        return int(json.loads(response.read())["versions"][0])


if __name__ == "__main__":
    sys.exit(main())
