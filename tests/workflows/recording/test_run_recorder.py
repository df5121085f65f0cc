"""A training as an MLflow run: what is logged and registered, and how a run ends that fails."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from placement.config.train_config import TrainConfig
from placement.errors import DataError, GradientCheckError, StoreError
from placement.model import loss
from placement.model.bundle import open_bundle
from placement.tracking.lookup import resolve
from placement.tracking.runs import list_runs
from placement.tracking.store import open_store
from placement.workflows.recording import run_recorder
from placement.workflows.recording.run_recorder import Recorder, may_be_champion
from placement.workflows.training import final_figures, fit_and_test
from placement.workflows.training.train import train
from tests.figures import evaluation_figures, model_figures

SMALLEST_GAPS = (
    "fairness/gender_demographic_parity_ratio",
    "fairness/gender_equalized_odds_difference",
)
PICTURES = {
    "loss.png", "roc.png", "precision_recall.png", "reliability.png", "coefficients.png",
    "probability_by_grade.png", "decision_curve.png", "fairness.png",
}  # fmt: skip


@pytest.fixture
def run_of(recorded, recorded_here):
    """MLflow's own view of the recorded training: `(client, run)`."""
    client = open_store().client()
    return client, client.get_run(recorded[1].tracked.run_id)


def data_sets(run):
    """The data sets of a run by their context."""
    return {
        tag.value: entry
        for entry in run.inputs.dataset_inputs
        for tag in entry.tags
        if tag.key == "mlflow.data.context"
    }


def test_the_run_is_finished_and_named(run_of):
    _, run = run_of
    assert (run.info.status, run.info.run_name) == ("FINISHED", "first")


def test_every_effective_setting_is_a_parameter(run_of):
    _, run = run_of
    result, fields = run.data.params, {f.name for f in dataclasses.fields(TrainConfig)}
    assert {"dtype", "loss", "seed", "test_size"} < set(result) < fields
    assert (result["optimizer"], result["epochs"], result["l2"]) == ("auto", "300", "1.0")
    assert (result["target"], result["positive"]) == ("status", "Placed")
    assert result["features"] == "stream,cgpa,backlogs,aptitude"


def test_what_is_not_set_is_no_parameter(run_of):
    _, run = run_of
    assert not {"weight", "group", "batch_size", "resume"} & set(run.data.params)
    assert not {"None", "", "()"} & set(run.data.params.values())


def test_the_curves_are_series_by_epoch(run_of, recorded):
    client, run = run_of
    epochs = len(recorded[1].fitted.history)
    for name in ("train/loss", "optimizer/penalised_loss", "optimizer/gradient_norm", "test/loss"):
        series = client.get_metric_history(run.info.run_id, name)
        assert set(range(epochs)) <= {point.step for point in series}, name
    clamped = client.get_metric_history(run.info.run_id, "optimizer/clamped_rows")
    assert {(point.step, point.value) for point in clamped} == {(0, 0), (epochs - 1, 0)}
    assert client.get_metric_history(run.info.run_id, "optimizer/step_size")


def test_the_final_figures_are_metrics(run_of, recorded):
    _, run = run_of
    figures = recorded[1].fitted.figures
    for name, value in figures.evaluation.metrics.as_dict().items():
        assert run.data.metrics[f"test/{name}"] == value
    for name in ("gain", "low", "high", "base_log_loss"):
        assert run.data.metrics[f"skill/{name}"] == getattr(figures.evaluation.skill, name)
    assert run.data.metrics["gradcheck/passed"] == 1.0
    assert run.data.metrics["gradcheck/max_abs_error"] == figures.evaluation.gradcheck.max_abs_error
    assert run.data.metrics["train/loss"] == figures.train_loss
    assert [name for name in run.data.metrics if name.startswith("train/")] == ["train/loss"]
    assert run.data.metrics["optimizer/lambda"] == figures.newton_decrement


def test_the_data_set_is_an_input_with_digest_and_schema(run_of, recorded):
    _, run = run_of
    entry = data_sets(run)["training"]
    digest = recorded[1].fitted.figures.data_digest
    assert digest.startswith(entry.dataset.digest) or entry.dataset.digest == digest
    assert entry.dataset.name == "students.csv"
    assert "cgpa" in entry.dataset.schema
    assert run.data.tags["data_digest.training"] == digest


