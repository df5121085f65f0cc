"""`placement train` with a threshold by policy: what it is chosen on, and where kept."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from placement.config.train_config import TrainConfig
from placement.data.splits.folds import assign_folds
from placement.evaluation.thresholds import ThresholdPolicy, choose_threshold
from placement.model.fitted import load_fitted
from placement.training.validation.cross_predict import predict_out_of_fold
from placement.workflows.reading.read_training_tables import read, storage_of
from placement.workflows.training.fit_and_test import fit_and_test, understand

pytestmark = pytest.mark.usefixtures("held_out_decides")
POLICIES = {
    "cost": (("--threshold", "cost=3:1"), ThresholdPolicy("cost", cost_fp=3, cost_fn=1)),
    "recall": (("--threshold", "recall=0.9"), ThresholdPolicy("recall", 0.9)),
    "precision": (("--threshold", "precision=0.9"), ThresholdPolicy("precision", 0.9)),
    "capacity": (("--threshold", "capacity=40"), ThresholdPolicy("capacity", 40)),
    "youden": (("--threshold", "youden"), ThresholdPolicy("youden")),
    "fixed": (("--threshold", 0.7), ThresholdPolicy("fixed", 0.7)),
}


# Twenty epochs of gradient descent before Newton's method, not 200; and no groups are compared,
# which would be five more fits.
SHORT = ("--epochs", 30, "--sensitive", "")


@pytest.fixture
def sheet(students, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return students(tmp_path / "students.csv")


@pytest.fixture
def train(run, sheet):
    def trained(*options, data=sheet, code=0):
        done = run("train", data, "--no-track", "--json", *SHORT, *options)
        assert done.code == code, done.err
        return done.json if code == 0 else done.err

    return trained


@pytest.fixture(scope="module")
def unseen(students, tmp_path_factory):
    """Probability, label and weight of the training rows, each from a model of the other folds."""
    path = students(tmp_path_factory.mktemp("unseen") / "students.csv")
    config = TrainConfig(track=False, epochs=30, sensitive=())
    with storage_of(config) as storage:
        prepared, _ = understand(read([str(path)], config, storage), config)
        folds = assign_folds(prepared.table, config.seed, 5, split=prepared.split)
        parts = [part[:3] for part in predict_out_of_fold(prepared.table, config, folds)]
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


@pytest.mark.parametrize("kind", POLICIES)
def test_the_threshold_is_that_of_the_policy_on_training_rows_out_of_fold(train, unseen, kind):
    options, policy = POLICIES[kind]
    found, expected = train(*options), choose_threshold(policy, *unseen)
    decision = found["decision"]
    assert (decision["policy"], decision["in_words"]) == (kind, str(policy))
    assert decision["threshold"] == expected.threshold
    assert decision["confusion"] == expected.confusion.as_dict()
    assert decision["rows"] == sum(decision["confusion"].values()) == found["rows"]["train"]
    for name, value in asdict(expected.trade_off).items():
        assert decision.get(name) == value, name


def test_nothing_is_chosen_unasked(train):
    decision = train()["decision"]
    assert decision == {
        "policy": "fixed", "in_words": "fixed at 0.5", "threshold": 0.5, "rows": 0,
        "confusion": None,
    }  # fmt: skip


def with_batches(sheet, *, flipped):
    """The sheet with a batch; the outcomes of 2025 may be turned round."""
    frame = pd.read_csv(sheet)
    frame["batch"] = np.where(np.arange(len(frame)) % 4 == 0, 2025, 2024)
    if flipped:
        late = frame["batch"] == 2025
        turned = frame["status"].map({"Placed": "Not Placed", "Not Placed": "Placed"})
        frame.loc[late, "status"] = turned[late]
    path = sheet.with_name(f"batches-{flipped}.csv")
    frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("kind", ["cost", "recall", "youden"])
def test_the_outcomes_of_the_test_rows_have_no_say(train, sheet, kind):
    options = (*POLICIES[kind][0], "--test-where", "batch==2025")
    one, other = (train(*options, data=with_batches(sheet, flipped=f)) for f in (False, True))
    assert one["metrics"] != other["metrics"]
    assert one["decision"] == other["decision"]


def test_the_metrics_are_those_at_the_threshold(train, run, sheet):
    test = sheet.with_name("test.csv")
    pd.read_csv(sheet).iloc[::3].to_csv(test, index=False)
    result = train("--threshold", "recall=0.6", "--test", test, "--out", "model")
    threshold = result["decision"]["threshold"]
    assert threshold > 0.6
    frame = pd.read_csv(test)
    predicted = load_fitted("model").predict_proba(frame) >= threshold
    placed = frame["status"] == "Placed"
    assert result["metrics"]["recall"] == pytest.approx(predicted[placed].mean())
    assert result["metrics"]["precision"] == pytest.approx(placed[predicted].mean())
    shown = run("evaluate", test, "--model", "model", "--json").json
    assert shown["threshold"] == threshold
    assert shown["metrics"]["recall"] == pytest.approx(result["metrics"]["recall"])


def test_the_bundle_keeps_the_threshold_and_predict_uses_it(train, run, sheet):
    threshold = train("--threshold", "capacity=30", "--out", "model")["decision"]["threshold"]
    fitted = load_fitted("model")
    assert fitted.threshold == threshold
    assert fitted.figures.evaluation.decision.confusion.tp > 0
    rows = run("predict", sheet, "--model", "model", "--json").json
    assert [row["prediction"] for row in rows] == [
        int(row["probability"] >= threshold) for row in rows
    ]
    assert 0 < sum(row["prediction"] == 0 for row in rows) < 60


def test_the_model_of_all_rows_keeps_the_threshold_of_the_first(train, run, sheet):
    first, again = (
        train("--threshold", "youden"),
        train("--threshold", "youden", "--refit", "--out", "model"),
    )
    assert again["decision"] == first["decision"]
    assert again["coefficients"] != first["coefficients"]
    assert load_fitted("model").threshold == first["decision"]["threshold"]
    words = ("train", sheet, "--no-track", "-v", *SHORT)
    shown = run(*words, "--threshold", "youden", "--refit").out
    assert "kept for the model of all rows" in shown


def test_groups_are_not_torn_apart_where_groups_are_held_out(train, sheet):
    frame = pd.read_csv(sheet)
    frame["college"] = [f"C{n % 12}" for n in range(len(frame))]
    frame.to_csv("grouped.csv", index=False)
    options = ("--group", "college", "--threshold", "recall=0.9")
    result = train(*options, data="grouped.csv")
    config = TrainConfig(track=False, group="college", threshold="recall=0.9", epochs=30)
    with storage_of(config) as storage:
        prepared, _ = understand(read(["grouped.csv"], config, storage), config)
        folds = assign_folds(prepared.table, 0, 5, group="college", split=prepared.split)
        parts = [part[:3] for part in predict_out_of_fold(prepared.table, config, folds)]
    expected = choose_threshold(
        ThresholdPolicy("recall", 0.9), *(np.concatenate(part) for part in zip(*parts, strict=True))
    )
    assert result["decision"]["threshold"] == expected.threshold


def test_too_few_rows_of_an_outcome_are_told_with_the_way_out(train, tmp_path):
    path = tmp_path / "few.csv"
    path.write_text("cgpa,placed\n5,0\n6,1\n7,1\n8,1\n")
    result = train("--threshold", "recall=0.9", data=path, code=3)
    assert "few.csv" in result
    assert "--threshold F" in result
    outcome = train("--threshold", 0.7, data=path)
    assert outcome["decision"]["confusion"] is None
    assert outcome["decision"]["threshold"] == 0.7


def test_a_precision_out_of_reach_and_more_seats_than_rows_are_told(train, students, tmp_path):
    noise = students(tmp_path / "noise.csv", signal=False)
    result = train("--threshold", "precision=1", data=noise, code=3)
    assert "lower --threshold precision=F" in result
    assert "students.csv" in train("--threshold", "capacity=999", code=3)


def test_the_summary_says_who_is_called_what_and_what_to_expect(run, sheet):
    shown = run("train", sheet, "--no-track", "-v", *SHORT, "--threshold", "cost=3:1")
    assert "students below it are called 'Not Placed'" in shown.out
    assert "Of 1,000 such students expect" in shown.out
    assert "the threshold of a calibrated model would be 0.75" in shown.out
    plain = run("train", sheet, "--no-track", "-v", *SHORT)
    assert "Threshold 0.5: students below it are called 'Not Placed'." in plain.out


def test_a_skill_out_of_fold_is_the_same_with_and_without_a_policy(train):
    plain, chosen = train("--test-size", 0), train("--test-size", 0, "--threshold", "youden")
    plain, chosen = (one["skill"]["decided"]["skill"] for one in (plain, chosen))
    assert plain == pytest.approx(chosen)


def test_the_run_has_the_decision_as_metrics_and_tag(store, run, students, tmp_path):
    sheet = students(tmp_path / "students.csv")
    document = run("train", sheet, "--json", *SHORT, "--threshold", "recall=0.9").json
    own = store.client().get_run(document["run_id"])
    decision = document["decision"]
    assert own.data.metrics["decision/threshold"] == decision["threshold"]
    assert own.data.metrics["decision/fn"] == decision["confusion"]["fn"]
    assert own.data.tags["threshold_policy"] == "recall of at least 0.9"
    assert own.data.params["threshold"] == "recall=0.9"


def test_evaluate_has_the_decision_curve(run, trained, sheet):
    document = run("evaluate", sheet, "--model", trained, "--all-rows", "--json").json
    frame = pd.read_csv(sheet)
    p, placed = load_fitted(trained).predict_proba(frame), frame["status"] == "Placed"
    curve = {row["threshold"]: row for row in document["decision_curve"]}
    assert list(curve) == [step / 100 for step in range(5, 100, 5)]
    called = p >= 0.6
    assert curve[0.6]["model"] == pytest.approx(
        (called & placed).mean() - (called & ~placed).mean() * 1.5
    )
    assert curve[0.6]["treat_all"] == pytest.approx(placed.mean() - (~placed).mean() * 1.5)
    assert curve[0.6]["treat_none"] == 0
    assert "Decision curve" in run("evaluate", sheet, "--model", trained, "-v").out


def test_a_policy_may_stand_in_the_settings_file(train, sheet):
    sheet.with_name("placement.toml").write_text('threshold = "recall=0.9"\n')
    assert train()["decision"]["policy"] == "recall"


def test_the_trial_is_tried_at_the_threshold_it_was_given(sheet):
    config = TrainConfig(track=False, threshold="precision=0.95", epochs=30, sensitive=())
    with storage_of(config) as storage:
        prepared, _ = understand(read([str(sheet)], config, storage), config)
        tested = fit_and_test(prepared)
    assert tested.fitted.threshold == tested.decision.threshold != 0.5


def test_evaluate_says_whom_a_list_holds_beside_lists_by_one_column(run, trained, sheet):
    command = ("evaluate", sheet, "--model", trained, "--all-rows")
    document = run(*command, "--seats", "60", "--json").json["capture"]
    assert (document["rows"], document["seats"]) == (240, 60)
    rows = pd.read_csv(sheet)
    p = load_fitted(trained).predict_proba(rows.drop(columns="status"))
    missed = (rows["status"] == "Not Placed").to_numpy()
    listed = np.argsort(p, kind="stable")[:60]
    assert document["missed"] == missed.sum()
    assert document["model"]["value"] == pytest.approx(missed[listed].sum() / missed.sum())
    by_column = {other["column"]: other for other in document["others"]}
    assert "stream" in by_column
    for other in by_column.values():
        assert other["lead"]["value"] == pytest.approx(
            document["model"]["value"] - other["captured"]
        )
    assert run(*command, "--json").json["capture"]["seats"] == 48  # one in five, unless told
    said = " ".join(run(*command, "-v").out.split())
    assert "Do you need a score per student? With 48 seats for 240 students" in said
    short = " ".join(run(*command).out.split())
    assert "Its 48 most at risk hold" in short
    assert "by lot 20." in short
    assert run(*command, "--seats", "0").code == 2


def test_of_the_held_out_rows_as_large_a_share_is_listed_as_of_the_whole_file(run, trained, sheet):
    command = ("evaluate", sheet, "--model", trained, "--seats", "60", "--json")
    measured = run(*command).json
    assert measured["metrics_on"] == "test"
    listed = measured["capture"]
    assert listed["seats"] / listed["rows"] == pytest.approx(60 / 240)


def test_the_seats_of_a_capacity_are_those_of_the_list(run, sheet, tmp_path):
    words = ("--no-track", "--threshold", "capacity=96", "--out", tmp_path / "m", "--json")
    done = run("train", sheet, *words)
    assert done.code == 0, done.err
    lists = done.json["capture"]  # 96 of the 192 training rows are half of them
    assert lists["seats"] == pytest.approx(lists["rows"] / 2)
    assert lists["others"][0]["column"] in {"cgpa", "aptitude", "stream"}
