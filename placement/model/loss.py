"""Binary cross-entropy of a clamped probability, and its gradient by hand.

    loss(p, y) = −[y·log p̃ + (1 − y)·log(1 − p̃)],   p̃ = clamp(p, ε, 1 − ε)
    dloss/dz   = (p − y)·[ε ≤ p ≤ 1 − ε],            p = sigmoid(z), z = x·w + b

Shapes: `p, z, y, weight: (n,)`, `x: (n, d)`; y in [0, 1]. Beyond the clamp the derivative is
zero: a confidently wrong row costs −log ε and has no gradient. The loss from the logit has no
such rows. In float32 `1 - 1e-8 == 1`, so ε is never below the dtype's own epsilon.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from placement.errors import DataError

Loss = Literal["clamped", "logits"]


def effective_epsilon(dtype: torch.dtype, epsilon: float = 1e-8) -> float:
    """Return the clamp that works in this dtype: the one given, or `finfo(dtype).eps`.

    >>> effective_epsilon(torch.float32, 1e-8)
    1.1920928955078125e-07
    """
    return max(epsilon, torch.finfo(dtype).eps)


def clamped_bce(p: Tensor, y: Tensor, epsilon: float = 1e-8) -> Tensor:
    """Mean cross-entropy of probabilities `p: (n,)` and targets `y: (n,)` in [0, 1].

    >>> clamped_bce(torch.tensor([0.5, 1.0]), torch.tensor([1.0, 1.0]))
    tensor(0.3466)
    """
    check_targets(y)
    return clamped_bce_sum(p, y, None, epsilon) / p.numel()


def clamped_bce_sum(
    p: Tensor, y: Tensor, weight: Tensor | None, epsilon: float = 1e-8, *, hard: bool = False
) -> Tensor:
    """Sum of the losses of probabilities `p: (n,)`; without a `weight` each counts once.

    `hard`: the caller guarantees that every target is 0 or 1. Of the two logarithms one then
    counts: that of the outcome's probability, |p̃ − (1 − y)|. The same bits, with half the work.
    """
    _check_shapes(p, y, weight)
    epsilon = effective_epsilon(p.dtype, epsilon)
    clamped = p.clamp(epsilon, 1 - epsilon)
    if hard:
        log_likelihood = (clamped + (y - 1)).abs().log()
    else:
        log_likelihood = y * clamped.log() + (1 - y) * (1 - clamped).log()
    if weight is None:
        return -log_likelihood.sum()
    return -torch.dot(weight.reshape(-1).to(log_likelihood.dtype), log_likelihood.reshape(-1))


def logit_bce_sum(z: Tensor, y: Tensor, weight: Tensor | None) -> Tensor:
    """Sum of the losses of logits `z: (n,)`: the same loss, and nothing is clamped."""
    _check_shapes(z, y, weight)
    return functional.binary_cross_entropy_with_logits(z, y, weight, reduction="sum")


def is_inside(p: Tensor, epsilon: float) -> Tensor:
    """Return where the clamp lets the gradient through, `(n,)` of bool."""
    epsilon = effective_epsilon(p.dtype, epsilon)
    return (p >= epsilon) & (p <= 1 - epsilon)


def gradient_by_hand(
    p: Tensor, y: Tensor, weight: Tensor, x: Tensor, loss: Loss = "clamped", epsilon: float = 1e-8
) -> tuple[Tensor, Tensor]:
    """Gradient of the summed loss by the chain rule: `((d,), ())` for weights and intercept.

    For the gradient check only; training never steps with it.
    """
    _check_shapes(p, y, weight)
    dz = weight * (p - y)
    if loss == "clamped":
        dz = dz * is_inside(p, epsilon)
    return x.T @ dz, dz.sum()


def check_targets(y: Tensor) -> None:
    """Refuse a target outside [0, 1], for which the formula would return a negative loss."""
    outside = ~((y >= 0) & (y <= 1))
    if bool(outside.any()):
        row = int(outside.reshape(-1).nonzero()[0]) + 1
        value = float(y.reshape(-1)[row - 1])
        raise DataError(
            f"target of row {row} is {value:g}: a target is a probability between 0 and 1"
        )


def _check_shapes(p: Tensor, y: Tensor, weight: Tensor | None) -> None:
    # (n,) against (n, 1) would broadcast to a silent (n, n) loss.
    if p.shape != y.shape or (weight is not None and weight.shape != p.shape):
        shapes = [tuple(part.shape) for part in (p, y, weight) if part is not None]
        raise ValueError(
            f"shapes {', '.join(map(str, shapes))} of prediction, target and weight differ: "
            "make each of them (n,)"
        )
