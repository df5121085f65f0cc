"""`evaluate`, `gradcheck` and `runs` from the outside."""

import numpy as np
import pandas as pd
import pytest

from placement.model.fitted import load_fitted
from placement.stats.metrics import NAMES, metrics


def test_evaluate_gives_every_metric_with_an_interval_that_holds_it(run, trained):
    sheet = trained.parent / "students.csv"
    done = run("evaluate", sheet, "--model", trained, "--all-rows", "--json")
    assert done.code == 0, done.err
    found, frame = done.json, pd.read_csv(sheet)
    label = (frame["status"] == "Placed").to_numpy(float)
    expected = metrics(load_fitted(trained).predict_proba(frame), label).as_dict()
    assert found["format"] == 1
    for name in NAMES:
        assert found["metrics"][name] == pytest.approx(expected[name], abs=1e-12), name
        if name == "ece":  # its truth lies on the border of what it can be
            assert found["intervals"][name] is None
            continue
        low, high = found["intervals"][name]["low"], found["intervals"][name]["high"]
        assert low <= found["metrics"][name] <= high, name
    assert sum(found["confusion"].values()) == found["rows"] == len(frame)
    assert found["base_rate"] == pytest.approx(label.mean())


def test_evaluate_reads_as_a_table(run, trained):
    done = run("evaluate", trained.parent / "students.csv", "--model", trained, "-v")
    assert done.code == 0
    for words in ("log-loss", "95 % from", "predicted 1", "base rate"):
        assert words in done.out


def test_of_the_training_table_the_held_out_rows_are_measured_and_a_line_says_so(run, trained):
    command = ("evaluate", trained.parent / "students.csv", "--model", trained)
    held_out, every = run(*command, "--json").json, run(*command, "--all-rows", "--json").json
    assert (held_out["metrics_on"], held_out["rows"]) == ("test", 48)
    assert held_out["metrics"] == pytest.approx(
        load_fitted(trained).figures.evaluation.metrics.as_dict(), abs=1e-12
    )
    assert held_out["fairness"]["metrics_on"] == "test"
    assert held_out["capture"]["rows"] == 48
    assert (every["metrics_on"], every["rows"]) == ("train", 240)
    assert held_out["warnings"] == []
    assert "very table the model was trained on" in every["warnings"][0]
    for words in ((), ("-v",)):
        said = " ".join(run(*command, *words).out.split())
        assert "The model was trained on the rest of this table; all its rows: --all-rows." in said
        assert "--all-rows" not in run(*command, "--all-rows", *words).out


def test_evaluate_moves_with_the_threshold(run, trained):
    sheet = trained.parent / "students.csv"
    low, high = (
        run("evaluate", sheet, "--model", trained, "--threshold", t, "--json").json["confusion"]
        for t in ("0.1", "0.9")
    )
    assert low["tp"] > high["tp"]
    assert low["fp"] > high["fp"]


@pytest.mark.parametrize(("word", "share"), [("Placed", 1.0), ("Not Placed", 0.0)])
@pytest.mark.parametrize("rows", [1, 20])
def test_evaluate_measures_students_of_one_outcome_too(run, trained, tmp_path, word, share, rows):
    frame = pd.read_csv(trained.parent / "students.csv")
    frame[frame["status"] == word].head(rows).to_csv(tmp_path / "one.csv", index=False)
    document = run("evaluate", tmp_path / "one.csv", "--model", trained, "--json").json
    assert (document["rows"], document["base_rate"]) == (rows, share)
    assert document["metrics"]["roc_auc"] is None
    assert document["metrics"]["log_loss"] > 0
    output = run("evaluate", tmp_path / "one.csv", "--model", trained)
    assert output.code == 0
    assert "all rows have the same outcome" in output.out


def test_evaluate_reads_the_file_of_a_model_of_one_word_against_all_others(run, trained, tmp_path):
    frame = pd.read_csv(trained.parent / "students.csv")
    others = np.where(np.arange(len(frame)) % 2, "Waiting", "Rejected")
    frame["status"] = np.where(frame["status"] == "Placed", "Placed", others)
    sheet, model = tmp_path / "words.csv", tmp_path / "model"
    frame.to_csv(sheet, index=False)
    words = ("--optimizer", "newton", "--sensitive", "", "--no-track", "--out", model)
    assert run("train", sheet, "--positive", "Placed", *words).code == 0
    document = run("evaluate", sheet, "--model", model, "--all-rows", "--json").json
    assert document["rows"] == len(frame)
    assert document["base_rate"] == pytest.approx((frame["status"] == "Placed").mean())


