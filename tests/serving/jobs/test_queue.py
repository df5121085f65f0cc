"""A job ends once: after a crash between any two writes the next look goes on from there."""

import dataclasses
import io

import pytest

from placement.serving.jobs.queue import MOST_ATTEMPTS, JobConflict, UnknownJob, state
from placement.tracking import jobs
from placement.tracking.abandoned import JOB
from placement.tracking.jobs import JobRuns


def runs_of(queue, job):
    return [(run.attempt, run.status) for run in queue.runs.search(job=job)]


def begun(queue, run, by="the first"):
    """Have a run go on, as its process does; its lock is free as if that had been killed."""
    assert queue.runs.claim(run, by)
    queue.runs.start(run)
    return queue.runs.read(run.run_id)


def test_an_accepted_job_is_a_run_that_waits_with_all_that_is_asked(queue, wanted):
    request = wanted(l2=2.0)
    run = queue.accept(request)
    kept = queue.runs.store.client().get_run(run.run_id)
    assert kept.info.status == "SCHEDULED"
    assert kept.info.run_name == "train students.csv"
    assert kept.data.tags["placement.digest"] == request.uploads[0].digest
    assert kept.data.tags[JOB] == run.job
    assert queue.job(run.job).request == request


def test_a_key_sent_again_gives_the_same_job_and_another_job_is_refused(queue, wanted):
    run = queue.accept(wanted(key="k"))
    assert queue.accept(wanted(key="k")).job == run.job
    assert len(queue.jobs()) == 1
    with pytest.raises(JobConflict, match="choose another key"):
        queue.accept(wanted(key="k", l2=3.0))
    assert queue.accept(wanted(key="other")).job != run.job


def test_settings_beyond_what_the_store_keeps_are_refused(queue, wanted):
    with pytest.raises(jobs.UsageError, match="the store keeps 8,000"):
        queue.accept(wanted(drop=["x" * 9000]))
    assert queue.runs.search() == []


def test_a_run_that_was_not_accepted_is_swept(queue, wanted):
    half = queue.runs.add(wanted(key="k"), "0123456789abcdef", 1, 5)
    with pytest.raises(UnknownJob):
        queue.job(half.job)
    whole = queue.accept(wanted(key="k"))
    queue.settle({})
    assert [run.job for run in queue.runs.search()] == [whole.job]
    assert queue.runs.store.client().get_run(half.run_id).info.status == "KILLED"


def test_a_lost_attempt_fails_and_the_next_is_another_run(queue, wanted):
    run = begun(queue, queue.accept(wanted()))
    queue.settle({run.run_id: -9})
    assert runs_of(queue, run.job) == [(1, "FAILED"), (2, "SCHEDULED")]
    lost, following = queue.runs.search(job=run.job)
    assert lost.error == "attempt 1 of 3: its process was killed"
    assert lost.exit_code == -9
    assert (following.request, following.accepted) == (lost.request, lost.accepted)
    queue.settle({})
    assert len(queue.runs.search(job=run.job)) == 2


def test_the_third_lost_attempt_is_the_last(queue, wanted):
    job = queue.accept(wanted()).job
    for _ in range(MOST_ATTEMPTS):
        begun(queue, queue.job(job))
        queue.settle({})
    assert runs_of(queue, job) == [(1, "FAILED"), (2, "FAILED"), (3, "FAILED")]
    assert state(queue.job(job)) == "FAILED"


def test_a_lock_that_is_held_is_respected_until_it_is_let_go(queue, wanted):
    run = begun(queue, queue.accept(wanted()))
    with queue.folder.lock(run.job):
        queue.settle({})
        assert runs_of(queue, run.job) == [(1, "RUNNING")]
    queue.settle({})
    assert runs_of(queue, run.job) == [(1, "FAILED"), (2, "SCHEDULED")]


def test_a_run_that_was_claimed_and_not_begun_is_lost_as_well(queue, wanted):
    run = queue.accept(wanted())
    assert queue.runs.claim(run, "the first")
    assert not queue.runs.claim(run, "the second")
    queue.settle({})
    assert runs_of(queue, run.job) == [(1, "FAILED"), (2, "SCHEDULED")]


def test_a_job_that_waits_is_ended_at_once_and_begun_by_nobody(queue, wanted):
    run = queue.cancel(queue.accept(wanted()).job)
    assert run.status == "KILLED"
    assert not queue.runs.claim(run, "somebody")
    with pytest.raises(JobConflict, match="is over"):
        queue.cancel(run.job)


def test_a_job_that_goes_on_is_ended_when_its_process_is_gone(queue, wanted):
    run = begun(queue, queue.accept(wanted()))
    assert queue.cancel(run.job).cancelled
    with queue.folder.lock(run.job):
        queue.settle({})
        assert runs_of(queue, run.job) == [(1, "RUNNING")]
    queue.settle({})
    assert runs_of(queue, run.job) == [(1, "KILLED")]


