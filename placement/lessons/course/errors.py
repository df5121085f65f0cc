"""The lesson `errors`: what torch refuses on the way back, what it leaves empty, and why."""

import warnings
from statistics import fmean

import torch
from torch import Tensor

from placement.lessons.computation import (
    Computation,
    StepValue,
    central_differences,
    check_gradient,
)
from placement.lessons.definition import Exercise, Input, Lesson
from placement.lessons.graph.common_graphs import mean_square_graph
from placement.lessons.graph.graph import to_value


def errors(x: list[float]) -> Computation:
    """Go backward through y = mean(x²) twice, go backward from x² itself, and ask for its .grad."""
    graph = mean_square_graph(x)
    differences = central_differences(lambda values: fmean(x * x for x in values), x)
    steps = {**_backward_twice(x), **_backward_from_several(x), **_inner_gradient(x)}
    return Computation(steps, (check_gradient(graph, "x", differences),), graph)


def _leaf(x: list[float]) -> Tensor:
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


def _refusal(tensor: Tensor) -> str:
    try:
        tensor.backward()  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        return f"RuntimeError: {error}"
    return "none"


def _backward_twice(x: list[float]) -> dict[str, StepValue]:
    y = (_leaf(x) ** 2).mean()
    y.backward()  # type: ignore[no-untyped-call]
    refusal, leaf = _refusal(y), _leaf(x)
    y = (leaf**2).mean()
    y.backward(retain_graph=True)  # type: ignore[no-untyped-call]
    y.backward()  # type: ignore[no-untyped-call]
    return {"second_backward": refusal, "retained": _gradient(leaf)}


def _backward_from_several(x: list[float]) -> dict[str, StepValue]:
    leaf = _leaf([*x, x[-1]])  # one number alone would be a result to start from
    refusal, leaf = _refusal(leaf**2), _leaf(x)
    (leaf**2).sum().backward()  # type: ignore[no-untyped-call]
    return {"not_scalar": refusal, "of_sum": _gradient(leaf)}


def _inner_gradient(x: list[float]) -> dict[str, StepValue]:
    values: dict[str, StepValue] = {}
    for name in ("inner", "inner_retained"):
        u = _leaf(x) ** 2
        if name == "inner_retained":
            u.retain_grad()
        u.mean().backward()  # type: ignore[no-untyped-call]
        with warnings.catch_warnings(action="ignore"):  # torch warns of the first
            values[name] = _gradient(u)
    return values


def _gradient(tensor: Tensor) -> StepValue:
    return None if tensor.grad is None else to_value(tensor.grad)


LESSON = Lesson(
    name="errors",
    order=65,
    title="What torch refuses, and what it leaves empty",
    about=(
        "Three surprises on the way back from y = mean(x²). A second backward() through the same "
        "record is refused: the first has freed what was kept for it. A backward() from several "
        "numbers is refused: it starts from one, and does not guess how they belong together. And "
        ".grad of x² stays empty although a gradient went through it: only leaves, which nothing "
        "computed, keep theirs. Each has its remedy."
    ),
    inputs={"x": Input([1.0, 2.0, 3.0], "numbers")},
    code="""\
import torch


def leaf():
    return torch.tensor({x}, dtype=torch.float64, requires_grad=True)


y = (leaf() ** 2).mean()
y.backward()
try:
    y.backward()
except RuntimeError as problem:
    print("RuntimeError:", problem)
x = leaf()
y = (x**2).mean()
y.backward(retain_graph=True)
y.backward()  # adds to what is there
print(*x.grad.tolist())

try:
    (torch.cat([leaf(), leaf()]) ** 2).backward()
except RuntimeError as problem:
    print("RuntimeError:", problem)
x = leaf()
(x**2).sum().backward()
print(*x.grad.tolist())

u = leaf() ** 2
u.retain_grad()  # without it u.grad is None, and torch warns whoever asks
u.mean().backward()
print(*u.grad.tolist())
""",
    compute=errors,
    numbers={
        "second_backward": "y.backward(), and y.backward() again",
        "retained": "x.grad, with retain_graph=True the first time: both added up",
        "not_scalar": "backward() from x² of several numbers",
        "of_sum": "x.grad, from (x²).sum()",
        "inner": "u.grad, where u is x² and y its mean",
        "inner_retained": "u.grad, after u.retain_grad()",
    },
    after=(
        "In a training loop the first error means that a loss of an earlier step is still part of "
        "this one: compute it anew, or detach() what came before; retain_graph=True only hides it."
    ),
    next=("placement lesson errors --code", "placement lesson accumulate   # why both were added"),
    exercise=Exercise(
        question=(
            "What does x.grad hold for the last x after two calls of backward() from y = mean(x²), "
            "with retain_graph=True?"
        ),
        step="retained",
        way="2x/n, twice: the last of {retained}",
        inputs={"x": [1.0, 4.0]},
    ),
)
