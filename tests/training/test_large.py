"""What is done only for many rows: a start from a sample, one Hessian for several steps."""

import numpy as np
import pytest

from placement.data.encoding.chunks import ArrayChunks, rows_per_chunk, unit_weights
from placement.data.encoding.design_matrix import DesignMatrix
from placement.model.perceptron import Perceptron, Standardising
from placement.training.passes.loss_sums import LossSettings, LossSums
from placement.training.passes.moments import column_totals
from placement.training.problem import stages as training_stages
from placement.training.problem.options import Options
from placement.training.solver.training_loop import solve


@pytest.fixture
def few_are_many(monkeypatch):
    """Let a sample be drawn of tables that a test can afford."""
    monkeypatch.setattr(training_stages, "SAMPLED_CELLS", 8_000)
    monkeypatch.setattr(training_stages, "MIN_SAMPLE_ROWS", 40)
    monkeypatch.setattr(training_stages, "ROWS_PER_COLUMN", 10)


def stages(found):
    return list(dict.fromkeys(epoch.stage for epoch in found.history))


@pytest.mark.parametrize("l2", [0.0, 1.0, 50.0])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_start_from_a_sample_ends_where_every_start_ends(make, few_are_many, l2, dtype):
    source = make(40_000, 4)
    solution = solve(source, Options(optimizer="newton", l2=l2, dtype=dtype))
    few = solve(make(1_999, 4), Options(optimizer="newton", l2=l2, dtype=dtype))
    assert stages(solution) == ["sample", "newton"]
    assert stages(few) == ["newton"]
    assert solution.converged
    exact = solve(source, Options(optimizer="lbfgs", l2=l2, epochs=500))
    tolerance = 1e-9 if dtype == "float64" else 1e-5
    np.testing.assert_allclose(solution.weights, exact.weights, rtol=0, atol=tolerance)


def test_the_sample_saves_passes_over_all_rows(make, few_are_many, monkeypatch):
    source = make(40_000, 4)
    with_sample = solve(source, Options(optimizer="newton"))
    monkeypatch.setattr(training_stages, "SAMPLED_CELLS", 10**9)
    without = solve(source, Options(optimizer="newton"))
    passes = [sum(e.stage == "newton" for e in found.history) for found in (with_sample, without)]
    assert passes[0] < passes[1]


def test_a_sample_of_one_class_is_not_started_from(make, few_are_many):
    source = make(40_000, 2)
    order = np.argsort(-source.y, kind="stable")
    # The head of every chunk, which is the sample, holds the positive rows alone.
    heads = np.arange(40_000) % 400 < 20
    places = np.empty(40_000, dtype=int)
    places[np.concatenate([np.flatnonzero(heads), np.flatnonzero(~heads)])] = order
    shuffled = source.take(places)
    solution = solve(
        ArrayChunks(shuffled.x, shuffled.y, shuffled.weight, 400),
        Options("newton"),
    )
    assert stages(solution) == ["newton"]
    assert solution.converged


def test_a_misleading_sample_is_dropped_for_zero(few_are_many):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40_000, 1))
    y = (rng.random(40_000) < 1 / (1 + np.exp(-x[:, 0]))) * 1.0
    heads = np.arange(40_000) % 400 < 20
    y[heads] = (rng.random(int(heads.sum())) < 1 / (1 + np.exp(8 * x[heads, 0]))) * 1.0
    solution = solve(ArrayChunks(DesignMatrix.of(x), y, np.ones(len(y)), 400), Options("newton"))
    first = next(epoch for epoch in solution.history if epoch.stage == "newton")
    assert first.loss == pytest.approx(np.log(2))
    assert first.weights.tolist() == [0.0]
    assert solution.converged


def test_near_the_optimum_a_hessian_serves_several_steps(make, monkeypatch):
    calls = []
    plain = LossSums.evaluate

    def counted(self, source, *, with_hessian=False):
        calls.append(with_hessian)
        return plain(self, source, with_hessian=with_hessian)

    monkeypatch.setattr(LossSums, "evaluate", counted)
    solution = solve(make(40_000, 4), Options("newton"))
    assert solution.converged
    assert calls[-1] is False
    assert sum(calls) < len(calls)


def test_the_certificate_is_that_of_a_hessian_taken_at_the_optimum(make):
    source = make(5_000, 3)
    solution = solve(source, Options("gd", epochs=40))
    model = Perceptron.of(solution.weights, solution.intercept)
    sums = LossSums(model, LossSettings("clamped", 1e-8)).evaluate(source, with_hessian=True)
    penalty = np.append(np.ones(3), 0.0)
    gradient = sums.gradient + penalty * np.append(solution.weights, 0.0)
    exact = np.sqrt(gradient @ np.linalg.solve(sums.hessian + np.diag(penalty), gradient))
    assert solution.newton_decrement == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize("shift", [0.0, 3.0, 1e5])
def test_standardising_inside_is_standardising_before(make, shift):
    source = make(400, 3)
    raw = source.x.to_dense() * [2.0, 0.5, 7.0] + shift
    mean, std = raw.mean(axis=0), raw.std(axis=0)
    at = np.array([0.4, -0.7, 0.2, 0.3])
    inside = Perceptron(3, standardising=Standardising(mean, std))
    before = Perceptron(3)
    for model in (inside, before):
        model.set_parameters(at)
    task = LossSettings("clamped", 1e-8)
    one = LossSums(inside, task).evaluate(
        ArrayChunks(DesignMatrix.of(raw), source.y, source.weight), with_hessian=True
    )
    two = LossSums(before, task).evaluate(
        ArrayChunks(DesignMatrix.of((raw - mean) / std), source.y, source.weight), with_hessian=True
    )
    assert one.loss == pytest.approx(two.loss, rel=1e-12)
    np.testing.assert_allclose(one.gradient, two.gradient, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(one.hessian, two.hessian, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(inside.gradient_as_array(), one.gradient)


def test_one_pass_gives_the_moments_of_two(make):
    x = np.random.default_rng(0).normal(size=(3_000, 3)) * [1, 10, 0.01] + [0, 5, 2020]
    weight = np.random.default_rng(1).integers(0, 4, 3_000) * 1.0
    result = column_totals(
        ArrayChunks(DesignMatrix.of(x), np.zeros(3_000), weight, 700), products=True
    ).moments
    mean = np.average(x, axis=0, weights=weight)
    np.testing.assert_allclose(result.mean, mean, rtol=1e-13)
    expected = ((x - mean) * weight[:, None]).T @ (x - mean)
    np.testing.assert_allclose(result.centred, expected, rtol=1e-9, atol=1e-9)


def test_rows_that_count_once_need_no_weights(make):
    source = make(500, 3)
    bare = ArrayChunks(source.x, source.y, unit_weights(500), 64)
    weighed = ArrayChunks(source.x, source.y, np.ones(500), 64)
    one, two = (solve(rows, Options("newton")) for rows in (bare, weighed))
    np.testing.assert_array_equal(one.weights, two.weights)


def test_a_chunk_holds_fewer_rows_the_wider_they_are():
    assert rows_per_chunk(64) == 65_536
    assert rows_per_chunk(800) == 5_242
    assert rows_per_chunk(8 * 10**6) == 1_024
