"""`placement effect`: what is said of a lottery, and the lists that are refused."""

import contextlib
import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

from placement.evaluation.effect.average_effect import average_effect
from placement.evaluation.effect.randomization_test import Stratum
from placement.tracking.runs import list_runs, tracked_run
from placement.workflows.monitoring.effect import EXPERIMENT, effects_of

SEATED = ("certain", "drawn")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def listed(run, trained, students):
    """Write a list of seats, and return its rows as text: `listed("a.csv", "--lottery", "40")`."""

    def made(out, *words, seed=0, top=60):
        sheet = students(Path(f"students{seed}.csv"), seed=seed)
        options = ["--rank", "risk", "--top", top, "--model", trained, "--out", out]
        done = run("predict", sheet, *options, *words)
        assert done.code == 0, done.err
        return rows_of(out)

    return made


@pytest.fixture
def effect(run):
    def measured(*words, code=0):
        done = run("effect", *words, "--no-track")
        assert done.code == code, done.err
        return done

    return measured


def rows_of(file):
    if file.endswith(".xlsx"):
        return pd.read_excel(file, sheet_name="List", dtype=str, engine="calamine")
    return pd.read_csv(file, dtype=str, keep_default_na=False)


def write_outcomes(frame, placed, file="outcomes.csv"):
    """Write who was placed, in another order and under another heading."""
    status = np.where(placed, "Placed", "Not Placed")
    outcomes = pd.DataFrame({"RegNo": frame["register_no"], "Status": status})
    outcomes.sample(frac=1, random_state=1).to_csv(file, index=False)


def placed_of(frame, drawn, others):
    """Place so many of those drawn, and so many of those not drawn, and all the rest."""
    placed = np.ones(len(frame), dtype=bool)
    for seat, count in (("drawn", drawn), ("not drawn", others)):
        rows = np.flatnonzero(frame["placement_seat"] == seat)
        placed[rows[count:]] = False
    return placed


JOIN = ("--outcomes", "outcomes.csv", "--on", "register_no=RegNo")


def test_who_was_drawn_is_compared_with_who_was_not(here, listed, effect):
    frame = listed("list.csv", "--lottery", "40", "--seed", "5")
    write_outcomes(frame, placed_of(frame, 15, 4))
    found = effect("list.csv", *JOIN, "--json").json
    assert found["drawn"] == {"students": 20, "positive": 15, "unknown": 0}
    assert found["not_drawn"] == {"students": 20, "positive": 4, "unknown": 0}
    assert found["luck"]["p_value"] == pytest.approx(fisher_exact([[15, 5], [4, 16]]).pvalue)
    expected = average_effect([Stratum(15, 20, 4, 20)])
    assert (found["effect"]["low"], found["effect"]["high"]) == (expected.low, expected.high)
    assert (found["verdict"], found["run_id"]) == ("helped", None)
    said = effect("list.csv", *JOIN).out
    assert said.startswith("Of the 20 who were drawn 15 are 'Placed'; of the 20 who were not, 4.\n")
    assert "So the seat helped: luck alone hardly explains it." in said
    assert len(said.splitlines()) <= 15
    assert "15 of 20" in effect("list.csv", *JOIN, "-v").out


def test_what_luck_may_have_done_is_not_called_help(here, listed, effect):
    frame = listed("list.csv", "--lottery", "20")
    write_outcomes(frame, placed_of(frame, 6, 4))
    said = " ".join(effect("list.csv", *JOIN).out.split())
    assert "So it is not shown that the seat helped, nor that it did not" in said
    assert "helped:" not in said
    write_outcomes(frame, placed_of(frame, 0, 9))
    assert effect("list.csv", *JOIN, "--json").json["verdict"] == "harmed"


def test_a_list_taken_as_a_workbook_tells_the_same(here, listed, effect):
    """Its chances are shown as whole percents; they are compared by the last digit."""
    frame = listed("list.xlsx", "--lottery", "4", "--by", "stream", top=10)
    write_outcomes(frame, placed_of(frame, 6, 4))
    done = effect("list.xlsx", *JOIN)
    assert done.out.startswith("Of the ")
    assert "changed since the list was written" not in done.err


