import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from placement.errors import DataError
from placement.model import loss as losses

FLOAT64 = torch.float64


def test_the_mean_equals_scikit_learns_log_loss():
    rng = np.random.default_rng(0)
    p, y = rng.random(50), (rng.random(50) > 0.4) * 1.0
    ours = losses.clamped_bce(torch.from_numpy(p), torch.from_numpy(y)).item()
    assert ours == pytest.approx(log_loss(y, p), rel=1e-13)


def test_weights_count_rows():
    p = torch.tensor([0.2, 0.7], dtype=FLOAT64)
    y = torch.tensor([0.0, 1.0], dtype=FLOAT64)
    once = losses.clamped_bce_sum(torch.cat([p, p[1:]]), torch.cat([y, y[1:]]), torch.ones(3))
    twice = losses.clamped_bce_sum(p, y, torch.tensor([1.0, 2.0], dtype=FLOAT64))
    assert once.item() == pytest.approx(twice.item(), rel=1e-15)


def test_float32_clamps_at_its_own_epsilon():
    assert losses.effective_epsilon(torch.float32, 1e-8) == torch.finfo(torch.float32).eps
    assert losses.effective_epsilon(torch.float64, 1e-8) == 1e-8
    assert losses.effective_epsilon(torch.float32, 1e-3) == 1e-3


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("loss", ["clamped", "logits"])
def test_no_finite_logit_gives_a_loss_or_gradient_that_is_not_finite(dtype, loss):
    z = torch.tensor([-200.0, -50, -17, 0, 17, 50, 200], dtype=dtype).repeat(2).requires_grad_()
    y = torch.cat([torch.zeros(7), torch.ones(7)]).to(dtype)
    one = torch.ones_like(y)
    if loss == "clamped":
        total = losses.clamped_bce_sum(torch.sigmoid(z), y, one, 1e-8)
    else:
        total = losses.logit_bce_sum(z, y, one)
    total.backward()
    assert torch.isfinite(total)
    assert torch.isfinite(z.grad).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_beyond_the_clamp_a_row_teaches_nothing(dtype):
    z = torch.tensor([-40.0, 40.0], dtype=dtype, requires_grad=True)
    y = torch.tensor([1.0, 0.0], dtype=dtype)
    losses.clamped_bce_sum(torch.sigmoid(z), y, torch.ones_like(y), 1e-8).backward()
    assert z.grad.tolist() == [0.0, 0.0]


def test_the_clamped_loss_is_bounded_by_minus_log_epsilon():
    worst = losses.clamped_bce(
        torch.tensor([0.0], dtype=FLOAT64), torch.tensor([1.0], dtype=FLOAT64)
    )
    assert worst.item() == pytest.approx(-np.log(1e-8))


@pytest.mark.parametrize("loss", ["clamped", "logits"])
def test_the_gradient_by_hand_is_autograds(loss):
    torch.manual_seed(0)
    x, weight = torch.randn(40, 3, dtype=FLOAT64) * 8, torch.rand(40, dtype=FLOAT64)
    y = torch.rand(40, dtype=FLOAT64)
    w = torch.randn(3, dtype=FLOAT64, requires_grad=True)
    b = torch.tensor(0.2, dtype=FLOAT64, requires_grad=True)
    z = x @ w + b
    p = torch.sigmoid(z)
    assert (~losses.is_inside(p, 1e-8)).any()
    if loss == "clamped":
        losses.clamped_bce_sum(p, y, weight, 1e-8).backward()
    else:
        losses.logit_bce_sum(z, y, weight).backward()
    by_weight, by_intercept = losses.gradient_by_hand(p.detach(), y, weight, x, loss, 1e-8)
    torch.testing.assert_close(by_weight, w.grad, rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(by_intercept, b.grad, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("y", [4.0, -0.1, float("nan")])
def test_a_target_that_is_no_probability_is_refused(y):
    with pytest.raises(DataError, match="row 2"):
        losses.clamped_bce(torch.tensor([0.5, 0.5]), torch.tensor([0.0, y]))


def test_a_column_against_a_row_of_targets_is_refused():
    with pytest.raises(ValueError, match="differ"):
        losses.clamped_bce(torch.rand(3, 1), torch.ones(3))
