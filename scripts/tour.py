"""Run the commands of the README for cog, so that it shows what really comes out.

What differs from run to run (ids, dates, this machine's folders) is written as a reader would
see it in a folder of their own.
"""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(tempfile.mkdtemp(prefix="tour-"))
shutil.copytree(ROOT / "data", HERE / "data")

# Greene, Econometric Analysis: the effect of a teaching method on grades (Spector and Mazzeo 1980)
SPECTOR = {"(intercept)": -13.021, "GPA": 2.826, "TUCE": 0.095, "PSI": 2.379}
SERVERS: list["subprocess.Popen[str]"] = []
NOTHING = slice(0)  # runs a command that the page does not show


def show(command: str, lines: slice = slice(None)) -> None:
    """Print a command and what it prints, standard error included, as a fenced block."""
    ran = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=HERE,
        env={**os.environ, "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    text = _settled(ran.stdout)
    if "predict" in command:  # the last digits of a chance are the processor's
        text = re.sub(r"\b(0\.\d{6})\d{6,}", r"\1…", text)
    output = text.splitlines()[lines]
    if lines == NOTHING:
        return
    print("```console", f"$ {command}", *output, "```", sep="\n")


def _settled(text: str) -> str:
    text = text.replace(str(HERE), "/home/you").replace(shlex.quote(str(HERE)), "/home/you")
    text = re.sub(r"[0-9a-f]{32}", "8ebd7c1fa6f84dd0a5d2d5c8ff8b8a3a", text)
    text = re.sub(r'(?<=")[0-9a-f]{16}(?=")', "171983b9e23e054d", text)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:]+(\+00:00)?", "2026-11-24T09:30:00+00:00", text)


def published() -> None:
    """Print published coefficients beside those of this program, as a table."""
    from statsmodels.datasets import spector

    from placement import TrainConfig, fit, read_table

    table = read_table(spector.load_pandas().data, target="GRADE")
    fitted = fit(table, TrainConfig(l2=0.0, test_size=0.0))
    ours = {row.feature: row.coefficient for row in fitted.coefficients}
    ours["(intercept)"] = fitted.natural_intercept
    print("| coefficient | published | `placement` |", "|---|---|---|", sep="\n")
    for name, value in SPECTOR.items():
        print(f"| {name} | {value} | {np.round(ours[name], 4):.4f} |")


def start(command: str) -> None:
    """Start a server as the commands are run, and wait until it says its address."""
    server = subprocess.Popen(
        shlex.split(command), cwd=HERE, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    SERVERS.append(server)
    for line in server.stderr or ():
        if "serving at" in line:
            break
    # Whatever it says later must not fill the pipe.
    threading.Thread(target=lambda: [None for _ in server.stderr or ()], daemon=True).start()


def close() -> None:
    """End the servers, and remove the folder that the commands ran in."""
    for server in SERVERS:
        server.terminate()
        server.wait()
    with contextlib.suppress(OSError):
        shutil.rmtree(HERE)