def test_evaluate_without_outcomes_is_at_fault(run, trained, tmp_path):
    pd.read_csv(trained.parent / "students.csv").drop(columns="status").to_csv(
        tmp_path / "new.csv", index=False
    )
    done = run("evaluate", tmp_path / "new.csv", "--model", trained)
    assert done.code == 3
    assert "status" in done.err


def test_gradcheck_prints_the_figures_of_the_notebook(run):
    document = run("gradcheck", "--json").json
    assert document["format"] == 1
    assert document["passed"] is True
    assert document["dtype"] == "float32"
    by_name = {g["parameter"]: g for g in document["gradients"]}
    assert by_name["w"]["manual"] == 6.691762447357178
    assert by_name["b"]["manual"] == 0.998770534992218
    assert by_name["w"]["autograd"] == 6.6917619705200195
    assert by_name["b"]["autograd"] == 0.9987704753875732
    assert document["loss"] == pytest.approx(6.7012, abs=5e-5)
    links = document["links"]
    assert set(links) == {"dL_dyhat", "dyhat_dz", "dz_dw", "dz_db"}
    product = links["dL_dyhat"] * links["dyhat_dz"] * links["dz_dw"]
    assert product == pytest.approx(by_name["w"]["manual"], rel=1e-6)
    double = run("gradcheck", "--dtype", "float64", "--json").json["gradients"]
    assert [g["manual"] for g in double] == [6.691763029237442, 0.9987706013787226]


@pytest.mark.parametrize("link", ["dL_dyhat", "dyhat_dz", "dz_dw", "dz_db"])
@pytest.mark.parametrize("with_data", [False, True])
def test_a_broken_link_turns_the_check_red(run, trained, link, with_data):
    data = [trained.parent / "students.csv"] if with_data else []
    done = run("gradcheck", *data, "--break", link)
    assert done.code == 4
    assert "DISAGREE" in done.out
    assert "gradient check failed at" in done.err


def test_gradcheck_of_a_file_names_its_columns(run, trained):
    document = run("gradcheck", trained.parent / "students.csv", "--json").json
    assert document["passed"] is True
    names = [g["parameter"] for g in document["gradients"]]
    assert {"w[cgpa]", "w[stream=ECE]", "b"} <= set(names)
    assert np.abs([g["manual"] for g in document["gradients"]]).max() > 1e-3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--y", "4"], "between 0 and 1"),
        (["--target", "x"], "DATA"),
        (["a.csv", "--x", "1"], "--x"),
        (["--x", "nan"], "--x"),
        (["--w", "1e300"], "--w"),
        (["--epsilon", "0.7"], "--epsilon"),
    ],
)
def test_gradcheck_refuses_what_it_could_only_ignore(run, words, told):
    done = run("gradcheck", *words)
    assert done.code == 2
    assert told in done.err


def test_runs_lists_what_was_recorded(run, recorded_here):
    (entry,) = run("runs", "--json").json
    assert list(entry) == ["run_id", "name", "status", "start_time", "metrics", "params"]
    assert (entry["name"], entry["status"]) == ("first", "FINISHED")
    assert entry["run_id"] in run("runs").out
    assert run("runs", "--experiment", "none", "--json").json == []


def test_runs_shows_the_figures_of_a_run_of_an_earlier_version_too(run, store):
    from placement.tracking.runs import tracked_run

    with tracked_run(store, "placement") as former:
        former.log_metrics({"test_log_loss": 0.4321, "train_log_loss": 0.1, "test_roc_auc": 0.8765})
    with tracked_run(store, "placement") as current:
        current.log_metrics({"train/log_loss": 0.5678})
    assert "0.4321" in run("runs").out
    assert "0.8765" in run("runs").out
    assert "0.5678" in run("runs").out


def test_without_a_store_runs_and_ui_say_what_to_do(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "placement train" in run("runs").out
    assert run("runs", "--json").json == []
    done = run("ui")
    assert done.code == 6
    assert "placement train" in done.err
    assert list(tmp_path.iterdir()) == []
