"""The lesson `descend`: gradient descent on a few students, with and without zeroing."""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from placement.lessons.computation import (
    Check,
    Computation,
    Curves,
    StepValue,
    central_difference,
    scalar,
)
from placement.lessons.definition import Exercise, Input, Lesson
from placement.lessons.graph.common_graphs import perceptron_graph
from placement.model.loss import clamped_bce_sum, gradient_by_hand
from placement.model.perceptron import Perceptron

_CGPA = (5.1, 5.8, 6.2, 6.9, 7.0, 7.4, 7.9, 8.3, 8.8, 9.2)
_PLACED = (0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0)
_ROUNDING_ERROR = 1e-12


def descend(lr: float, steps: int) -> Computation:
    """Take some steps from zero on ten students: once with `zero_grad()`, once without."""
    zeroed = _losses(lr, steps, zero_grad=True)
    accumulated = _losses(lr, steps, zero_grad=False)
    check = _check()
    slope = scalar(check.manual)
    values: dict[str, StepValue] = {
        "start": zeroed[0],
        "first_slope": slope,
        "first_step": -lr * slope,
        "after_2_with": zeroed[2],
        "after_2_without": accumulated[2],
        "end_with": zeroed[-1],
        "end_without": accumulated[-1],
        "rises_with": _first_rise(zeroed),
        "rises_without": _first_rise(accumulated),
    }
    lines = {"with zero_grad": zeroed, "without": accumulated}
    curves = Curves("step", tuple(map(float, range(steps + 1))), lines)
    x, y = _students()
    first_student = perceptron_graph(float(x[0, 0]), float(y[0]), 0.0, 0.0, 1e-8)
    return Computation(values, (check,), first_student, curves)


def _first_rise(losses: tuple[float, ...]) -> str:
    """Name the first step after which the loss was higher, beyond the rounding of the optimum."""
    for step, (before, after) in enumerate(pairwise(losses), 1):
        if after > before * (1 + _ROUNDING_ERROR):
            return f"first at step {step}"
    return "never"


def _students() -> tuple[Tensor, Tensor]:
    """Return the standardised CGPA (n, 1) and who was placed (n,)."""
    cgpa = np.array(_CGPA)
    standardised = (cgpa - cgpa.mean()) / cgpa.std()
    return torch.from_numpy(standardised[:, None]), torch.tensor(_PLACED, dtype=torch.float64)


def _loss(model: Perceptron) -> Tensor:
    x, y = _students()
    return clamped_bce_sum(model(x), y, None) / len(y)


def _losses(lr: float, steps: int, *, zero_grad: bool) -> tuple[float, ...]:
    model = Perceptron.of([0.0], 0.0)
    losses = [_loss(model).item()]
    for _ in range(steps):
        if zero_grad:
            model.zero_grad()
        _loss(model).backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.grad is not None:
                    parameter.sub_(lr * parameter.grad)
        losses.append(_loss(model).item())
    return tuple(losses)


def _check() -> Check:
    x, y = _students()
    model = Perceptron.of([0.0], 0.0)
    _loss(model).backward()  # type: ignore[no-untyped-call]
    weights, _ = gradient_by_hand(model(x).detach(), y, torch.ones_like(y), x)
    difference = central_difference(lambda w: _loss(Perceptron.of([w], 0.0)).item(), 0.0)
    autograd = float(model.gradient_as_array()[0])
    return Check("w", float(weights[0]) / len(y), autograd, difference)


LESSON = Lesson(
    name="descend",
    order=90,
    title="The perceptron learns",
    about=(
        "Gradient descent repeats one thing: compute the loss, go backward, and take a step "
        "against the slope. Ten students with their CGPA are enough to see it. The right column "
        "forgets zero_grad(), so each step is made with the sum of all slopes so far, like a ball "
        "that nothing brakes: at first it gains on the other, then it rolls past the bottom."
    ),
    inputs={"lr": Input(0.5, low=1e-6, high=1e3), "steps": Input(20, "count", 2, 1_000)},
    code="""\
import torch

cgpa = torch.tensor([5.1, 5.8, 6.2, 6.9, 7.0, 7.4, 7.9, 8.3, 8.8, 9.2], dtype=torch.float64)
placed = torch.tensor([0, 0, 0, 1, 0, 1, 1, 0, 1, 1], dtype=torch.float64)
x = (cgpa - cgpa.mean()) / cgpa.std(correction=0)

for zero_grad in (True, False):
    w = torch.zeros((), dtype=torch.float64, requires_grad=True)
    b = torch.zeros((), dtype=torch.float64, requires_grad=True)
    for _ in range({steps} + 1):
        p = torch.sigmoid(w * x + b).clamp(1e-8, 1 - 1e-8)
        loss = -(placed * p.log() + (1 - placed) * (1 - p).log()).mean()
        if zero_grad:
            w.grad = b.grad = None
        loss.backward()
        with torch.no_grad():
            w -= {lr} * w.grad
            b -= {lr} * b.grad
    print(loss.item())
""",
    compute=descend,
    numbers={
        "start": "the loss at w = 0, b = 0: log 2, a coin's",
        "first_slope": "the slope of the loss by w there",
        "first_step": "w after one step: −lr · slope",
        "after_2_with": "the loss after two steps, zeroing",
        "after_2_without": "after two steps, never zeroing",
        "end_with": "at the end, zeroing",
        "end_without": "at the end, never zeroing",
        "rises_with": "zeroing: does the loss ever rise?",
        "rises_without": "never zeroing: does it?",
    },
    after=(
        "Old slopes point to where the descent came from, not to where it should go. Momentum uses "
        "the idea on purpose, but lets the old slopes fade. The graph is the first student's, "
        "before the first step."
    ),
    next=(
        "placement lesson descend --lr 20   # too long a step, even with zero_grad",
        "placement train data/students.csv --optimizer gd",
    ),
    exercise=Exercise(
        question="Where is w after the first step from 0?",
        step="first_step",
        way="−lr · slope = −{lr} · {first_slope} = {first_step}",
        inputs={"lr": 1.0},
    ),
)
