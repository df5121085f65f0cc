"""The lesson `no-grad`: three ways to record nothing, and the memory that saves."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from placement.lessons.computation import Computation, StepValue, central_difference, check_gradient
from placement.lessons.definition import Exercise, Input, Lesson
from placement.lessons.graph.common_graphs import SQUARE_RULE
from placement.lessons.graph.graph import Graph, Tape, grad_fn_name

_Operation = Callable[[Tensor], Tensor]
# Of each way what it does to the tensor, and the context in which the operations run.
_WAYS: Mapping[str, tuple[_Operation, Callable[[], AbstractContextManager[object]]]] = {
    "plain": (lambda tensor: tensor, nullcontext),
    "frozen": (lambda tensor: tensor.requires_grad_(False), nullcontext),
    "detached": (lambda tensor: tensor.detach(), nullcontext),
    "no_grad": (lambda tensor: tensor, torch.no_grad),
}


def no_grad(x: float, size: int) -> Computation:
    """Record nothing in three ways: what each leaves, what it saves, and what is refused."""
    values: dict[str, StepValue] = {}
    errors = []
    for way in _WAYS:
        source = torch.tensor([x], dtype=torch.float64, requires_grad=True)
        address = source.data_ptr()
        tensor, result = _apply(way, source, lambda x: x**2)
        values[f"{way}_requires_grad"] = result.requires_grad
        values[f"{way}_grad_fn"] = grad_fn_name(result)
        if way != "plain":
            values[f"{way}_shares_memory"] = tensor.data_ptr() == address
            errors.append(_backward_error(result))
        values[f"{way}_kept_bytes"] = _saved_bytes(way, size)
    values["ways_refused"] = sum(bool(error) for error in errors)
    values["error"] = "; ".join(sorted(set(errors)))
    graph = _graph(x)
    gradient_check = check_gradient(graph, "x", central_difference(lambda x: x * x, x))
    return Computation(values, (gradient_check,), graph)


def _graph(x: float) -> Graph:
    """Draw x² in the three ways, beside the one that is recorded."""
    tape = Tape()
    frozen = tape.input("frozen", x, requires_grad=False)
    source = tape.input("x", x)

    def unrecorded(x: Tensor) -> Tensor:
        with torch.no_grad():
            return x**2

    tape.step("y_frozen", "frozen²", lambda x: x**2, {frozen: None})
    tape.step("y_detached", "x.detach()²", lambda x: x.detach() ** 2, {source: None})
    tape.step("y_no_grad", "x² in no_grad()", unrecorded, {source: None})
    tape.step("y", "x²", lambda x: x**2, {source: SQUARE_RULE})
    return tape.graph()


def _apply(way: str, source: Tensor, operation: _Operation) -> tuple[Tensor, Tensor]:
    """Apply an operation to a tensor in one way; return its input, and its result."""
    prepare, context = _WAYS[way]
    tensor = prepare(source)
    with context():
        return tensor, operation(tensor)


def _ten_operations(x: Tensor) -> Tensor:
    for _ in range(5):
        x = torch.sigmoid(x) * x
    return x


def _saved_bytes(way: str, size: int) -> int:
    """Return the bytes that torch saves for `backward()` beside a large input, measured."""
    source = torch.linspace(-1, 1, size, dtype=torch.float64, requires_grad=True)
    saved: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        _, result = _apply(way, source, _ten_operations)  # held while it is counted
    saved.pop(source.untyped_storage().data_ptr(), None)
    del result
    return sum(saved.values())


def _backward_error(tensor: Tensor) -> str:
    try:
        tensor.sum().backward()  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        return f"RuntimeError: {error}"
    return ""


LESSON = Lesson(
    name="no-grad",
    order=60,
    title="Three ways to leave no trace",
    about=(
        "Whoever only wants predictions needs no record of the operations. requires_grad_(False) "
        "stops a tensor from asking for one; detach() gives a second view of the same numbers that "
        "is cut off from the record; torch.no_grad() records nothing while it lasts. The record "
        "holds tensors for backward(), and that is the memory which is saved."
    ),
    inputs={"x": Input(2.0), "size": Input(1_000_000, "count", 1, 10_000_000)},
    code="""\
import torch


def leaf():
    return torch.tensor([{x}], dtype=torch.float64, requires_grad=True)


plain = leaf() ** 2
frozen = leaf().requires_grad_(False) ** 2
x = leaf()
detached = x.detach() ** 2
with torch.no_grad():
    unrecorded = x**2
for y in (plain, frozen, detached, unrecorded):
    print(y.requires_grad, type(y.grad_fn).__name__)
print(x.detach().data_ptr() == x.data_ptr())
for y in (frozen, detached, unrecorded):
    try:
        y.backward()
    except RuntimeError as problem:
        print("RuntimeError:", problem)

large = torch.linspace(-1, 1, {size}, dtype=torch.float64, requires_grad=True)
kept = {{}}


def keep(tensor):
    kept[tensor.data_ptr()] = tensor.nbytes
    return tensor


with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
    result = large
    for _ in range(5):
        result = torch.sigmoid(result) * result
kept.pop(large.data_ptr(), None)  # the input is there anyway
print(sum(kept.values()))
""",
    compute=no_grad,
    numbers={
        "plain_requires_grad": "x², as it is: does it ask for a gradient?",
        "plain_grad_fn": "and which step backward does it remember?",
        "plain_kept_bytes": "bytes kept for backward() by ten operations on the large tensor",
        "frozen_requires_grad": "after requires_grad_(False)",
        "frozen_grad_fn": "",
        "frozen_shares_memory": "it is the very tensor, changed where it lies",
        "frozen_kept_bytes": "",
        "detached_requires_grad": "after detach()",
        "detached_grad_fn": "",
        "detached_shares_memory": "a second tensor, but no second copy of the numbers",
        "detached_kept_bytes": "",
        "no_grad_requires_grad": "inside torch.no_grad()",
        "no_grad_grad_fn": "",
        "no_grad_shares_memory": "the tensor is left as it is; only the record is off",
        "no_grad_kept_bytes": "",
        "ways_refused": "in how many of the three ways backward() is refused",
        "error": "what it says then",
    },
    after=(
        "The error means what it says: the result remembers no step, so there is no way back. "
        "Either the input never asked for a gradient, or the record was switched off on the way. "
        "The graph shows x² as it is and in the three ways: one of the four has a way back."
    ),
    next=("placement lesson no-grad --size 5000000", "placement lesson no-grad --graph"),
    exercise=Exercise(
        question="How many bytes are kept for backward() by five rounds of sigmoid(x) · x?",
        step="plain_kept_bytes",
        way=(
            "5 sigmoids and 4 products (the last is the result) of {size} numbers, 8 bytes each: "
            "9 · 8 · {size} = {plain_kept_bytes}"
        ),
        inputs={"size": 1000},
    ),
)