def test_the_held_out_rows_are_a_data_set_of_their_own(run_of, recorded):
    _, run = run_of
    whole, held_out = (data_sets(run)[context].dataset for context in ("training", "test"))
    assert held_out.name == "students.csv (held out)"
    assert held_out.digest != whole.digest
    assert json.loads(held_out.profile) == {"num_rows": recorded[1].understanding.rows["test"]}


def test_a_model_is_found_by_its_metrics_and_by_the_data_they_are_of(run_of):
    client, run = run_of
    value = run.data.metrics["test/log_loss"]
    held_out = data_sets(run)["test"].dataset

    def models(condition, data=held_out):
        return client.search_logged_models(
            [run.info.experiment_id],
            filter_string=f"metrics.`test/log_loss` {condition}",
            datasets=[{"dataset_name": data.name, "dataset_digest": data.digest}],
        )

    (model,) = models(f"< {value + 0.001}")
    assert model.source_run_id == run.info.run_id
    assert not models(f"< {value - 0.001}")
    assert not models(f"< {value + 0.001}", data_sets(run)["training"].dataset)
    measured = {metric.key: metric.dataset_name for metric in model.metrics}
    assert measured["train/loss"] == "students.csv"
    assert measured["gradcheck/passed"] is None


def test_run_and_version_begin_with_what_the_card_says_and_the_model_with_its_title(run_of):
    client, run = run_of
    text = run.data.tags["mlflow.note.content"]
    title, subtitle, section = text.split("\n\n")[:3]
    assert title == "# Report on a model of status: who will be 'Placed'?"
    assert subtitle == "Model placement, learnt from 192 students"
    assert section == "## Can its list be used, and for whom not?"
    assert client.get_model_version_by_alias("placement", "champion").description == text
    assert client.get_registered_model("placement").description == title


def test_the_gradient_checks_are_a_table_of_parameters_and_epochs(run_of):
    client, run = run_of
    path = client.download_artifacts(run.info.run_id, "gradient_checks.json")
    logged = json.loads(Path(path).read_text(encoding="utf-8"))
    rows = [dict(zip(logged["columns"], row, strict=True)) for row in logged["data"]]
    assert {"w[cgpa]", "w[stream=ECE]", "b"} <= {row["parameter"] for row in rows}
    assert all(row["passed"] for row in rows)
    checked = {row["epoch"] for row in rows}
    assert {0, 100, 200} <= checked
    assert max(row["clamped_rows"] for row in rows) > 0  # rows beyond the clamp were among them


def test_figures_by_group_are_metrics_and_tables(run_of):
    client, run = run_of
    assert set(SMALLEST_GAPS) <= set(run.data.metrics)
    groups, gaps = (
        json.loads(Path(client.download_artifacts(run.info.run_id, name)).read_text("utf-8"))
        for name in ("fairness.json", "fairness_gaps.json")
    )
    rows = [dict(zip(groups["columns"], row, strict=True)) for row in groups["data"]]
    assert [(row["column"], row["group"]) for row in rows] == [("gender", "F"), ("gender", "M")]
    assert sum(row["rows"] for row in rows) == 240
    assert len(gaps["data"]) == 4


def test_the_pictures_are_there(run_of):
    client, run = run_of
    result = client.list_artifacts(run.info.run_id, "figures")
    assert {entry.path.split("/")[-1] for entry in result} == PICTURES
    assert all(entry.file_size > 5_000 for entry in result)


def test_tags_say_where_the_run_comes_from(run_of):
    _, run = run_of
    tags = run.data.tags
    assert (tags["seed"], tags["college"], tags["stopped"]) == ("0", "north", "tolerance")
    assert tags["version.torch"] == torch.__version__
    assert tags["machine"]


def test_the_model_is_registered_as_champion_and_is_the_very_one_returned(run_of, recorded):
    client, run = run_of
    result = recorded[1]
    version = client.get_model_version_by_alias("placement", "champion")
    assert version.run_id == run.info.run_id
    assert result.tracked.model_uri == f"models:/placement/{version.version}"
    assert version.tags["converged"] == "True"
    outcome = resolve("champion")
    assert open_bundle(outcome.path).document["digest"]
    assert list(open_bundle(outcome.path).scorer.feature_columns) == list(
        result.fitted.schema.feature_names
    )