def test_lists_of_several_years_and_branches_speak_together(here, listed, effect):
    first = listed("a.csv", "--lottery", "20")
    second = listed("b.csv", "--lottery", "6", "--by", "stream", seed=1, top=20)
    placed = np.concatenate([placed_of(first, 8, 3), placed_of(second, 7, 2)])
    write_outcomes(pd.concat([first, second]), placed)
    found = effect("a.csv", "b.csv", *JOIN, "--json").json
    groups = sorted(band["groups"] for band in found["bands"])
    assert groups == [[""], ["cse"], ["ece"], ["mech"]]
    assert (found["drawn"]["positive"], found["not_drawn"]["positive"]) == (15, 5)
    fields = ("drawn_placed", "drawn", "others_placed", "others")
    strata = [Stratum(*(band[field] for field in fields)) for band in found["bands"]]
    assert found["effect"]["low"] == average_effect(strata).low
    assert found["verdict"] == "helped"
    # The other year's students, and those not on a list, are no fault of a file of outcomes.
    assert not [text for text in found["warnings"] if "no such" in text]


def test_a_list_sorted_annotated_and_saved_by_a_spreadsheet_is_still_the_list(here, listed, effect):
    frame = listed("list.csv", "--lottery", "20")
    write_outcomes(frame, placed_of(frame, 8, 3))
    table = pd.read_csv("list.csv", dtype={"register_no": str}).sample(frac=1, random_state=2)
    table["cgpa"] = table["cgpa"].round(1)
    table["came"] = np.where(table["placement_seat"].isin(SEATED), "Yes", "")
    table.to_excel("list.xlsx", index=False)
    done = effect("list.xlsx", *JOIN, "--attended", "came", "--json")
    assert (done.json["drawn"]["positive"], done.json["not_drawn"]["positive"]) == (8, 3)
    assert done.json["attendance"]["estimate"] == pytest.approx(0.5)
    assert done.json["warnings"] == ["list.xlsx: cgpa changed since the list was written"]


def test_who_came_may_stand_beside_the_outcomes(here, listed, effect):
    frame = listed("list.csv", "--lottery", "40")
    placed = placed_of(frame, 18, 4)
    outcomes = pd.DataFrame({"register_no": frame["register_no"], "status": placed.astype(int)})
    outcomes["status"] = outcomes["status"].map({1: "Placed", 0: "Not Placed"})
    outcomes["visits"] = np.where(frame["placement_seat"].isin(SEATED) & placed, 3, 0)
    outcomes.to_csv("outcomes.csv", index=False)
    words = ("list.csv", "--outcomes", "outcomes.csv", "--on", "register_no")
    came = effect(*words, "--attended", "visits", "--json").json["attendance"]
    assert (came["came_drawn"], came["came_others"]) == (0.9, 0.0)
    assert came["low"] > 0
    assert (
        "90 in 100 of those drawn came, and 0 in 100" in effect(*words, "--attended", "visits").out
    )
    outcomes["visits"] = "perhaps"
    outcomes.to_csv("outcomes.csv", index=False)
    assert "'perhaps', which is neither" in effect(*words, "--attended", "visits", code=3).err


def test_without_a_lottery_no_effect_is_claimed(here, listed, effect):
    frame = listed("list.csv", "--everybody")
    write_outcomes(frame, frame["placement_seat"] == "certain")
    done = effect("list.csv", *JOIN)
    assert done.out.startswith("No effect is claimed: list.csv was made without a lottery.")
    assert "--lottery 20" in done.out
    found = effect("students0.csv", *JOIN, "--json").json
    assert (found["verdict"], found["effect"], found["luck"]) == ("no lottery", None, None)


