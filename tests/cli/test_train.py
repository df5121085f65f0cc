"""`placement train`: the JSON that scripts rely on, and the options end to end."""

import gzip
import json
import math

import numpy as np
import pandas as pd
import pytest

from placement.cli.console import Console

pytestmark = pytest.mark.usefixtures("held_out_decides")
KEYS = {
    "format": int, "run_id": None, "model_uri": None, "bundle": None, "rows": dict,
    "target": str, "positive": str, "features": list, "dropped": list, "warnings": list,
    "optimizer": str, "converged": bool, "stopped": str, "epochs": int, "lambda": float,
    "dtype": str, "epsilon": float, "clamped_rows": int, "train_loss": float,
    "penalised_loss": float, "metrics_on": str, "metrics": dict, "skill": dict,
    "intercept": float, "coefficients": list, "gradcheck": dict,
}  # fmt: skip
MORE = {  # beyond what was promised
    "lr", "base_rate", "data_digest", "metrics_method", "inference", "maximum_likelihood",
    "calibration", "calibrate", "calibration_map", "decision", "fairness",
    "rows_digest", "capture", "device",
}  # fmt: skip
METRICS = {
    "log_loss", "brier", "roc_auc", "average_precision", "accuracy", "precision", "recall", "f1",
    "ece",
}  # fmt: skip

# Groups are compared out of fold where rows are few: five more fits, which few tests ask for.
NO_GROUPS = ("--sensitive", "")
QUICK = ("--optimizer", "newton", *NO_GROUPS)


@pytest.fixture
def sheet(students, tmp_path, monkeypatch):
    """A sheet in an empty current directory."""
    monkeypatch.chdir(tmp_path)
    return students(tmp_path / "students.csv")


@pytest.fixture
def train(run, sheet):
    """Train without MLflow and return the document."""

    def trained(*options, data=(sheet,), code=0):
        groups = () if "--sensitive" in options else NO_GROUPS
        done = run("train", *data, "--no-track", "--json", *groups, *options)
        assert done.code == code, done.err
        return done.json

    return trained


def everything_below(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


def test_the_document_has_the_keys_and_types_that_were_promised(train):
    result = train("--sensitive", "gender")
    assert set(result) == set(KEYS) | MORE
    for name, kind in KEYS.items():
        assert result[name] is None if kind is None else type(result[name]) is kind, name
    assert result["format"] == 1
    assert set(result["rows"]) == {"train", "test", "left_out"}
    assert set(result["metrics"]) == METRICS
    gain = {"base_log_loss", "gain", "low", "high", "better_than_base_rate"}
    assert set(result["skill"]) == gain | {"verdict", "sentence", "decided"}
    assert set(result["skill"]["decided"]) == {
        "decided_on",
        "rows",
        "held_out",
        "skill",
        "association",
        "roc_auc",
    }
    assert set(result["gradcheck"]) == {"passed", "max_abs_error", "max_rel_error"}
    assert all(set(row) == {"column", "reason"} for row in result["dropped"])
    assert all(
        set(row) == {"feature", "coefficient", "coefficient_standardised"}
        for row in result["coefficients"]
    )


def test_the_document_tells_what_was_done(train):
    result = train()
    assert result["features"] == ["stream", "cgpa", "backlogs", "aptitude"]
    assert {row["column"] for row in result["dropped"]} == {"register_no", "name", "gender"}
    assert (result["target"], result["positive"]) == ("status", "Placed")
    assert result["rows"] == {"train": 192, "test": 48, "left_out": 0}
    assert (result["stopped"], result["converged"], result["metrics_on"]) == (
        "tolerance",
        True,
        "test",
    )
    assert result["lambda"] <= 1e-8
    assert [row["feature"] for row in result["coefficients"]] == [
        "stream=ECE", "stream=MECH", "cgpa", "backlogs", "aptitude",
    ]  # fmt: skip


def test_coefficients_and_intercept_are_in_the_units_of_the_file(train, sheet, run, tmp_path):
    result = train("--out", "model")
    rows = [line.split(",") for line in sheet.read_text().splitlines()]
    first = dict(zip(rows[0], rows[1], strict=True))
    logit = result["intercept"]
    for row in result["coefficients"]:
        column, _, level = row["feature"].partition("=")
        cell = float(first[column] == level) if level else float(first[column])
        logit += row["coefficient"] * cell
    (scored, *_) = run("predict", sheet, "--model", "model", "--json").json
    assert scored["probability"] == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-12)


