"""`promote` from the outside: who becomes champion, who is refused, and what is kept of it."""

import dataclasses
import shutil
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from placement.config.train_config import TrainConfig
from placement.model.fitted import load_fitted
from placement.tracking.pyfunc_model import log_bundle
from placement.tracking.registry import record_promotion, register
from placement.tracking.relocate import relocate
from placement.tracking.runs import tracked_run
from placement.tracking.store import open_store
from placement.workflows.training.train import train

pytestmark = pytest.mark.usefixtures("held_out_decides")
VERSIONS = {
    "weak": 1, "good": 2, "middling": 3, "fewer": 4, "other": 5, "unfinished": 6, "unchecked": 7,
    "blind": 8,
}  # fmt: skip


def variants(good):
    """Models that differ from a good one in one respect only."""
    figures, change = good.figures, dataclasses.replace
    result = figures.evaluation
    target = dataclasses.replace(good.schema.target, positive="Hired")
    unsure = change(result, verdict=change(result.verdict, name="no_signal"))
    unchecked = change(result, gradcheck=change(result.gradcheck, passed=False))
    return {
        "other": {"schema": dataclasses.replace(good.schema, target=target)},
        "unfinished": {"figures": change(figures, converged=False, stopped="epoch_limit")},
        "unchecked": {"figures": change(figures, evaluation=unchecked)},
        "blind": {
            "weights": np.zeros_like(good.weights),
            "figures": change(figures, evaluation=unsure),
        },
    }


