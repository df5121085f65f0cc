import numpy as np
import pytest
import torch

from placement.data.encoding.design_matrix import DesignMatrix
from placement.model import loss as losses
from placement.model.perceptron import Perceptron
from placement.training.passes.loss_sums import LossSettings, LossSums


def evaluate(model, source, loss="clamped", epsilon=1e-8, *, with_hessian=False, threads=1):
    return LossSums(model, LossSettings(loss, epsilon, threads)).evaluate(
        source, with_hessian=with_hessian
    )


def model_at(parameters):
    return Perceptron.of(parameters[:-1], parameters[-1])


@pytest.mark.parametrize("loss", ["clamped", "logits"])
def test_the_hessian_is_the_second_derivative_of_the_loss(make, loss):
    source = make(50, scale=6.0)
    at = torch.tensor([1.0, -0.5, 0.8, 0.1], dtype=torch.float64)
    x, y, weight = map(torch.from_numpy, (source.x.to_dense(), source.y, source.weight))

    def total(parameters):
        z = x @ parameters[:-1] + parameters[-1]
        if loss == "logits":
            return losses.logit_bce_sum(z, y, weight)
        return losses.clamped_bce_sum(torch.sigmoid(z), y, weight, 1e-4)

    result = evaluate(model_at(at.numpy()), source, loss, 1e-4, with_hessian=True)
    assert result.saturated > 0
    referee = torch.autograd.functional.hessian(total, at).numpy()
    np.testing.assert_allclose(result.hessian, referee, rtol=1e-7, atol=1e-7)
    assert result.loss == pytest.approx(total(at).item(), rel=1e-13)


def test_a_visit_zeroes_what_an_earlier_one_left(make):
    source, model = make(), Perceptron(3)
    visitor = LossSums(model, LossSettings("clamped", 1e-8))
    first, again = (visitor.evaluate(source).gradient for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(again, model.gradient_as_array())


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_leave_the_same_bits_in_grad(make, threads):
    source = make(500, chunk_rows=7)
    one = evaluate(Perceptron(3), source, with_hessian=True)
    more = evaluate(Perceptron(3), source, with_hessian=True, threads=threads)
    np.testing.assert_array_equal(one.gradient, more.gradient)
    np.testing.assert_array_equal(one.hessian, more.hessian)
    assert one.loss == more.loss


def test_no_rows_give_zero_sums(make):
    result = evaluate(Perceptron(3), make().take(np.array([], dtype=int)), with_hessian=True)
    assert (result.loss, result.weight, result.saturated) == (0, 0, 0)
    assert not result.gradient.any()


def test_rows_beyond_the_clamp_are_counted_and_the_wrong_ones_told_apart(make):
    source = make(4, 1).take(np.arange(4))
    source.x.to_dense()[:, 0] = [-50, 50, 50, 0]
    source.y[:] = [0, 0, 1, 1]
    result = evaluate(model_at(np.array([1.0, 0.0])), source)
    assert (result.saturated, result.saturated_wrong) == (3, 1)


def test_a_soft_target_beyond_the_clamp_is_no_settled_row(make):
    source = make(1, 1)
    source.x.to_dense()[:] = 50
    source.y[:] = 0.7
    assert evaluate(model_at(np.array([1.0, 0.0])), source).saturated_wrong == 1


def test_the_mean_loss_leaves_no_gradient(make):
    model = Perceptron(3)
    assert LossSums(model, LossSettings("clamped", 1e-8)).mean_loss(make()) == pytest.approx(
        np.log(2)
    )
    assert model.linear.weight.grad is None


def test_read_only_and_strided_cells_are_taken_as_they_are(make):
    source = make(20)
    plain = evaluate(Perceptron(3), source).gradient
    twisted = np.asfortranarray(source.x.to_dense())
    twisted.flags.writeable = False
    other = type(source)(DesignMatrix.of(twisted), source.y, source.weight)
    np.testing.assert_array_equal(plain, evaluate(Perceptron(3), other).gradient)
