"""`placement runs --watch`: the queue in a terminal, drawn again and again until Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from placement.reporting.text.summaries import queue_text
from placement.tracking.runs import ensure_experiment


def test_the_queue_has_what_goes_on_then_what_waits_then_what_ended_last():
    def one(status, name, loss=None):
        metrics = {} if loss is None else {"train/loss": loss}
        return {"status": status, "name": name, "start_time": None, "metrics": metrics}

    runs = [  # the newest first
        one("SCHEDULED", "younger"),
        one("SCHEDULED", "older"),
        one("RUNNING", "going", 0.5),
        *(one("FINISHED", f"done {n}") for n in range(12)),
    ]
    heading, _, *lines = queue_text(runs, "here").splitlines()
    assert heading == "1 running, 2 waiting, 12 ended in here"
    names = [re.split(" {2,}", line.strip())[1] for line in lines]
    assert names == ["going", "older", "younger", *(f"done {n}" for n in range(10))]
    assert lines[0].split()[-1] == "0.5000"


def test_a_queue_without_a_terminal_is_shown_once(store, run):
    experiment, _ = ensure_experiment(store, "placement")
    client = store.client()
    waiting = client.create_run(experiment, run_name="train marks.csv").info.run_id
    client.update_run(waiting, status="SCHEDULED")
    shown = run("runs", "--watch")
    assert shown.code == 0
    assert shown.out.startswith("0 running, 1 waiting, 0 ended in sqlite:///")
    assert "SCHEDULED  train marks.csv" in shown.out


def test_watching_is_not_for_programs(store, run):
    refused = run("runs", "--watch", "--json")
    assert (refused.code, refused.out) == (2, "")
    assert "leave out --json" in refused.err


@pytest.mark.skipif(sys.platform == "win32", reason="there is no terminal to open there")
def test_a_terminal_shows_the_queue_until_ctrl_c(store, code_path):
    import pty

    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "placement", "runs", "--watch"]
    environment = code_path | {"TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
    process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    shown, end = b"", time.monotonic() + 120
    while shown.count(b"0 running, 0 waiting") < 2:  # it is drawn anew
        assert time.monotonic() < end, shown
        shown += os.read(ours, 65536)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    os.close(ours)
