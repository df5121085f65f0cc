"""Lessons on what `backward()` leaves: gradients that add up, and the ways to leave none."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from placement.lessons.graph import Rule, Tape, value_of
from placement.lessons.result import Check, Plain, Played, difference, steps
from placement.model.loss import clamped_bce_sum
from placement.model.perceptron import Perceptron


def accumulate(x: float, batch: list[float]) -> Played:
    """Go backward through y = x² twice without zeroing; then add up a batch's chunks on purpose."""
    at = torch.tensor(x, dtype=torch.float64, requires_grad=True)

    def backward() -> Plain:
        (at**2).backward()  # type: ignore[no-untyped-call]
        return _grad(at)

    first, second = backward(), backward()
    if at.grad is not None:
        at.grad.zero_()
    zeroed = _grad(at)
    after_zeroing = backward()
    at.grad = None  # what `zero_grad(set_to_none=True)` does
    forgotten = _grad(at)
    whole = _batch_gradient([batch])
    half = len(batch) // 2
    chunks = _batch_gradient([batch[:half], batch[half:]])
    tape = Tape()
    tape.step("y", "x²", lambda t: t**2, {tape.given("x", x): Rule("2x", lambda t: 2 * t)})
    graph = tape.graph()
    autograd = graph["x"].autograd
    return Played(
        steps(
            first=first,
            second=second,
            zeroed=zeroed,
            after_zeroing=after_zeroing,
            set_to_none=forgotten,
            whole_batch=whole,
            in_two_chunks=chunks,
        ),
        (
            Check(
                "x", 2 * x, 0.0 if autograd is None else autograd, difference(lambda v: v * v, x)
            ),
            Check("batch", whole, chunks, _batch_difference(batch)),
        ),
        graph,
    )


def _grad(tensor: Tensor) -> Plain:
    return None if tensor.grad is None else value_of(tensor.grad)


def _batch_gradient(chunks: Sequence[Sequence[float]]) -> float:
    """Return what `.grad` of the weight holds after a `backward()` for each chunk."""
    model = Perceptron.of([0.5], 0.0)
    model.zero_grad()
    for chunk in chunks:
        _loss(model, chunk).backward()  # type: ignore[no-untyped-call]
    return float(model.gradient_as_array()[0])


def _batch_difference(batch: Sequence[float]) -> float:
    return difference(lambda w: _loss(Perceptron.of([w], 0.0), batch).item(), 0.5)


def _loss(model: Perceptron, x: Sequence[float]) -> Tensor:
    """Return the loss of some numbers, summed up; those above their middle were placed."""
    rows = torch.tensor(x, dtype=torch.float64)
    return clamped_bce_sum(model(rows.unsqueeze(1)), (rows > 0).double(), None)


def no_grad(x: float, size: int) -> Played:
    """Leave no gradient in three ways, and see what each leaves and saves."""
    shown: dict[str, Plain] = {"plain_requires_grad": True}
    source = torch.tensor([x], dtype=torch.float64, requires_grad=True)
    shown |= _left("plain", source * 1)
    frozen = torch.tensor([x], dtype=torch.float64, requires_grad=True)
    shown |= _left("frozen", frozen.requires_grad_(False) ** 2)
    cut = source.detach()
    shown |= _left("detached", cut**2)
    shown["detach_shares_memory"] = cut.data_ptr() == source.data_ptr()
    with torch.no_grad():
        inside = source**2
    shown |= _left("no_grad", inside)
    shown |= {f"{way}_kept_bytes": kept for way, kept in _kept(size).items()}
    shown["error"] = _refusal(inside)
    (source**2).sum().backward()  # type: ignore[no-untyped-call]
    grad = 0.0 if source.grad is None else float(source.grad[0])
    return Played(steps(**shown), (Check("x", 2 * x, grad, difference(lambda v: v * v, x)),))


def _left(way: str, tensor: Tensor) -> dict[str, Plain]:
    name = None if tensor.grad_fn is None else tensor.grad_fn.name().rstrip("0123456789")
    return {f"{way}_requires_grad": tensor.requires_grad, f"{way}_grad_fn": name}


def _kept(size: int) -> dict[str, int]:
    """Return the bytes of tensors that torch keeps for `backward()` in each way, measured."""

    def plainly() -> Tensor:
        return _long_work(_numbers(size, wanted=True))

    def frozen() -> Tensor:
        return _long_work(_numbers(size, wanted=True).requires_grad_(False))

    def detached() -> Tensor:
        return _long_work(_numbers(size, wanted=True).detach())

    def unrecorded() -> Tensor:
        with torch.no_grad():
            return _long_work(_numbers(size, wanted=True))

    ways: dict[str, Callable[[], Tensor]] = {
        "plain": plainly,
        "frozen": frozen,
        "detached": detached,
        "no_grad": unrecorded,
    }
    return {way: _bytes_kept(work) for way, work in ways.items()}


def _numbers(size: int, *, wanted: bool) -> Tensor:
    return torch.linspace(-1, 1, size, dtype=torch.float64, requires_grad=wanted)


def _long_work(x: Tensor) -> Tensor:
    for _ in range(5):
        x = torch.sigmoid(x) * x
    return x


def _bytes_kept(work: Callable[[], Tensor]) -> int:
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = work()
    del result
    return sum(kept.values())


def _refusal(tensor: Tensor) -> str:
    try:
        tensor.sum().backward()  # type: ignore[no-untyped-call]
    except RuntimeError as problem:
        return str(problem)
    return ""
