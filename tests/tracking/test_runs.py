import itertools
import json
import math
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

import placement
from placement.errors import StoreError, Terminated
from placement.runtime.signals import hold_signals
from placement.tracking.abandoned import JOB, PROCESS
from placement.tracking.checkpoints import is_ours
from placement.tracking.dataset import DataSet
from placement.tracking.limits import metric_names, thinned_points, without_plateaus
from placement.tracking.runs import (
    NestedRun,
    TrackedRun,
    ensure_experiment,
    list_runs,
    run_of_another,
    tracked_run,
)


def status_of(store):
    return [info.status for info in list_runs(store)]


def test_a_run_records_parameters_tags_series_and_files(store, tmp_path):
    picture = tmp_path / "loss.png"
    picture.write_bytes(b"\x89PNG")
    params = {f"p{k}": k for k in range(150)} | {"long": "x" * 7000}
    with tracked_run(
        store, "placement", "first", tags={"seed": 3, "team": "cell"}, params=params
    ) as run:
        run.log_metrics({"brier": 0.25, "roc_auc": None, "w[cgpa]": math.inf})
        run.log_table([{"parameter": "w", "abs_error": 1e-9}], "gradient_checks.json")
        run.log_artifact(picture, "figures")
        run.log_text("<b>ok</b>", "report.html")
    client = store.client()
    logged = client.get_run(run.run_id)
    assert len(logged.data.params) == 151
    assert len(logged.data.params["long"]) == 6000
    assert logged.data.metrics == {"brier": 0.25}
    assert logged.data.tags["seed"] == "3"
    assert logged.data.tags["team"] == "cell"
    assert logged.data.tags["version.placement"] == placement.__version__
    assert logged.data.tags["version.mlflow"]
    assert logged.data.tags["machine"]
    files = {f.path for f in client.list_artifacts(run.run_id)}
    assert files == {"figures", "gradient_checks.json", "report.html"}
    table = json.loads(
        Path(client.download_artifacts(run.run_id, "gradient_checks.json")).read_text()
    )
    assert table == {"columns": ["parameter", "abs_error"], "data": [["w", 1e-9]]}
    (info,) = list_runs(store, "placement")
    assert (info.run_id, info.name, info.status) == (run.run_id, "first", "FINISHED")
    assert info.start_time.endswith("+00:00")
    assert list_runs(store, "another") == []


def test_a_long_series_is_thinned_with_both_ends_and_gaps_are_left_out(store):
    points = [(k, 1.0 / (k + 1)) for k in range(10_000)]
    with tracked_run(store, "placement") as run:
        run.log_series({"loss": points, "held_out": [(1, None), (2, float("nan")), (3, 0.5)]})
    history = store.client().get_metric_history(run.run_id, "loss")
    steps = sorted(metric.step for metric in history)
    assert len(steps) <= 1000
    assert steps[0] == 0
    assert steps[-1] == 9999
    assert max(b - a for a, b in itertools.pairwise(steps)) <= 11
    assert [m.step for m in store.client().get_metric_history(run.run_id, "held_out")] == [3]


def test_a_run_stays_that_of_its_process_though_its_start_is_told_differently(store, monkeypatch):
    began = psutil.Process.create_time
    with tracked_run(store, "placement") as run:
        monkeypatch.setattr(psutil.Process, "create_time", lambda process: began(process) + 0.2)
        assert is_ours(run)
        run.set_tags({PROCESS: "another"})
        assert not is_ours(run)


def test_of_a_level_stretch_the_ends_are_enough():
    levels = [(0, 1.0), (1, 1.0), (2, 1.0), (3, 2.0), (4, 1.0), (5, 1.0)]
    assert without_plateaus(levels) == [(0, 1.0), (2, 1.0), (3, 2.0), (4, 1.0), (5, 1.0)]
    assert without_plateaus([(7, 0.5)]) == [(7, 0.5)]
    assert without_plateaus([]) == []


def test_a_short_series_is_left_whole_and_thinning_repeats_no_point():
    assert thinned_points([1, 2, 3]) == [1, 2, 3]
    assert len(set(thinned_points(range(1001)))) == 1000


def test_names_mlflow_refuses_are_respelled_without_colliding():
    assert metric_names(["w[cgpa]", "w(cgpa)", "loss"]) == {
        "w[cgpa]": "w_cgpa_",
        "w(cgpa)": "w_cgpa__2",
        "loss": "loss",
    }


def test_a_data_set_is_logged_with_digest_and_columns_and_without_a_row(store):
    with tracked_run(store, "placement") as run:
        columns = {"cgpa": "number", "branch": "category"}
        run.log_dataset(DataSet("students", "ab" * 32, columns, 1500, "training", "students.csv"))
    logged = store.client().get_run(run.run_id)
    (entry,) = logged.inputs.dataset_inputs
    assert entry.dataset.digest == ("ab" * 32)[:36]
    assert logged.data.tags["data_digest.training"] == "ab" * 32
    columns = json.loads(entry.dataset.schema)["mlflow_colspec"]
    assert [(c["name"], c["type"]) for c in columns] == [("cgpa", "double"), ("branch", "string")]
    assert json.loads(entry.dataset.profile) == {"num_rows": 1500}


