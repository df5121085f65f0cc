"""A run whose process was killed is ended by the next command; one that goes on is not."""

import os
import subprocess
import sys

import psutil
import pytest

from placement.tracking import abandoned
from placement.tracking.abandoned import (
    JOB,
    PROCESS,
    end_abandoned,
    process_id,
    process_name,
)
from placement.tracking.runs import ensure_experiment, list_runs, tracked_run


@pytest.fixture
def begun(store):
    """Begin a run as a process of this name, and never end it; return its id."""

    def begin(process):
        tags = {} if process is None else {PROCESS: process}
        experiment, _ = ensure_experiment(store, "placement")
        return store.client().create_run(experiment, tags=tags).info.run_id

    return begin


def status(store, run_id):
    return store.client().get_run(run_id).info.status


@pytest.fixture(scope="module")
def killed(code_path):
    """The name of a process that is gone."""
    code = "from placement.tracking.abandoned import process_name; print(process_name())"
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=code_path)
    return done.stdout.strip()


def test_the_next_run_ends_those_of_killed_processes_in_any_experiment(store, begun, killed):
    run_id = begun(killed)
    with tracked_run(store, "another"):
        pass
    assert status(store, run_id) == "KILLED"


def test_a_run_that_ended_while_it_was_looked_at_stays_as_it_ended(
    store, begun, killed, monkeypatch
):
    run_id = begun(killed)

    def ended_meanwhile(process):
        store.client().set_terminated(run_id, "FINISHED")
        return is_gone(process)

    is_gone = abandoned.is_gone
    monkeypatch.setattr(abandoned, "is_gone", ended_meanwhile)
    end_abandoned(store)
    assert status(store, run_id) == "FINISHED"


def test_a_run_that_was_taken_over_while_it_was_looked_at_goes_on(
    store, begun, killed, monkeypatch
):
    run_id = begun(killed)

    def taken_over_meanwhile(process):
        store.client().set_tag(run_id, PROCESS, process_name())
        return is_gone(process)

    is_gone = abandoned.is_gone
    monkeypatch.setattr(abandoned, "is_gone", taken_over_meanwhile)
    end_abandoned(store)
    assert status(store, run_id) == "RUNNING"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the start of a process is kept")
def test_a_process_keeps_its_name_when_the_clock_is_set(store, begun, monkeypatch):
    run_id = begun(process_name())
    began, booted = psutil.Process.create_time, psutil.boot_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: began(process) + 3600)
    monkeypatch.setattr(psutil, "boot_time", lambda: booted() + 3600)
    end_abandoned(store)
    assert status(store, run_id) == "RUNNING"


def test_a_process_that_has_the_number_of_one_that_is_gone_is_another(store, begun):
    where, number, _ = process_name().rsplit(":", 2)
    run_id = begun(f"{where}:{number}:1000000000.0")
    end_abandoned(store)
    assert status(store, run_id) == "KILLED"


@pytest.mark.parametrize(
    "process", [None, "another-host:4026531836:99999999:0.0", "garbled", "a:b:c:d"]
)
def test_a_run_of_which_nothing_can_be_known_is_left_alone(store, begun, process):
    run_id = begun(process)
    end_abandoned(store)
    assert status(store, run_id) == "RUNNING"


def test_an_attempt_at_a_job_is_left_to_its_queue(store, killed):
    experiment, _ = ensure_experiment(store, "placement")
    tags = {PROCESS: killed, JOB: "0123456789abcdef"}
    run_id = store.client().create_run(experiment, tags=tags).info.run_id
    end_abandoned(store)
    assert status(store, run_id) == "RUNNING"


def test_a_process_has_a_number_by_its_name_on_this_machine_only():
    assert process_id(process_name()) == os.getpid()
    assert process_id("another-host:4026531836:99999999:0.0") is None
    assert process_id("cancelled") is None


def test_a_run_that_goes_on_is_left_alone_and_says_who_keeps_it(store):
    with tracked_run(store, "placement") as run:
        with tracked_run(store, "placement"):
            pass
        assert status(store, run.run_id) == "RUNNING"
        assert store.client().get_run(run.run_id).data.tags[PROCESS] == process_name()
    assert status(store, run.run_id) == "FINISHED"


def test_listing_the_runs_ends_them_too(store, begun, run, killed):
    begun(killed)
    assert [found["status"] for found in run("runs", "--json").json] == ["KILLED"]
    assert [found.status for found in list_runs(store)] == ["KILLED"]
