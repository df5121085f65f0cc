"""The lesson `accumulate`: `backward()` adds to `.grad`, by mistake and on purpose."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from placement.lessons.computation import (
    Check,
    Computation,
    StepValue,
    central_difference,
    check_gradient,
)
from placement.lessons.definition import Exercise, Input, Lesson
from placement.lessons.graph.common_graphs import square_graph
from placement.lessons.graph.graph import to_value
from placement.model.loss import clamped_bce_sum, gradient_by_hand
from placement.model.perceptron import Perceptron

_WEIGHT = 0.5  # where the gradient of the batch is taken


def accumulate(x: float, batch: list[float]) -> Computation:
    """Go backward through y = x² twice without zeroing; then add up a batch's chunks on purpose."""
    half = len(batch) // 2
    in_two_chunks = _batch_gradient([batch[:half], batch[half:]])
    difference = central_difference(lambda w: _loss(Perceptron.of([w], 0.0), batch).item(), _WEIGHT)
    graph = square_graph(x)
    sums = {"whole_batch": _batch_gradient([batch]), "in_two_chunks": in_two_chunks}
    checks = (
        check_gradient(graph, "x", central_difference(lambda x: x * x, x)),
        Check("batch", _batch_gradient_by_hand(batch), in_two_chunks, difference),
    )
    return Computation({**_repeated_backward(x), **sums}, checks, graph)


def _repeated_backward(x: float) -> dict[str, StepValue]:
    """Return what `.grad` holds after each of some calls."""
    parameter = nn.Parameter(torch.tensor(x, dtype=torch.float64))
    module = nn.ParameterList([parameter])

    def grad_after(call: Callable[[], object]) -> StepValue:
        call()
        return None if parameter.grad is None else to_value(parameter.grad)

    def backward() -> None:
        (parameter**2).backward()  # type: ignore[no-untyped-call]

    return {
        "first": grad_after(backward),
        "second": grad_after(backward),
        "zeroed": grad_after(lambda: module.zero_grad(set_to_none=False)),
        "after_zeroing": grad_after(backward),
        "set_to_none": grad_after(lambda: module.zero_grad(set_to_none=True)),
    }


def _batch_gradient(chunks: Sequence[Sequence[float]]) -> float:
    """Return what `.grad` of the weight holds after a `backward()` for each chunk."""
    model = Perceptron.of([_WEIGHT], 0.0)
    model.zero_grad()
    for chunk in chunks:
        _loss(model, chunk).backward()  # type: ignore[no-untyped-call]
    return float(model.gradient_as_array()[0])


def _batch_gradient_by_hand(batch: Sequence[float]) -> float:
    x, y = _rows(batch)
    p = Perceptron.of([_WEIGHT], 0.0)(x).detach()
    return float(gradient_by_hand(p, y, torch.ones_like(y), x)[0][0])


def _loss(model: Perceptron, batch: Sequence[float]) -> Tensor:
    x, y = _rows(batch)
    return clamped_bce_sum(model(x), y, None)


def _rows(batch: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Return rows (n, 1) and their targets (n,): those above zero were placed."""
    x = torch.tensor(batch, dtype=torch.float64)
    return x.unsqueeze(1), (x > 0).double()


LESSON = Lesson(
    name="accumulate",
    order=50,
    title="Gradients add up",
    about=(
        "backward() does not write into .grad, it adds to it. Go backward twice and the gradient "
        "is doubled, unless it was zeroed in between. That is a trap for who forgets zero_grad(), "
        "and a gift to who has more rows than fit into memory: the chunks of a batch, each with "
        "its own backward(), add up to the gradient of the whole."
    ),
    inputs={"x": Input(2.0), "batch": Input([-2.0, -1.0, 0.5, 1.0, 3.0], "numbers", -1e6, 1e6)},
    code="""\
import torch

x = torch.nn.Parameter(torch.tensor({x}, dtype=torch.float64))
module = torch.nn.ParameterList([x])
(x**2).backward()
first = x.grad.item()
(x**2).backward()  # adds to what is there
second = x.grad.item()
module.zero_grad(set_to_none=False)  # grad.zero_()
zeroed = x.grad.item()
(x**2).backward()
again = x.grad.item()
module.zero_grad()  # set_to_none=True is what torch does unless told
print(first, second, zeroed, again, x.grad)

batch = torch.tensor({batch}, dtype=torch.float64)
half = len(batch) // 2
for chunks in ([batch], [batch[:half], batch[half:]]):
    w = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    for chunk in chunks:
        target = (chunk > 0).double()
        p = torch.sigmoid(w * chunk).clamp(1e-8, 1 - 1e-8)
        loss = -(target * p.log() + (1 - target) * (1 - p).log()).sum()
        loss.backward()
    print(w.grad.item())
""",
    compute=accumulate,
    numbers={
        "first": "x.grad after one backward() through y = x²",
        "second": "after another, without zeroing",
        "zeroed": "after grad.zero_()",
        "after_zeroing": "after backward() again",
        "set_to_none": "after zero_grad(set_to_none=True): no number at all, and no memory",
        "whole_batch": "gradient of a batch's loss by w, at w = 0.5; above 0 was placed",
        "in_two_chunks": "the same of its two halves, added up in .grad",
    },
    after=(
        "Training in this package uses just that: .grad is where the sums of chunks, threads and "
        "machines meet, and it is zeroed before every step."
    ),
    next=(
        "placement lesson accumulate --x 5",
        "placement lesson descend   # what happens if one never zeroes",
    ),
    exercise=Exercise(
        question="What does x.grad hold after two calls of backward(), without zeroing?",
        step="second",
        way="2x and once more 2x: {first} + {first} = {second}",
        inputs={"x": 5.0},
    ),
)
