"""Lessons on the loss: a target that is no probability, and what the clamp does."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from placement.data.encoding.chunks import ArrayChunks, no_weights
from placement.errors import DataError
from placement.lessons.computation import Check, Curves, Plain, Played, difference, named, number
from placement.lessons.graph.common_graphs import check_of, perceptron_graph
from placement.model.loss import (
    clamped_bce,
    clamped_bce_sum,
    effective_epsilon,
    is_inside,
    logit_bce_sum,
)
from placement.training.problem.options import Options
from placement.training.solver.training_loop import solve

LOGITS = (-200, -100, -50, -20, -15, -10, -5, -1, 0, 1, 5, 10, 15, 16, 17, 20, 50, 100, 200)
_BEYOND = 20.0
_OUTLIER = 8.0  # so many standard deviations above the middle, and not placed


def target(x: float, w: float, b: float) -> Played:
    """Put y = x² into the formula, as in the first lesson: a target that may be no probability."""
    y = x * x
    graph = perceptron_graph(x, y, w, b, 0.0)

    def loss(weight: float) -> float:
        return number(perceptron_graph(x, y, weight, b, 0.0).result.value)

    p = torch.tensor([number(graph["ŷ"].value)], dtype=torch.float64)
    return Played(
        named(y=y, yhat=graph["ŷ"].value, loss=graph["L"].value, error=_refusal(p, y)),
        (check_of(graph, "w", difference(loss, w)),),
        graph,
    )


def _refusal(p: Tensor, y: float) -> str | None:
    try:
        clamped_bce(p, torch.full_like(p, y))
    except DataError as problem:
        return str(problem)
    return None


def clamp(y: float, epsilon: float) -> Played:
    """Walk the logit from −200 to 200 in float32: the loss as it is asked for, ours, the logit's.

    Then let one confidently wrong row freeze a training. Drawn is a row beyond the clamp.
    """
    z = torch.tensor(LOGITS, dtype=torch.float32)
    ours = effective_epsilon(torch.float32, epsilon)

    def asked(z: Tensor) -> Tensor:
        p = torch.sigmoid(z).clamp(epsilon, 1 - epsilon)
        return -(y * p.log() + (1 - y) * (1 - p).log())

    ways: dict[str, Callable[[Tensor], Tensor]] = {
        "as_asked": asked,
        "placement": lambda z: _each(z, lambda one: _clamped(one, y, epsilon)),
        "from_logit": lambda z: _each(z, lambda one: logit_bce_sum(one, _like(one, y), None)),
    }
    lines = {}
    for name, way in ways.items():
        loss, gradient = _loss_and_gradient(way, z)
        lines[name], lines[f"{name}_gradient"] = loss, gradient
    return Played(
        named(
            one_minus_epsilon_is_one=bool(torch.tensor(1.0) - epsilon == 1),
            effective_epsilon=ours,
            largest_loss=float(-np.log(ours)),
            **_freeze(epsilon),
        ),
        tuple(_check_at(at, y, epsilon) for at in (1.0, 200.0)),
        perceptron_graph(1.0, y, _BEYOND, 0.0, epsilon, torch.float32),
        Curves("z", tuple(map(float, LOGITS)), lines, "loss of a row, in float32"),
    )


def _each(z: Tensor, loss: Callable[[Tensor], Tensor]) -> Tensor:
    return torch.stack([loss(one.reshape(1)) for one in z])


def _like(z: Tensor, y: float) -> Tensor:
    return torch.full_like(z, y)


def _clamped(z: Tensor, y: float, epsilon: float) -> Tensor:
    return clamped_bce_sum(torch.sigmoid(z), _like(z, y), None, epsilon)


def _loss_and_gradient(
    way: Callable[[Tensor], Tensor], z: Tensor
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    at = z.clone().requires_grad_()
    losses = way(at)
    losses.sum().backward()  # type: ignore[no-untyped-call]
    gradient = torch.zeros_like(z) if at.grad is None else at.grad
    return tuple(map(float, losses.detach())), tuple(map(float, gradient))


def _check_at(at: float, y: float, epsilon: float) -> Check:
    z = torch.tensor([at], dtype=torch.float64, requires_grad=True)
    _clamped(z, y, epsilon).backward()  # type: ignore[no-untyped-call]
    p = torch.sigmoid(z.detach())
    manual = float((p - y) * is_inside(p, epsilon))
    autograd = 0.0 if z.grad is None else float(z.grad[0])

    def loss(value: float) -> float:
        return _clamped(torch.tensor([value], dtype=torch.float64), y, epsilon).item()

    return Check(f"z at {at:g}", manual, autograd, difference(loss, at))


def _freeze(epsilon: float) -> dict[str, Plain]:
    """Fit 400 rows and one that is confidently wrong, with the clamp and from the logit."""
    draw = np.random.default_rng(1)
    x = draw.normal(size=400)
    y = (draw.random(400) < 1 / (1 + np.exp(-4 * x))).astype(float)
    x, y = np.append(x, _OUTLIER), np.append(y, 0.0)
    rows = ArrayChunks(x[:, None], y, no_weights(len(y)))
    found: dict[str, Plain] = {}
    for loss in ("clamped", "logits"):
        fitted = solve(rows, Options(loss=loss, l2=0.0, optimizer="newton", epsilon=epsilon))
        found |= {f"weight_{loss}": float(fitted.weights[0]), f"stopped_{loss}": fitted.stopped}
        found[f"dead_rows_{loss}"] = fitted.clamped_rows
    return found
