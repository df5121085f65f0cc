"""Rows whose categories are codes train like rows in which they are written out as 0 and 1."""

import re
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.sparse import csc_array

from placement.data.encoding.chunks import (
    LEAST_CHUNK_ROWS,
    ArrayChunks,
    ChunkFormat,
    FileChunks,
    unit_weights,
)
from placement.data.encoding.design_matrix import CodedColumns, DesignMatrix, Layout, Levels
from placement.data.encoding.encoder import Encoder, learn_encoder
from placement.data.encoding.nonlinear_terms import NonlinearTerms
from placement.data.schema import Feature, Schema, Target
from placement.model.design_tensor import LevelsTensor
from placement.model.perceptron import Perceptron
from placement.training.gradcheck.gradcheck import check_gradients
from placement.training.inference.fisher_information import fisher_information
from placement.training.passes import cross_products
from placement.training.passes import device_sums as device_sums_module
from placement.training.passes.device_chunks import DeviceTables
from placement.training.passes.device_sums import DeviceLossSums
from placement.training.passes.loss_sums import LossSettings, LossSums
from placement.training.passes.moments import column_totals
from placement.training.problem.options import Options
from placement.training.problem.separation import dense_chunks
from placement.training.solver.training_loop import solve

ROWS = 1_500
TERMS = {
    "plain": NonlinearTerms(),
    "spline": NonlinearTerms(splines={"cgpa": 4}),
    "step": NonlinearTerms(steps={"cgpa": (6.0, 8.0)}),
    "number by category": NonlinearTerms(interactions=(("cgpa", "branch"),)),
    "category by category": NonlinearTerms(interactions=(("branch", "town"),)),
    "spline by category, both orders": NonlinearTerms(
        splines={"cgpa": 4}, interactions=(("branch", "cgpa"), ("age", "town"))
    ),
    "everything": NonlinearTerms(
        splines={"age": 3},
        steps={"cgpa": (7.0,)},
        interactions=(("branch", "town"), ("town", "cgpa"), ("cgpa", "age")),
    ),
}


def drawn_table():
    """Two numbers, one with gaps, and three categories with rare, missing and many levels."""
    draw = np.random.default_rng(5)
    words = {
        "branch": draw.choice(np.array(["CSE", "ECE", "IT", "MECH", None], dtype=object), ROWS),
        "town": draw.choice([f"town {k}" for k in range(5)], ROWS),
        "board": draw.choice(["state", "central"], ROWS),
    }  # fmt: skip
    cells = {"cgpa": draw.normal(7, 1, ROWS).round(2), "age": draw.integers(18, 25, ROWS) * 1.0}
    cells["age"][::17] = np.nan
    words["branch"][:40] = [f"rare {k // 4}" for k in range(40)]
    logit = cells["cgpa"] - 7 + (words["branch"] == "CSE") - 0.4 * (words["board"] == "state")
    y = (draw.random(ROWS) < 1 / (1 + np.exp(-logit))) * 1.0
    return cells | {name: np.array(column, dtype=object) for name, column in words.items()}, y


@dataclass(frozen=True)
class Both:
    """The same rows with codes and written out as numbers, and their encoder."""

    coded: ArrayChunks
    dense: ArrayChunks
    encoder: Encoder


@pytest.fixture(params=TERMS)
def both(request):
    """Rows of every kind of term, weighted."""
    cells, y = drawn_table()
    features = [Feature(n, "category" if c.dtype == object else "number") for n, c in cells.items()]
    schema = Schema(Target("placed", "yes", "no"), tuple(features), ())
    encoder = learn_encoder(cells, schema, np.ones(ROWS), TERMS[request.param])
    weight = np.random.default_rng(2).integers(0, 4, ROWS) * 1.0
    dense = DesignMatrix.of(encoder.encode(cells))
    coded = encoder.design_matrix(cells)
    return Both(ArrayChunks(coded, y, weight), ArrayChunks(dense, y, weight), encoder)


def in_file(rows, path, sizes):
    """Write coded rows to a file, as tables larger than memory are."""
    form = ChunkFormat(rows.x.layout, rows.x.dtype, weighted=True)
    with path.open("wb") as file:
        for start, end in pairwise(np.append(0, np.cumsum(sizes)).tolist()):
            buffer = np.empty((end - start) * form.row_bytes, np.uint8)
            chunk, part = form.chunk(buffer), rows.take(np.arange(start, end))
            chunk.x.cells[:], chunk.y[:], chunk.weight[:] = part.x.cells, part.y, part.weight
            for filled, codes in zip(chunk.x.codes, part.x.codes, strict=True):
                filled[:] = codes
            buffer.tofile(file)
    return FileChunks(path, sizes, form)