def test_a_lost_attempt_of_a_cancelled_job_is_not_tried_again(queue, wanted, monkeypatch):
    run = begun(queue, queue.accept(wanted()))
    with monkeypatch.context() as patch:
        patch.setattr(type(queue), "_try_again", lambda *_: None)
        queue.settle({})
    assert state(queue.job(run.job)) == "SCHEDULED"  # it is to be tried again
    assert queue.cancel(run.job).status == "KILLED"
    queue.settle({})
    assert runs_of(queue, run.job) == [(1, "KILLED")]


def test_a_process_that_ends_before_it_begins_counts_as_an_attempt(queue, wanted):
    run = queue.accept(wanted())
    queue.give_up(run, "the worker", 1)
    queue.settle({})
    assert runs_of(queue, run.job) == [(1, "FAILED"), (2, "SCHEDULED")]


class Killed(BaseException):
    """The process is killed here."""


WRITES = ("add", "schedule", "claim", "start", "end", "mark_lost", "mark_cancelled", "discard")


def killed_at(queue, write, *, before):
    """The queue of a process that is killed at its n-th write, before or after it."""
    left = [write]

    def dying(name):
        method = getattr(JobRuns, name)

        def call(self, *args, **named):
            left[0] -= 1
            if left[0] == 0 and before:
                raise Killed
            result = method(self, *args, **named)
            if left[0] == 0:
                raise Killed
            return result

        return call

    kind = type("Dying", (JobRuns,), {name: dying(name) for name in WRITES})
    return dataclasses.replace(queue, runs=kind(queue.runs.store, queue.runs.queue)), left


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("lost", [1, MOST_ATTEMPTS])
def test_settling_may_be_killed_at_any_write(queue, wanted, before, lost):
    for write in range(1, 10):
        job = queue.accept(wanted(seed=write)).job
        for _ in range(lost - 1):
            begun(queue, queue.job(job))
            queue.settle({})
        begun(queue, queue.job(job))
        dying, left = killed_at(queue, write, before=before)
        try:
            dying.settle({})
        except Killed:
            queue.settle({})
            queue.settle({})
        following = [] if lost == MOST_ATTEMPTS else [(lost + 1, "SCHEDULED")]
        expected = [*((n, "FAILED") for n in range(1, lost + 1)), *following]
        assert runs_of(queue, job) == expected, write
        queue.cancel(job) if following else None
        if left[0] > 0:
            break
    assert write > (1 if lost == MOST_ATTEMPTS else 4)  # so many writes were cut off


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_accepting_may_be_killed_at_any_write_and_the_key_sent_again(queue, wanted, before):
    for write in (1, 2):
        dying, _ = killed_at(queue, write, before=before)
        with pytest.raises(Killed):
            dying.accept(wanted(key=f"k{write}"))
        run = queue.accept(wanted(key=f"k{write}"))
        queue.settle({})
        assert [one.job for one in queue.runs.search(key=f"k{write}")] == [run.job]
        assert state(queue.job(run.job)) == "SCHEDULED"


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("goes_on", [True, False], ids=["goes on", "waits"])
def test_ending_a_job_may_be_killed_at_any_write_and_asked_again(queue, wanted, before, goes_on):
    for write in range(1, 4):
        run = queue.accept(wanted(seed=write))
        if goes_on:
            begun(queue, run)
        dying, _ = killed_at(queue, write, before=before)
        try:
            dying.cancel(run.job)
        except Killed:
            if state(queue.job(run.job)) != "KILLED":
                queue.cancel(run.job)
        queue.settle({})
        assert [status for _, status in runs_of(queue, run.job)] == ["KILLED"], write


def test_the_files_of_a_job_are_removed_when_asked_once_it_is_over(queue, wanted):
    request = wanted()
    first, second = queue.accept(request), queue.accept(request)
    with pytest.raises(JobConflict, match="is SCHEDULED: end it first"):
        queue.remove_files(first.job)
    queue.cancel(first.job)
    assert queue.remove_files(first.job).removed
    path = queue.folder.upload(request.uploads[0].digest)
    assert path.exists()  # the other job needs it
    queue.cancel(second.job)
    queue.remove_files(second.job)
    assert not path.exists()
    assert queue.document(queue.job(second.job))["files"] == []


def test_files_are_kept_for_a_time_and_those_of_jobs_that_wait_for_ever(queue, wanted):
    over, waiting = queue.accept(wanted("a,b\n1,2\n")), queue.accept(wanted("a,b\n3,4\n"))
    results = queue.folder.of_job(over.job)
    results.mkdir()
    (results / "result.json").write_text("{}")
    queue.cancel(over.job)
    queue.remove_old(3600)
    assert queue.document(queue.job(over.job))["files"] == ["result.json"]
    queue.remove_old(-1)
    kept = [queue.folder.upload(r.request.uploads[0].digest).exists() for r in (over, waiting)]
    assert kept == [False, True]
    assert not results.exists()
    assert queue.job(over.job).removed


def test_an_upload_that_was_removed_meanwhile_is_asked_for_again(queue, wanted):
    request = wanted()
    queue.folder.upload(request.uploads[0].digest).unlink()
    with pytest.raises(JobConflict, match="was removed meanwhile: send it again"):
        queue.accept(request)
    queue.folder.store_upload("data", "x", io.BytesIO(b"cgpa,status\n7,Placed\n"))
    assert queue.accept(request).status == "SCHEDULED"
