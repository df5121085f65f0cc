"""`--workers` and torchrun by their command lines: the same answer, and an end when one is lost."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from placement.training import launch

ROOT = Path(__file__).parents[2]
STUDENTS = ROOT / "data" / "students.csv"
PLACEMENT = (sys.executable, "-m", "placement", "train", STUDENTS, "--no-track")
ENDLESS = ("--optimizer", "gd", "--lr", "1e-9", "--epochs", "100000000", "--rank-timeout", "30")


def environment(folder):
    return {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder)}


def output(folder, *words):
    command = [*map(str, PLACEMENT), *words]
    done = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_workers_answer_as_one_process_does(tmp_path, monkeypatch):
    """Of 1,500 rows in one chunk, two of three ranks have none."""
    odd = tmp_path / "100 % #1?"
    odd.mkdir()
    monkeypatch.setenv("TMPDIR", str(odd))
    shown = [output(tmp_path, "--json", "--stream", "--workers", n) for n in ("1", "3")]
    (code, alone, _), (code_of_three, three, told) = shown
    assert (code, code_of_three) == (0, 0), told
    assert json.loads(three) == json.loads(alone)
    assert told.count("warning") == shown[0][2].count("warning")


def test_an_error_of_every_rank_is_told_once_with_its_own_code(tmp_path):
    code, shown, told = output(tmp_path, "--workers", "2", "--target", "nothing")
    assert (code, shown, told.count("error: ")) == (3, "", 1)
    assert "there is no column 'nothing'" in told


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--workers", "0"), "must be 1 or more"),
        (("--workers", "2", "--keep-cache"), "is for one process"),
        (("--workers", "2", "--test", "-"), "is read once"),
    ],
)
def test_what_one_process_alone_can_do_is_refused(run, words, why):
    refused = run("train", str(STUDENTS), *words)
    assert refused.code == 2
    assert why in refused.err


def ranks_of(launcher, log):
    """Return the processes of a launcher by rank, once they train."""
    while "training:" not in log.read_text():
        assert launcher.poll() is None, log.read_text()
        time.sleep(0.1)
    children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split()
    environments = {int(n): Path(f"/proc/{n}/environ").read_text() for n in children}
    found = {n: re.search(r"\0RANK=(\d+)", text) for n, text in environments.items()}
    return {int(rank[1]): number for number, rank in found.items() if rank}


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes by /proc")
@pytest.mark.parametrize(
    ("victim", "by", "code", "told"),
    [
        (1, signal.SIGKILL, 1, r"error: rank 1 of 2 was killed by SIGKILL"),
        (None, signal.SIGTERM, 143, r"error: terminated"),
    ],
)
def test_when_one_process_ends_all_do_with_a_message(tmp_path, victim, by, code, told):
    log = tmp_path / "log"
    with log.open("w") as output:
        launcher = subprocess.Popen(
            [*map(str, PLACEMENT), *ENDLESS, "--workers", "2"],
            cwd=tmp_path, env=environment(tmp_path), stdout=output, stderr=output,
        )  # fmt: skip
    numbers = ranks_of(launcher, log)
    os.kill(launcher.pid if victim is None else numbers[victim], by)
    assert launcher.wait(timeout=60) == code
    assert re.search(told, log.read_text())
    assert "Traceback" not in log.read_text()
    assert not any(Path(f"/proc/{number}").exists() for number in numbers.values())


def ended(code):
    return subprocess.Popen([sys.executable, "-c", code])


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills itself by SIGKILL")
@pytest.mark.parametrize(
    ("codes", "cause"),
    [
        (("raise SystemExit(3)", "import os; os.kill(os.getpid(), 9)"), (1, -9)),
        (("raise SystemExit(3)", "import time; time.sleep(60)"), (0, 3)),
        (("pass", "pass"), (0, 0)),
    ],
)
def test_a_rank_that_was_killed_is_the_cause_of_those_that_end_with_it(codes, cause):
    processes = [ended(code) for code in codes]
    for process, code in zip(processes, codes, strict=True):
        if "sleep" not in code:
            process.wait()
    assert launch._wait(processes) == cause
    launch._end(processes, 0.0)
    assert all(process.poll() is not None for process in processes)


def test_a_rank_that_ignores_the_signal_to_end_is_killed(monkeypatch):
    monkeypatch.setattr(launch, "_TERMINATION_SECONDS", 0.2)
    stubborn = ended(
        "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    )
    time.sleep(0.5)  # until it ignores it
    launch._end([stubborn], 0.0)
    assert stubborn.poll() in (-signal.SIGKILL, -signal.SIGTERM)
