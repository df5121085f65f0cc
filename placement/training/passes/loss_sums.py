"""One pass over all chunks: the sums of loss, gradient and Hessian, on however many threads.

`.grad` is the accumulator. It is zeroed, each chunk's `loss_sum.backward()` adds into it, and
the ranks' gradients are added up; the optimizer divides once. A worker thread has a leaf copy
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
from placement.model import loss as cross_entropy
from placement.model.design_tensor import Design
from placement.model.perceptron import Perceptron
from placement.runtime import ranks
from placement.training.passes.chunk_threads import map_chunks, tensors, total_weight
from placement.training.passes.cross_products import CrossProducts


@dataclass(frozen=True)
class LossSettings:
    """Which loss is summed up, on how many threads. `hard`: every target is 0 or 1."""

    loss: cross_entropy.Loss
    epsilon: float
    threads: int = 1
    hard: bool = False


_NO_ROWS = torch.zeros(2, dtype=torch.int64)

# Loss, weight, saturated rows and wrong ones (4,); the gradient in leaves; of the Hessian the sums.
PassSums = tuple[FloatArray, tuple[Tensor, Tensor], CrossProducts | None]


@dataclass(frozen=True)
class Sums:
    """Unpenalised sums over all rows: `gradient: (d + 1,)`, `hessian: (d + 1, d + 1)` or None.

    `saturated` rows lie outside [ε, 1 − ε] whatever the loss; `saturated_wrong` of them on the
    wrong side (with soft targets: anywhere but at their target).
    """

    loss: float
    weight: float
    gradient: FloatArray
    hessian: FloatArray | None
    saturated: int
    saturated_wrong: int


class LossSums:
    """Runs forward and `backward()` over whole sources; the gradient stays in the model's `.grad`.

    Each of its threads keeps a leaf copy of the parameters from one pass to the next.
    """

    def __init__(self, model: Perceptron, settings: LossSettings) -> None:
        self.model = model
        self.settings = settings
        self._passes = 0
        self._of_thread = threading.local()

    def evaluate(self, source: Chunks, *, with_hessian: bool = False) -> Sums:
        """Sum up every chunk at the model's present parameters."""
        scalars, gradient, products = self._pass(source, with_hessian=with_hessian)
        self.model.set_leaf_gradients(gradient)
        hessian = np.empty(0)
        if products is not None:
            hessian = self.model.hessian_of(products.symmetric)
        sums = (scalars, self.model.gradient_as_array(), hessian)
        scalars, total_gradient, hessian = ranks.current().add_up(*sums)
        return Sums(
            loss=float(scalars[0]),
            weight=float(scalars[1]),
            gradient=total_gradient,
            hessian=hessian if with_hessian else None,
            saturated=int(scalars[2]),
            saturated_wrong=int(scalars[3]),
        )

    def mean_loss(self, source: Chunks) -> float:
        """Weighted mean loss of a source, without a gradient; NaN without rows."""
        (total,) = ranks.current().add_up(self._loss_and_weight_of(source))
        return float(total[0] / total[1]) if total[1] else float("nan")

    def _pass(self, source: Chunks, *, with_hessian: bool) -> PassSums:
        self._passes += 1
        scalars, gradient = np.zeros(4), self.model.zeros()
        products = CrossProducts(self.model.width) if with_hessian else None
        work = partial(self._sum, with_hessian)
        parts = map_chunks(source, work, self.settings.threads, blas=with_hessian)
        for of_part, (weight, bias), part_products in parts:
            scalars += of_part
            gradient = gradient[0] + weight, gradient[1] + bias
            if products is not None and part_products is not None:
                products.merge(part_products)
        return scalars, gradient, products

    def _loss_and_weight_of(self, source: Chunks) -> FloatArray:
        self._passes += 1
        total = np.zeros(2)
        for sums in map_chunks(source, self._loss_and_weight, self.settings.threads):
            total += sums
        return total

    def _leaf(self) -> Perceptron:
        """The calling thread's copy of the parameters as they are in this pass."""
        state = self._of_thread
        if not hasattr(state, "leaf"):
            state.leaf = self.model.leaf()
        elif state.passes != self._passes:
            state.leaf.copy_parameters(self.model)
        state.passes = self._passes
        leaf: Perceptron = state.leaf
        return leaf

    def _sum(self, with_hessian: bool, chunks: Iterable[Chunk]) -> PassSums:
        leaf = self._leaf()
        leaf.clear_gradient()
        products = CrossProducts(leaf.width) if with_hessian else None
        scalars = np.zeros(4)
        for chunk in chunks:
            x, y, weight = tensors(chunk, leaf.dtype)
            loss, counts = backward(leaf, x, y, weight, self.settings, products)
            scalars += loss.item(), total_weight(chunk), *counts.tolist()
        return scalars, leaf.gradient(), products

    @torch.no_grad()
    def _loss_and_weight(self, chunks: Iterable[Chunk]) -> FloatArray:
        leaf, sums = self._leaf(), np.zeros(2)
        for chunk in chunks:
            x, y, weight = tensors(chunk, leaf.dtype)
            sums += loss_of(leaf, x, y, weight, self.settings)[0].item(), total_weight(chunk)
        return sums


def backward(
    model: Perceptron,
    x: Design,
    y: Tensor,
    weight: Tensor | None,
    settings: LossSettings,
    products: CrossProducts | None,
    *,
    may_wait: bool = True,
) -> tuple[Tensor, Tensor]:
    """Let `backward()` add into `.grad`, and add to the products.

    Return the summed loss, and how many rows are saturated, and how many of them wrong, (2,).
    `may_wait` for the device of the rows, to see whether any is.
    """
    loss, p = loss_of(model, x, y, weight, settings)
    loss.backward()  # type: ignore[no-untyped-call]
    p, inside, counts = p.detach(), None, _NO_ROWS
    if not may_wait or _is_any_outside(p, settings.epsilon):
        inside = cross_entropy.is_inside(p, settings.epsilon)
        saturated = ~inside if weight is None else ~inside & (weight > 0)
        wrong = saturated & ((p - y).abs() > 2 * settings.epsilon)
        counts = torch.stack((saturated.sum(), wrong.sum()))
    if products is not None:
        working_weight = p * (1 - p) if weight is None else weight * (p * (1 - p))
        if settings.loss == "clamped" and inside is not None:
            working_weight *= inside
        products.add(model.inputs(x), working_weight)
    return loss.detach(), counts


def _is_any_outside(p: Tensor, epsilon: float) -> bool:
    if not p.numel():
        return False
    low, high = torch.aminmax(p)
    return not (low >= epsilon and high <= 1 - epsilon)


def loss_of(
    model: Perceptron, x: Design, y: Tensor, weight: Tensor | None, settings: LossSettings
) -> tuple[Tensor, Tensor]:
    """Return the summed loss of some rows, for `backward()`, and their probabilities (n,)."""
    if settings.loss == "logits":
        z = model.logits(x)
        return cross_entropy.logit_bce_sum(z, y, weight), torch.sigmoid(z.detach())
    p = model(x)
    return cross_entropy.clamped_bce_sum(p, y, weight, settings.epsilon, hard=settings.hard), p
