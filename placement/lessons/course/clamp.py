"""The lesson `clamp`: what the clamp of the probability does, and what it costs."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from placement.data.encoding.chunks import ArrayChunks, unit_weights
from placement.data.encoding.design_matrix import DesignMatrix
from placement.lessons.computation import Check, Computation, Curves, StepValue, central_difference
from placement.lessons.definition import EPSILON, PROBABILITY, Exercise, Lesson
from placement.lessons.graph.common_graphs import perceptron_graph
from placement.model.loss import clamped_bce_sum, effective_epsilon, is_inside, logit_bce_sum
from placement.training.problem.options import Options
from placement.training.solver.training_loop import solve

_LOGITS = (-200, -100, -50, -20, -15, -10, -5, -1, 0, 1, 5, 10, 15, 16, 17, 20, 50, 100, 200)
_LOGIT_BEYOND_CLAMP = 20.0
_OUTLIER = 8.0  # so many standard deviations above the middle, and not placed


def clamp(y: float, epsilon: float) -> Computation:
    """Walk the logit from −200 to 200 in float32: with ε as given, as effective, and by the logit.

    Then let one confidently wrong row freeze a training. Drawn is a row beyond the clamp.
    """
    float32_epsilon = effective_epsilon(torch.float32, epsilon)
    steps = {
        "one_minus_epsilon_is_one": bool(torch.tensor(1.0) - epsilon == 1),
        "effective_epsilon": float32_epsilon,
        "largest_loss": float(-np.log(float32_epsilon)),
        **_train_with_outlier(epsilon),
    }
    checks = tuple(_check_at(z, y, epsilon) for z in (1.0, 200.0))
    graph = perceptron_graph(1.0, y, _LOGIT_BEYOND_CLAMP, 0.0, epsilon, torch.float32)
    return Computation(steps, checks, graph, _curves(y, epsilon))


def _curves(y: float, epsilon: float) -> Curves:
    """Return the loss of a row and its gradient by the logit, in three ways."""

    def as_asked(z: Tensor) -> Tensor:
        p = torch.sigmoid(z).clamp(epsilon, 1 - epsilon)
        return -(y * p.log() + (1 - y) * (1 - p).log())

    def clamped(z: Tensor) -> Tensor:
        return torch.stack([_clamped_loss(row, y, epsilon) for row in z.reshape(-1, 1)])

    def from_logit(z: Tensor) -> Tensor:
        rows = z.reshape(-1, 1)
        return torch.stack([logit_bce_sum(row, torch.full_like(row, y), None) for row in rows])

    losses = {"as_asked": as_asked, "placement": clamped, "from_logit": from_logit}
    lines = {}
    for name, loss in losses.items():
        lines[name], lines[f"{name}_gradient"] = _loss_and_gradient(loss)
    return Curves("z", tuple(map(float, _LOGITS)), lines, "loss of a row, in float32")


def _clamped_loss(z: Tensor, y: float, epsilon: float) -> Tensor:
    return clamped_bce_sum(torch.sigmoid(z), torch.full_like(z, y), None, epsilon)


def _loss_and_gradient(
    loss: Callable[[Tensor], Tensor],
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    z = torch.tensor(_LOGITS, dtype=torch.float32, requires_grad=True)
    losses = loss(z)
    losses.sum().backward()  # type: ignore[no-untyped-call]
    gradient = torch.zeros_like(z) if z.grad is None else z.grad
    return tuple(map(float, losses.detach())), tuple(map(float, gradient))


def _check_at(logit: float, y: float, epsilon: float) -> Check:
    z = torch.tensor([logit], dtype=torch.float64, requires_grad=True)
    _clamped_loss(z, y, epsilon).backward()  # type: ignore[no-untyped-call]
    p = torch.sigmoid(z.detach())
    manual = float((p - y) * is_inside(p, epsilon))
    autograd = 0.0 if z.grad is None else float(z.grad[0])

    def loss(value: float) -> float:
        return _clamped_loss(torch.tensor([value], dtype=torch.float64), y, epsilon).item()

    return Check(f"z at {logit:g}", manual, autograd, central_difference(loss, logit))


def _train_with_outlier(epsilon: float) -> dict[str, StepValue]:
    """Fit 400 rows and one that is confidently wrong, with the clamp and from the logit."""
    generator = np.random.default_rng(1)
    x = generator.normal(size=400)
    y = (generator.random(400) < 1 / (1 + np.exp(-4 * x))).astype(float)
    x, y = np.append(x, _OUTLIER), np.append(y, 0.0)
    rows = ArrayChunks(DesignMatrix.of(x[:, None]), y, unit_weights(len(y)))
    values: dict[str, StepValue] = {}
    for loss in ("clamped", "logits"):
        solution = solve(rows, Options(loss=loss, l2=0.0, optimizer="newton", epsilon=epsilon))
        values[f"weight_{loss}"] = float(solution.weights[0])
        values[f"stopped_{loss}"] = solution.stopped
        values[f"dead_rows_{loss}"] = solution.clamped_rows
    return values


LESSON = Lesson(
    name="clamp",
    order=80,
    title="What the clamp does, and what it costs",
    about=(
        "log 0 is minus infinity, so ŷ is kept within [ε, 1 − ε]. In float32 there is a catch: 1 − "
        "1e-8 is 1, and an upper clamp of that does nothing. The table walks z from −200 to 200: "
        "the loss with ε as it was asked for; with ε as this package uses it, never smaller than "
        "what the precision can tell from nothing; and computed from the logit, where nothing "
        "needs to be clamped. Beyond the clamp the slope is 0: a confidently wrong row costs much "
        "and teaches nothing. 400 students and one such row show what that does to a training."
    ),
    inputs={"y": PROBABILITY, "epsilon": EPSILON},
    code="""\
