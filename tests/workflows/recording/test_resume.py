"""`placement train --resume`: the same run, the same model, and what is refused."""

import json

import pytest

from placement.errors import RankLost
from placement.runtime.worker_process import InlineWorker
from placement.tracking import checkpoints as store_of_checkpoints
from placement.tracking.abandoned import PROCESS, process_name
from placement.tracking.artifacts import read_run_table
from placement.workflows.recording import checkpoints, resume, run_context
from placement.workflows.training import train as workflow

SLOW = ("--optimizer", "gd", "--epochs", "40", "--sensitive", "", "--gradcheck-every", "10")


@pytest.fixture
def sheet(students, store, monkeypatch):
    """A sheet beside an empty store; no gap between two checkpoints."""
    monkeypatch.setattr(checkpoints, "SECONDS", 0.0)
    monkeypatch.setattr(checkpoints, "_TIMES", 0)
    monkeypatch.setattr(store_of_checkpoints, "PATIENCE", 0.0)
    monkeypatch.setattr(run_context, "ProcessWorker", InlineWorker)  # a process takes seconds
    return students(store.directory.parent / "students.csv")


@pytest.fixture
def stop(run, sheet, store, monkeypatch):
    """Stop a training at an epoch; return its run."""

    def stopped(*options, at=17, by=KeyboardInterrupt, code=130):
        recorded = workflow._recorded

        def interrupted(begun, live, epoch):
            recorded(begun, live, epoch)
            if epoch.number == at:
                raise by

        with monkeypatch.context() as patch:
            patch.setattr(workflow, "_recorded", interrupted)
            done = run("train", sheet, *SLOW, *options)
        assert done.code == code
        stopped.err = " ".join(done.err.split())
        return newest(store)

    return stopped


def newest(store):
    client = store.client()
    ids = [item.experiment_id for item in client.search_experiments()]
    return client.search_runs(ids, order_by=["attributes.start_time DESC"])[0]


def curve(store, run_id):
    points = store.client().get_metric_history(run_id, "optimizer/gradient_norm")
    return [(point.step, point.value) for point in points]


def table(store, run_id):
    return read_run_table(store, run_id, "gradient_checks.json")


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def whole(run, sheet, store, tmp_path):
    """The unbroken run and the bytes of its bundle."""
    assert run("train", sheet, *SLOW, "--out", "model").code == 0
    return newest(store), bytes_of(tmp_path / "model")


def test_a_stopped_training_goes_on_in_its_run_to_the_same_model(run, stop, whole, store, tmp_path):
    unbroken, bundle = whole
    stopped = stop("--out", "other")
    assert stopped.info.status == "KILLED"
    done = run("train", "students.csv", "--resume", stopped.info.run_id, "--out", "other")
    assert done.code == 0, done.err
    assert f"going on with run {stopped.info.run_id} from epoch 17" in done.err
    assert bytes_of(tmp_path / "other") == bundle
    found, run_id = newest(store), stopped.info.run_id
    assert (found.info.run_id, found.info.status) == (run_id, "FINISHED")
    assert curve(store, run_id) == curve(store, unbroken.info.run_id)
    assert table(store, run_id) == table(store, unbroken.info.run_id)
    files = {item.path for item in store.client().list_artifacts(run_id)}
    assert "checkpoint" not in files


def test_whoever_stops_a_training_is_told_how_it_goes_on(stop):
    run_id = stop().info.run_id
    how = f"error: interrupted; with --resume {run_id} the same command goes on from where it was"
    assert how in stop.err


def test_a_training_that_lost_a_rank_was_killed_and_says_how_it_goes_on(stop):
    stopped = stop(by=RankLost("rank 0: another process is gone"), code=1).info
    assert stopped.status == "KILLED"
    assert f"with --resume {stopped.run_id} the same command goes on" in stop.err


def test_what_was_recorded_before_is_not_recorded_twice(run, stop, whole, store, monkeypatch):
    unbroken, _ = whole
    logged = workflow.Recorder.log_course

    def killed(self, *args):
        logged(self, *args)
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(workflow.Recorder, "log_course", killed)
        assert run("train", "students.csv", *SLOW).code == 6
    run_id = newest(store).info.run_id
    assert run("train", "students.csv", "--resume", run_id).code == 0
    assert curve(store, run_id) == curve(store, unbroken.info.run_id)
    assert table(store, run_id) == table(store, unbroken.info.run_id)


def test_a_training_without_a_checkpoint_starts_anew_in_its_run(
    run, stop, sheet, store, monkeypatch
):
    monkeypatch.setattr(checkpoints, "SECONDS", 1e9)
    run_id = stop().info.run_id
    assert "--resume" not in stop.err
    files = {item.path for item in store.client().list_artifacts(run_id)}
    assert files == {"settings.json"}
    done = run("train", sheet, "--resume", f"runs:/{run_id}")
    assert (done.code, newest(store).info.status) == (0, "FINISHED"), done.err
    assert "from the start" in done.err


