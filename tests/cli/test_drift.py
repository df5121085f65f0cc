"""`placement drift` from the outside."""

import gzip
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from placement.model.bundle import open_bundle, write_bundle

PER_COLUMN = {
    "column", "kind", "psi", "psi_expected", "level", "statistic", "test", "p_value",
    "missing_train", "missing_now", "unseen_levels", "out_of_range",
}  # fmt: skip


QUICK = ("--no-track", "--optimizer", "newton", "--sensitive", "")


@pytest.fixture
def frame(trained):
    return pd.read_csv(trained.parent / "students.csv")


@pytest.fixture
def drifted(run, trained, tmp_path):
    """Compare a frame with the model, and return the outcome of the command."""

    def command(frame, *options, name="new.csv"):
        frame.to_csv(tmp_path / name, index=False)
        return run("drift", tmp_path / name, "--model", trained, *options)

    return command


def by_name(document):
    return {column["column"]: column for column in document["columns"]}


def test_the_training_file_itself_has_not_drifted(run, trained):
    done = run("drift", trained.parent / "students.csv", "--model", trained, "--json")
    assert done.code == 0, done.err
    document = done.json
    assert document["format"] == 1
    assert (document["rows"], document["failed"]) == (240, False)
    assert {"model", "data", "columns", "predictions", "performance", "worst"} <= set(document)
    for column in document["columns"]:
        assert set(column) >= PER_COLUMN
        assert column["psi"] < 0.02, column
        assert column["level"] == "stable"
        assert column["p_value"] > 0.9
    assert document["predictions"]["psi"] < 0.02
    assert document["worst"]["psi"] == max(column["psi"] for column in document["columns"])
    assert "very table the model was trained on" in done.err


def test_a_shifted_column_is_refused_and_named(drifted, frame):
    frame["cgpa"] -= 1.5
    done = drifted(frame, "--fail-above", "0.25")
    assert done.code == 7
    assert "PSI above 0.25: cgpa" in done.err
    assert "predictions" in done.err
    assert "aptitude" not in done.err.partition("PSI above")[2]
    assert "\nMuch changed: cgpa.\n" in done.out
    full = drifted(frame, "--fail-above", "0.25", "-v").out
    assert "large" in full
    assert "--fail-above compared the PSI of each column and of the predictions" in full
    assert drifted(frame).code == 0


def test_refused_json_is_still_one_document(drifted, frame):
    low = np.floor(frame["cgpa"].min())  # the range of training is kept in whole points
    frame["cgpa"] -= 1.5
    done = drifted(frame, "--fail-above", "0.25", "--json")
    assert done.code == 7
    assert done.json["failed"] is True
    assert done.json["worst"]["column"] == "cgpa"
    assert by_name(done.json)["cgpa"]["out_of_range"] == (frame["cgpa"] < low).sum()


def test_below_the_limit_nothing_is_refused(drifted, frame):
    assert drifted(frame, "--fail-above", "0.25", "--json").json["failed"] is False


def test_unseen_levels_and_gaps_are_told(drifted, frame):
    frame.loc[:49, "stream"] = "Biotech"
    frame.loc[:59, "aptitude"] = np.nan
    short, full = drifted(frame).out, drifted(frame, "-v").out
    assert "stream: 50 students with words new to the model: 'biotech'" in short
    assert "aptitude: blank for 25 in 100, under 1 in training" in short
    assert "50 rows with 1 level" in full
    assert "'biotech'" in full
    assert "aptitude: missing in 0.0% of training and 25.0% now" in full
    document = by_name(drifted(frame, "--json").json)
    assert (document["stream"]["unseen_levels"], document["stream"]["unseen_rows"]) == (1, 50)
    assert document["stream"]["out_of_range"] is None
    assert document["aptitude"]["missing_now"] == 0.25
    assert document["aptitude"]["unseen_levels"] is None


def test_without_outcomes_only_columns_and_predictions_are_compared(drifted, frame):
    with_, without = (drifted(one, "--json").json for one in (frame, frame.drop(columns="status")))
    assert without["performance"] is None
    assert without["columns"] == with_["columns"]
    assert drifted(frame.assign(status=""), "--json").json["performance"] is None


def test_with_outcomes_the_figures_are_those_of_evaluate(run, drifted, frame, trained):
    frame["status"] = np.where(frame["cgpa"] > 7.5, "Not Placed", "Placed")
    document = drifted(frame, "--json").json["performance"]
    sheet = trained.parent / "students.csv"
    run_ = run("evaluate", sheet, "--model", trained, "--all-rows", "--json")
    assert document["rows"] == run_.json["rows"]
    assert document["then"] == "test"
    own = open_bundle(trained).document["figures"]["evaluation"]["metrics"]
    for name, figure in document["figures"].items():
        assert figure["then"] == own[name]
        assert figure["worse"] is True
    assert "It does worse than when it was trained" in " ".join(drifted(frame).out.split())
    assert "held out then" in drifted(frame, "-v").out


def test_outcomes_that_cannot_be_read_leave_the_columns_comparable(run, frame, tmp_path):
    frame["status"] = frame["status"].map({"Placed": "in", "Not Placed": "out"})
    frame.to_csv(tmp_path / "words.csv", index=False)
    model = tmp_path / "model"
    words = ("--positive", "in", "--negative", "out", *QUICK, "--out", model)
    assert run("train", tmp_path / "words.csv", *words).code == 0
    frame.assign(status="early").to_csv(tmp_path / "odd.csv", index=False)
    done = run("drift", tmp_path / "odd.csv", "--model", model, "--json")
    assert done.code == 0, done.err
    assert done.json["performance"] is None
    assert done.json["columns"][0]["psi"] < 0.1
    assert "outcomes were not compared" in done.err