def test_students_whose_outcome_is_not_known_are_left_out_with_a_warning(here, listed, effect):
    frame = listed("list.csv", "--lottery", "20")
    write_outcomes(frame, placed_of(frame, 8, 3))
    outcomes = rows_of("outcomes.csv").set_index("RegNo")
    drawn = frame.loc[frame["placement_seat"] == "drawn", "register_no"]
    outcomes.loc[drawn.iloc[:2], "Status"] = ""
    outcomes.to_csv("outcomes.csv")
    done = effect("list.csv", *JOIN, "--json")
    assert done.json["drawn"] == {"students": 8, "positive": 6, "unknown": 2}
    assert "2 students drawn and 0 not drawn have no known outcome" in done.json["warnings"][0]


def give_a_seat(frame):
    row = np.flatnonzero(frame["placement_seat"] == "not drawn")[0]
    frame.loc[frame.index[row], "placement_seat"] = "drawn"
    return frame


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (give_a_seat, "cells of placement_seat are not those"),
        (
            lambda f: f.assign(placement_rank=f["placement_rank"].to_numpy()[::-1]),
            "placement_seat, placement_p",
        ),
        (lambda f: f.drop(index=f.index[-1]), "has 69 students, and list.csv.about.json says 70"),
        (lambda f: f.assign(register_no=np.roll(f["register_no"], 1)), "register_no, by which"),
        (lambda f: f.drop(columns="placement_rank"), "lacks placement_rank"),
    ],
)
def test_an_altered_list_is_refused(here, listed, effect, change, said):
    frame = listed("list.csv", "--lottery", "20")
    write_outcomes(frame, placed_of(frame, 8, 3))
    change(frame).to_csv("list.csv", index=False)
    assert said in effect("list.csv", *JOIN, code=3).err


def test_the_list_of_another_model_or_an_altered_about_file_is_refused(here, listed, effect):
    frame = listed("list.csv", "--lottery", "20")
    write_outcomes(frame, placed_of(frame, 8, 3))
    about = Path("list.csv.about.json")
    document = json.loads(about.read_text(encoding="utf-8"))
    listed("other.csv", "--lottery", "20", "--seed", "1")
    shutil.copy("other.csv.about.json", about)
    assert "another model's, or another draw" in effect("list.csv", *JOIN, code=3).err
    document["list"]["model_digest"] = "0" * 64
    about.write_text(json.dumps(document), encoding="utf-8")
    assert "was altered after predict wrote it" in effect("list.csv", *JOIN, code=3).err
    about.write_text("[]", encoding="utf-8")
    assert "is not what predict wrote" in effect("list.csv", *JOIN, code=3).err
    about.write_text("{}", encoding="utf-8")
    assert "about.json keeps no seats" in effect("list.csv", *JOIN, code=3).err
    about.unlink()
    assert "about.json is not beside it" in effect("list.csv", *JOIN, code=3).err


def test_a_list_given_twice_is_refused(here, listed, effect):
    frame = listed("list.csv", "--lottery", "20")
    write_outcomes(frame, placed_of(frame, 8, 3))
    for file in ("list.csv", "list.csv.about.json"):
        shutil.copy(file, file.replace("list", "copy"))
    assert "is the same list as list.csv" in effect("list.csv", "copy.csv", *JOIN, code=3).err
    assert "is the same list as list.csv" in effect("list.csv", "list.csv", *JOIN, code=3).err


def test_the_result_is_a_run_of_its_experiment(store, run, listed):
    frame = listed("list.csv", "--lottery", "20")
    write_outcomes(frame, placed_of(frame, 8, 3))
    found = run("effect", "list.csv", *JOIN, "--json").json
    (kept,) = list_runs(store, "placement-effect")
    assert (kept.run_id, kept.status) == (found["run_id"], "FINISHED")
    assert kept.params["lists"] == found["lists"][0]["id"]
    assert kept.metrics["low"] == pytest.approx(found["effect"]["low"])
    assert kept.metrics["p_value"] == pytest.approx(found["luck"]["p_value"])


