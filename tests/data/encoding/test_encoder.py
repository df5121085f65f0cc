"""What is learnt of a column: mergeable sums in, the encoding out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.data.encoding.encoder import Encoder, LevelCounts, NumberSums, learn_encoder
from placement.data.schema import Feature, Schema, Target
from placement.model.scorer import column_from_document

TARGET = Target("placed", "1", "0")
NUMBER, WORD = Feature("cgpa", "number", 10.0), Feature("stream", "category")


def objects(*cells):
    array = np.empty(len(cells), dtype=object)
    array[:] = cells
    return array


def learnt(feature, cells, weight=None):
    weight = np.ones(len(cells)) if weight is None else np.array(weight, dtype=float)
    encoder = learn_encoder({feature.name: cells}, Schema(TARGET, (feature,), ()), weight)
    return encoder, encoder.columns[0]


cells = st.lists(st.floats(-1e6, 1e6) | st.just(np.nan), min_size=1, max_size=40)


@given(cells, st.integers(0, 40))
def test_sums_of_two_parts_merge_into_those_of_the_whole(values, cut):
    values, ones = np.array(values), np.ones(len(values))
    whole = NumberSums.of(values, ones)
    parts = NumberSums.of(values[:cut], ones[:cut]).merge(NumberSums.of(values[cut:], ones[cut:]))
    assert (parts.weight, parts.missing, parts.low, parts.high) == (
        whole.weight, whole.missing, whole.low, whole.high,
    )  # fmt: skip
    assert parts.mean == pytest.approx(whole.mean, rel=1e-12, abs=1e-9)
    assert parts.squared_deviations == pytest.approx(whole.squared_deviations, rel=1e-9, abs=1e-3)


@given(st.lists(st.sampled_from(["CSE", "cse ", "ECE", None]), min_size=1), st.integers(0, 30))
def test_counts_of_two_parts_merge_into_those_of_the_whole(words, cut):
    words, ones = objects(*words), np.ones(len(words))
    whole = LevelCounts.of(words, ones)
    parts = LevelCounts.of(words[:cut], ones[:cut]).merge(LevelCounts.of(words[cut:], ones[cut:]))
    assert (dict(parts.spellings), parts.missing) == (dict(whole.spellings), whole.missing)


def test_a_number_is_standardised_by_mean_and_deviation_of_the_observed_cells():
    _, column = learnt(NUMBER, np.array([6.0, 8.0, *[np.nan] * 5, 10.0]))
    assert column.mean == 8.0
    assert column.std == pytest.approx(np.std([6, 8, 10]))
    assert column.missing == 5 / 8


def test_a_weight_counts_like_that_many_rows():
    cells, weight = np.array([5.0, 7.0, np.nan, 9.5]), [3, 1, 2, 0]
    repeated = np.repeat(cells, weight)
    one, other = learnt(NUMBER, cells, weight)[1], learnt(NUMBER, repeated)[1]
    assert one.mean == pytest.approx(other.mean, rel=1e-14)
    assert one.std == pytest.approx(other.std, rel=1e-14)
    assert one.missing == other.missing


@pytest.mark.parametrize("value", [0.0, 7.1, 1e9 + 0.1, -3e-9])
def test_a_constant_is_encoded_as_zero_and_not_as_blown_up_noise(value):
    encoder, _ = learnt(NUMBER, np.full(7, value))
    assert np.abs(encoder.encode({"cgpa": np.full(7, value)})).max() < 1e-6


def test_a_column_without_any_cell_is_encoded_as_zero_with_its_indicator():
    encoder, _ = learnt(NUMBER, np.full(6, np.nan))
    assert encoder.encode({"cgpa": np.array([np.nan, 7.0])}).tolist() == [[0, 1], [7, 0]]


def test_the_range_is_rounded_outwards_and_tells_no_figure():
    _, column = learnt(NUMBER, np.array([5.137, 6.2, 9.871]))
    assert (column.low, column.high) == (5.0, 10.0)


def test_levels_are_sorted_and_named_by_their_most_frequent_spelling():
    words = objects(*["mech "] * 2, *["MECH"] * 4, *["cse"] * 5, *["CSE"] * 5, *["Bio"] * 6)
    encoder, column = learnt(WORD, words)
    assert column.levels == ("Bio", "CSE", "MECH")  # CSE and cse tie: sorted
    assert encoder.names == ("stream=CSE", "stream=MECH")


def test_levels_of_fewer_than_five_share_one_and_are_not_named():
    words = objects(*["CSE"] * 6, *["ECE"] * 5, *["Quixworth"] * 4, "Other")
    encoder, column = learnt(WORD, words)
    assert encoder.names == ("stream=ECE", "stream=(rare)")
    assert column.shares == pytest.approx((6 / 16, 5 / 16, 5 / 16))
    assert "Quixworth" not in str(encoder.document)


def test_a_missing_category_is_a_level_where_training_had_one():
    encoder, _ = learnt(WORD, objects(*["CSE"] * 5, *["ECE"] * 5, *[None] * 5))
    assert encoder.names == ("stream=ECE", "stream=(missing)")


@pytest.mark.parametrize("few", [1, 4])
def test_fewer_than_five_gaps_have_no_indicator_and_are_scored_as_the_average(few):
    encoder, column = learnt(NUMBER, np.array([5.0, 6, 7, 8, 9, 10, *[np.nan] * few]))
    assert encoder.names == ("cgpa",)
    assert column.missing is None
    assert encoder.encode({"cgpa": np.array([np.nan])}).tolist() == [[0]]
    assert learnt(NUMBER, np.array([5.0, 6, 7, *[np.nan] * 5]))[0].names[1:] == ("cgpa=(missing)",)


@pytest.mark.parametrize("odd", [("Bio",), ("Bio", "Civil", "Mech", "Arts"), (None,) * 4])
def test_fewer_than_five_rare_or_missing_words_have_no_weight_of_their_own(odd):
    words = objects(*["CSE"] * 6, *["ECE"] * 6, *["IT"] * 12, *odd)
    encoder, column = learnt(WORD, words)
    assert encoder.names == ("stream=ECE", "stream=IT")
    assert column.shares == pytest.approx((1 / 4, 1 / 4, 1 / 2))
    cells = {"stream": words[-1:]}
    assert encoder.encode(cells).tolist() == [[1 / 4, 1 / 2]]
    matrix = encoder.design_matrix(cells)
    assert matrix.to_dense().tolist() == [[1 / 4, 1 / 2]]


def test_numbers_as_categories_are_named_without_a_decimal_point():
    encoder, _ = learnt(Feature("rank", "category"), objects(*["1"] * 5, *["2"] * 5))
    assert encoder.names == ("rank=2",)
    assert encoder.encode({"rank": np.array([2.0, 1.0])}).tolist() == [[1], [0]]


def test_the_document_gives_the_encoder_back():
    words = objects(*["CSE"] * 6, *["ECE"] * 6)
    encoder = learn_encoder(
        {"cgpa": np.arange(12.0), "stream": words},
        Schema(TARGET, (NUMBER, WORD), ()),
        np.ones(12),
    )
    made = tuple(column_from_document(entry) for entry in encoder.document)
    assert Encoder(made) == encoder


def test_natural_units_give_the_same_logit():
    rng = np.random.default_rng(0)
    table = {"cgpa": rng.uniform(5, 10, 30), "stream": objects(*["CSE", "ECE"] * 15)}
    encoder = learn_encoder(table, Schema(TARGET, (NUMBER, WORD), ()), np.ones(30))
    natural, intercept = encoder.unstandardise(np.array([1.3, -0.4]), 0.2)
    by_hand = intercept + natural[0] * table["cgpa"] + natural[1] * (table["stream"] == "ECE")
    assert by_hand == pytest.approx(0.2 + encoder.encode(table) @ [1.3, -0.4], rel=1e-12)
