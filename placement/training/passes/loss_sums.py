"""One visit of all chunks: the sums of loss, gradient and Hessian, on however many threads.

`.grad` is the accumulator. It is zeroed, each chunk's `loss_sum.backward()` adds into it, and
the ranks' gradients are added up; whoever asked divides once. A worker thread owns a leaf copy
of the parameters, and its chunk's sums are added in chunk order whichever finished first, so
the number of threads does not change the bits.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from placement.arrays import FloatArray
from placement.data.encoding.chunks import Chunk, Chunks
from placement.model import loss as losses
from placement.model.perceptron import Perceptron
from placement.training.passes import distributed
from placement.training.passes.chunk_threads import map_chunks, tensors, total_weight


@dataclass(frozen=True)
class Task:
    """What is summed up, and on how many threads. `hard`: every target is known to be 0 or 1."""

    loss: losses.Loss
    epsilon: float
    threads: int = 1
    hard: bool = False


@dataclass(frozen=True)
class Sums:
    """Unpenalised sums over all rows: `gradient: (d + 1,)`, `hessian: (d + 1, d + 1)` or None.

    `beyond` rows lie outside [ε, 1 − ε] whatever the loss; `beyond_wrong` of them are on the
    wrong side (with soft targets: anywhere but at their target).
    """

    loss: float
    weight: float
    gradient: FloatArray
    hessian: FloatArray | None
    beyond: int
    beyond_wrong: int


@dataclass(frozen=True)
class _Part:
    """The sums of a few chunks. `scalars`: loss, weight, rows beyond the clamp, wrong ones."""

    scalars: FloatArray
    gradient: tuple[Tensor, Tensor]
    products: FloatArray


class LossSums:
    """Runs forward and `backward()` over whole sources; the gradient stays in the model's `.grad`.

    Each of its threads keeps a leaf copy of the parameters from one visit to the next.
    """

    def __init__(self, model: Perceptron, task: Task) -> None:
        self.model = model
        self.task = task
        self._visits = 0
        self._own = threading.local()

    def evaluate(self, source: Chunks, *, hessian: bool = False) -> Sums:
        """Sum up every chunk at the model's present parameters."""
        self._visits += 1
        size = self.model.width + 1
        scalars, gradient = np.zeros(4), self.model.zeros()
        products = np.zeros((size, size) if hessian else (0, 0))
        work = partial(self._sum, hessian)
        for part in map_chunks(source, work, self.task.threads, blas=hessian):
            scalars += part.scalars
            gradient = gradient[0] + part.gradient[0], gradient[1] + part.gradient[1]
            products += part.products
        self.model.take_gradient(gradient)
        curvature = self.model.curvature_of(products) if hessian else products
        parts = (scalars, self.model.gradient_as_array(), curvature.ravel())
        total = distributed.add_up(np.concatenate(parts))
        return Sums(
            loss=float(total[0]),
            weight=float(total[1]),
            gradient=total[4 : 4 + size],
            hessian=total[4 + size :].reshape(size, size) if hessian else None,
            beyond=int(total[2]),
            beyond_wrong=int(total[3]),
        )

    def mean_loss(self, source: Chunks) -> float:
        """Weighted mean loss of a source that is only looked at; NaN without rows."""
        total = np.zeros(2)
        self._visits += 1
        for sums in map_chunks(source, self._look, self.task.threads):
            total += sums
        total = distributed.add_up(total)
        return float(total[0] / total[1]) if total[1] else float("nan")

    def _leaf(self) -> Perceptron:
        """The calling thread's copy of the parameters as they are in this visit."""
        own = self._own
        if not hasattr(own, "leaf"):
            own.leaf, own.seen = self.model.leaf(), self._visits
        elif own.seen != self._visits:
            own.leaf.follow(self.model)
            own.seen = self._visits
        leaf: Perceptron = own.leaf
        return leaf

    def _sum(self, hessian: bool, chunks: Iterable[Chunk]) -> _Part:
        leaf, products = self._leaf(), None
        leaf.forget_gradient()
        if hessian:
            self._own.products = products = getattr(self._own, "products", _Products())
            products.begin(leaf.width)
        scalars = np.zeros(4)
        for chunk in chunks:
            scalars += _backward(leaf, chunk, self.task, products)
        summed = np.empty((0, 0)) if products is None else products.symmetric
        return _Part(scalars, leaf.gradient(), summed)

    @torch.no_grad()
    def _look(self, chunks: Iterable[Chunk]) -> FloatArray:
        leaf, sums = self._leaf(), np.zeros(2)
        for chunk in chunks:
            x, y, weight = tensors(chunk, leaf.dtype)
            sums += _loss(leaf, x, y, weight, self.task)[0].item(), total_weight(chunk)
        return sums