import torch

y, asked = {y}, {epsilon}
ours = max(asked, torch.finfo(torch.float32).eps)
print(bool(torch.tensor(1.0) - asked == 1), ours)
for z in (-200.0, -20.0, 0.0, 1.0, 20.0, 200.0):
    line = [z]
    for epsilon in (asked, ours):
        at = torch.tensor([z], requires_grad=True)
        p = torch.sigmoid(at).clamp(epsilon, 1 - epsilon)
        loss = -(y * p.log() + (1 - y) * (1 - p).log())
        loss.backward()
        line += [loss.item(), at.grad.item()]
    at = torch.tensor([z], requires_grad=True)
    target = torch.full_like(at, y)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(at, target)
    loss.backward()
    print(*line, loss.item(), at.grad.item())
""",
    compute=clamp,
    numbers={
        "one_minus_epsilon_is_one": "in float32, is 1 − ε still 1?",
        "effective_epsilon": "the ε that is used",
        "largest_loss": "−log of it: no row can cost more",
        "weight_clamped": "the weight that training (in float64) finds with the clamp",
        "stopped_clamped": "why it stopped there",
        "dead_rows_clamped": "rows beyond the clamp, which teach nothing",
        "weight_logits": "the weight from the logit",
        "stopped_logits": "",
        "dead_rows_logits": "",
    },
    after=(
        "Rows beyond the clamp are as good as absent, so a training that ends with wrong ones "
        "among them is never called converged; --loss logits is the same loss without dead rows. "
        "(In float32 its value is rounded to the digits of z, its slope is not.)"
    ),
    next=(
        "placement lesson clamp --y 1",
        "placement lesson clamp --epsilon 0.01   # many more dead rows",
    ),
    exercise=Exercise(
        question="What is the most that one row can cost in float32?",
        step="largest_loss",
        way="−log ε = −log {effective_epsilon} = {largest_loss}",
        inputs={"epsilon": 0.001},
    ),
)