def test_codes_written_out_are_the_encoded_rows_to_the_last_bit(both):
    np.testing.assert_array_equal(both.coded.x.to_dense(), both.dense.x.to_dense())


def test_no_column_of_a_category_is_held_as_numbers(both):
    layout, names = both.coded.x.layout, both.encoder.names
    held = {names[position] for position in layout.dense}
    assert not [name for name in held if re.search("(branch|town|board)=", name)]
    assert {codes.dtype.itemsize for codes in both.coded.x.codes} <= {1, 2}


def test_a_level_that_training_did_not_know_is_the_average_student_in_codes_too(both):
    unseen = {name: cells[:2] for name, cells in drawn_table()[0].items()}
    unseen["board"] = np.array(["foreign", None], dtype=object)
    codes = both.encoder.design_matrix(unseen).to_dense()
    np.testing.assert_array_equal(codes, both.encoder.encode(unseen))


def test_levels_unknown_to_training_in_any_categories_are_encoded_as_when_written_out(both):
    draw, unseen = np.random.default_rng(6), drawn_table()[0]
    for name in ("branch", "town", "board"):
        unseen[name][draw.random(ROWS) < 0.3] = "foreign"
        unseen[name][draw.random(ROWS) < 0.1] = None
    codes = both.encoder.design_matrix(unseen).to_dense()
    np.testing.assert_array_equal(codes, both.encoder.encode(unseen))


@dataclass(frozen=True)
class Words:
    """Rows of words alone, with 0/1 targets, and their encoder."""

    cells: dict
    rows: ArrayChunks
    encoder: Encoder


def rows_of_words(levels, rows, interactions=()):
    """Draw rows of categories `a`, `b`, …, of so many levels each."""
    draw = np.random.default_rng(7)
    cells = {
        name: np.array([f"{name}{k}" for k in draw.integers(0, size, rows)], dtype=object)
        for name, size in zip("abcdefghijklmnopqrstuvwxyz", levels, strict=False)
    }
    schema = Schema(
        Target("placed", "yes", "no"), tuple(Feature(name, "category") for name in cells), ()
    )
    encoder = learn_encoder(cells, schema, np.ones(rows), NonlinearTerms(interactions=interactions))
    y, weight = draw.integers(0, 2, rows) * 1.0, draw.integers(1, 3, rows) * 1.0
    return Words(cells, ArrayChunks(encoder.design_matrix(cells), y, weight), encoder)


def test_the_codes_of_products_are_no_more_than_the_products_and_their_levels():
    chain = (("a", "b"), ("b", "c"), ("c", "d"))
    words = rows_of_words((60, 60, 60, 60), 3_000, chain)
    x, width = words.rows.x, len(words.encoder.names)
    np.testing.assert_array_equal(x.to_dense(), words.encoder.encode(words.cells))
    assert width > 240
    assert sum(block.levels.size for block in x.layout.coded) < 3 * width


def test_products_of_very_many_codes_are_the_same_without_holding_their_sums(monkeypatch):
    rows = replace(rows_of_words((3,) * 12, 900, (("a", "b"),)).rows, chunk_rows=200)
    held = column_totals(rows, products=True).products
    monkeypatch.setattr(cross_products, "_HELD_SUMS", 0)
    np.testing.assert_allclose(column_totals(rows, products=True).products, held, rtol=1e-12)
    x = rows.x.to_dense()
    np.testing.assert_allclose(held, x.T @ (x * rows.weight[:, None]), rtol=1e-12, atol=1e-12)


def test_few_rows_at_a_time_are_written_out_to_look_for_separation():
    rows = rows_of_words((300, 300), 9_000).rows
    parts = list(dense_chunks(rows))
    assert len(rows) == 1
    assert max(map(len, parts)) <= LEAST_CHUNK_ROWS
    written_out = np.concatenate([part.x.to_dense() for part in parts])
    np.testing.assert_array_equal(written_out, rows.x[rows.weight > 0].to_dense())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_backward_scatters_the_gradient_that_written_out_columns_have(both, dtype):
    width = len(both.encoder.names)
    parameters = np.random.default_rng(0).normal(0, 0.3, width + 1)
    found = []
    for rows in (both.coded, both.dense):
        model = Perceptron(width, dtype)
        model.set_parameters(parameters)
        sums = LossSums(model, LossSettings("clamped", 1e-8)).evaluate(rows, with_hessian=True)
        grad = torch.cat([p.grad.reshape(-1) for p in model.parameters()])
        np.testing.assert_array_equal(sums.gradient, grad.double().numpy())
        found.append((sums.loss, sums.gradient, sums.hessian))
    near = (
        {"rtol": 1e-11, "atol": 1e-11} if dtype == torch.float64 else {"rtol": 1e-3, "atol": 0.02}
    )
    for coded, dense in zip(*found, strict=True):
        np.testing.assert_allclose(coded, dense, **near)


