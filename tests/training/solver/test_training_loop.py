import dataclasses
from itertools import islice, pairwise

import numpy as np
import pytest
import torch

from placement.data.encoding.chunks import ArrayChunks, unit_weights
from placement.data.encoding.design_matrix import DesignMatrix
from placement.errors import DataError
from placement.model import loss as losses
from placement.training.passes.device_chunks import DeviceTables
from placement.training.problem.options import Options
from placement.training.problem.problem import define_problem
from placement.training.solver import training_loop
from placement.training.solver.solution import solution_of
from placement.training.solver.training_loop import RunContext, epochs, solve

MOST = {"gd": 20_000, "adam": 5_000, "sgd": 30}


def options(optimizer="auto", **settings):
    if optimizer == "adam":
        settings.setdefault("lr", 0.05)
    if optimizer == "sgd":
        settings.setdefault("batch_size", 64)
    return Options(
        optimizer=optimizer, epochs=settings.pop("epochs", MOST.get(optimizer, 300)), **settings
    )


def test_mini_batches_come_near_and_claim_nothing(make):
    source = make(2000)
    solution = solve(source, options("sgd"))
    exact = solve(source, options())
    assert (solution.stopped, solution.converged) == ("epoch_limit", False)
    np.testing.assert_allclose(solution.weights, exact.weights, atol=0.15)
    assert solution.loss < exact.loss + 0.01


@pytest.mark.parametrize("optimizer", ["auto", "gd", "lbfgs"])
def test_float32_converges_to_its_own_certificate(make, optimizer):
    solution = solve(make(), options(optimizer, dtype="float32"))
    exact = solve(make(), options())
    assert solution.converged
    assert solution.newton_decrement <= 1e-4
    assert solution.weights.dtype == np.float64
    np.testing.assert_allclose(solution.weights, exact.weights, atol=1e-4)


@pytest.mark.parametrize("optimizer", ["auto", "gd", "newton", "lbfgs", "sgd", "adam"])
def test_chunks_and_threads_do_not_change_the_model(make, optimizer):
    rows = 30
    settings = options(optimizer, epochs=6, batch_size=10 if optimizer == "sgd" else None)
    whole = solve(make(rows), settings)
    for chunk_rows in (1, 7):
        source = make(rows, chunk_rows=chunk_rows)
        one, two = (
            solve(source, settings, context=RunContext(threads=threads)) for threads in (1, 2)
        )
        np.testing.assert_array_equal(one.weights, two.weights)
        assert one.intercept == two.intercept
        np.testing.assert_allclose(one.weights, whole.weights, rtol=0, atol=1e-12)


@pytest.mark.parametrize("optimizer", ["auto", "gd", "lbfgs", "adam"])
def test_a_row_twice_is_a_row_of_weight_two(make, optimizer):
    source = make(120)
    weight = np.where(np.arange(120) % 3 == 0, 2.0, 1.0)
    twice = np.repeat(np.arange(120), weight.astype(int))
    weighed = solve(dataclasses.replace(source, weight=weight), options(optimizer, epochs=60))
    repeated = solve(source.take(twice), options(optimizer, epochs=60))
    np.testing.assert_allclose(weighed.weights, repeated.weights, rtol=0, atol=1e-12)


def test_gradient_descent_is_the_notebooks_loop(make):
    source = make(50)
    x, y = torch.from_numpy(source.x.to_dense()), torch.from_numpy(source.y)
    w = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    for _ in range(5):
        losses.clamped_bce(torch.sigmoid(x @ w + b), y).backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
            b -= 0.1 * b.grad
        w.grad.zero_()
        b.grad.zero_()
    solution = solve(source, Options(optimizer="gd", epochs=5, lr=0.1, l2=0.0))
    np.testing.assert_allclose(solution.weights, w.detach().numpy(), rtol=1e-12)
    assert solution.epochs == 5
    assert solution.stopped == "epoch_limit"
    assert not solution.converged


def test_the_default_step_of_gd_is_one_over_the_largest_curvature(make):
    source = make()
    solution = solve(source, options("gd", epochs=2, l2=3.0))
    ones = np.column_stack([source.x.to_dense(), np.ones(source.rows)])
    bound = (ones.T @ ones / 4 + np.diag([3.0, 3, 3, 0])) / source.rows
    assert solution.lr == pytest.approx(1 / np.linalg.eigvalsh(bound)[-1])
    assert solution.history[0].step_size == solution.lr


def test_auto_shows_the_curve_then_finishes_with_newton(make, whole_descent):
    history = solve(make(), options()).history
    stages = [epoch.stage for epoch in history]
    assert stages.count("gd") == 200
    assert stages[-1] == "newton"
    gd = [epoch.penalised_loss for epoch in history if epoch.stage == "gd"]
    assert all(after <= before + 1e-12 for before, after in pairwise(gd))


