"""Real processes, real signals: an interrupted training is KILLED in the store, never RUNNING."""

import copy
import signal
import subprocess
import sys
import time

import pytest

from placement.cli.console import Console
from placement.errors import Terminated
from placement.runtime.signals import check_signals, hold_signals, raise_on_signals
from placement.tracking.runs import list_runs
from placement.training.solver.optimizers import GradientDescent


@pytest.fixture(autouse=True)
def _hangups_are_not_ignored():
    """What nohup or a job in the background ignores is not handed on to a test's processes."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


# A step of the descent that waits costs the machine nothing while the run is being begun.
COMMAND = """
import sys
import time
from placement.cli import main
from placement.training.solver.optimizers import GradientDescent

step = GradientDescent.step


def unhurried(*given):
    time.sleep(0.05)
    return step(*given)


GradientDescent.step = unhurried
main(sys.argv[1:])
"""
PATIENCE = 600  # seconds: what lasts longer hangs, and is not for want of a processor
LONG = ("--optimizer", "gd", "--lr", "1e-9", "--epochs", "100000000")


def test_a_termination_ends_the_process_and_its_run_as_killed(store, students, code_path, tmp_path):
    sheet = students(tmp_path / "students.csv", rows=60)
    words = [sys.executable, "-c", COMMAND, "train", str(sheet), *LONG, "--out", "model"]
    with subprocess.Popen(
        words, cwd=tmp_path, env=code_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            _wait_until_running(store, process)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert process.returncode == 143, err.decode()
    assert b"Traceback" not in err
    assert out == b""
    _assert_killed(store, tmp_path)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
def test_a_signal_amid_a_step_ends_the_run_as_killed(
    store, students, run, monkeypatch, tmp_path, number, code
):
    step, steps = GradientDescent.step, []

    def signalled(*given):
        steps.append(given)
        if len(steps) == 3:
            signal.raise_signal(number)
        return step(*given)

    monkeypatch.setattr(GradientDescent, "step", signalled)
    sheet = students(tmp_path / "students.csv", rows=60)
    done = run("train", sheet, *LONG, "--out", "model")
    assert done.code == code, done.err
    assert len(steps) == 3
    assert "Traceback" not in done.err
    assert done.out == ""
    _assert_killed(store, tmp_path)


def _assert_killed(store, folder):
    (run,) = list_runs(store)
    assert run.status == "KILLED"
    assert not (folder / "model").exists()
    assert store.client().search_registered_models() == []


def _wait_until_running(store, process):
    """Wait until the training is under way, however busy the machine."""
    while process.poll() is None:
        if any(run.status == "RUNNING" and run.params for run in list_runs(store)):
            return
        time.sleep(0.5)
    pytest.fail(f"the process ended with {process.returncode}")


def test_a_training_that_is_killed_outright_ends_as_killed_too(
    store, students, code_path, tmp_path
):
    sheet = students(tmp_path / "students.csv", rows=60)
    words = [sys.executable, "-c", COMMAND, "train", str(sheet), *LONG, "--quiet"]
    with subprocess.Popen(words, cwd=tmp_path, env=code_path) as process:
        try:
            _wait_until_running(store, process)
        finally:
            process.kill()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and list_runs(store)[0].status == "RUNNING":
        time.sleep(0.1)
    assert [run.status for run in list_runs(store)] == ["KILLED"]


class _Garbage:
    """Something whose clearing away is interrupted by a signal."""

    def __del__(self):
        signal.raise_signal(signal.SIGTERM)


def test_a_signal_amid_clearing_away_is_raised_by_the_next_progress(capsys):
    with raise_on_signals():
        _Garbage()  # what the handler raises here is dropped by Python
        with pytest.raises(Terminated):
            Console(quiet=True).progress("training", "epochs").__enter__().update(1)
    assert capsys.readouterr().err == ""


def test_an_interrupt_that_ended_one_command_does_not_end_what_follows():
    with pytest.raises(KeyboardInterrupt), raise_on_signals():
        signal.raise_signal(signal.SIGINT)
    check_signals()


def test_a_command_that_nohup_started_outlives_its_terminal():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with raise_on_signals():
            signal.raise_signal(signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_handler_of_somebody_else_stays_and_is_asked():
    calls = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: calls.append(number))
    try:
        with raise_on_signals():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert calls == [signal.SIGTERM]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_held_signal_acts_when_the_step_is_done(number):
    done = []
    with raise_on_signals(), pytest.raises((KeyboardInterrupt, Terminated)), hold_signals():  # noqa: PT012
        signal.raise_signal(number)
        done.append("the step")
    assert done == ["the step"]


def test_a_program_that_does_not_catch_termination_leaves_with_its_exit_code(code_path):
    code = (
        "import signal; from placement.runtime.signals import raise_on_signals\n"
        "with raise_on_signals(): signal.raise_signal(signal.SIGTERM)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=code_path, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (143, b"")


def test_a_termination_that_was_ignored_for_us_ends_the_command_all_the_same():
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with raise_on_signals(), pytest.raises(Terminated):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_termination_can_be_copied_and_so_sent_between_processes():
    assert copy.copy(Terminated()).code == 143