@pytest.fixture
def sheet(students, tmp_path):
    return str(students(tmp_path / "students.csv"))


def aliases(store):
    model = store.client().get_registered_model("placement")
    return {alias: int(version) for alias, version in model.aliases.items()}


def statuses(store):
    return [run.status for run in list_runs(store)]


def registered(store):
    return list(store.client().search_registered_models())


# Without groups to compare, since few rows would be predicted out of fold for it: five more fits.
QUICK = {"optimizer": "newton", "sensitive": ()}


def test_the_second_model_is_challenger_and_promote_makes_it_champion(store, sheet):
    assert train([sheet], TrainConfig(**QUICK)).tracked.alias == "champion"
    assert train([sheet], TrainConfig(**QUICK, l2=2.0)).tracked.alias == "challenger"
    assert aliases(store) == {"champion": 1, "challenger": 2}
    assert train([sheet], TrainConfig(**QUICK, l2=3.0, promote=True)).tracked.alias == "champion"
    assert aliases(store) == {"champion": 3, "challenger": 2, "previous": 1}


def test_a_model_that_did_not_converge_is_no_champion_unasked_even_where_there_is_none(
    store, sheet
):
    unfinished = TrainConfig(optimizer="gd", epochs=3, sensitive=())
    assert train([sheet], unfinished).tracked.alias == "challenger"
    assert aliases(store) == {"challenger": 1}
    result = dataclasses.replace(unfinished, promote=True)
    assert train([sheet], result).tracked.alias == "champion"


@pytest.mark.parametrize(
    ("changes", "is_champion"),
    [
        ({}, True),
        ({"name": "not_shown"}, True),
        ({"name": "no_signal"}, False),
        ({"roc_auc": 0.991}, False),
    ],
)
def test_only_no_signal_and_an_area_too_good_to_be_true_keep_the_place_of_the_champion_empty(
    changes, is_champion
):
    evaluation = evaluation_figures()
    verdict = dataclasses.replace(evaluation.verdict, **changes)
    evaluation = dataclasses.replace(evaluation, verdict=verdict)
    assert may_be_champion(model_figures(evaluation=evaluation)) == is_champion


def test_a_model_without_signal_is_no_champion_unasked(store, students, tmp_path):
    noise = str(students(tmp_path / "noise.csv", signal=False))
    result = train([noise], TrainConfig(**QUICK))
    assert result.fitted.figures.evaluation.verdict.name == "no_signal"
    assert aliases(store) == {"challenger": 1}


def test_register_names_the_model_and_experiment_and_run_name_the_run(store, sheet):
    config = TrainConfig(**QUICK, register="college", experiment="spring", run_name="tuesday")
    assert train([sheet], config).tracked.model_uri == "models:/college/1"
    (found,) = list_runs(store, "spring")
    assert found.name == "tuesday"


@pytest.fixture
def wrong_backward(monkeypatch):
    """The loss that training uses, with a backward that is 1 % too long."""

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(_, z):
            return z.clone()

        @staticmethod
        def backward(_, gradient):
            return gradient * 1.01

    right = loss.clamped_bce_sum

    def wrong(p, y, weight, epsilon=1e-8, *, hard=False):
        return right(Wrong.apply(p), y, weight, epsilon, hard=hard)

    monkeypatch.setattr(loss, "clamped_bce_sum", wrong)


def test_a_failed_gradient_check_fails_the_run_and_registers_nothing(
    store, sheet, wrong_backward, tmp_path
):
    with pytest.raises(GradientCheckError, match=r"by hand .* autograd"):
        train([sheet], TrainConfig(**QUICK, out=str(tmp_path / "model")))
    assert statuses(store) == ["FAILED"]
    assert registered(store) == []
    assert not (tmp_path / "model").exists()


def test_a_failed_gradient_check_is_exit_4(store, sheet, wrong_backward, run):
    assert run("train", sheet).code == 4
    assert run("train", sheet, "--no-track").code == 4


STEPS = {
    "fit_and_test": fit_and_test,
    "finalize": final_figures,
    "log_course": Recorder,
    "draw_all": run_recorder,
    "log_model": Recorder,
    "log_bundle": run_recorder,
    "register": run_recorder,
}


