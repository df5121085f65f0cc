"""What is learnt of a curve: knots, standardised columns, steps, products."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.data.encoding.encoder import Encoder, learn_encoder
from placement.data.encoding.fit_terms import fit_terms, terms_left_out
from placement.data.encoding.nonlinear_terms import NonlinearTerms
from placement.data.encoding.spline_knots import Histogram, outer_shares
from placement.data.schema import Feature, Schema, Target
from placement.model.scorer import (
    InteractionColumn,
    NumberColumn,
    SplineColumn,
    column_from_document,
    restricted_cubic,
)

TARGET = Target("placed", "1", "0")
FEATURES = (
    Feature("cgpa", "number", 10.0),
    Feature("backlogs", "number"),
    Feature("stream", "category"),
)


def table(rows=600, seed=0, gaps=0.1):
    draw = np.random.default_rng(seed)
    cgpa = draw.normal(7, 1, rows)
    cgpa[draw.random(rows) < gaps] = np.nan
    stream = draw.choice(["CSE", "ECE", "MECH"], rows).astype(object)
    return {"cgpa": cgpa, "backlogs": draw.poisson(1.0, rows).astype(float), "stream": stream}


def learnt(cells, curves, weight=None):
    features = tuple(own for own in FEATURES if own.name in cells)
    rows = len(next(iter(cells.values())))
    weight = np.ones(rows) if weight is None else weight
    return learn_encoder(cells, Schema(TARGET, features, ()), weight, curves)


def spline(values, knots=5, weight=None):
    return learnt({"cgpa": np.asarray(values)}, NonlinearTerms({"cgpa": knots}), weight).columns[0]


def test_the_shares_are_harrells_recommended_percentiles():
    """Harrell (2015), table 2.3."""
    table = {
        3: [0.10, 0.5, 0.90],
        4: [0.05, 0.35, 0.65, 0.95],
        5: [0.05, 0.275, 0.5, 0.725, 0.95],
        6: [0.05, 0.23, 0.41, 0.59, 0.77, 0.95],
        7: [0.025, 0.1833, 0.3417, 0.5, 0.6583, 0.8167, 0.975],
    }
    for knots, shares in table.items():
        assert outer_shares(knots, 1e6) == pytest.approx(shares, abs=1e-4)


def test_the_knots_are_quantiles_in_two_digits_of_their_range():
    values = np.random.default_rng(1).normal(7, 1, 5_000)
    exact = np.quantile(values, outer_shares(5, 5_000))
    assert spline(values).knots == tuple(np.round(exact, 1))


def test_where_rows_are_few_the_outer_knots_move_in_but_never_past_the_quartiles():
    assert outer_shares(5, 50)[[0, -1]] == pytest.approx([0.1, 0.9])
    assert outer_shares(5, 8)[[0, -1]] == pytest.approx([0.25, 0.75])


def test_a_half_is_rounded_up_however_it_is_written_in_binary():
    cells = np.repeat([5.35, 6.45, 7.35, 8.45, 9.35], 20)
    assert spline(cells).knots == (5.4, 6.5, 7.4, 8.5, 9.4)


@given(st.lists(st.integers(1, 9), min_size=4, max_size=30), st.sampled_from([0.1, 1 / 3, 0.7]))
def test_weights_that_do_not_add_up_exactly_reach_a_share_where_whole_ones_do(weight, unit):
    weight = np.array(weight, dtype=float)
    values, edges = np.arange(len(weight)) + 1.0, np.arange(len(weight) + 1.0)
    shares = np.cumsum(weight)[:-1] / weight.sum()
    for own in (weight, weight * unit):
        found = Histogram(edges, own, own * values).quantiles(shares)
        assert found == pytest.approx(values[:-1])


def test_a_function_that_is_a_combination_of_others_is_not_blown_up_noise():
    encoder = learnt({"cgpa": np.repeat([5.0, 7.0, 9.0], 30)}, NonlinearTerms({"cgpa": 6}))
    between = encoder.encode({"cgpa": np.linspace(4, 10, 61)})
    assert np.abs(between).max() < 10


@pytest.mark.parametrize("far", [1e3, 1e6, 1e9])
def test_one_value_far_away_does_not_move_the_knots(far):
    values = np.random.default_rng(1).normal(7, 1, 5_000)
    assert spline([*values, far]).knots == spline(values).knots


def test_where_quantiles_coincide_the_knots_are_even_between_the_outer_ones():
    values = np.repeat([5.0, 6.0, 7.0, 8.0, 9.0], [96, 834, 956, 915, 165])
    assert spline(values).knots == (6.0, 6.75, 7.5, 8.25, 9.0)
    assert spline(np.repeat([0.0, 1.0, 9.0], [97, 2, 1])).knots == (0.0, 2.25, 4.5, 6.75, 9.0)


@given(st.integers(12, 400), st.integers(3, 12), st.integers(0, 99))
def test_no_knot_is_a_students_cell(rows, number, seed):
    values = np.random.default_rng(seed).normal(7, 1, rows)
    assert not set(spline(values, number).knots) & set(values)
    assert np.all(np.diff(spline(values, number).knots) > 0)


def test_five_students_at_least_are_beyond_an_outer_knot():
    values = np.arange(40.0) + 0.4
    low, *_, high = spline(values).knots
    assert min((values <= low + 0.5).sum(), (values >= high - 0.5).sum()) >= 5


def test_the_encoded_columns_have_mean_0_deviation_1_and_are_uncorrelated():
    for values in (table()["cgpa"], np.repeat(np.arange(5.0, 10.0), [9, 83, 95, 91, 16])):
        encoder = learnt({"cgpa": values}, NonlinearTerms({"cgpa": 5}))
        there = ~np.isnan(values)
        x = encoder.encode({"cgpa": values})[there][:, :4]
        x = x[:, np.abs(x).max(axis=0) > 0]
        assert x.mean(axis=0) == pytest.approx(np.zeros(x.shape[1]), abs=2e-4)
        assert np.cov(x.T, bias=True) == pytest.approx(np.eye(x.shape[1]), abs=2e-3)


def test_many_bends_are_as_uncorrelated_as_few():
    marks = np.random.default_rng(8).binomial(100, 0.6, 3_000).astype(float)
    encoder = learnt({"cgpa": marks}, NonlinearTerms({"cgpa": 20}))
    x = encoder.encode({"cgpa": marks})
    assert x.T @ x / len(x) == pytest.approx(np.eye(19), abs=1e-9)


def test_a_number_keeps_its_own_column_bit_for_bit_when_it_is_bent():
    cells = table()
    straight, bent = learnt(cells, NonlinearTerms()), learnt(cells, NonlinearTerms({"cgpa": 5}))
    assert straight.encode(cells)[:, 0].tobytes() == bent.encode(cells)[:, 0].tobytes()


def test_two_values_stay_a_line_and_that_is_said():
    curves = NonlinearTerms({"cgpa": 5})
    encoder = learnt({"cgpa": np.repeat([6.0, 8.0], 20)}, curves)
    assert type(encoder.columns[0]) is NumberColumn
    assert "--spline cgpa: fewer than three values" in terms_left_out(curves, encoder.columns)[0]


def test_a_weight_counts_like_that_many_rows():
    draw = np.random.default_rng(4)
    values, weight = draw.normal(7, 1, 300), draw.integers(0, 4, 300)
    one = spline(values, 5, weight.astype(float))
    other = spline(np.repeat(values, weight))
    assert one.knots == other.knots
    for a, b in zip(one.transform, other.transform, strict=True):
        assert a == pytest.approx(b, rel=1e-8)


@given(st.lists(st.integers(1, 599), max_size=6, unique=True))
def test_pieces_of_any_size_and_order_give_the_same_curve(cuts):
    cells, curves = table(), NonlinearTerms({"cgpa": 6}, {"cgpa": (7.0,)}, (("cgpa", "stream"),))
    whole = learnt(cells, curves)
    parts = np.split(np.random.default_rng(len(cuts)).permutation(600), sorted(cuts))

    def each(work):
        for rows in parts:
            yield work({name: own[rows] for name, own in cells.items()}, np.ones(len(rows)))

    found = Encoder(fit_terms(learnt(cells, NonlinearTerms()).columns, curves, each))
    assert found.names == whole.names
    assert found.columns[0].knots == whole.columns[0].knots
    np.testing.assert_allclose(found.encode(cells), whole.encode(cells), rtol=0, atol=1e-10)
    np.testing.assert_allclose(found.averages, whole.averages, rtol=0, atol=1e-12)


def test_averages_are_the_means_of_the_encoded_training_rows():
    cells = table()
    curves = NonlinearTerms(
        {"cgpa": 4}, {"backlogs": (2.0,)}, (("cgpa", "stream"), ("backlogs", "stream"))
    )
    encoder = learnt(cells, curves)
    assert encoder.averages == pytest.approx(encoder.encode(cells).mean(axis=0), abs=3e-4)


def test_each_column_is_explained_under_its_file_column_or_under_both():
    curves = NonlinearTerms({"cgpa": 3}, {"cgpa": (7.0,)}, (("backlogs", "stream"),))
    encoder = learnt(table(gaps=0), curves)
    assert list(zip(encoder.names, encoder.source_columns, strict=True)) == [
        ("cgpa", "cgpa"),
        ("cgpa.spline2", "cgpa"),
        ("cgpa>=7", "cgpa"),
        ("backlogs", "backlogs"),
        ("stream=ECE", "stream"),
        ("stream=MECH", "stream"),
        ("backlogs:stream=ECE", "backlogs:stream"),
        ("backlogs:stream=MECH", "backlogs:stream"),
    ]


def test_a_step_that_fewer_than_five_students_are_beyond_is_left_out_and_that_is_said():
    curves = NonlinearTerms({}, {"cgpa": (5.0, 8.0)})
    encoder = learnt({"cgpa": np.repeat([4.0, 6.0, 9.0], [4, 20, 20])}, curves)
    assert encoder.names == ("cgpa", "cgpa>=8")
    assert terms_left_out(curves, encoder.columns) == (
        "--step cgpa:5 is left out: fewer than 5 training rows are on one side of it",
    )


def test_a_product_that_fewer_than_five_students_have_is_left_out_and_that_is_said():
    stream = np.array(["A", "B", "C"] * 20, dtype=object)
    high = np.where(stream == "B", 9.0, 5.0)
    high[stream == "C"] = [9.0] * 4 + [5.0] * 16
    curves = NonlinearTerms({}, {"cgpa": (8.0,)}, (("stream", "cgpa"),))
    encoder = learnt({"cgpa": high, "stream": stream}, curves)
    names = [
        name for own in encoder.columns if isinstance(own, InteractionColumn) for name in own.names
    ]
    assert names == ["stream=B:cgpa", "stream=B:cgpa>=8", "stream=C:cgpa"]
    assert "1 of 4 products are left out" in terms_left_out(curves, encoder.columns)[0]


def test_the_document_gives_every_kind_of_column_back():
    curves = NonlinearTerms(
        {"cgpa": 5}, {"cgpa": (7.0,), "backlogs": (1.0,)}, (("cgpa", "stream"),)
    )
    encoder = learnt(table(), curves)
    document = json.loads(json.dumps(encoder.document))
    assert Encoder(tuple(map(column_from_document, document))) == encoder
    assert {entry["kind"] for entry in document} == {
        "spline", "step", "number", "category", "interaction",
    }  # fmt: skip


def test_natural_coefficients_on_the_natural_columns_are_the_logit():
    cells = table(gaps=0)
    curves = NonlinearTerms(
        {"cgpa": 5, "backlogs": 3},
        {"cgpa": (7.0,)},
        (("cgpa", "backlogs"), ("cgpa", "stream")),
    )
    encoder = learnt(cells, curves)
    draw = np.random.default_rng(6)
    weights, intercept = draw.normal(size=len(encoder.names)), 0.3
    natural, constant = encoder.unstandardise(weights, intercept)
    column: dict = {"cgpa>=7": cells["cgpa"] >= 7}
    for own in encoder.columns:
        if isinstance(own, SplineColumn):
            functions = [cells[own.column], *restricted_cubic(cells[own.column], own.knots)]
            column |= dict(zip(own.names, functions, strict=True))
    column |= {f"stream={level}": cells["stream"] == level for level in ("ECE", "MECH")}
    for own in encoder.columns:
        if isinstance(own, InteractionColumn):
            for name in own.names:
                one, other = name.split(":")
                column[name] = column[one] * column[other]
    by_hand = constant + sum(natural[k] * column[name] for k, name in enumerate(encoder.names))
    assert by_hand == pytest.approx(intercept + encoder.encode(cells) @ weights, rel=1e-8, abs=1e-8)


def test_a_spline_alone_in_natural_units_is_the_logit_too():
    cells = {"cgpa": table(gaps=0)["cgpa"]}
    encoder = learnt(cells, NonlinearTerms({"cgpa": 6}))
    weights = np.array([1.0, -0.5, 0.4, 2.0, -1.0])
    natural, constant = encoder.unstandardise(weights, -0.2)
    functions = restricted_cubic(cells["cgpa"], encoder.columns[0].knots)
    by_hand = constant + natural[0] * cells["cgpa"] + natural[1:] @ np.stack(functions)
    assert by_hand == pytest.approx(-0.2 + encoder.encode(cells) @ weights, rel=1e-8, abs=1e-8)
