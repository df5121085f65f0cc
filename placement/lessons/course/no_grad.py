"""Lessons on what torch records: gradients that add up, and three ways to record nothing."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from placement.lessons.computation import Check, Plain, Played, difference, named
from placement.lessons.graph.common_graphs import check_of, square_graph
from placement.lessons.graph.graph import step_backward, value_of
from placement.model.loss import clamped_bce_sum, gradient_by_hand
from placement.model.perceptron import Perceptron

_WEIGHT = 0.5  # where the gradient of the batch is taken


def accumulate(x: float, batch: list[float]) -> Played:
    """Go backward through y = x² twice without zeroing; then add up a batch's chunks on purpose."""
    half = len(batch) // 2
    whole, chunks = _batch_gradient([batch]), _batch_gradient([batch[:half], batch[half:]])
    graph = square_graph(x)
    return Played(
        named(**_backward_again(x), whole_batch=whole, in_two_chunks=chunks),
        (
            check_of(graph, "x", difference(lambda v: v * v, x)),
            Check("batch", _batch_by_hand(batch), chunks, _batch_difference(batch)),
        ),
        graph,
    )


def _backward_again(x: float) -> dict[str, Plain]:
    """Return what `.grad` holds after each of some calls."""
    at = nn.Parameter(torch.tensor(x, dtype=torch.float64))
    module = nn.ParameterList([at])

    def after(call: Callable[[], object]) -> Plain:
        call()
        return None if at.grad is None else value_of(at.grad)

    def backward() -> None:
        (at**2).backward()  # type: ignore[no-untyped-call]

    return {
        "first": after(backward),
        "second": after(backward),
        "zeroed": after(lambda: module.zero_grad(set_to_none=False)),
        "after_zeroing": after(backward),
        "set_to_none": after(lambda: module.zero_grad(set_to_none=True)),
    }


def _batch_gradient(chunks: Sequence[Sequence[float]]) -> float:
    """Return what `.grad` of the weight holds after a `backward()` for each chunk."""
    model = Perceptron.of([_WEIGHT], 0.0)
    model.zero_grad()
    for chunk in chunks:
        _loss(model, chunk).backward()  # type: ignore[no-untyped-call]
    return float(model.gradient_as_array()[0])


def _batch_by_hand(batch: Sequence[float]) -> float:
    x, y = _rows(batch)
    p = Perceptron.of([_WEIGHT], 0.0)(x).detach()
    return float(gradient_by_hand(p, y, torch.ones_like(y), x)[0][0])


def _batch_difference(batch: Sequence[float]) -> float:
    return difference(lambda w: _loss(Perceptron.of([w], 0.0), batch).item(), _WEIGHT)


def _loss(model: Perceptron, batch: Sequence[float]) -> Tensor:
    x, y = _rows(batch)
    return clamped_bce_sum(model(x), y, None)


def _rows(batch: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Return some rows (n, 1) and their targets (n,): those above zero were placed."""
    x = torch.tensor(batch, dtype=torch.float64)
    return x.unsqueeze(1), (x > 0).double()


def no_grad(x: float, size: int) -> Played:
    """Leave no record in three ways; see what each leaves, what it saves, and what is refused."""
    shown: dict[str, Plain] = {}
    refusals = []
    for way in _WAYS:
        source = torch.tensor([x], dtype=torch.float64, requires_grad=True)
        address = source.data_ptr()
        taken, result = _done(way, source, _square)
        shown[f"{way}_requires_grad"] = result.requires_grad
        shown[f"{way}_grad_fn"] = step_backward(result)
        if way != "plain":
            shown[f"{way}_shares_memory"] = taken.data_ptr() == address
            refusals.append(_refusal(result))
        shown[f"{way}_kept_bytes"] = _bytes_kept(way, size)
    shown["ways_refused"] = sum(bool(text) for text in refusals)
    shown["error"] = "; ".join(sorted(set(refusals)))
    check = check_of(square_graph(x), "x", difference(lambda v: v * v, x))
    return Played(named(**shown), (check,), square_graph(x, requires_grad=False))


Work = Callable[[Tensor], Tensor]

_WAYS: Mapping[str, tuple[Work, Callable[[], AbstractContextManager[object]]]] = {
    "plain": (lambda source: source, nullcontext),
    "frozen": (lambda source: source.requires_grad_(False), nullcontext),
    "detached": (lambda source: source.detach(), nullcontext),
    "no_grad": (lambda source: source, torch.no_grad),
}


def _done(way: str, source: Tensor, work: Work) -> tuple[Tensor, Tensor]:
    """Do some work on a tensor in one way; return what was worked on, and the result."""
    take, context = _WAYS[way]
    taken = take(source)
    with context():
        return taken, work(taken)


def _square(x: Tensor) -> Tensor:
    return x**2


def _long_work(x: Tensor) -> Tensor:
    for _ in range(5):
        x = torch.sigmoid(x) * x
    return x


def _bytes_kept(way: str, size: int) -> int:
    """Return the bytes that torch keeps for `backward()` beside a large input, measured."""
    source = torch.linspace(-1, 1, size, dtype=torch.float64, requires_grad=True)
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        _, result = _done(way, source, _long_work)  # held while it is counted
    kept.pop(source.untyped_storage().data_ptr(), None)
    del result
    return sum(kept.values())


def _refusal(tensor: Tensor) -> str:
    try:
        tensor.sum().backward()  # type: ignore[no-untyped-call]
    except RuntimeError as problem:
        return str(problem)
    return ""