class _Products:
    """Σ s·(x, 1)(x, 1)ᵀ over chunks, `(d + 1, d + 1)`, in buffers that are used again."""

    def __init__(self) -> None:
        self._scaled = torch.empty(0)
        self._total = np.empty((0, 0))

    def begin(self, columns: int) -> None:
        """Start at zero."""
        self._total = np.zeros((columns + 1, columns + 1))

    @property
    def symmetric(self) -> FloatArray:
        """The sums, symmetric to the last bit."""
        symmetric: FloatArray = (self._total + self._total.T) / 2
        return symmetric

    def add(self, x: Tensor, curvature: Tensor) -> None:
        """Add the products of rows `x: (n, d)`, each `curvature: (n,)` times."""
        if self._scaled.shape[1:] != x.shape[1:] or len(self._scaled) < len(x):
            self._scaled = torch.empty_like(x)
        root = curvature.sqrt().unsqueeze(1)
        scaled = torch.mul(x, root, out=self._scaled[: len(x)]).numpy()
        # numpy's BLAS is three times as fast as torch's on products as flat as these, and of a
        # matrix with itself it works out one half only.
        self._total[:-1, :-1] += scaled.T @ scaled
        sums = (x.T @ curvature).numpy()
        self._total[-1, :-1] += sums
        self._total[:-1, -1] += sums
        self._total[-1, -1] += curvature.sum().item()


def _backward(
    model: Perceptron, chunk: Chunk, task: Task, products: _Products | None
) -> tuple[float, float, int, int]:
    """Let `backward()` add into `.grad`, add to the products, and return the scalars."""
    x, y, weight = tensors(chunk, model.dtype)
    loss, p = _loss(model, x, y, weight, task)
    loss.backward()  # type: ignore[no-untyped-call]
    p = p.detach()
    beyond, wrong, inside = _beyond(p, y, weight, task.epsilon)
    if products is not None:
        curvature = p * (1 - p) if weight is None else weight * (p * (1 - p))
        if task.loss == "clamped" and inside is not None:
            curvature *= inside
        products.add(model.columns(x), curvature)
    return loss.item(), total_weight(chunk), beyond, wrong


def _loss(
    model: Perceptron, x: Tensor, y: Tensor, weight: Tensor | None, task: Task
) -> tuple[Tensor, Tensor]:
    if task.loss == "logits":
        z = model.logits(x)
        return losses.logit_bce_sum(z, y, weight), torch.sigmoid(z.detach())
    p = model(x)
    return losses.clamped_bce_sum(p, y, weight, task.epsilon, hard=task.hard), p


def _beyond(
    p: Tensor, y: Tensor, weight: Tensor | None, epsilon: float
) -> tuple[int, int, Tensor | None]:
    """Count rows beyond the clamp, and the wrong ones; the mask only where there are any."""
    if not p.numel():
        return 0, 0, None
    low, high = torch.aminmax(p)
    if low >= epsilon and high <= 1 - epsilon:
        return 0, 0, None
    inside = losses.is_inside(p, epsilon)
    beyond = ~inside if weight is None else ~inside & (weight > 0)
    wrong = beyond & ((p - y).abs() > 2 * epsilon)
    return int(beyond.sum()), int(wrong.sum()), inside
