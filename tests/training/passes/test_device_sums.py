"""The road to a device, walked on the processor: the sums are those of the other road."""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from placement.data.encoding.chunks import ArrayChunks
from placement.data.encoding.design_matrix import DesignMatrix
from placement.model import loss as losses
from placement.model.design_tensor import BLOCK_ROWS
from placement.model.perceptron import Perceptron, Standardising
from placement.training.passes.device_chunks import DeviceTables
from placement.training.passes.device_sums import DeviceLossSums
from placement.training.passes.loss_sums import LossSettings, LossSums

CPU = torch.device("cpu")
HELD, COPIED = float("inf"), 0.0


def drawn(rows, columns=3, *, weighted=False, dtype=np.float64):
    draw = np.random.default_rng(rows)
    x = draw.normal(0, 1, (rows, columns)).astype(dtype)
    y = (draw.random(rows) < 1 / (1 + np.exp(-x.sum(1)))).astype(dtype)
    weight = draw.integers(0, 4, rows).astype(dtype) if weighted else np.ones(rows, dtype)
    return ArrayChunks(DesignMatrix.of(x), y, weight, chunk_rows=1_000)


def tables(room, *, dtype=torch.float64, chunk_bytes=1 << 19):
    return DeviceTables(CPU, dtype, chunk_bytes=chunk_bytes, room=lambda: room)


def both(model, source, settings, room, **options):
    own = DeviceLossSums(model, settings, tables(room, dtype=model.dtype, **options))
    return own, LossSums(model, settings)


@pytest.mark.parametrize("room", [HELD, COPIED])
@pytest.mark.parametrize("loss", ["clamped", "logits"])
def test_sums_on_a_device_are_those_of_the_processor(loss, room):
    source, model = drawn(3 * BLOCK_ROWS + 77, weighted=True), Perceptron.of([40.0, -0.5, 0.8], 0.1)
    device, processor = both(model, source, LossSettings(loss, 1e-6), room)
    for _ in range(2):  # the second pass walks what the first one left
        found, expected = (s.evaluate(source, with_hessian=True) for s in (device, processor))
        assert found.loss == pytest.approx(expected.loss, rel=1e-12)
        assert found.weight == expected.weight
        np.testing.assert_allclose(found.gradient, expected.gradient, rtol=1e-12, atol=1e-10)
        np.testing.assert_allclose(found.hessian, expected.hessian, rtol=1e-12, atol=1e-10)
        assert found.saturated == expected.saturated > 0
        assert found.saturated_wrong == expected.saturated_wrong > 0
        assert device.mean_loss(source) == pytest.approx(processor.mean_loss(source), rel=1e-12)


@pytest.mark.parametrize("room", [HELD, COPIED])
def test_rows_in_float32_are_added_up_in_float64(room):
    source, model = drawn(40 * BLOCK_ROWS, dtype=np.float32), Perceptron(3, torch.float32)
    own, _ = both(model, source, LossSettings("logits", 1e-7), room)
    double = ArrayChunks(
        DesignMatrix.of(source.x.cells.astype(np.float64)),
        source.y.astype(np.float64),
        source.weight.astype(np.float64),
    )
    referee = LossSums(Perceptron(3), LossSettings("logits", 1e-7)).evaluate(
        double, with_hessian=True
    )
    found = own.evaluate(source, with_hessian=True)
    np.testing.assert_allclose(found.gradient, referee.gradient, rtol=2e-7)  # rounded once
    np.testing.assert_allclose(found.hessian, referee.hessian, rtol=2e-7, atol=1e-2)


@pytest.mark.parametrize("large_mean", [False, True], ids=["rescaled", "standardised row by row"])
def test_columns_in_raw_units_are_standardised_on_a_device_too(large_mean):
    source = drawn(2_500)
    mean = np.array([1e6 if large_mean else 3.0, 0.2, -1.0])
    raw = ArrayChunks(DesignMatrix.of(source.x.cells * 2 + mean), source.y, source.weight)
    model = Perceptron(3, standardising=Standardising(mean, np.full(3, 2.0)))
    model.set_parameters(np.array([0.4, -0.3, 0.9, 0.1]))
    found, expected = (
        s.evaluate(raw, with_hessian=True)
        for s in both(model, raw, LossSettings("logits", 1e-8), HELD)
    )
    np.testing.assert_allclose(found.gradient, expected.gradient, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.hessian, expected.hessian, rtol=1e-9, atol=1e-9)


def test_no_rows_give_zero_sums_on_a_device():
    source, model = drawn(10).take(np.array([], dtype=int)), Perceptron(3)
    device, _ = both(model, source, LossSettings("clamped", 1e-8), HELD)
    found = device.evaluate(source, with_hessian=True)
    assert (found.loss, found.weight, found.gradient.any()) == (0, 0, False)
    assert np.isnan(device.mean_loss(source))


class Waits(TorchDispatchMode):
    """Counts what makes the host wait for a device: a number taken off it."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = str(function)
        self.count += "_local_scalar_dense" in name or "nonzero" in name or "equal." in name
        return function(*args, **kwargs or {})


def test_no_number_is_taken_off_a_device_while_chunks_are_summed_up():
    source, model = drawn(3 * BLOCK_ROWS), Perceptron.of([40.0, -0.5, 0.8], 0.1)
    device, processor = both(model, source, LossSettings("clamped", 1e-8), HELD)
    with Waits() as on_device:
        device.evaluate(source, with_hessian=True)
        device.mean_loss(source)
    assert on_device.count == 0
    with Waits() as on_processor:
        processor.evaluate(source, with_hessian=True)
    assert on_processor.count > len(source)


def test_the_gradient_is_what_backward_left(monkeypatch):
    source, model = drawn(500), Perceptron(3)
    device, _ = both(model, source, LossSettings("clamped", 1e-8), HELD)
    right = device.evaluate(source).gradient
    true_sum = losses.clamped_bce_sum

    def wrong(p, *rest, **options):
        p.register_hook(lambda gradient: gradient * 1.5)
        return true_sum(p, *rest, **options)

    monkeypatch.setattr(losses, "clamped_bce_sum", wrong)
    np.testing.assert_allclose(device.evaluate(source).gradient, 1.5 * right, rtol=1e-12)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("room", [HELD, COPIED])
def test_sums_on_a_card_are_those_of_the_processor(room, dtype):
    source = drawn(30 * BLOCK_ROWS + 77, 16, weighted=True, dtype=np.dtype(dtype))
    model = Perceptron.of(np.full(16, 0.5), 0.1, getattr(torch, dtype))
    card = DeviceTables(torch.device("cuda"), model.dtype, chunk_bytes=1 << 22, room=lambda: room)
    own = DeviceLossSums(model, LossSettings("clamped", 1e-6), card)
    expected = LossSums(model, LossSettings("clamped", 1e-6)).evaluate(source, with_hessian=True)
    close = {"rtol": 1e-12, "atol": 1e-9} if dtype == "float64" else {"rtol": 1e-4, "atol": 1e-1}
    for _ in range(2):
        found = own.evaluate(source, with_hessian=True)
        np.testing.assert_allclose(found.gradient, expected.gradient, **close)
        np.testing.assert_allclose(found.hessian, expected.hessian, **close)