def test_chances_told_to_students_who_then_had_a_seat_are_said_to_be_told_before_it(
    here, run, trained, listed
):
    frame = listed("list.csv", "--lottery", "20")
    write_outcomes(frame, np.arange(len(frame)) % 2 == 0)
    told = ["list.csv", "--as-told", "--model", trained, "--labels", "outcomes.csv"]
    done = run("evaluate", *told, "--on", "register_no=RegNo")
    assert done.code == 0, done.err
    assert "60 students had a seat" in done.out


def test_an_adviser_who_sets_the_lot_aside_is_told_what_that_does_to_the_comparison(
    here, listed, effect
):
    frame = listed("list.csv", "--lottery", "20")
    write_outcomes(frame, placed_of(frame, 8, 3))
    others = frame.index[frame["placement_seat"] == "not drawn"]
    frame["override"] = ""
    frame.loc[others[:3], "override"] = "in"
    frame.loc[frame["placement_seat"] == "certain", "override"] = "in"
    frame.to_csv("list.csv", index=False)
    done = effect("list.csv", *JOIN, "--json")
    assert done.json["not_drawn"] == {"students": 10, "positive": 3, "unknown": 0}
    assert [
        text for text in done.json["warnings"] if "3 students who drew had the other lot" in text
    ]


def test_overrides_of_a_list_are_scored_beside_the_model_that_made_it(here, run, trained, listed):
    frame = listed("list.csv", "--lottery", "20")
    placed = np.arange(len(frame)) % 2 == 0
    write_outcomes(frame, placed)
    frame["override"] = ""
    seated = np.isin(frame["placement_seat"], SEATED)
    frame.loc[frame.index[seated & placed][:4], "override"] = "out"
    frame.loc[frame.index[~seated & ~placed][:3], "override"] = "in"
    frame.to_csv("list.csv", index=False)
    told = ["evaluate", "list.csv", "--as-told", "--model", trained, "--labels", "outcomes.csv"]
    found = run(*told, "--on", "register_no=RegNo", "--json").json["overrides"]
    right = int((seated & ~placed).sum())
    assert (found["model"]["listed"], found["model"]["right"]) == (60, right)
    assert (found["both"]["listed"], found["both"]["right"]) == (59, right + 3)
    assert (found["put_in"]["right"], found["taken_out"]["right"]) == (3, 4)
    said = " ".join(run(*told, "--on", "register_no=RegNo").out.split())
    assert f"Of the model's 60 seats {right} went to students who ended 'Not Placed'" in said
    assert "The adviser was right about 7 of 7 overrides: of 3 put in 3 ended" in said
    assert len(run(*told, "--on", "register_no=RegNo").out.splitlines()) <= 15
    assert "adviser (put in)" in run(*told, "--on", "register_no=RegNo", "-v").out


def test_what_became_of_a_list_stands_in_the_report_on_its_model(store, run, students, no_pictures):
    run("train", students(Path("learnt.csv"), rows=300, seed=3), "--optimizer", "newton")
    sheet = students(Path("students.csv"))
    run("predict", sheet, "--rank", "risk", "--top", 60, "--lottery", 20, "--out", "list.csv")
    frame = rows_of("list.csv")
    write_outcomes(frame, placed_of(frame, 9, 1))
    run("report")
    assert "Did a seat on its list help?" not in Path("report.html").read_text(encoding="utf-8")
    found = run("effect", "list.csv", *JOIN, "--json").json
    run("report")
    page = Path("report.html").read_text(encoding="utf-8")
    assert "Did a seat on its list help?" in page
    low, high = (f"{100 * found['effect'][limit]:+.0f}" for limit in ("low", "high"))
    assert f"({low} to {high})" in page
    assert "9 of 10" in page


