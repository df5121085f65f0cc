import numpy as np
import torch

from placement.model.perceptron import Perceptron


def test_a_new_perceptron_is_undecided():
    p = Perceptron(3)(torch.randn(5, 3, dtype=torch.float64))
    assert p.shape == (5,)
    assert torch.equal(p, torch.full((5,), 0.5, dtype=torch.float64))


def test_it_is_one_linear_layer_and_a_sigmoid():
    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=(7, 2)), rng.normal(size=2)
    p = Perceptron.of(weights, 0.3)(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(p, 1 / (1 + np.exp(-(x @ weights + 0.3))), rtol=1e-14)


def test_parameters_survive_the_way_to_an_array_and_back():
    model = Perceptron.of([1.5, -2.0], 0.25)
    assert model.parameters_as_array().tolist() == [1.5, -2.0, 0.25]


def test_without_backward_the_gradient_is_zero():
    assert Perceptron(2).gradient_as_array().tolist() == [0.0, 0.0, 0.0]


def test_a_gradient_left_is_what_torch_finds_in_grad():
    model = Perceptron(2, torch.float32)
    model.set_gradient(np.array([1.0, 2.0, 3.0]))
    assert model.linear.weight.grad.tolist() == [[1.0, 2.0]]
    assert model.linear.bias.grad.dtype == torch.float32
