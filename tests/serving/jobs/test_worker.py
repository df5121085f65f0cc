"""The worker: one for a queue; it starts what waits, the oldest first, and sees to what is gone."""

import dataclasses
import json
import sys
import threading
import time

import pytest

from placement.serving.jobs.assignment import NOT_BEGUN, Assignment
from placement.serving.jobs.worker import Worker
from placement.serving.settings import WorkerOptions

# A process of a job that needs no training: it holds the lock, says so, and lives a while.
STAND_IN = """
import json, sys, time
from pathlib import Path
from placement.serving.jobs.folder import JobFolder
given = json.loads(sys.argv[1])
lock = JobFolder(Path(given["folder"])).lock(given["job"])
lock.acquire()
print(given["job"], flush=True)
time.sleep(60)
"""


@pytest.fixture
def processes(monkeypatch):
    """Have processes of another command: `processes(code)`."""

    def use(code):
        def command(self):
            return [sys.executable, "-c", code, json.dumps(dataclasses.asdict(self))]

        monkeypatch.setattr(Assignment, "command", property(command))

    return use


@pytest.fixture
def worker(queue):
    """A worker that looks when it is told; what it has started is killed in the end."""
    made = Worker(queue, WorkerOptions(jobs_at_once=2))
    yield made
    for process in made._processes.values():
        process.kill()
        process.wait()


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def statuses(queue):
    return [(run.attempt, run.status) for run in queue.runs.search()]


def test_the_oldest_are_started_and_no_more_than_may_run(queue, wanted, worker, processes):
    processes("import time; time.sleep(60)")
    runs = [queue.accept(wanted(seed=n)) for n in range(3)]
    worker._look({})
    worker._look({})
    assert list(worker._processes) == [run.run_id for run in runs[:2]]
    log = queue.folder.of_job(runs[0].job) / "log.txt"
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_process_of_a_worker_that_was_killed_counts_and_is_not_started_twice(
    queue, wanted, worker, processes
):
    processes("import time; time.sleep(60)")
    first, second, _ = (queue.accept(wanted(seed=n)) for n in range(3))
    queue.runs.claim(first, "a process of another worker")
    queue.runs.start(first)
    with queue.folder.lock(first.job), queue.folder.lock(second.job):  # that is about to claim it
        worker._look({})
        assert list(worker._processes) == []
        assert statuses(queue) == [(1, "RUNNING"), (1, "SCHEDULED"), (1, "SCHEDULED")]
    worker._look({})
    again = queue.job(first.job)  # still the oldest
    assert list(worker._processes) == [again.run_id, second.run_id]
    assert statuses(queue)[:2] == [(1, "FAILED"), (2, "SCHEDULED")]


def test_a_process_that_ends_before_it_begins_is_tried_three_times(
    queue, wanted, worker, processes
):
    processes("raise SystemExit(1)")
    job = queue.accept(wanted()).job
    for _ in range(4):
        until(lambda: all(p.poll() is not None for p in worker._processes.values()))
        worker._look(worker._ended())
    assert statuses(queue) == [(1, "FAILED"), (2, "FAILED"), (3, "FAILED")]
    assert queue.job(job).exit_code == 1


def test_a_process_that_found_its_job_taken_costs_no_attempt(queue, wanted, worker, processes):
    processes(f"raise SystemExit({NOT_BEGUN})")
    queue.accept(wanted())
    worker._look({})
    until(worker._ended)
    worker._look(worker._ended())
    assert statuses(queue) == [(1, "SCHEDULED")]


def test_a_cancelled_job_is_told_to_end_and_killed_where_it_does_not(
    queue, wanted, worker, processes, monkeypatch
):
    code = STAND_IN.replace("time.sleep(60)", "import signal; signal.pause()")
    processes("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + code)
    run = queue.accept(wanted())
    worker._look({})
    process = worker._processes[run.run_id]
    log = queue.folder.of_job(run.job) / "log.txt"
    until(lambda: log.read_text().strip() == run.job)
    queue.runs.claim(run, "its process")
    queue.runs.start(run)
    queue.cancel(run.job)
    monkeypatch.setattr("placement.serving.jobs.worker.process_id", lambda _: process.pid)
    worker._look({})
    assert process.poll() is None
    monkeypatch.setattr("placement.serving.jobs.worker._GRACE", 0.0)
    worker._look({})
    until(lambda: process.poll() is not None)
    worker._look(worker._ended())
    assert statuses(queue) == [(1, "KILLED")]


def test_a_store_that_fails_for_a_while_stops_no_worker(
    queue, wanted, worker, processes, monkeypatch, capfd
):
    processes("import time; time.sleep(60)")
    failing = [None, None]

    def settle(self, codes):
        if failing:
            failing.pop()
            raise RuntimeError("register_no 7300001")
        return settled(self, codes)

    settled = type(queue).settle
    monkeypatch.setattr(type(queue), "settle", settle)
    monkeypatch.setattr("placement.serving.jobs.worker._ORPHANS", 0.1)
    queue.accept(wanted())
    thread = threading.Thread(target=worker.run)
    thread.start()
    until(lambda: worker._processes)
    worker.stopping.set()
    thread.join()
    said = capfd.readouterr().err
    assert "queue_failed" in said
    assert "7300001" not in said


def test_a_second_worker_waits_for_the_first_and_then_takes_over(queue, wanted, processes):
    processes("import time; time.sleep(60)")
    first, second = (Worker(queue, WorkerOptions()) for _ in range(2))
    threads = [threading.Thread(target=one.run) for one in (first, second)]
    threads[0].start()
    until(lambda: queue.folder.root.joinpath("locks", "worker.lock").exists())
    time.sleep(0.5)
    threads[1].start()
    run = queue.accept(wanted())
    until(lambda: first._processes)
    assert not second._processes
    first.stopping.set()
    threads[0].join()
    first._processes[run.run_id].kill()
    first._processes[run.run_id].wait()
    until(lambda: second._processes)
    second.stopping.set()
    threads[1].join()
    for process in second._processes.values():
        process.kill()
        process.wait()