@pytest.mark.parametrize(
    ("error", "status"),
    [(ValueError, "FAILED"), (KeyboardInterrupt, "KILLED"), (SystemExit, "KILLED")],
)
def test_a_run_ends_as_what_stopped_it(store, error, status):
    with pytest.raises(error), tracked_run(store, "placement"):
        raise error
    assert status_of(store) == [status]


def test_a_store_that_fails_midway_does_not_hide_the_error(store, monkeypatch):
    def broken(self):
        raise OSError("no space left on device")

    with pytest.raises(ZeroDivisionError) as caught, tracked_run(store, "placement"):  # noqa: PT012
        monkeypatch.setattr(TrackedRun, "client", property(broken))
        raise ZeroDivisionError
    assert "no space left on device" in caught.value.__notes__[0]


def test_a_store_that_fails_while_logging_is_a_store_error_that_names_it(store, monkeypatch):
    def broken(self):
        raise OSError("no space left on device")

    said = r"cannot log metrics at sqlite:///.*no space left"
    with (  # noqa: PT012
        pytest.raises(StoreError, match=said) as caught,
        tracked_run(store, "placement") as run,
        monkeypatch.context() as patch,
    ):
        patch.setattr(TrackedRun, "client", property(broken))
        run.log_metrics({"brier": 0.1})
    assert caught.value.exit_code == 6
    assert status_of(store) == ["FAILED"]


@pytest.mark.skipif(os.name == "nt", reason="no SIGHUP there")
@pytest.mark.parametrize(
    ("name", "error"),
    [("SIGINT", KeyboardInterrupt), ("SIGHUP", Terminated), ("SIGTERM", Terminated)],
)
def test_a_signal_leaves_its_run_killed(store, name, error):
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup would have it ignored
    try:
        with pytest.raises(error), tracked_run(store, "placement"):
            signal.raise_signal(getattr(signal, name))
    finally:
        signal.signal(signal.SIGHUP, before)
    assert status_of(store) == ["KILLED"]


def test_a_signal_that_is_held_acts_when_the_step_is_done():
    steps = []
    with pytest.raises(KeyboardInterrupt), hold_signals():  # noqa: PT012
        signal.raise_signal(signal.SIGINT)
        steps.append("done")
    assert steps == ["done"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nothing_of_tracking_imports_mlflow_or_torch_until_it_is_used():
    code = textwrap.dedent("""
        import sys, pkgutil, importlib, placement.tracking
        for module in pkgutil.iter_modules(placement.tracking.__path__):
            importlib.import_module("placement.tracking." + module.name)
        watched = {"mlflow", "torch", "pandas", "sqlalchemy"}
        print(sorted(watched & set(sys.modules)))
        import sqlalchemy
        print(sorted(watched & set(sys.modules)))
    """)
    env = {**os.environ, "PYTHONPATH": str(Path(placement.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True
    )
    assert done.stdout.splitlines() == ["[]", "['sqlalchemy']"]  # and the check can fail


def test_a_data_set_that_another_run_records_at_the_same_moment_is_recorded_once(
    store, monkeypatch
):
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    right, raised = MlflowClient.log_inputs, []

    def first_fails(*args, **named):
        if not raised:
            raised.append(True)
            raise MlflowException("UNIQUE constraint failed: datasets.experiment_id")
        return right(*args, **named)

    monkeypatch.setattr(MlflowClient, "log_inputs", first_fails)
    with tracked_run(store, "placement") as run:
        run.log_dataset(DataSet("s", "ab" * 32, {"cgpa": "number"}, 9, "training", "s.csv"))
    assert raised
    assert len(store.client().get_run(run.run_id).inputs.dataset_inputs) == 1


def test_a_resumed_run_is_written_to_and_left_to_whoever_began_it(store):
    experiment, _ = ensure_experiment(store, "placement")
    run_id = store.client().create_run(experiment, tags={JOB: "a job"}).info.run_id
    with run_of_another(store, run_id, tags={"seed": "3"}, params={"l2": 1.0}) as run:
        run.log_metrics({"brier": 0.25})
        assert run.job == "a job"
    kept = store.client().get_run(run_id)
    assert kept.info.status == "RUNNING"
    assert (kept.data.params, kept.data.metrics) == ({"l2": "1.0"}, {"brier": 0.25})
    assert kept.data.tags["seed"] == "3"
    assert kept.data.tags["version.placement"] == placement.__version__


def test_a_nested_run_says_which_process_keeps_it(store):
    with tracked_run(store, "placement") as run:
        run.log_children([NestedRun("l2=1", {"l2": 1.0}, {"cv/log_loss": 0.5})])
    tags = [store.client().get_run(info.run_id).data.tags for info in list_runs(store)]
    assert all(PROCESS in of_run for of_run in tags)
    assert len(tags) == 2
