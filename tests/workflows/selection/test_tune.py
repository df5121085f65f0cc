"""A tuning as nested MLflow runs, how it ends that fails, and the command."""

import json
import shutil

import pandas as pd
import pytest

from placement.config.train_config import TrainConfig
from placement.data.splits.folds import assign_folds
from placement.data.table.read_table import read_table
from placement.errors import DataError
from placement.tracking.relocate import relocate
from placement.tracking.store import open_store
from placement.training.validation import cross_validate
from placement.workflows.selection import compare_alternatives
from placement.workflows.selection.tune import TuneRequest, tune_files

PARENT = "mlflow.parentRunId"


def runs_of(store):
    client = store.client()
    (experiment,) = (e for e in client.search_experiments() if e.name == "placement")
    return client, client.search_runs([experiment.experiment_id], max_results=1000)


@pytest.fixture(scope="module")
def tuned(students, template, tmp_path_factory):
    """A folder with the store of one tuning, its sheet, and the result; do not write there."""
    home = tmp_path_factory.mktemp("tuned")
    shutil.copytree(template, home / "mlruns")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        relocate(open_store())
        sheet = students(home / "students.csv")
        config = TrainConfig(run_name="path", tag=("college=north",))
        return home, sheet, tune_files(TuneRequest([str(sheet)], config, repeats=2))


def test_each_penalty_is_a_run_nested_in_that_of_the_tuning(tuned, monkeypatch):
    home, _, result = tuned
    monkeypatch.chdir(home)
    store = open_store()
    client, runs = runs_of(store)
    parent = client.get_run(result.run[0])
    children = [run for run in runs if run.data.tags.get(PARENT) == parent.info.run_id]
    assert len(children) == len(runs) - 1 == len(result.path.penalties)
    assert {run.info.status for run in runs} == {"FINISHED"}
    outcome = {
        float(run.data.params["l2"]): (run.data.metrics["cv/log_loss"], run.data.metrics["cv/se"])
        for run in children
    }
    assert outcome == {p.l2: (p.log_loss, p.standard_error) for p in result.path.penalties}
    assert parent.info.run_name == "path"
    assert parent.data.tags["college"] == "north"
    assert parent.data.metrics["cv/chosen_l2"] == result.path.l2
    assert parent.data.metrics["alternatives/boosted_trees"] == result.alternatives.trees.log_loss
    assert parent.data.params["target"] == "status"
    assert (parent.data.params["repeats"], parent.data.params["folds"]) == ("2", "5")
    files = {file.path for file in client.list_artifacts(parent.info.run_id, "figures")}
    assert files == {"figures/l2_path.png", "figures/weights_by_l2.png"}
    assert not client.search_registered_models()


def test_no_cell_of_a_student_is_in_the_store(tuned):
    home, sheet, _ = tuned
    cells = set(pd.read_csv(sheet, dtype=str)[["name", "cgpa", "aptitude"]].to_numpy().ravel())
    for file in (home / "mlruns").rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not [cell for cell in cells if cell.encode() in content], file


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt(), "KILLED"), (DataError("no"), "FAILED")]
)
def test_a_tuning_that_ends_early_leaves_no_run_running(
    store, students, tmp_path, monkeypatch, error, status
):
    def broken(*_args, **_named):
        raise error

    monkeypatch.setattr(compare_alternatives, "compare_alternatives", broken)
    with pytest.raises(type(error)):
        tune_files(
            TuneRequest([str(students(tmp_path / "students.csv"))], TrainConfig(), repeats=1)
        )
    _, runs = runs_of(store)
    assert [run.info.status for run in runs] == [status]


def test_the_rivals_are_met_on_the_folds_of_the_path_with_the_chosen_penalty(
    students, tmp_path, monkeypatch
):
    sheet = students(tmp_path / "students.csv")
    calls = {}
    tune, rivals = cross_validate.tune, compare_alternatives.compare

    def of_path(prepared, foldings, *args):
        calls["path"] = foldings[0].whole()
        return tune(prepared, foldings, *args)

    def of_rivals(crossed, *args, **named):
        calls["rivals"], calls["l2"] = crossed.fold, crossed.l2
        return rivals(crossed, *args, **named)

    monkeypatch.setattr(cross_validate, "tune", of_path)
    monkeypatch.setattr(compare_alternatives, "compare", of_rivals)
    result = tune_files(TuneRequest([str(sheet)], TrainConfig(track=False), repeats=2))
    assert calls["rivals"].tolist() == calls["path"][calls["path"] >= 0].tolist()
    assert calls["l2"] == result.path.l2


def test_groups_share_a_fold(students, tmp_path, monkeypatch):
    sheet = students(tmp_path / "students.csv", 400)
    data = pd.read_csv(sheet)
    data["college"] = [f"C{k % 20}" for k in range(400)]
    data.to_csv(sheet, index=False)
    calls = []
    monkeypatch.setattr(
        "placement.data.splits.folds.assign_folds",
        lambda *args, **named: calls.append(assign_folds(*args, **named)) or calls[-1],
    )
    result = tune_files(
        TuneRequest([str(sheet)], TrainConfig(group="college", track=False), repeats=2)
    )
    college = read_table(sheet, group="college").columns["college"]
    for folds in calls:
        fold = folds.whole()
        assert all(len(set(fold[college == one])) == 1 for one in set(college))
    assert len(calls) == 2
    assert result.options[:2] == ("--group", "college")


def test_too_few_rows_are_refused_with_exit_code_3(run, tmp_path):
    sheet = tmp_path / "few.csv"
    sheet.write_text("cgpa,placed\n" + "\n".join(f"{k / 10},{int(k == 3)}" for k in range(30)))
    output = run("tune", sheet, "--no-track", "--test-size", "0")
    assert output.code == 3
    assert "too few rows of one outcome" in output.err


def test_the_command_prints_one_document_and_trains_as_it_says(run, students, workdir):
    students(workdir / "students.csv")
    result = run("tune", "students.csv", "--no-track", "--repeats", "1", "--json", "--seed", "3")
    assert result.code == 0
    document = result.json
    assert (document["format"], document["repeats"], document["run_id"]) == (1, 1, None)
    assert document["command"].endswith(f"train students.csv --seed 3 --l2 {document['l2']:g}")
    assert not list((workdir / "mlruns").iterdir())
    words = document["command"].split("train ")[1].split()
    trained = run("train", *words, "--no-track", "--json")
    assert trained.code == 0
    assert json.loads(trained.out)["rows"]["train"] == document["rows"]["train"]


def test_settings_that_a_tuning_has_no_use_for_are_no_options(run, students, tmp_path):
    output = run("tune", students(tmp_path / "students.csv"), "--l2", "1")
    assert output.code == 2
    assert "--l2" in output.err