def test_moments_and_information_are_those_of_written_out_columns(both):
    coded, dense = (column_totals(rows, products=True).moments for rows in (both.coded, both.dense))
    np.testing.assert_allclose(coded.mean, dense.mean, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(coded.centred, dense.centred, rtol=1e-10, atol=1e-10)
    assert coded.aliased == dense.aliased
    of_sums = (column_totals(rows) for rows in (both.coded, both.dense))
    one, other = (totals.pivot + totals.sums / totals.weight for totals in of_sums)
    np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)
    weights = np.random.default_rng(1).normal(0, 0.3, len(both.encoder.names))
    informations = [
        fisher_information(rows, weights, 0.1, (1.5, 0.7)) for rows in (both.coded, both.dense)
    ]
    for name in ("log_likelihood", "hessian", "scores", "products"):
        coded, dense = (getattr(information, name) for information in informations)
        np.testing.assert_allclose(coded, dense, rtol=1e-11, atol=1e-11)


def test_every_way_of_holding_rows_has_the_same_optimum(both, tmp_path):
    options = Options("newton", l2=0.0, loss="logits")
    expected = solve(both.dense, options, names=both.encoder.names)
    sizes = (700, 500, 300)
    for rows in (
        both.coded,
        replace(both.coded, chunk_rows=177),
        in_file(both.coded, tmp_path / "rows", sizes),
    ):
        solution = solve(rows, options, names=both.encoder.names)
        assert solution.aliased == expected.aliased
        np.testing.assert_allclose(solution.weights, expected.weights, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(solution.intercept, expected.intercept, rtol=1e-10, atol=1e-10)


def test_some_of_the_columns_are_selected_whatever_holds_them(both, tmp_path):
    columns = np.random.default_rng(3).permutation(len(both.encoder.names))[::2]
    expected = both.dense.x.to_dense()[:, columns]
    np.testing.assert_array_equal(both.coded.select(columns).x.to_dense(), expected)
    of_file = in_file(both.coded, tmp_path / "rows", (ROWS,)).select(columns)
    np.testing.assert_array_equal(of_file.chunk(0).x.to_dense(), expected)
    fits = np.random.default_rng(4).normal(size=(len(columns), 3))
    np.testing.assert_allclose(both.coded.select(columns).x.dot(fits), expected @ fits, atol=1e-12)


class _Twice(torch.autograd.Function):
    """The identity, with a derivative twice as large."""

    @staticmethod
    def forward(_ctx, values):
        return values.clone()

    @staticmethod
    def backward(_ctx, grad):
        return 2 * grad


@pytest.fixture
def wrong_scatter(monkeypatch):
    """Let `backward()` bring twice the rows' gradients back to the levels."""
    right = LevelsTensor.product
    wrong = lambda self, weight: _Twice.apply(right(self, weight))  # noqa: E731
    return lambda: monkeypatch.setattr(LevelsTensor, "product", wrong)


@pytest.mark.parametrize("both", ["plain"], indirect=True)
@pytest.mark.parametrize("optimizer", ["auto", "gd", "sgd", "adam", "lbfgs", "newton"])
def test_a_wrong_scatter_changes_what_every_optimizer_finds(both, wrong_scatter, optimizer):
    options = Options(optimizer, epochs=10, lr=None, l2=20.0)
    right = solve(both.coded, options)
    wrong_scatter()
    wrong = solve(both.coded, options)
    assert np.abs(wrong.weights - right.weights).max() > 0.01


@pytest.mark.parametrize("both", ["plain", "everything"], indirect=True)
def test_a_wrong_scatter_is_caught_by_the_gradient_check(both, wrong_scatter):
    assert check_gradients(both.coded).passed
    wrong_scatter()
    assert not check_gradients(both.coded).passed


def device_sums(model, settings, device="cpu", room=float("inf")):
    tables = DeviceTables(torch.device(device), model.dtype, room=lambda: room)
    return DeviceLossSums(model, settings, tables)


@pytest.mark.parametrize("pairs", ["held", "a chunk at a time"])
@pytest.mark.parametrize("room", [float("inf"), 0.0], ids=["resident", "copied"])
def test_codes_are_summed_up_on_a_device_as_on_the_processor(both, room, pairs, monkeypatch):
    if pairs != "held":
        monkeypatch.setattr(cross_products, "_HELD_SUMS", 0)
    source, settings = both.coded, LossSettings("clamped", 1e-8)
    model = Perceptron.of(np.linspace(-1, 1, source.columns), 0.2)
    expected = LossSums(model, settings).evaluate(source, with_hessian=True)
    device = device_sums(model, settings, room=room)
    for _ in range(2):
        found = device.evaluate(source, with_hessian=True)
        assert found.loss == pytest.approx(expected.loss, rel=1e-12)
        np.testing.assert_allclose(found.gradient, expected.gradient, rtol=1e-12, atol=1e-11)
        np.testing.assert_allclose(found.hessian, expected.hessian, rtol=1e-12, atol=1e-11)


def test_some_columns_of_codes_go_to_a_device_as_all_do(both):
    columns = np.arange(both.coded.columns)[::-2].copy()
    source, settings = both.coded.select(columns), LossSettings("logits", 1e-8)
    model = Perceptron.of(np.linspace(-1, 1, source.columns), 0.2)
    expected = LossSums(model, settings).evaluate(source, with_hessian=True)
    found = device_sums(model, settings).evaluate(source, with_hessian=True)
    np.testing.assert_allclose(found.gradient, expected.gradient, rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(found.hessian, expected.hessian, rtol=1e-12, atol=1e-11)


def rows_of_codes(codes, levels):
    """Rows of one column, which is a number for each level."""
    table = csc_array(np.linspace(-1, 1, levels)[:, None])
    coded = (CodedColumns(Levels(np.arange(1), table), 0),)
    none = np.empty(0, np.intp)
    layout = Layout(1, none, none, 0, coded, (codes.dtype,))
    y = np.random.default_rng(0).integers(0, 2, len(codes)) * 1.0
    x = DesignMatrix(layout, np.empty((len(codes), 0), np.float32), (codes,))
    return ArrayChunks(x, y, unit_weights(len(codes)))


def test_codes_of_two_bytes_keep_their_upper_half_on_a_device():
    source = rows_of_codes(np.arange(40_000, dtype=np.uint16), 40_000)
    device = device_sums(Perceptron(1), LossSettings("logits", 1e-8))
    (chunk,) = device._tables.chunks(source)
    np.testing.assert_array_equal(chunk.x.coded[0].codes.numpy(), source.x.codes[0])


def test_codes_of_one_byte_and_of_two_lie_side_by_side_whatever_the_number_of_rows():
    codes = (np.arange(1001) % 7).astype(np.uint8), np.arange(1001, dtype=np.uint16)
    tables = [csc_array(np.linspace(-1, 1, size)[:, None]) for size in (7, 1001)]
    coded = tuple(CodedColumns(Levels(np.array([k]), table), k) for k, table in enumerate(tables))
    none = np.empty(0, np.intp)
    layout = Layout(2, none, none, 0, coded, tuple(own.dtype for own in codes))
    x = DesignMatrix(layout, np.empty((1001, 0), np.float32), codes)
    source = ArrayChunks(x, np.zeros(1001), unit_weights(1001))
    device = device_sums(Perceptron(2, torch.float32), LossSettings("logits", 1e-8))
    (chunk,) = device._tables.chunks(source)
    for part, own in zip(chunk.x.coded, codes, strict=True):
        np.testing.assert_array_equal(part.codes.numpy(), own)


def test_many_rows_of_a_code_are_added_up_in_float64_on_a_device():
    source, settings = rows_of_codes(np.zeros(1_000_000, np.uint8), 2), LossSettings("logits", 1e-8)
    expected, found = (
        sums.evaluate(source).gradient
        for sums in (
            LossSums(Perceptron.of([1.0], 0.0), settings),
            device_sums(Perceptron.of([1.0], 0.0, torch.float32), settings),
        )
    )
    np.testing.assert_allclose(found, expected, rtol=2e-7)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_every_tensor_of_a_pass_is_on_the_device(both, dtype, monkeypatch):
    """The device `meta` holds no numbers, and refuses an operation with a tensor elsewhere."""
    taken = []

    def to_host(parts):
        taken.append({part.device.type for part in parts})
        return np.zeros(sum(part.numel() for part in parts))

    monkeypatch.setattr(device_sums_module, "_to_host", to_host)
    model = Perceptron(both.coded.columns, dtype)
    for loss in ("clamped", "logits"):
        device = device_sums(model, LossSettings(loss, 1e-6), "meta", room=0.0)
        device.evaluate(both.coded, with_hessian=True)
        device.mean_loss(both.coded)
    assert taken == [{"meta"}] * 4
