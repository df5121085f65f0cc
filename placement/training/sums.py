"""One visit of all chunks: the sums of loss, gradient and Hessian, on however many threads.

`.grad` is the accumulator. It is zeroed, each chunk's `loss_sum.backward()` adds into it, and
the ranks' gradients are added up; whoever asked divides once. A worker thread owns a leaf copy
of the parameters, and its chunk's sums are added in chunk order whichever finished first, so
the number of threads does not change the bits.
"""

import copy
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from placement.data.chunks import Chunk
from placement.model import loss as losses
from placement.model.perceptron import Perceptron
from placement.training import ranks

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """What a visit computes."""

    loss: losses.Loss
    epsilon: float
    hessian: bool = False
    threads: int = 1


@dataclass(frozen=True)
class Sums:
    """Unpenalised sums over all rows: `gradient: (d + 1,)`, `hessian: (d + 1, d + 1)` or None.

    `beyond` rows lie outside [ε, 1 − ε] whatever the loss; `beyond_wrong` of them are on the
    wrong side (with soft targets: anywhere but at their target).
    """

    loss: float
    weight: float
    gradient: Array
    hessian: Array | None
    beyond: int
    beyond_wrong: int


def visit(model: Perceptron, source: Iterable[Chunk], task: Task) -> Sums:
    """Run forward and `backward()` on every chunk; the gradient stays in the model's `.grad`."""
    model.zero_grad()
    size = model.linear.in_features + 1
    scalars = np.zeros(4)
    hessian = np.zeros((size, size) if task.hessian else (0, 0))
    with _one_torch_thread():
        for piece_scalars, piece_hessian in _pieces(model, source, task):
            scalars += piece_scalars
            if piece_hessian is not None:
                hessian += piece_hessian
    total = ranks.add_up(np.concatenate([scalars, model.gradient_as_array(), hessian.ravel()]))
    return Sums(
        loss=float(total[0]),
        weight=float(total[1]),
        gradient=total[4 : 4 + size],
        hessian=total[4 + size :].reshape(size, size) if task.hessian else None,
        beyond=int(total[2]),
        beyond_wrong=int(total[3]),
    )


@torch.no_grad()
def mean_loss(model: Perceptron, source: Iterable[Chunk], task: Task) -> float:
    """Weighted mean loss of a source that is only looked at; NaN without rows."""
    total = np.zeros(2)
    with _one_torch_thread():
        for chunk in source:
            x, y, weight = _tensors(chunk, model.linear.weight.dtype)
            loss, _ = _loss(model, x, y, weight, task)
            total += loss.item(), chunk.weight.sum(dtype=np.float64)
    total = ranks.add_up(total)
    return float(total[0] / total[1]) if total[1] else float("nan")


_Piece = tuple[Array, Array | None]


def _pieces(model: Perceptron, source: Iterable[Chunk], task: Task) -> Iterator[_Piece]:
    if task.threads > 1:
        yield from _threaded(model, source, task)
    else:
        for chunk in source:
            yield _backward(model, chunk, task)


def _threaded(model: Perceptron, source: Iterable[Chunk], task: Task) -> Iterator[_Piece]:
    own = threading.local()

    def start() -> None:
        torch.set_num_threads(1)
        own.leaf = copy.deepcopy(model)

    def work(chunk: Chunk) -> tuple[_Piece, list[Tensor | None]]:
        own.leaf.zero_grad()
        piece = _backward(own.leaf, chunk, task)
        return piece, [p.grad for p in own.leaf.parameters()]

    with ThreadPoolExecutor(task.threads, initializer=start) as pool:
        waiting: deque[Future[tuple[_Piece, list[Tensor | None]]]] = deque()
        for chunk in source:
            waiting.append(pool.submit(work, chunk))
            if len(waiting) > 2 * task.threads:  # a source larger than memory stays outside it
                yield _fold(model, *waiting.popleft().result())
        while waiting:
            yield _fold(model, *waiting.popleft().result())


def _fold(model: Perceptron, piece: _Piece, grads: list[Tensor | None]) -> _Piece:
    for parameter, grad in zip(model.parameters(), grads, strict=True):
        if parameter.grad is None:
            parameter.grad = grad
        elif grad is not None:
            parameter.grad += grad
    return piece


def _backward(model: Perceptron, chunk: Chunk, task: Task) -> _Piece:
    x, y, weight = _tensors(chunk, model.linear.weight.dtype)
    loss, p = _loss(model, x, y, weight, task)
    loss.backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        beyond, wrong, inside = _beyond(p.detach(), y, weight, task.epsilon)
        scalars = np.array([loss.item(), chunk.weight.sum(dtype=np.float64), beyond, wrong])
        if not task.hessian:
            return scalars, None
        curvature = weight * (p * (1 - p))
        if task.loss == "clamped" and inside is not None:
            curvature *= inside
        return scalars, _hessian(x, curvature)


def _loss(
    model: Perceptron, x: Tensor, y: Tensor, weight: Tensor, task: Task
) -> tuple[Tensor, Tensor]:
    if task.loss == "logits":
        z = model.logits(x)
        return losses.logit_bce_sum(z, y, weight), torch.sigmoid(z.detach())
    p = model(x)
    return losses.clamped_bce_sum(p, y, weight, task.epsilon), p


def _beyond(p: Tensor, y: Tensor, weight: Tensor, epsilon: float) -> tuple[int, int, Tensor | None]:
    """Count rows beyond the clamp, and the wrong ones; the mask only where there are any."""
    if not p.numel():
        return 0, 0, None
    low, high = torch.aminmax(p)
    if low >= epsilon and high <= 1 - epsilon:
        return 0, 0, None
    inside = losses.is_inside(p, epsilon)
    beyond = ~inside & (weight > 0)
    wrong = beyond & ((p - y).abs() > 2 * epsilon)
    return int(beyond.sum()), int(wrong.sum()), inside


def _hessian(x: Tensor, curvature: Tensor) -> Array:
    """XᵀSX with the intercept's column of ones at the end."""
    scaled = x * curvature.unsqueeze(1)
    columns = x.shape[1]
    full = np.empty((columns + 1, columns + 1))
    full[:-1, :-1] = (x.T @ scaled).numpy()
    full[-1, :-1] = full[:-1, -1] = scaled.sum(0).numpy()
    full[-1, -1] = curvature.sum().item()
    return full


def _tensors(chunk: Chunk, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    x, y, weight = (_tensor(array, dtype) for array in (chunk.x, chunk.y, chunk.weight))
    return x, y, weight


def _tensor(array: npt.NDArray[np.floating], dtype: torch.dtype) -> Tensor:
    # torch.from_numpy warns of read-only arrays and refuses negative strides.
    usable = array if array.flags.carray else np.require(array, requirements=["C", "A", "W"])
    return torch.from_numpy(usable).to(dtype)


@contextmanager
def _one_torch_thread() -> Iterator[None]:
    """Keep torch's own threads out of the sums: they would change bits with the machine."""
    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