def test_students_who_drew_twice_are_not_counted_twice(here, listed, effect):
    frame = listed("list.csv", "--lottery", "20", "--seed", "1")
    listed("again.csv", "--lottery", "20", "--seed", "2")
    write_outcomes(frame, placed_of(frame, 8, 3))
    done = effect("list.csv", "again.csv", *JOIN, code=3)
    assert "20 students who drew on it drew on list.csv as well" in done.err


def test_a_list_that_lots_were_drawn_for_is_not_written_over(here, listed, run, trained):
    listed("list.csv", "--lottery", "20")
    before = Path("list.csv").read_bytes()
    words = ["students0.csv", "--model", trained, "--out", "list.csv"]
    done = run("predict", *words)
    assert done.code == 6
    assert "list.csv: is a list with a lottery (seed 0)" in done.err
    assert Path("list.csv").read_bytes() == before
    Path("list.csv").unlink()
    assert run("predict", *words).code == 0


def test_chances_that_a_spreadsheet_shortened_are_still_those_of_the_list(
    here, listed, effect, run, trained
):
    frame = listed("list.csv", "--lottery", "20")
    write_outcomes(frame, placed_of(frame, 8, 3))
    shown = frame["placement_probability"].astype(float).map("{:.7g}".format)
    frame["placement_probability"] = shown.str.replace(".", ",")
    frame.to_csv("list.csv", index=False, sep=";")
    assert effect("list.csv", *JOIN, "--json").json["drawn"]["positive"] == 8
    frame["placement_probability"] = shown.sample(frac=1, random_state=0).to_numpy()
    frame.to_csv("list.csv", index=False)
    assert (
        "its cells of placement_probability are not those" in effect("list.csv", *JOIN, code=3).err
    )


def test_chances_of_an_altered_list_are_not_measured_as_told(here, listed, run, trained):
    frame = listed("list.csv", "--lottery", "20", "--everybody")
    chance = frame["placement_probability"].astype(float)
    write_outcomes(frame, np.random.default_rng(0).random(len(frame)) < chance)
    told = ["evaluate", "list.csv", "--as-told", "--model", trained, "--labels", "outcomes.csv"]
    done = run(*told, "--on", "register_no=RegNo")
    again = ["evaluate", "list.csv", *told[5:], "--on", "register_no=RegNo", "--model", trained]
    assert f"Next: placement {shlex.join(map(str, again))}\n" in done.out
    assert "of the 60 with a seat it said" in " ".join(done.out.split())
    frame.loc[frame.index[frame["placement_seat"] == "not drawn"][0], "placement_seat"] = "drawn"
    frame.to_csv("list.csv", index=False)
    altered = run(*told, "--on", "register_no=RegNo")
    assert altered.code == 3
    assert "its cells of placement_seat are not those" in altered.err
    Path("list.csv.about.json").unlink()
    unproven = run(*told, "--on", "register_no=RegNo")
    assert unproven.code == 0
    assert "list.csv.about.json is not beside the list" in unproven.err


def test_outcomes_that_list_the_placed_alone_are_sent_to_the_option_for_that(here, listed, effect):
    frame = listed("list.csv", "--lottery", "20")
    placed = frame[placed_of(frame, 8, 3)]
    pd.DataFrame({"RegNo": placed["register_no"], "Company": "ACME"}).to_csv(
        "outcomes.csv", index=False
    )
    assert "--absent not-placed" in effect("list.csv", *JOIN, code=3).err
    found = effect("list.csv", *JOIN, "--absent", "not-placed", "--json").json
    assert (found["drawn"]["positive"], found["not_drawn"]["positive"]) == (8, 3)


def test_a_result_whose_run_did_not_end_is_in_no_report(store):
    params = {"verdict": "helped", "model_digests": "abc"}
    with contextlib.suppress(KeyboardInterrupt), tracked_run(store, EXPERIMENT, params=params):
        raise KeyboardInterrupt
    assert effects_of(store, "abc") == ()
    with tracked_run(store, EXPERIMENT, params=params) as ended:
        pass
    assert [run.run_id for run in effects_of(store, "abc")] == [ended.run_id]
