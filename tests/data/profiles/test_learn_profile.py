"""What a bundle keeps of its training rows: bins that tell nobody's figure."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.config.train_config import TrainConfig
from placement.data.columns.storage import Storage
from placement.data.encoding.encoder import LevelCounts
from placement.data.profiles import learn_profile
from placement.data.profiles.learn_profile import profile_of_levels, profile_of_numbers, sample
from placement.data.schema import Feature
from placement.data.splits.split import TRAIN
from placement.runtime.progress import NoProgress
from placement.training.fit import build_fitted, with_profile
from placement.training.prepare import prepare
from placement.training.solver.training_loop import solve
from placement.workflows.reading.read_labelled import read_with_progress
from tests.split_rows import rows_of

values = st.lists(
    st.floats(-1e9, 1e9).filter(lambda v: v == 0 or abs(v) > 1e-9)
    | st.sampled_from([0.0, 1.0, 2.0, 7.5, np.nan]),
    max_size=300,
)
several = st.lists(
    st.tuples(st.sampled_from(["CSE", "cse", "ECE", "Law", "Arts", "Ayurveda"]), st.integers(1, 9))
)


def learnt(cells):
    cells = np.array(cells, dtype=float)
    known = cells[~np.isnan(cells)]
    low, high = (known.min(), known.max()) if len(known) else (np.inf, -np.inf)
    return profile_of_numbers("x", cells, low, high)


def private(*counts):
    return all(count == 0 or count >= 5 for count in counts)


@given(values)
def test_no_bin_of_numbers_holds_one_to_four_students(cells):
    found = learnt(cells)
    assert private(*found.counts, found.missing)
    assert len(found.counts) <= 20
    assert list(found.edges) == sorted(set(found.edges))
    known = sum(not np.isnan(v) for v in cells)
    if known < 5:
        assert (found.counts, found.edges, found.missing) == ((), (), 0)
    else:
        assert len(found.counts) == len(found.edges) + 1
        assert sum(found.counts) + found.missing == len(cells)


@given(values, st.randoms())
def test_the_order_of_the_rows_makes_no_difference(cells, random):
    shuffled = list(cells)
    random.shuffle(shuffled)
    assert learnt(shuffled) == learnt(cells)


@pytest.mark.parametrize("rows", [16, 60, 500, 20_000])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e5])
def test_edges_and_range_are_rounded_and_so_nobody_s_cell(rows, scale):
    cells = np.random.default_rng(rows).normal(7, 1, rows) * scale
    found = learnt(cells)
    told = [*found.edges, found.low, found.high]
    assert len(found.edges) >= 1
    assert not set(told) & set(cells.tolist())
    gaps = np.diff(found.edges)
    if len(gaps):  # decimals end where neighbours begin to differ
        step = 10.0 ** np.floor(np.log10(gaps.max() / 100))
        assert np.allclose(np.array(found.edges) / step, np.round(np.array(found.edges) / step))


def test_bins_of_many_different_numbers_hold_about_as_many_each():
    found = learnt(np.random.default_rng(0).normal(7, 1, 10_000))
    assert len(found.counts) == 20
    assert min(found.counts) > 250
    assert max(found.counts) < 900


def test_a_number_of_few_values_has_a_bin_for_each():
    found = learnt(np.repeat([0.0, 1.0, 2.0, 3.0], [50, 30, 15, 5]))
    assert found.edges == (1.0, 2.0, 3.0)
    assert found.counts == (50, 30, 15, 5)


def test_rare_ones_among_zeros_have_a_bin_of_their_own():
    found = learnt(np.repeat([0.0, 1.0], [970, 30]))
    assert (found.edges, found.counts) == ((1.0,), (970, 30))


def test_a_value_of_three_students_goes_with_its_neighbour():
    assert learnt(np.repeat([0.0, 1.0, 2.0], [97, 40, 3])).counts == (97, 43)
    assert learnt(np.repeat([0.0, 1.0], [97, 3])).counts == (100,)


@pytest.mark.parametrize("seed", range(40))
def test_bins_of_a_skewed_sample_hold_five_students_however_edges_are_rounded(seed):
    cells = np.random.default_rng(seed).lognormal(8, 2, 20 + 7 * seed)
    found = learnt(cells)
    assert private(*found.counts)
    assert sum(found.counts) == len(cells)


def test_a_step_of_a_tenth_cuts_no_group_of_equal_grades():
    found = learnt(np.repeat(np.round(np.arange(60, 80) / 10, 1), 10))
    assert set(found.counts) == {10}
    assert found.edges == tuple(np.round(np.arange(61, 80) / 10, 1).tolist())


def test_fewer_than_five_missing_are_told_as_none():
    assert learnt([np.nan] * 4 + [1.0] * 40).missing == 0
    assert learnt([np.nan] * 5 + [1.0] * 40).missing == 5


@given(several, st.integers(0, 12))
def test_no_level_is_told_of_one_to_four_students(spelled, gaps):
    spellings = {}
    for word, rows in spelled:
        spellings[word] = spellings.get(word, 0.0) + rows
    found = profile_of_levels(Feature("stream", "category"), LevelCounts(spellings, float(gaps)))
    assert private(*found.counts, found.rare, found.missing)
    everyone = int(sum(spellings.values())) + gaps
    told = sum(found.counts) + found.rare + found.missing
    assert told == everyone or (not found.counts and everyone < 5)


def test_levels_are_named_by_their_commonest_spelling():
    seen = LevelCounts({"CSE": 9.0, "cse": 3.0, "ECE": 6.0, "Law": 6.0, "Arts": 4.0}, 7.0)
    found = profile_of_levels(Feature("stream", "category"), seen)
    assert (found.levels, found.counts) == (("CSE", "ECE", "Law"), (12, 6, 6))
    assert (found.rare, found.missing) == (0, 11)  # four of rare levels go with the missing


@given(st.integers(1, 500), st.integers(1, 100))
def test_a_sample_is_spread_over_all_rows(rows, most):
    found = sample(rows, most)
    step = -(-rows // most)
    assert len(found) <= most
    assert found.tolist() == sorted(set(found.tolist()))
    assert found.min() >= 0 or rows < step
    assert (found // step == np.arange(len(found))).all()
    if step == 1:
        assert len(found) == rows


def test_a_sample_of_rows_that_come_in_turns_has_both_kinds():
    odd = sample(100_000, 10_000) % 2
    assert odd.mean() == pytest.approx(0.5, abs=0.03)


@pytest.fixture
def students(tmp_path):
    draw = np.random.default_rng(3)
    rows = 900
    cgpa = draw.normal(7, 1, rows).round(7)
    tests = draw.poisson(60, rows).astype(float)
    tests[draw.random(rows) < 0.1] = np.nan
    branch = draw.choice(["CSE", "ECE", "Rare A", "Rare B"], rows, p=[0.6, 0.39, 0.005, 0.005])
    status = np.where(draw.random(rows) < 1 / (1 + np.exp(-(cgpa - 7))), "Placed", "Not Placed")
    frame = pd.DataFrame({"cgpa": cgpa, "tests": tests, "branch": branch, "status": status})
    frame.to_csv(tmp_path / "students.csv", index=False)
    return tmp_path / "students.csv"


def profile_of(source, **storage):
    with Storage(**storage) as place:
        table = read_with_progress(str(source), TrainConfig().of_scope("read"), place, NoProgress())
        prepared = prepare(table, TrainConfig())
        return prepared, with_profile(
            prepared, build_fitted(prepared, solve(prepared.problem))
        ).figures.profile.document


@pytest.mark.parametrize("most", [100_000, 200])
def test_streamed_in_any_pieces_it_is_the_same_profile(students, tmp_path, monkeypatch, most):
    monkeypatch.setattr(learn_profile, "SAMPLED", most)
    _, whole = profile_of(students)
    _, streamed = profile_of(students, stream=True, folder=str(tmp_path / "cache"), piece_rows=64)
    assert whole["binned"] <= most
    assert streamed["columns"] == whole["columns"]
    assert streamed["predictions"]["counts"] == pytest.approx(whole["predictions"]["counts"], abs=1)
    assert streamed["predictions"]["mean"] == pytest.approx(whole["predictions"]["mean"], abs=1e-9)


def test_the_profile_counts_the_rows_that_train_and_no_other(students):
    prepared, found = profile_of(students)
    table, train = prepared.table, rows_of(prepared.split, TRAIN)
    cgpa, tests, branch = found["columns"]
    known = np.sort(table.columns["cgpa"][train])
    assert found["rows"] == found["binned"] == len(train)
    reached = np.searchsorted(known, cgpa["edges"], side="left")
    assert np.diff([0, *reached, len(known)]).tolist() == cgpa["counts"]
    assert tests["missing"] == np.isnan(table.columns["tests"][train]).sum()
    words = table.columns["branch"][train]
    assert branch["counts"][0] >= (words == "CSE").sum()
    assert branch["levels"][:2] == ["CSE", "ECE"]


def test_beyond_the_sample_ranges_and_levels_are_still_of_all_rows(students, monkeypatch):
    _, whole = profile_of(students)
    monkeypatch.setattr(learn_profile, "SAMPLED", 50)
    _, some = profile_of(students)
    assert some["binned"] <= 50
    assert some["rows"] == whole["rows"]
    for few, many in zip(some["columns"][:2], whole["columns"][:2], strict=True):
        assert (few["low"], few["high"]) == (many["low"], many["high"])
    assert some["columns"][2] == whole["columns"][2]


def test_nobody_s_cell_is_in_the_profile(students):
    _, found = profile_of(students)
    frame = pd.read_csv(students)
    edges = {edge for column in found["columns"][:1] for edge in column["edges"]}
    assert not edges & set(frame["cgpa"])
    for column in [*found["columns"], found["predictions"]]:
        assert private(*column["counts"], column["missing"], column.get("rare", 0))