def test_words_that_count_as_the_other_outcome_are_stated(drifted, frame):
    frame["status"] = "later"
    done = drifted(frame)
    assert "everything else ('later') as negative" in done.err


def test_a_handful_of_rows_is_told_to_be_too_few(drifted, frame):
    done = drifted(frame.head(6), "--fail-above", "0")
    assert done.code == 0
    assert "Too few students to tell" in done.out
    assert "nothing can be said of so few" in done.out
    assert "may be used as before" not in done.out
    assert "too few rows" in drifted(frame.head(6), "-v").out


def test_no_row_at_all_is_at_fault(drifted, frame):
    done = drifted(frame.head(0).drop(columns="status"))
    assert done.code == 3
    assert "no rows to compare" in done.err


def test_a_column_that_lacks_is_at_fault(drifted, frame):
    done = drifted(frame.drop(columns="cgpa"))
    assert done.code == 3
    assert "'cgpa'" in done.err


def test_a_cell_that_is_no_number_is_told_by_row(drifted, frame):
    frame["cgpa"] = frame["cgpa"].astype(object)
    frame.loc[3, "cgpa"] = "good"
    done = drifted(frame.drop(columns="status"))
    assert "row 4" in done.err
    assert "cgpa" in done.err


@pytest.mark.parametrize("limit", ["nan", "inf", "-1", "much"])
def test_a_limit_that_is_none_is_wrong_usage(drifted, frame, limit):
    assert drifted(frame, "--fail-above", limit).code == 2


def test_a_model_of_an_older_version_is_to_be_trained_again(run, trained, tmp_path):
    bundle = open_bundle(trained)
    document = {k: v for k, v in bundle.document.items() if not k.endswith("digest")}
    figures = {k: v for k, v in document["figures"].items() if k != "profile"}
    write_bundle(
        tmp_path / "old",
        document | {"figures": figures},
        bundle.scorer.weights,
        bundle.scorer.intercept,
    )
    done = run("drift", trained.parent / "students.csv", "--model", tmp_path / "old")
    assert done.code == 5
    assert "train it again" in done.err


@pytest.mark.parametrize("kind", ["csv.gz", "parquet", "xlsx", "two files", "pieces"])
def test_every_kind_of_file_gives_the_same_document(
    run, trained, frame, tmp_path, kind, monkeypatch
):
    sheet = trained.parent / "students.csv"
    wanted = run("drift", sheet, "--model", trained, "--json").json
    given = tmp_path / f"students.{kind}"
    if kind == "csv.gz":
        given.write_bytes(gzip.compress(sheet.read_bytes()))
    elif kind == "parquet":
        frame.to_parquet(given)
    elif kind == "xlsx":
        frame.to_excel(given, index=False)
    elif kind == "two files":
        frame.head(101).to_csv(tmp_path / "part-1.csv", index=False)
        frame.tail(len(frame) - 101).to_csv(tmp_path / "part-2.csv", index=False)
        given = tmp_path / "part-*.csv"
    else:
        given = shutil.copy(sheet, tmp_path / "students.csv")
        monkeypatch.setattr("placement.workflows.monitoring.drift.BlockRequest", _small_blocks)
    document = run("drift", given, "--model", trained, "--json").json
    assert document["columns"] == wanted["columns"]
    assert document["performance"] == wanted["performance"]
    assert document["predictions"].pop("level") == wanted["predictions"].pop("level")
    assert document["predictions"].pop("test") == wanted["predictions"].pop("test")
    assert document["predictions"] == pytest.approx(wanted["predictions"], rel=1e-12)


def _small_blocks(**how):
    from placement.data.formats.blocks import BlockRequest

    return BlockRequest(**how, block_rows=7, piece_bytes=512)


def test_trained_twice_it_is_the_same_bundle_and_the_bins_hold_five_students(
    run, trained, tmp_path
):
    quick = ("--no-track", "--optimizer", "newton")
    for name in ("one", "two"):
        done = run("train", trained.parent / "students.csv", *quick, "--out", tmp_path / name)
        assert done.code == 0
    one, two = ((tmp_path / name / "fitted.json").read_bytes() for name in ("one", "two"))
    assert one == two
    profile = json.loads(one)["figures"]["profile"]
    assert profile["rows"] == 192
    for column in [*profile["columns"], profile["predictions"]]:
        result = [*column["counts"], column["missing"], column.get("rare", 0)]
        assert all(count == 0 or count >= 5 for count in result)


def test_a_model_of_all_rows_knows_all_rows(run, trained, tmp_path):
    words = ("--refit", *QUICK, "--out", tmp_path / "m")
    done = run("train", trained.parent / "students.csv", *words)
    assert done.code == 0
    assert open_bundle(tmp_path / "m").document["figures"]["profile"]["rows"] == 240


def test_what_train_prints_has_no_histograms(run, trained, tmp_path):
    done = run("train", trained.parent / "students.csv", *QUICK, "--json")
    assert "profile" not in done.json


def test_chances_that_came_true_less_often_are_no_reason_to_go_on_as_before(drifted, frame):
    turned = frame.index[frame["status"] == "Placed"][::4]
    frame.loc[turned, "status"] = "Not Placed"
    answer = " ".join(drifted(frame).out.split())
    assert "happened: its chances are too high." in answer
    assert "may be used as before" not in answer
    assert "Next: train again with these students" in answer