def test_figures_without_a_meaning_are_null(run, tmp_path):
    two = tmp_path / "two.csv"
    two.write_text("cgpa,placed\n5.5,0\n9.5,1\n")
    done = run("train", two, "--no-track", "--json")
    assert done.code == 0
    assert done.json["rows"] == {"train": 2, "test": 0, "left_out": 0}
    assert done.json["metrics_on"] == "train"
    assert "warning:" in done.err


def test_standard_output_holds_the_document_alone_and_warnings_go_to_standard_error(
    run, students, tmp_path
):
    noise = students(tmp_path / "noise.csv", signal=False, rows=12)
    done = run("train", noise, "--no-track", "--json", "--verbose", *QUICK)
    assert done.json["warnings"]
    assert all(f"warning: {text}" in done.err for text in done.json["warnings"])


def test_quiet_leaves_only_the_result(run, sheet):
    done = run("train", sheet, "--no-track", "--quiet", *QUICK)
    assert done.err == ""
    assert done.out.startswith("Learnt from 192 students")


def test_without_tracking_nothing_is_written_but_what_out_names(train, tmp_path):
    train(*QUICK)
    assert everything_below(tmp_path) == ["students.csv"]
    assert train(*QUICK, "--out", "models/a")["bundle"] == str(tmp_path / "models/a")
    assert everything_below(tmp_path) == [
        "models", "models/a", "models/a/fitted.json", "models/a/weights.safetensors",
        "students.csv",
    ]  # fmt: skip


def test_a_dry_run_says_what_it_understood_and_writes_nothing(run, sheet, tmp_path):
    text = run("train", sheet, "--dry-run", "--out", "model")
    assert text.code == 0
    assert "cgpa" in text.out
    assert "register_no" in text.out
    document = run("train", sheet, "--dry-run", "--json").json
    assert document["rows"]["train"] == 192
    assert [f["name"] for f in document["features"]] == ["stream", "cgpa", "backlogs", "aptitude"]
    assert everything_below(tmp_path) == ["students.csv"]


def test_the_same_command_twice_gives_the_same_bytes(train, tmp_path):
    train("--out", "one", "--optimizer", "sgd", "--epochs", "5")
    train("--out", "two", "--optimizer", "sgd", "--epochs", "5")
    for name in ("fitted.json", "weights.safetensors"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_out_replaces_a_bundle_and_refuses_any_other_folder(run, sheet, tmp_path):
    assert run("train", sheet, "--no-track", "--out", "model", *QUICK).code == 0
    assert run("train", sheet, "--no-track", "--out", "model", "--l2", "5", *QUICK).code == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years of work")
    refused = run("train", sheet, "--no-track", "--out", "mine", *QUICK)
    assert refused.code == 6
    assert "thesis.txt" in refused.err
    assert (tmp_path / "mine/thesis.txt").read_text() == "years of work"


def test_every_optimizer_that_converges_finds_the_same_model(train):
    best = train("--optimizer", "newton", "--l2", "20")
    for optimizer in ("auto", "gd", "lbfgs"):
        result = train("--optimizer", optimizer, "--epochs", "5000", "--l2", "20")
        assert result["optimizer"] == optimizer
        assert result["converged"], optimizer
        for mine, theirs in zip(result["coefficients"], best["coefficients"], strict=True):
            assert mine["coefficient"] == pytest.approx(theirs["coefficient"], abs=1e-6), optimizer


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        (["--optimizer", "sgd", "--epochs", "3"], "sgd"),
        (["--optimizer", "adam", "--epochs", "3"], "adam"),
        (["--lr", "0.5", "--epochs", "3"], "gd"),
        (["--batch-size", "32", "--momentum", "0.5", "--epochs", "3"], "sgd"),
    ],
)
def test_reaching_the_limit_of_epochs_is_never_converged(train, options, chosen):
    result = train(*options)
    assert (result["optimizer"], result["epochs"]) == (chosen, 3)
    assert (result["converged"], result["stopped"]) == (False, "epoch_limit")


def test_float32_says_its_epsilon(train):
    result = train("--dtype", "float32")
    assert result["dtype"] == "float32"
    assert result["epsilon"] == float(np.finfo(np.float32).eps)
    assert result["lambda"] <= 1e-4


