"""The lesson on learning: gradient descent on a few students, with and without zeroing."""

from itertools import pairwise

import numpy as np
import torch

from placement.lessons.computation import Check, Curves, Played, difference, named
from placement.lessons.graph.common_graphs import perceptron_graph
from placement.lessons.graph.graph import Graph
from placement.model.loss import clamped_bce_sum, gradient_by_hand
from placement.model.perceptron import Perceptron

CGPA = (5.1, 5.8, 6.2, 6.9, 7.0, 7.4, 7.9, 8.3, 8.8, 9.2)
PLACED = (0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0)
_ROUNDING = 1e-12


def descend(lr: float, steps: int) -> Played:
    """Take some steps from zero on ten students: once with `zero_grad()`, once without."""
    zeroing, adding = _losses(lr, steps, zero=True), _losses(lr, steps, zero=False)
    at = tuple(map(float, range(steps + 1)))
    return Played(
        named(
            start=zeroing[0],
            after_2_with=zeroing[2],
            after_2_without=adding[2],
            end_with=zeroing[-1],
            end_without=adding[-1],
            rises_with=_rises(zeroing),
            rises_without=_rises(adding),
        ),
        (_check(),),
        _first_student(),
        Curves("step", at, {"with zero_grad": zeroing, "without": adding}),
    )


def _rises(losses: tuple[float, ...]) -> str:
    """Name the first step after which the loss was higher, beyond the rounding of the optimum."""
    found = [step for step, (a, b) in enumerate(pairwise(losses), 1) if b > a * (1 + _ROUNDING)]
    return f"first at step {found[0]}" if found else "never"


def _rows() -> tuple[torch.Tensor, torch.Tensor]:
    cgpa = np.array(CGPA)
    standardised = (cgpa - cgpa.mean()) / cgpa.std()
    return torch.from_numpy(standardised[:, None]), torch.tensor(PLACED, dtype=torch.float64)


def _loss(model: Perceptron) -> torch.Tensor:
    x, y = _rows()
    return clamped_bce_sum(model(x), y, None) / len(y)


def _losses(lr: float, count: int, *, zero: bool) -> tuple[float, ...]:
    model = Perceptron.of([0.0], 0.0)
    losses = [_loss(model).item()]
    for _ in range(count):
        if zero:
            model.zero_grad()
        _loss(model).backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.grad is not None:
                    parameter.sub_(lr * parameter.grad)
        losses.append(_loss(model).item())
    return tuple(losses)


def _first_student() -> Graph:
    """Draw what the first student says before the first step."""
    x, y = _rows()
    return perceptron_graph(float(x[0, 0]), float(y[0]), 0.0, 0.0, 1e-8)


def _check() -> Check:
    """Compare the gradient of the weight where the descent begins."""
    x, y = _rows()
    model = Perceptron.of([0.0], 0.0)
    _loss(model).backward()  # type: ignore[no-untyped-call]
    weights, _ = gradient_by_hand(model(x).detach(), y, torch.ones_like(y), x)
    by_difference = difference(lambda w: _loss(Perceptron.of([w], 0.0)).item(), 0.0)
    autograd = float(model.gradient_as_array()[0])
    return Check("w", float(weights[0]) / len(y), autograd, by_difference)
