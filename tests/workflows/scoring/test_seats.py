"""`placement predict --lottery`: the list, what is kept beside it, and what is said of it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

COLUMNS = {"placement_seat": str, "register_no": str}


@pytest.fixture
def sheet(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return trained.parent / "students.csv"


@pytest.fixture
def listed(run, trained):
    def made(sheet, *words, out="list.csv"):
        options = ["--rank", "risk", *words, "--model", trained, "--out", out]
        done = run("predict", sheet, *options)
        assert done.code == 0, done.err
        about = json.loads(Path(f"{out}.about.json").read_text(encoding="utf-8"))
        if out.endswith("xlsx"):
            return (
                pd.read_excel(out, sheet_name="List", dtype=COLUMNS, engine="calamine"),
                about,
                done,
            )
        return pd.read_csv(out, dtype=COLUMNS), about, done

    return made


def test_a_list_of_seats_says_who_has_one(sheet, listed):
    frame, about, done = listed(sheet, "--top", "60", "--lottery", "20", "--seed", "7")
    assert frame["placement_seat"].value_counts().to_dict() == {
        "certain": 50,
        "drawn": 10,
        "not drawn": 10,
    }
    assert frame["placement_rank"].tolist() == list(range(1, 71))
    assert (np.diff(frame["placement_probability"]) >= 0).all()
    assert set(frame["placement_seat"][:50]) == {"certain"}
    assert about["list"]["seats"] == {"certain": 50, "drawn": 10, "not drawn": 10, "none": 170}
    assert about["list"]["lottery"]["seed"] == 7
    assert about["rows_left_out"] == {"not among the first 60, nor near enough to draw": 170}
    said = " ".join(done.err.split())
    assert "60 seats: 50 certain, and 10 drawn by lot (seed 7) among the 20 nearest" in said
    assert "With 10 against 10, " in said
    assert "of 100 such lists; with three such years together, one of" in said
    assert len(done.wrapped_err.splitlines()) <= 15


def test_everybody_is_kept_with_a_seat_or_none(sheet, listed):
    frame, about, _ = listed(sheet, "--top", "60", "--lottery", "20", "--everybody")
    assert len(frame) == 240
    assert set(frame["placement_seat"][70:]) == {"none"}
    plain, without, done = listed(sheet, "--top", "60", "--everybody", out="plain.csv")
    assert plain["placement_seat"].value_counts().to_dict() == {"certain": 60, "none": 180}
    assert (without["list"]["lottery"], about["list"]["lottery"]["students"]) == (None, 20)
    assert "60 seats, and 180 students without one." in done.err


def test_the_draw_is_the_same_from_the_same_rows_in_any_order_and_format(sheet, listed):
    words = ["--top", "60", "--lottery", "20", "--seed", "3"]
    frame, about, _ = listed(sheet, *words)
    rows = pd.read_csv(sheet, dtype=str)
    rows.sample(frac=1, random_state=1).to_csv("shuffled.csv", index=False)
    shuffled, again, _ = listed("shuffled.csv", *words, out="again.xlsx")
    seat = frame.set_index("register_no")["placement_seat"]
    assert shuffled.set_index("register_no")["placement_seat"].to_dict() == seat.to_dict()
    assert about["list"]["id"] == again["list"]["id"]
    _, other, _ = listed(sheet, *words[:-1], "4", out="other.csv")
    assert other["list"]["id"] != about["list"]["id"]


def test_a_list_scored_again_draws_the_same(sheet, listed):
    words = ["--top", "60", "--lottery", "20", "--seed", "3"]
    frame, _, _ = listed(sheet, *words, "--everybody")
    again, _, _ = listed("list.csv", *words, "--everybody", out="again.csv")
    pd.testing.assert_frame_equal(frame, again)


def test_each_branch_draws_for_itself(sheet, listed):
    frame, about, _ = listed(sheet, "--top", "20", "--lottery", "6", "--by", "stream")
    counts = frame.groupby("stream")["placement_seat"].value_counts().to_dict()
    for stream in ("CSE", "ECE", "MECH"):
        seats = [counts[stream, seat] for seat in ("certain", "drawn", "not drawn")]
        assert seats == [17, 3, 3]
    bands = about["list"]["lottery"]["bands"]
    assert sorted(band["groups"] for band in bands) == [["cse"], ["ece"], ["mech"]]


def test_a_branch_too_small_for_its_band_says_so_and_shares_one(sheet, listed):
    rows = pd.read_csv(sheet, dtype=str)
    few = pd.concat([rows[rows["stream"] != "MECH"], rows[rows["stream"] == "MECH"][:22]])
    few.to_csv("few.csv", index=False)
    frame, about, done = listed("few.csv", "--top", "20", "--lottery", "6", "--by", "stream")
    shared = [band for band in about["list"]["lottery"]["bands"] if "mech" in band["groups"]]
    assert (len(shared), len(shared[0]["groups"]), shared[0]["students"]) == (1, 2, 6 + 5)
    assert "Too small for a band of its own: mech; shared with" in done.err
    assert frame["placement_seat"].value_counts()["drawn"] == 9


def test_a_wide_band_is_warned_of(sheet, listed):
    _, _, done = listed(sheet, "--top", "100", "--lottery", "200")
    assert "the band is wide" in done.err
    Path("list.csv").unlink()
    _, _, narrow = listed(sheet, "--top", "100", "--lottery", "4")
    assert "is wide" not in narrow.err


def test_seats_and_ranks_are_never_features(run, sheet, listed):
    listed(sheet, "--top", "60", "--lottery", "20", "--everybody")
    understood = run("train", "list.csv", "--dry-run", "--json").json
    dropped = {entry["column"]: entry["reason"] for entry in understood["dropped"]}
    assert {"placement_seat", "placement_rank"} <= set(dropped)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--lottery", "20", "--out", "l.csv"], "say who has a seat: --rank risk --top 60"),
        (["--rank", "risk", "--top", "9", "--lottery", "5", "--out", "l.csv"], "an even number"),
        (["--rank", "risk", "--top", "9", "--lottery", "0", "--out", "l.csv"], "an even number"),
        (["--rank", "risk", "--top", "2", "--lottery", "6", "--out", "l.csv"], "only 2 (--top)"),
        (["--rank", "risk", "--top", "9", "--lottery", "6"], "give --out FILE as well"),
        (["--rank", "risk", "--top", "9", "--everybody"], "give --out FILE as well"),
        (["--rank", "risk", "--top", "9", "--seed", "6", "--out", "l.csv"], "give --lottery N"),
    ],
)
def test_a_lottery_that_cannot_be_held_is_refused_before_any_data_is_read(run, words, said):
    done = run("predict", "nowhere.csv", *words)
    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--top", "235", "--lottery", "20"], "240 students: 20 cannot draw for the last 10"),
        (["--top", "200", "--lottery", "20", "--by", "stream"], "everybody has a seat"),
    ],
)
def test_too_few_students_to_draw_are_refused(run, trained, sheet, words, said):
    options = ["--rank", "risk", *words, "--model", trained, "--out", "list.csv"]
    done = run("predict", sheet, *options)
    assert done.code == 3
    assert said in done.err