def test_auto_goes_straight_to_newton_on_a_large_table(make):
    assert {e.stage for e in solve(make(30_000, 7), options()).history} == {"newton"}


def test_a_mislabelled_outlier_ends_clamped_never_converged(outlier, whole_descent):
    no_descent = solve(outlier, options(l2=1.0))
    assert (no_descent.stopped, no_descent.converged, no_descent.clamped_wrong) == (
        "clamped",
        False,
        1,
    )
    assert any("--loss logits" in warning for warning in no_descent.warnings)
    true = solve(outlier, options(l2=1.0, loss="logits"))
    assert (true.stopped, true.converged, true.clamped_rows) == ("tolerance", True, 0)
    assert no_descent.weights[0] == pytest.approx(5.88, abs=0.005)
    assert true.weights[0] == pytest.approx(3.88, abs=0.005)


def test_an_unpenalised_outlier_ends_clamped(outlier):
    solution = solve(outlier, options("newton", l2=0.0))
    assert (solution.stopped, solution.converged) == ("clamped", False)
    assert solution.clamped_wrong >= 1
    assert solve(outlier, options("newton", l2=0.0, loss="logits")).converged


@pytest.mark.parametrize("optimizer", ["auto", "gd", "newton", "lbfgs", "sgd", "adam"])
@pytest.mark.parametrize("loss", ["clamped", "logits"])
def test_huge_unscaled_columns_in_float32_stay_finite(make, optimizer, loss):
    source = make(200, scale=200.0)
    history = solve(source, options(optimizer, dtype="float32", loss=loss, epochs=30)).history
    for epoch in history:
        assert np.isfinite([epoch.loss, epoch.penalised_loss, epoch.gradient_norm]).all()
        assert np.isfinite(epoch.weights).all()


def test_logits_of_200_in_float32_are_counted_and_finite():
    x = np.array([[-200.0], [200.0], [-1.0], [1.0]])
    source = ArrayChunks(DesignMatrix.of(x), np.array([1.0, 0.0, 0.0, 1.0]), np.ones(4))
    solution = solve(source, Options(optimizer="gd", lr=8.0, epochs=6, dtype="float32", l2=0.0))
    assert max(epoch.clamped_rows for epoch in solution.history) > 0
    assert all(np.isfinite(epoch.loss) for epoch in solution.history)
    assert not solution.converged


def test_a_row_just_inside_the_clamp_does_not_stall_newton():
    x = np.append(np.linspace(-1.5, 1.5, 400), 3.5)[:, None]
    source = ArrayChunks(DesignMatrix.of(x), np.append((x[:400, 0] > 0) * 1.0, 0.0), np.ones(401))
    assert solve(source, options("newton")).converged


def test_patience_returns_the_best_epoch_on_the_validation_rows(make):
    source, validation = make(80, 12, seed=1), make(300, 12, seed=2)
    solution = solve(
        source,
        Options(optimizer="gd", epochs=3000, l2=0.0, lr=1.0, patience=5),
        context=RunContext(validation=validation),
    )
    result = [epoch.validation_loss for epoch in solution.history]
    assert solution.stopped == "patience"
    assert not solution.converged
    assert int(np.argmin(result)) == solution.epochs - 5
    np.testing.assert_array_equal(solution.weights, solution.history[-6].weights)


def test_held_out_rows_are_looked_at_and_decide_nothing(make):
    source = make()
    plain = solve(source, options())
    watched = solve(source, options(patience=3), context=RunContext(held_out=make(50, seed=9)))
    assert all(epoch.held_out_loss is not None for epoch in watched.history)
    np.testing.assert_array_equal(plain.weights, watched.weights)


def test_an_aliased_column_is_left_out_and_named_by_place(make):
    source = make(300, 4)
    x = source.x.to_dense().copy()
    x[:, 2] = 2 * x[:, 0] - x[:, 1] + 5
    solution = solve(dataclasses.replace(source, x=DesignMatrix.of(x)), options(l2=0.0))
    result = solve(dataclasses.replace(source, x=DesignMatrix.of(x[:, [0, 1, 3]])), options(l2=0.0))
    assert solution.aliased == (2,)
    assert solution.weights[2] == 0
    np.testing.assert_allclose(solution.weights[[0, 1, 3]], result.weights, atol=1e-10)


def test_separable_classes_are_refused_without_penalty_and_warned_of_with_one():
    x = np.column_stack([np.linspace(-1, 1, 50), np.sin(np.arange(50))])
    source = ArrayChunks(DesignMatrix.of(x), (x[:, 0] > 0) * 1.0, np.ones(50))
    with pytest.raises(DataError, match="cgpa separate"):
        solve(source, options(l2=0.0), names=("cgpa", "noise"))
    solution = solve(source, options(l2=1.0), names=("cgpa", "noise"))
    assert solution.converged
    assert any("cgpa" in warning for warning in solution.warnings)


