import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from statsmodels.api import Logit, add_constant

from placement.data.encoding.chunks import ArrayChunks
from placement.data.encoding.design_matrix import DesignMatrix
from placement.model import loss as losses
from placement.training.gradcheck.gradcheck import check_gradients
from placement.training.problem.options import Options
from placement.training.solver.training_loop import solve

CONVERGING = ("auto", "newton", "gd", "adam", "lbfgs")
MOST = {"gd": 20_000, "adam": 5_000, "sgd": 30}


def options(optimizer="auto", **settings):
    if optimizer == "adam":
        settings.setdefault("lr", 0.05)
    if optimizer == "sgd":
        settings.setdefault("batch_size", 64)
    return Options(
        optimizer=optimizer, epochs=settings.pop("epochs", MOST.get(optimizer, 300)), **settings
    )


def data_sets():
    rng = np.random.default_rng(5)
    soft = rng.normal(size=(500, 4))
    correlated = soft @ (np.eye(4) + 0.6)
    dummies = np.column_stack([rng.integers(0, 2, (800, 3)), rng.normal(size=800)]) * 1.0
    made = []
    for x, truth in (
        (soft, [1, -0.5, 0.2, 0]),
        (correlated, [0.5, 0.5, -1, 0.3]),
        (dummies, [1, -1, 0.5, 2]),
    ):
        p = 1 / (1 + np.exp(-(x @ np.array(truth) - 0.3)))
        made.append((x, (rng.random(len(x)) < p) * 1.0))
    return made


@pytest.mark.parametrize("optimizer", CONVERGING)
@pytest.mark.parametrize("which", [0, 1, 2])
def test_without_penalty_it_finds_what_statsmodels_finds(optimizer, which):
    x, y = data_sets()[which]
    solution = solve(
        ArrayChunks(DesignMatrix.of(x), y, np.ones(len(y))), options(optimizer, l2=0.0)
    )
    referee = Logit(y, add_constant(x)).fit(disp=0, tol=1e-14, method="newton").params
    assert solution.converged
    assert solution.newton_decrement <= 1e-8
    np.testing.assert_allclose([solution.intercept, *solution.weights], referee, atol=1e-6)


@pytest.mark.parametrize("optimizer", CONVERGING)
@pytest.mark.parametrize(("which", "loss"), [(0, "clamped"), (1, "logits"), (2, "clamped")])
def test_with_penalty_it_finds_what_scikit_learn_finds(optimizer, which, loss):
    x, y = data_sets()[which]
    solution = solve(
        ArrayChunks(DesignMatrix.of(x), y, np.ones(len(y))), options(optimizer, l2=1.0, loss=loss)
    )
    referee = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-12).fit(x, y)
    assert solution.converged
    np.testing.assert_allclose(solution.weights, referee.coef_[0], atol=1e-6)
    assert solution.intercept == pytest.approx(referee.intercept_[0], abs=1e-6)


class _Wrong(torch.autograd.Function):
    """The identity, with a derivative that counts the positive rows twice."""

    @staticmethod
    def forward(ctx, p, y):
        ctx.save_for_backward(y)
        return p.clone()

    @staticmethod
    def backward(ctx, grad):
        return grad * (1 + ctx.saved_tensors[0]), None


@pytest.fixture
def wrong_backward(monkeypatch):
    right = losses.clamped_bce_sum

    def wrong(p, y, weight, epsilon=1e-8, *, hard=False):
        return right(_Wrong.apply(p, y), y, weight, epsilon, hard=hard)

    return lambda: monkeypatch.setattr(losses, "clamped_bce_sum", wrong)


@pytest.mark.parametrize("optimizer", [*CONVERGING, "sgd"])
def test_a_wrong_backward_changes_what_every_optimizer_finds(make, wrong_backward, optimizer):
    right = solve(make(), options(optimizer, epochs=50))
    wrong_backward()
    wrong = solve(make(), options(optimizer, epochs=50))
    assert abs(wrong.intercept - right.intercept) > 0.05


def test_a_wrong_backward_is_caught_by_the_gradient_check(make, wrong_backward):
    assert check_gradients(make()).passed
    wrong_backward()
    result = check_gradients(make())
    assert not result.passed
    assert not result.torch_gradcheck