def test_the_loss_from_the_logit_finds_the_same_optimum(train):
    one, other = train(), train("--loss", "logits")
    assert other["train_loss"] == pytest.approx(one["train_loss"], abs=1e-9)


def test_balanced_classes_move_the_intercept_and_not_the_metrics_rows(train):
    plain, balanced = train(*QUICK), train(*QUICK, "--class-weight", "balanced")
    assert plain["rows"] == balanced["rows"]
    assert abs(plain["intercept"] - balanced["intercept"]) > 0.05


def test_a_weight_counts_like_that_many_rows(run, tmp_path):
    once = ["cgpa,placed"]
    weighted = ["cgpa,copies,placed"]
    for n in range(60):
        cgpa, placed, copies = 5 + n / 12.5, (n * 7 % 10) < n / 7, n % 3
        once += [f"{cgpa},{int(placed)}"] * copies
        weighted.append(f"{cgpa},{copies},{int(placed)}")
    (tmp_path / "once.csv").write_text("\n".join(once) + "\n")
    (tmp_path / "weighted.csv").write_text("\n".join(weighted) + "\n")
    options = ("--no-track", "--json", "--test-size", "0", *QUICK)
    plain = run("train", tmp_path / "once.csv", *options).json
    short = run("train", tmp_path / "weighted.csv", "--weight", "copies", *options).json
    assert short["intercept"] == pytest.approx(plain["intercept"], abs=1e-7)
    assert short["train_loss"] == pytest.approx(plain["train_loss"], abs=1e-9)
    assert short["features"] == ["cgpa"]


def test_a_file_of_its_own_is_tested_on(train, students, tmp_path):
    later = students(tmp_path / "later.csv", rows=60, seed=5)
    result = train("--test", later, *QUICK)
    assert result["rows"] == {"train": 240, "test": 60, "left_out": 0}
    assert result["metrics_on"] == "test"


def test_a_test_file_that_lacks_a_column_is_at_fault(run, sheet, tmp_path):
    (tmp_path / "later.csv").write_text("cgpa,status\n7,Placed\n6,Not Placed\n")
    done = run("train", sheet, "--no-track", "--test", tmp_path / "later.csv")
    assert done.code == 3
    assert "later.csv" in done.err


def test_a_rule_chooses_the_rows_to_test_on(train):
    result = train("--test-where", "stream==CSE", "--drop", "stream", *QUICK)
    assert result["rows"]["test"] + result["rows"]["train"] == 240
    assert 60 < result["rows"]["test"] < 100


def test_whole_groups_are_held_out_and_the_group_is_no_feature(train, sheet, tmp_path):
    lines = sheet.read_text().splitlines()
    lines = [lines[0] + ",town", *(f"{line},town{n % 30}" for n, line in enumerate(lines[1:]))]
    sheet.write_text("\n".join(lines) + "\n")
    result = train("--group", "town", *QUICK)
    assert result["rows"]["test"] % 8 == 0
    assert "town" not in result["features"]


def test_refit_trains_on_all_rows_and_keeps_the_metrics_of_the_held_out_ones(train):
    plain, again = train(*QUICK), train(*QUICK, "--refit")
    assert again["metrics"] == plain["metrics"]
    assert again["rows"]["train"] == 240
    assert again["intercept"] != plain["intercept"]


def test_patience_stops_on_a_slice_of_the_training_rows(train):
    result = train("--optimizer", "sgd", "--lr", "0.5", "--patience", "5", "--l2", "0")
    assert result["stopped"] == "patience"
    assert result["rows"]["test"] == 48
    assert result["rows"]["train"] < 192


def test_several_files_and_a_glob_form_one_table(train, sheet, tmp_path):
    lines = sheet.read_text().splitlines()
    for number, part in enumerate((lines[1:100], lines[100:])):
        (tmp_path / f"part{number}.csv").write_text("\n".join([lines[0], *part]) + "\n")
    whole = train(*QUICK)
    for data in ((tmp_path / "part0.csv", tmp_path / "part1.csv"), (tmp_path / "part*.csv",)):
        result = train(*QUICK, data=data)
        assert result["rows"] == whole["rows"]
        assert result["train_loss"] == pytest.approx(whole["train_loss"], abs=1e-12)


def test_a_packed_file_and_standard_input_read_like_the_file(train, sheet, tmp_path, monkeypatch):
    whole = train(*QUICK)
    packed = tmp_path / "students.csv.gz"
    packed.write_bytes(gzip.compress(sheet.read_bytes()))
    assert train(*QUICK, data=(packed,))["data_digest"] == whole["data_digest"]
    with sheet.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert train(*QUICK, data=("-",))["data_digest"] == whole["data_digest"]