@pytest.fixture(scope="module")
def prepared(students, trained, template, tmp_path_factory):
    """A store with the versions, the first of which is champion; the files that go with them."""
    home = tmp_path_factory.mktemp("promoted")
    shutil.copytree(template, home / "mlruns")
    shutil.copy(trained.parent / "students.csv", home)
    students(home / "held.csv", rows=300, seed=7)
    settings = {"track": False, "optimizer": "newton", "sensitive": ()}
    for name, more in (
        ("weak", {"l2": 800.0}),
        ("middling", {"l2": 150.0}),
        ("fewer", {"drop": ("aptitude",)}),
    ):
        config = TrainConfig(**settings, **more, out=str(home / name))
        train([str(home / "students.csv")], config)
    good = load_fitted(trained)
    good.save(home / "good")
    for name, other in variants(good).items():
        dataclasses.replace(good, **other).save(home / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        store = open_store()
        relocate(store)
        with tracked_run(store, "placement") as run:
            logged = {name: log_bundle(run, home / name) for name in VERSIONS}
        for name, number in VERSIONS.items():
            assert register(store, logged[name]).version == number
        for name in ("good", "blind", "unfinished"):
            register(store, logged[name], "college", may_be_champion=False)
    return home


@pytest.fixture
def store(prepared, tmp_path, monkeypatch, no_pictures):
    """A copy of the prepared store in the current directory."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    opened = open_store()
    relocate(opened)
    return opened


def uri(name, model="placement"):
    return f"models:/{model}/{VERSIONS[name]}"


def aliases(store, model="placement"):
    result = store.client().get_registered_model(model).aliases
    return {alias: int(version) for alias, version in result.items()}


def tags(store, name, model="placement"):
    return store.client().get_model_version(model, str(VERSIONS[name])).tags


def crown(store, name, over):
    assert record_promotion(
        store, "placement", VERSIONS[name], opponent=VERSIONS[over], tags={}, promote=True
    )


def codes(found):
    return [reason["code"] for reason in found["reasons"]]


def test_a_challenger_that_is_not_worse_becomes_champion_with_its_evidence_as_tags(store, run):
    done = run("promote", uri("good"), "--data", "held.csv", "--json")
    assert done.code == 0, done.err
    document = done.json
    assert (document["format"], document["promoted"], document["outcome"]) == (1, True, "accepted")
    assert document["reasons"] == []
    assert aliases(store) == {"champion": 2, "challenger": 8, "previous": 1}
    frame = pd.read_csv("held.csv")
    y = (frame["status"] == "Placed").to_numpy(float)
    losses = [log_loss(y, load_fitted(name).predict_proba(frame)) for name in ("good", "weak")]
    version_tags = tags(store, "good")
    gap = document["evidence"]["comparison"]["log_loss"]
    assert gap["difference"] == pytest.approx(losses[0] - losses[1], abs=1e-12)
    assert gap["high"] < 0
    assert float(version_tags["promotion_log_loss"]) == pytest.approx(losses[0], abs=1e-12)
    assert float(version_tags["promotion_opponent_log_loss"]) == pytest.approx(losses[1], abs=1e-12)
    for name, own in (("", "difference"), ("_low", "low"), ("_high", "high")):
        assert float(version_tags[f"promotion_log_loss_difference{name}"]) == gap[own]
    assert (version_tags["promotion"], version_tags["promotion_opponent"]) == (
        "accepted",
        uri("weak"),
    )
    assert (version_tags["promotion_data"], version_tags["promotion_rows"]) == ("held.csv", "300")
    assert version_tags["promotion_data_digest"] == document["evidence"]["digest"]
    assert version_tags["promotion_time"].endswith("+00:00")


def test_outcomes_from_another_file_decide_as_those_of_the_rows_do(store, run):
    frame = pd.read_csv("held.csv", dtype={"register_no": str})
    frame.drop(columns="status").to_csv("rows.csv", index=False)
    outcomes = frame[["register_no", "status"]].sample(frac=1, random_state=0)
    outcomes.to_csv("outcomes.csv", index=False)
    on = ("--labels", "outcomes.csv", "--on", "register_no")
    done = run("promote", uri("good"), "--data", "rows.csv", *on, "--json")
    assert done.code == 0, done.err
    assert aliases(store)["champion"] == VERSIONS["good"]
    crown(store, "weak", over="good")
    same = run("promote", uri("good"), "--data", "held.csv", "--json").json["evidence"]
    joined = done.json["evidence"]
    assert joined["comparison"] == same["comparison"]
    assert tags(store, "good")["promotion_rows"] == "300"


def test_few_rows_on_which_a_model_looks_worse_are_warned_of(store, run):
    crown(store, "good", over="weak")
    frame, good, middling = pd.read_csv("held.csv"), load_fitted("good"), load_fitted("middling")
    gains = good.predict_proba(frame) - middling.predict_proba(frame)
    better = np.where(frame["status"] == "Placed", gains, -gains) > 0
    chosen = [*np.flatnonzero(better)[:20], *np.flatnonzero(~better)[:8]]
    frame.iloc[chosen].to_csv("mixed.csv", index=False)
    done = run("promote", uri("middling"), "--data", "mixed.csv", "--force", "to see", "--json")
    gap = done.json["evidence"]["comparison"]["log_loss"]
    assert gap["low"] < 0 < gap["difference"]
    assert "28 rows may be too few to tell" in done.err
    plain = run("promote", uri("good"), "--data", "held.csv")
    assert "too few to tell" not in plain.err


def test_with_seats_both_models_say_whom_they_would_call_in(store, run):
    frame = pd.read_csv("held.csv")
    at_risk = (frame["status"] == "Not Placed").to_numpy()
    orders = [
        np.argsort(load_fitted(name).predict_proba(frame), kind="stable")
        for name in ("good", "weak")
    ]
    right = np.array([np.cumsum(at_risk[order]) for order in orders])
    apart = np.flatnonzero(right[0] != right[1])[0]  # else neither sign of the gap is told apart
    seats = int(apart) + 1
    done = run("promote", uri("good"), "--data", "held.csv", "--seats", seats, "--json")
    found = done.json["evidence"]["seats"]
    for counted, of_model in zip((found["model"], found["opponent"]), right, strict=True):
        assert (counted["listed"], counted["right"]) == (seats, of_model[apart])
    gap = (found["model"]["right"] - found["opponent"]["right"]) / seats
    assert found["difference"]["value"] == pytest.approx(gap)
    assert tags(store, "good")["promotion_seats_right"] == str(found["model"]["right"])
    again = ["promote", uri("middling"), "--data", "held.csv", "--force", "to see"]
    many = run(*again, "--seats", "301")
    assert many.code == 3
    assert "it has 300 students whose outcome is known" in many.err
    right = int(at_risk[np.argsort(load_fitted("middling").predict_proba(frame))[:60]].sum())
    said = " ".join(run(*again, "--seats", "60").out.split())
    assert f"Of 60 seats it gives {right} to students who end 'Not Placed' and {60 - right}" in said


def test_it_reads_as_sentences(store, run):
    done = run("promote", uri("good"), "--data", "held.csv", "-v")
    assert "Against models:/placement/1: its log-loss is 0." in done.out
    assert "lower): better beyond chance." in done.out
    assert "models:/placement/2 is champion now." in done.out
    assert "placement promote --rollback" in done.out


def test_it_is_said_who_is_champion_why_and_how_to_go_back(store, run):
    done = run("promote", uri("good"), "--data", "held.csv")
    text = " ".join(done.out.split())
    assert text.startswith("models:/placement/2 is champion now. On 300 students of held.csv it is")
    assert "better than models:/placement/1: its chances are nearer to what happened" in text
    assert "It is better there than saying the same of everybody." in text
    assert text.endswith("placement promote --rollback goes back to models:/placement/1")
    refused = run("promote", uri("weak"), "--data", "held.csv")
    assert refused.out.startswith("Refused: models:/placement/2 stays champion.\n")
    assert "it is worse than models:/placement/2" in " ".join(refused.out.split())


def test_few_rows_are_not_said_to_show_that_a_model_is_no_better(store, run):
    frame = pd.read_csv("held.csv")
    frame.groupby("status").head(3).to_csv("six.csv", index=False)
    done = run("promote", uri("good"), "--data", "six.csv", "--force", "to see")
    text = " ".join(done.out.split())
    assert "6 students are too few to show that it is better than saying the same" in text


REFUSED = [
    ("weak", "held.csv", "worse", "worse beyond chance"),
    ("middling", "students.csv", "trained_on_data", "learnt from this very table"),
    ("fewer", "held.csv", "columns", "no longer aptitude"),
    ("other", "held.csv", "target", "'Hired'"),
    ("unfinished", "held.csv", "not_converged", "epoch_limit"),
    ("unchecked", "held.csv", "gradient_check", "gradient check"),
    ("blind", "held.csv", "base_rate", "base rate"),
]


@pytest.mark.parametrize(("name", "data", "code", "told"), REFUSED)
def test_a_refusal_is_exit_7_with_its_evidence_in_the_tags(store, run, name, data, code, told):
    crown(store, "good", over="weak")
    before = aliases(store)
    done = run("promote", uri(name), "--data", data, "--json")
    assert done.code == 7
    assert (done.json["promoted"], done.json["outcome"]) == (False, "refused")
    assert code in codes(done.json)
    assert told in done.err
    assert f"placement promote {uri(name)} --force REASON" in done.err
    assert aliases(store) == before
    version_tags = tags(store, name)
    assert (version_tags["promotion"], version_tags["promotion_opponent"]) == (
        "refused",
        uri("good"),
    )
    assert code in version_tags["promotion_reason_codes"].split(",")
    assert told in version_tags["promotion_reasons"]
    if code not in {"columns", "target"}:
        gap = done.json["evidence"]["comparison"]["log_loss"]
        assert float(version_tags["promotion_log_loss_difference_low"]) == gap["low"]
        assert version_tags["promotion_data"] == data
    if code == "worse":
        assert gap["low"] > 0


def test_neither_another_order_nor_another_column_makes_training_rows_held_out_ones(store, run):
    rows = pd.read_csv("students.csv").sample(frac=1, random_state=0)
    rows.assign(hobby=np.arange(len(rows)) % 3).to_csv("sorted.csv", index=False)
    crown(store, "good", over="weak")
    done = run("promote", uri("middling"), "--data", "sorted.csv", "--json")
    assert done.code == 7
    assert "trained_on_data" in codes(done.json)


def test_a_champion_that_was_trained_on_the_rows_is_no_fair_opponent(store, run, tmp_path):
    held = pd.read_csv("held.csv")
    held.to_csv("again.csv", index=False)
    command = ("train", "again.csv", "--promote", "--optimizer", "newton")
    assert run(*command).code == 0
    done = run("promote", uri("good"), "--data", "held.csv", "--json")
    assert done.code == 7
    (reason,) = [r for r in done.json["reasons"] if r["code"] == "trained_on_data"]
    assert reason["text"].startswith("models:/placement/9 learnt")


def test_only_what_differs_is_held_against_a_model_that_is_no_worse(store, run):
    assert codes(run("promote", uri("fewer"), "--data", "held.csv", "--json").json) == ["columns"]
    assert codes(run("promote", uri("good"), "--data", "students.csv", "--json").json) == [
        "trained_on_data"
    ]


def test_without_held_out_rows_a_champion_is_not_challenged(store, run):
    done = run("promote", uri("good"))
    assert done.code == 2
    assert "placement promote models:/placement/2 --data FILE" in done.err
    assert aliases(store)["champion"] == 1
    assert "promotion" not in tags(store, "good")


def test_students_of_one_outcome_only_prove_nothing(store, run):
    frame = pd.read_csv("held.csv")
    frame[frame["status"] == "Placed"].to_csv("placed.csv", index=False)
    done = run("promote", uri("good"), "--data", "placed.csv")
    assert done.code == 3
    assert "both are needed" in done.err
    assert aliases(store)["champion"] == 1


def test_force_promotes_and_records_the_reason_and_what_it_overrode(store, run):
    crown(store, "good", over="weak")
    why = "the other one is to be tried for a week"
    done = run("promote", uri("weak"), "--data", "held.csv", "--force", why, "--json")
    assert done.code == 0
    assert (done.json["outcome"], codes(done.json)) == ("forced", ["worse"])
    assert aliases(store)["champion"] == 1
    assert aliases(store)["previous"] == 2
    version_tags = tags(store, "weak")
    assert (version_tags["promotion"], version_tags["promotion_force_reason"]) == ("forced", why)
    assert "worse beyond chance" in version_tags["promotion_reasons"]


def test_force_without_rows_is_told_that_none_were_asked(store, run):
    done = run("promote", uri("fewer"), "--force", "aptitude is not tested any more")
    assert done.code == 0
    assert "no held-out rows were given" in done.out
    assert tags(store, "fewer")["promotion_reason_codes"] == "columns,no_data"
    assert "promotion_log_loss" not in tags(store, "fewer")


def test_force_gets_past_a_champion_whose_files_are_gone(store, run):
    (weak,) = [
        path for path in store.directory.rglob("fitted.json") if '"l2": 800.0' in path.read_text()
    ]
    weak.unlink()
    assert run("promote", uri("good"), "--data", "held.csv").code == 5
    done = run("promote", uri("good"), "--data", "held.csv", "--force", "repair", "--json")
    assert (done.code, codes(done.json)) == (0, ["champion_unreadable"])


def test_force_that_overrides_nothing_is_an_ordinary_promotion(store, run):
    done = run("promote", uri("good"), "--data", "held.csv", "--force", "asked for", "--json")
    assert (done.json["outcome"], codes(done.json)) == ("accepted", [])
    assert tags(store, "good")["promotion_force_reason"] == "asked for"


@pytest.mark.parametrize("words", [[], ["--data", "held.csv"]])
def test_the_first_champion_must_be_sound_in_itself(store, run, words):
    for number, expected in ((3, "not_converged"), (2, "base_rate")):
        done = run("promote", f"models:/college/{number}", *words, "--json")
        assert (done.code, codes(done.json)) == (7, [expected])
    done = run("promote", "models:/college/1", *words, "--json")
    assert (done.code, done.json["opponent"]) == (0, None)
    assert aliases(store, "college")["champion"] == 1
    assert "previous" not in aliases(store, "college")


def test_who_is_champion_already_stays_so(store, run):
    done = run("promote", "champion", "--data", "held.csv", "--json")
    assert (done.code, done.json["outcome"]) == (0, "already champion")
    assert "promotion" not in tags(store, "weak")


def test_a_rollback_is_one_command_and_can_be_read_later(store, run):
    assert run("promote", uri("good"), "--data", "held.csv").code == 0
    done = run("promote", "--rollback", "too many false alarms", "--json")
    assert done.code == 0
    assert done.json["format"] == 1
    assert (done.json["champion"], done.json["former"]) == (uri("weak"), uri("good"))
    assert aliases(store) == {"champion": 1, "challenger": 8}
    assert tags(store, "good")["rollback_reason"] == "too many false alarms"
    again = run("promote", "--rollback")
    assert again.code == 7
    assert "--force REASON" in again.err


def test_the_champion_that_training_replaced_can_be_had_back(store, run):
    assert (
        run("train", "held.csv", "--promote", "--optimizer", "newton", "--sensitive", "").code == 0
    )
    assert aliases(store)["champion"] == 9
    done = run("promote", "--rollback")
    assert done.code == 0
    assert "models:/placement/1 is champion again, in place of models:/placement/9" in done.out


def test_a_rollback_of_another_model_names_its_champion(store, run):
    run("promote", "models:/college/1")
    run("promote", "models:/college/2", "--force", "a trial")
    assert run("promote", "models:/college/1", "--rollback", "over").code == 7
    assert run("promote", "models:/college@champion", "--rollback", "over").code == 0
    assert aliases(store, "college")["champion"] == 1


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ([], 2, "name the model"),
        (["challenger", "--force", " "], 2, "reason"),
        (["--rollback", "why", "--data", "held.csv"], 2, "--data is not used by --rollback"),
        (["--rollback", "why", "--force", "x"], 2, "--force is not used by --rollback"),
        (["challenger", "--seats", "60"], 2, "--seats are given to students of --data"),
        (["--rollback", "why", "--seats", "60"], 2, "--seats is not used by --rollback"),
        (["good", "--data", "held.csv"], 5, "no version of a registered model"),
        (["models:/placement/99", "--data", "held.csv"], 5, "models:/placement/99"),
        (["challenger", "--data", "gone.csv"], 3, "gone.csv"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_next_step(store, run, words, code, told):
    before = aliases(store)
    done = run("promote", *words)
    assert done.code == code
    assert told in done.err
    assert aliases(store) == before


def test_no_cell_of_a_held_out_student_gets_into_the_store(store, run):
    run("promote", uri("weak"), "--data", "held.csv")
    run("promote", uri("good"), "--data", "held.csv")
    frame = pd.read_csv("held.csv", dtype=str)
    cells = {*frame["register_no"], *frame["cgpa"], *frame["aptitude"]}
    held = b"".join(p.read_bytes() for p in store.directory.rglob("*") if p.is_file())
    assert [cell for cell in cells if cell.encode() in held] == []


AT_ONCE = textwrap.dedent(
    """
    import os, pathlib, sys, time
    import placement.tracking.environment as environment
    environment.prepare_environment()
    import mlflow.store.tracking.sqlalchemy_store
    from placement.workflows.selection import promote as module

    # Both begin with MLflow imported, which takes seconds; neither has opened the store yet.
    child = os.fork()
    judge, (own, other) = module._decide, sys.argv[1:] if child else sys.argv[:0:-1]

    def judged_at_once(*given):
        result = judge(*given)
        pathlib.Path(own + ".ready").touch()
        while not pathlib.Path(other + ".ready").exists():
            time.sleep(0.01)
        return result

    module._decide = judged_at_once
    module.promote(module.PromoteRequest(f"models:/placement/{own}", "held.csv"))
    if child:
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
)