def test_settings_that_contradict_are_named_and_those_of_the_run_are_taken(run, stop, sheet):
    run_id = stop("--l2", "2.5").info.run_id
    done = run("train", sheet, "--resume", run_id, "--l2", "1.0", "--epochs", "40", "--seed", "3")
    assert done.code == 2
    assert "--seed, --l2 differs" in done.err
    config = run("train", sheet, "--resume", run_id, "--epochs", "40", "--print-config")
    assert "l2 = 2.5\n" in config.out


def test_settings_of_the_run_hold_wherever_it_is_named(run, stop, sheet, monkeypatch):
    monkeypatch.setenv("PLACEMENT_RESUME", stop("--l2", "2.5").info.run_id)
    assert "l2 = 2.5\n" in run("train", sheet, "--print-config").out


def test_torchrun_says_of_how_many_processes_a_training_goes_on(store, monkeypatch):
    monkeypatch.setattr(resume, "read_settings", lambda _, name: (name, {"workers": 2, "l2": 2.5}))
    assert resume.resumed_config("a", {}).workers == 2
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "3")
    config = resume.resumed_config("a", {})
    assert (config.workers, config.l2) == (1, 2.5)


def test_other_rows_are_refused(run, stop, sheet, store):
    run_id = stop().info.run_id
    lines = sheet.read_text().splitlines(keepends=True)
    sheet.write_text("".join(lines[:-1]))
    done = run("train", sheet, "--resume", run_id)
    assert done.code == 3
    assert f"is not the training data of run {run_id}" in done.err
    assert newest(store).info.status == "KILLED"


def test_a_run_that_is_finished_damaged_unknown_or_alive_is_refused(run, stop, whole, sheet, store):
    unbroken, _ = whole
    client, run_id = store.client(), stop().info.run_id

    def refused(name, said):
        done = run("train", sheet, "--resume", name)
        assert done.code == 5, done.err
        assert said in done.err

    refused(unbroken.info.run_id, "is finished")
    refused("f" * 32, "no run")
    refused("students", "no run 'students'")
    client.update_run(run_id, status="RUNNING")
    client.set_tag(run_id, PROCESS, process_name())
    refused(run_id, "still goes on")
    client.set_tag(run_id, PROCESS, "another-machine:1:2:3.0")
    refused(run_id, "still goes on")
    entry = json.loads(client.get_run(run_id).data.tags[store_of_checkpoints.TAG])
    entry |= {"written": entry["written"] - 2 * store_of_checkpoints.SILENCE, "sha256": "0"}
    client.set_tag(run_id, store_of_checkpoints.TAG, json.dumps(entry))
    refused(run_id, "is damaged")


def test_a_run_that_was_taken_over_is_let_go(run, stop, sheet, store, monkeypatch):
    taken = workflow.Recorder.save_checkpoint

    def robbed(self, data):
        self.run.set_tags({PROCESS: "another"})
        return taken(self, data)

    monkeypatch.setattr(workflow.Recorder, "save_checkpoint", robbed)
    done = run("train", sheet, *SLOW)
    assert done.code == 6
    assert "another process goes on with this training's run" in done.err
    assert newest(store).info.status == "RUNNING"  # it is the other's to end


def test_a_run_that_was_taken_over_is_not_registered_by_who_began_it(
    run, sheet, store, monkeypatch
):
    logged = workflow.Recorder.log_course

    def robbed(self, *args):
        self.run.set_tags({PROCESS: "another"})
        return logged(self, *args)

    monkeypatch.setattr(workflow.Recorder, "log_course", robbed)
    monkeypatch.setattr(checkpoints, "SECONDS", 1e9)  # nothing tells it earlier
    assert run("train", sheet, *SLOW).code == 6
    assert newest(store).info.status == "RUNNING"
    assert list(store.client().search_model_versions()) == []


def test_torchruns_second_start_goes_on_with_the_run_of_the_first(
    run, stop, sheet, store, monkeypatch
):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "job-7")
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "0")
    run_id = stop().info.run_id
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    done = run("train", sheet, *SLOW)
    assert done.code == 0, done.err
    assert f"going on with run {run_id} from epoch 17" in done.err
    done = run("train", sheet, *SLOW)  # that one is finished: a run of its own
    assert "going on" not in done.err


def test_a_run_of_another_training_of_a_job_of_this_name_is_left_alone(
    run, stop, sheet, store, monkeypatch
):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "job-7")
    other = stop("--l2", "2.5").info.run_id
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    done = run("train", sheet, *SLOW)
    assert (done.code, "going on" in done.err) == (0, False), done.err
    assert newest(store).data.params["l2"] == "1.0"
    assert store.client().get_run(other).info.status == "KILLED"