@pytest.mark.parametrize("at", STEPS)
def test_an_error_leaves_the_run_failed_and_registers_nothing(store, sheet, monkeypatch, at):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError(at)

    monkeypatch.setattr(STEPS[at], at, broken)
    with pytest.raises(ZeroDivisionError):
        train([sheet], TrainConfig(**QUICK))
    assert statuses(store) == ["FAILED"]
    assert registered(store) == []


@pytest.mark.parametrize("at", ["fit_and_test", "finalize", "log_course", "log_model"])
def test_an_interruption_leaves_the_run_killed(store, sheet, monkeypatch, run, at):
    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(STEPS[at], at, interrupted)
    assert run("train", sheet, "--optimizer", "newton", "--sensitive", "").code == 130
    assert statuses(store) == ["KILLED"]
    assert registered(store) == []


def test_a_bundle_that_cannot_be_written_fails_the_run_before_anything_is_registered(
    store, sheet, tmp_path, monkeypatch
):
    (tmp_path / "in the way").write_text("a file")
    with pytest.raises(StoreError, match="in the way"):
        train([sheet], TrainConfig(**QUICK, out=str(tmp_path / "in the way" / "model")))
    assert registered(store) == []
    assert "RUNNING" not in statuses(store)


def test_strict_fails_before_there_is_a_run(store, students, tmp_path):
    few = str(students(tmp_path / "few.csv", rows=12))
    with pytest.raises(DataError, match="--strict"):
        train([few], TrainConfig(strict=True))
    assert statuses(store) == []


def test_a_warning_of_the_training_itself_fails_a_strict_run(store, sheet):
    with pytest.raises(DataError, match="--strict"):
        train([sheet], TrainConfig(strict=True, optimizer="gd", epochs=2))
    assert statuses(store) == ["FAILED"]
    assert registered(store) == []


def cells_of(path):
    """Every cell that only one student has: names, register numbers, decimals."""
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return {cell for row in rows for cell in (row[0], row[1], row[4], row[6])}


def found_below(folder, cells):
    held = b"\n".join(p.read_bytes() for p in folder.rglob("*") if p.is_file()).decode("latin-1")
    # 7.10 may have been written as 7.1.
    return {cell for cell in cells if (cell.rstrip("0") if "." in cell else cell) in held}


def test_no_cell_of_a_student_is_in_the_store(recorded):
    home, _ = recorded
    cells = cells_of(home / "students.csv")
    assert len(cells) == 4 * 240
    assert found_below(home / "mlruns", cells) == set()
    assert found_below(home, cells) == cells  # the search finds what is there


def test_log_data_opts_in(store, sheet, tmp_path):
    result = train([sheet], TrainConfig(**QUICK, log_data=True))
    assert result.tracked
    assert found_below(tmp_path / "mlruns", cells_of(tmp_path / "students.csv"))


def test_no_cell_of_a_student_is_in_a_bundle(trained):
    cells = cells_of(trained.parent / "students.csv")
    assert found_below(trained, cells) == set()


def test_the_data_set_of_a_test_file_is_logged_too(store, sheet, students, tmp_path):
    later = str(students(tmp_path / "later.csv", rows=80, seed=3))
    result = train([sheet], TrainConfig(**QUICK, test=later))
    run = store.client().get_run(result.tracked.run_id)
    assert {entry.dataset.name for entry in run.inputs.dataset_inputs} == {
        "students.csv", "later.csv",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("at", "out"),
    [("begin", None), ("log_course", None), ("log_model", "model"), ("register", "model")],
)
def test_a_model_that_cannot_be_recorded_is_saved_and_named(
    store, sheet, tmp_path, monkeypatch, at, out
):
    right = getattr(Recorder, at)

    def broken(recorder, *args, **named):
        right(recorder, *args, **named)
        raise StoreError("the server has gone away")

    monkeypatch.setattr(Recorder, at, broken)
    monkeypatch.setattr("placement.workflows.training.train._recorded", lambda *_: None)
    with pytest.raises(StoreError, match=r"gone away\nThe run is not recorded") as raised:
        train([sheet], TrainConfig(**QUICK, out=out))
    (folder,) = [path.parent for path in tmp_path.glob("*/fitted.json")]
    assert f"saved in {folder}: placement predict" in str(raised.value)
    assert (folder.name == "model") == (out == "model")
    assert len(open_bundle(folder).scorer.weights) > 3