def test_of_two_promotions_at_once_the_later_must_beat_the_earlier(store, code_path, tmp_path):
    numbers = [str(VERSIONS["good"]), str(VERSIONS["middling"])]
    command = [sys.executable, "-c", AT_ONCE, *numbers]
    subprocess.run(command, env=code_path, cwd=tmp_path, check=True, timeout=120)
    # Both beat the weak one; middling is worse than good, so good is champion whoever was first.
    assert aliases(store)["champion"] == VERSIONS["good"]
    good, middling = tags(store, "good"), tags(store, "middling")
    if middling["promotion"] == "refused":
        assert middling["promotion_opponent"] == uri("good")
        assert good["promotion_opponent"] == uri("weak")
    else:
        assert middling["promotion_opponent"] == uri("weak")
        assert good["promotion_opponent"] == uri("middling")


def test_one_of_the_files_that_a_model_learnt_from_is_no_evidence_for_it(store, run, tmp_path):
    season = pd.read_csv("held.csv").head(200)
    season.to_csv("season.csv", index=False)
    season.assign(hobby=1).sample(frac=1, random_state=0).to_csv("copy.csv", index=False)
    quick = ("--optimizer", "newton", "--sensitive", "")
    assert run("train", "students.csv", "season.csv", *quick).code == 0
    for data in ("season.csv", "copy.csv"):
        done = run("promote", "challenger", "--data", data, "--json")
        assert done.code == 7
        assert "trained_on_data" in codes(done.json), data
    assert "trained_on_data" not in codes(
        run("promote", "challenger", "--data", "held.csv", "--json").json
    )


def test_a_file_whose_rows_were_all_held_out_is_evidence(store, run, tmp_path):
    held = pd.read_csv("held.csv").assign(batch=2025)
    held.to_csv("2025.csv", index=False)
    pd.read_csv("students.csv").assign(batch=2024).to_csv("2024.csv", index=False)
    quick = ("--optimizer", "newton", "--sensitive", "", "--test-where", "batch==2025")
    for more, is_refused in ((), False), (("--refit",), True):
        assert run("train", "2024.csv", "2025.csv", *quick, *more).code == 0
        done = run("promote", "challenger", "--data", "2025.csv", "--json")
        assert ("trained_on_data" in codes(done.json)) == is_refused