def test_outcomes_of_another_file_are_joined(run, sheet, tmp_path):
    rows = [line.split(",") for line in sheet.read_text().splitlines()]
    (tmp_path / "marks.csv").write_text("\n".join(",".join(r[:-1]) for r in rows) + "\n")
    placed = [r for r in rows[1:] if r[-1] == "Placed"]
    offers = ["register_no,status", *(f"{r[0]},Placed" for r in placed)]
    (tmp_path / "offers.csv").write_text("\n".join(offers) + "\n")
    files = (tmp_path / "marks.csv", "--labels", tmp_path / "offers.csv")
    joined = ("train", *files, "--no-track", "--json", *QUICK)
    done = run(*joined, "--on", "register_no", "--absent", "not-placed")
    assert done.code == 0, done.err
    assert done.json["rows"]["train"] + done.json["rows"]["test"] == 240
    undecided = run(*joined)
    assert undecided.code == 3
    assert "--absent" in undecided.err


def test_strict_makes_a_warning_an_error_and_writes_nothing(run, students, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    few = students(tmp_path / "few.csv", rows=12)
    done = run("train", few, "--strict", "--no-track", "--out", "model")
    assert done.code == 3
    assert "--strict" in done.err
    assert everything_below(tmp_path) == ["few.csv"]


def test_columns_that_say_nothing_are_told_first(run, students, tmp_path):
    noise = students(tmp_path / "noise.csv", signal=False)
    done = run("train", noise, "--no-track", *QUICK)
    assert done.code == 0
    assert done.out.startswith("Careful: ")
    again = run("train", noise, "--no-track", "--json", *QUICK)
    assert again.json["skill"]["verdict"] == "no_signal"
    assert not again.json["skill"]["better_than_base_rate"]


def test_separable_columns_without_a_penalty_are_refused_by_name(run, tmp_path):
    lines = [
        "cgpa,projects,placed",
        *(f"{5 + n / 20},{n * 7 % 5},{int(n > 40)}" for n in range(80)),
    ]
    (tmp_path / "cut.csv").write_text("\n".join(lines) + "\n")
    done = run("train", tmp_path / "cut.csv", "--l2", "0", "--no-track")
    assert done.code == 3
    assert "cgpa" in done.err
    penalised = run("train", tmp_path / "cut.csv", "--no-track", "--json")
    assert penalised.code == 0
    assert any("cgpa" in text for text in penalised.json["warnings"])


def test_a_progress_line_appears_where_training_takes_long(run, sheet, monkeypatch):
    monkeypatch.setattr("placement.cli.console._SECONDS_BETWEEN_LINES", 0.0)
    done = run("train", sheet, "--no-track", "--json", *QUICK)
    assert "training: 1" in done.err
    json.loads(done.out)


def test_an_earlier_prediction_is_no_feature(run, trained, tmp_path):
    sheet, scored = trained.parent / "students.csv", tmp_path / "scored.csv"
    assert run("predict", sheet, "--model", trained, "--out", scored).code == 0
    document = run("train", scored, "--dry-run", "--json").json
    assert not [f["name"] for f in document["features"] if f["name"].startswith("placement_")]
    assert {"placement_probability", "placement_label"} <= {
        d["column"] for d in document["dropped"]
    }


def test_serial_numbers_that_start_anew_in_each_file_are_no_feature(run, students, tmp_path):
    for n in (1, 2):
        lines = students(tmp_path / f"y{n}.csv", rows=60, seed=n).read_text().splitlines()
        body = [f"{k},{line}" for k, line in enumerate(lines[1:], start=1)]
        (tmp_path / f"y{n}.csv").write_text("\n".join(["S.No," + lines[0], *body]) + "\n")
    document = run("train", tmp_path / "y1.csv", tmp_path / "y2.csv", "--dry-run", "--json").json
    assert {"S.No", "register_no"} <= {d["column"] for d in document["dropped"]}


def test_testing_on_rows_that_were_trained_on_is_told(run, sheet, trained):
    done = run("train", sheet, "--test", sheet, "--no-track", "--json", *QUICK)
    assert any("trained on as well" in text for text in done.json["warnings"])
    sheet = trained.parent / "students.csv"
    output = run("evaluate", sheet, "--model", trained, "--all-rows")
    assert "the very table the model was trained on" in output.err


def test_rows_are_told_with_their_rate_and_the_time_left(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr("placement.cli.console.time.monotonic", lambda: now[0])
    with Console().progress("reading", "rows", 1_000) as progress:
        # The pace is known from the second time on; the total was an estimate.
        for seconds, rows, detail in (
            (1, 100, ""),
            (3, 500, ""),
            (5, 900, "and on"),
            (7, 1_100, ""),
        ):
            now[0] = seconds
            progress.update(rows, detail)
    output = capsys.readouterr().err.splitlines()
    assert output == [
        "reading: 500 of 1,000 rows, 200 rows/s, 2 s left",
        "reading: 900 of 1,000 rows, 200 rows/s, 0 s left, and on",
        "reading: 1,100 rows, 167 rows/s",
    ]


@pytest.mark.parametrize(("last", "ended"), [(3, ["at: 3 of 9 s"]), (1, []), (0, [])])
def test_the_last_progress_line_is_where_the_work_ended(monkeypatch, capsys, last, ended):
    now = [0.0]
    monkeypatch.setattr("placement.cli.console.time.monotonic", lambda: now[0])
    with Console().progress("at", "s", 9) as progress:
        for second in range(last + 1):
            now[0] = second
            progress.update(second)
    result = [line.rsplit(",", 1)[0] for line in capsys.readouterr().err.splitlines()]
    assert result == (["at: 2 of 9 s"] if last > 1 else []) + ended


def test_every_stage_of_a_training_says_how_far_it_is(run, sheet, monkeypatch):
    monkeypatch.setattr("placement.cli.console._SECONDS_BETWEEN_LINES", 0.0)
    done = run("train", sheet, "--no-track", "--json", *QUICK)
    for stage in ("reading: 240", "encoding: 240", "training: 1", "testing: 48"):
        assert stage in done.err
    assert "100% of them checked" in done.err


def test_of_very_many_columns_the_first_are_listed_and_the_others_counted(run, tmp_path):
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(draw.normal(50, 9, (40, 63)).round(2)).add_prefix("m")
    path = tmp_path / "wide.csv"
    frame.assign(placed=["Yes", "No"] * 20).to_csv(path, index=False)
    text = run("train", path, "--dry-run", "-v").out
    assert "  m49 " in text
    assert "  m50 " not in text
    assert "and 13 more: --json has them all" in text
    assert len(run("train", path, "--dry-run", "--json").json["features"]) == 63


def test_a_dry_run_says_whether_the_table_is_big_enough(run, sheet, tmp_path):
    document = run("train", sheet, "--dry-run", "--json").json
    size = document["sample_size"]
    assert size["parameters"] == len(document["encoded"])
    said = run("train", sheet, "--dry-run", "-v").out
    needed = max(size["shrinkage"], size["optimism"], size["risk"])
    assert f"need {needed:,} rows to train on (192 are there: fewer" in " ".join(said.split())
    one = run("train", sheet, "--dry-run", "--features", "cgpa", "--json").json["sample_size"]
    assert one["parameters"] == 1
    assert one["risk"] == size["risk"]
    many = pd.concat([pd.read_csv(sheet)] * 20)
    many.assign(cgpa=many["cgpa"] + np.arange(len(many)) / 1e5).to_csv(
        tmp_path / "many.csv", index=False
    )
    assert "are there: enough" in run("train", tmp_path / "many.csv", "--dry-run", "-v").out


def test_the_shrinkage_of_the_fit_is_in_the_full_text(run, sheet, tmp_path):
    quick = ("--no-track", "--optimizer", "newton", "--out", tmp_path / "m")
    said = run("train", sheet, *quick, "--l2", "0", "-v")
    assert said.code == 0
    ratio = run("explain", "--model", tmp_path / "m", "--json").json["likelihood_ratio"]
    chi2, freedom = ratio["statistic"], ratio["freedom"]
    assert ratio["shrinkage"] == pytest.approx((chi2 - freedom) / chi2)
    assert f"(χ² - df) / χ², is {ratio['shrinkage']:.2f}" in said.out
    penalised = " ".join(run("train", sheet, *quick, "-v").out.split())
    assert "Without the penalty the shrinkage of this fit" in penalised
    assert f"is {ratio['shrinkage']:.2f}: of what the columns tell apart" in penalised