def test_a_large_separable_table_is_refused_when_fitting_ends_clamped(monkeypatch):
    monkeypatch.setattr("placement.training.problem.separation.MOST_DISTINCT_ROWS", 10)
    x = np.linspace(-1, 1, 50)[:, None]
    source = ArrayChunks(DesignMatrix.of(x), (x[:, 0] > 0) * 1.0, np.ones(50))
    for loss in ("clamped", "logits"):
        with pytest.raises(DataError, match="separate"):
            solve(source, options("newton", l2=0.0, loss=loss))


def test_a_step_far_too_long_is_named(make):
    source = make(scale=1e150)
    with pytest.raises(DataError, match="--lr 1e\\+200"):
        solve(source, Options(optimizer="gd", lr=1e200, loss="logits", epochs=50))


def test_a_target_outside_0_and_1_is_refused(make):
    source = make()
    y = source.y.copy()
    y[6] = 4
    with pytest.raises(DataError, match="row 7"):
        solve(dataclasses.replace(source, y=y))


def test_a_training_that_is_left_half_way_keeps_what_was_learnt(make):
    problem = define_problem(make(), options("gd"))
    solution = solution_of(list(islice(epochs(problem), 5)), problem)
    assert (solution.stopped, solution.converged, solution.epochs) == ("interrupted", False, 4)
    assert solution.weights.any()


def test_the_check_sees_the_first_the_due_and_the_last_epoch(make):
    calls = []
    settings = Options(optimizer="gd", epochs=7, gradcheck_every=3, lr=0.01)
    solve(make(), settings, context=RunContext(check=lambda epoch: calls.append(epoch.number)))
    assert calls == [0, 3, 6, 7]


def test_the_last_epoch_alone_says_why_training_ended(make):
    history = list(epochs(define_problem(make(), options())))
    assert [epoch.stopped for epoch in history[:-1]] == [None] * (len(history) - 1)
    assert history[-1].stopped == "tolerance"
    assert [epoch.number for epoch in history] == list(range(len(history)))


def test_the_users_torch_threads_are_left_as_they_were(make):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        solve(make(), options(epochs=5), context=RunContext(threads=2))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def on_tables(monkeypatch, room):
    """Let the loop walk the road to a device, which is the processor."""

    def tables_for(problem):
        return DeviceTables(torch.device("cpu"), problem.options.torch_dtype, room=lambda: room)

    monkeypatch.setattr(training_loop, "_tables_for", tables_for)


@pytest.mark.parametrize("room", [float("inf"), 0.0], ids=["resident", "copied"])
@pytest.mark.parametrize("optimizer", ["auto", "gd", "newton", "lbfgs", "sgd", "adam"])
def test_a_device_finds_what_the_processor_finds(make, optimizer, room, monkeypatch):
    source, held_out = make(800), make(200, seed=1)
    settings = options(optimizer, epochs=5 if optimizer in ("sgd", "adam") else 300)
    context = RunContext(held_out=held_out)
    expected = solve(source, settings, context=context)
    on_tables(monkeypatch, room)
    found = solve(source, settings, context=context)
    np.testing.assert_allclose(found.weights, expected.weights, atol=1e-10)
    assert (found.stopped, found.epochs) == (expected.stopped, expected.epochs)
    ends = found.history[-1], expected.history[-1]
    assert ends[0].held_out_loss == pytest.approx(ends[1].held_out_loss, rel=1e-10)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize(("dtype", "limit"), [("float64", 1e-8), ("float32", 1e-4)])
def test_a_device_ends_within_the_certificate_of_the_optimum(dtype, limit, device, monkeypatch):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    draw = np.random.default_rng(0)  # so many cells that Newton begins on samples
    x = draw.normal(size=(420_000, 8)).astype(dtype)
    y = (draw.random(len(x)) < 1 / (1 + np.exp(0.7 - x.sum(1) / 3))) * np.ones(1, dtype)
    source = ArrayChunks(DesignMatrix.of(x), y, unit_weights(len(y)))
    settings = options("newton", dtype=dtype, device=device)
    exact = solve(source, dataclasses.replace(settings, dtype="float64", device="cpu"))
    if device == "cpu":
        on_tables(monkeypatch, float("inf"))
    found = solve(source, settings)
    assert found.converged
    assert found.history[0].stage == "sample"
    away = np.append(found.weights - exact.weights, found.intercept - exact.intercept)
    ones = np.column_stack([x, np.ones(len(x))])
    p = 1 / (1 + np.exp(-(ones @ np.append(exact.weights, exact.intercept))))
    information = (ones * (p * (1 - p))[:, None]).T @ ones
    assert away @ information @ away <= limit**2
