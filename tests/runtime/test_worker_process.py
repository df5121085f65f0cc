"""A worker in a process of its own answers in order, tells of errors, and notices a death."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from placement.errors import StoreError
from placement.runtime.worker_process import InlineWorker, ProcessWorker


class Clerk:
    """Counts, complains, and leaves a note behind when it is abandoned."""

    def __init__(self):
        self.count = 0
        self.will = None

    def warm_up(self):
        pass

    def add(self, number):
        self.count += number
        return self.count

    def chat(self):
        sys.stdout.write("so many words\n")
        os.write(1, b"and more of them\n")
        return os.getpid()

    def refuse(self):
        raise StoreError("no such store")

    def stumble(self):
        raise ZeroDivisionError("one too few")

    def sleep(self, seconds):
        time.sleep(seconds)

    def leave(self, path):
        self.will = path

    def terminate(self):
        if self.will:
            Path(self.will).write_text("abandoned")


@pytest.fixture(params=[InlineWorker, ProcessWorker])
def clerk(request):
    made = request.param(Clerk)
    yield made
    made.close()


@pytest.fixture
def worker():
    made = ProcessWorker(Clerk)
    yield made
    made.close()


def test_it_keeps_what_it_knows_and_answers_in_order(clerk):
    result = [clerk.submit(Clerk.add, number) for number in (1, 10, 100)]
    assert [answer.result() for answer in result] == [1, 11, 111]
    assert clerk.was_used


def test_an_error_of_ours_comes_as_it_is_and_the_next_question_is_answered(clerk):
    refused, added = clerk.submit(Clerk.refuse), clerk.submit(Clerk.add, number=2)
    with pytest.raises(StoreError, match="no such store"):
        refused.result()
    assert added.result() == 2


def test_a_defect_in_the_process_brings_its_trace_along(worker):
    with pytest.raises(RuntimeError, match="ZeroDivisionError: one too few") as caught:
        worker.submit(Clerk.stumble).result()
    assert "in stumble" in caught.value.__notes__[0]


def test_it_is_another_process_whose_prints_do_not_garble_its_answers(capfd):
    worker = ProcessWorker(Clerk)
    assert worker.submit(Clerk.chat).result() != os.getpid()
    assert worker.submit(Clerk.add, 1).result() == 1
    worker.close()
    result = capfd.readouterr()
    assert result.out == ""
    assert "and more of them" in result.err


def test_a_long_question_does_not_wait_for_a_busy_worker(worker):
    busy = worker.submit(Clerk.sleep, 1.0)
    worker.submit(Clerk.leave, "x" * 10_000_000)  # far more than a pipe holds
    last = worker.submit(Clerk.leave, None)
    assert not busy.done()
    last.result()


def test_if_it_dies_whoever_waits_is_told(worker):
    waiting = worker.submit(Clerk.sleep, 60)
    threading.Timer(0.5, worker._process.kill).start()
    with pytest.raises(RuntimeError, match="ended with code"):
        waiting.result(timeout=30)
    with pytest.raises(RuntimeError, match="ended with code"):
        worker.submit(Clerk.add, 1).result(timeout=30)


def test_dismissed_it_tidies_up(tmp_path):
    made = ProcessWorker(Clerk)
    made.submit(Clerk.leave, str(tmp_path / "note"))
    made.close()
    assert (tmp_path / "note").read_text() == "abandoned"


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to send to another process there")
def test_a_signal_meant_for_all_does_not_stop_it(worker):
    pid = worker.submit(Clerk.chat).result()
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(pid, number)
    assert worker.submit(Clerk.add, 1).result(timeout=30) == 1
    assert os.getpgid(pid) != os.getpgid(0)
