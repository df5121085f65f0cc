"""The gradient of the mean loss on a few rows, by each method.

By hand, the chain rule has these links, per row:

    dL/dŷ = −y/ŷ̃ + (1 − y)/(1 − ŷ̃)  inside the clamp, else 0      dŷ/dz = ŷ(1 − ŷ)
    dz/dw = x                                                     dz/db = 1
"""

import warnings
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from placement.arrays import FloatArray
from placement.model import loss as cross_entropy
from placement.model.design_tensor import Design
from placement.model.perceptron import Perceptron

LINKS = ("dL_dyhat", "dyhat_dz", "dz_dw", "dz_db")
BREAK_FACTOR = 1.1  # what a broken link is multiplied by
_CORNER = 1e-6  # relative distance of p to a corner of the clamp
_SHIFT = 5e-7  # of the logit, so that no row outside _CORNER crosses a corner
_UNRESOLVED = 1e-6  # 1 − p below which float64 blurs log(1 − p) beyond torch's tolerance


@dataclass(frozen=True)
class Rows:
    """Some rows and the parameters to take the gradient at: `weights: (d,)`, `intercept: (1,)`.

    `design` are the rows as the training has them, with categories as codes; `x: (n, d)` the same
    written out.
    """

    design: Design
    x: Tensor
    y: Tensor
    weight: Tensor
    weights: Tensor
    intercept: Tensor
    epsilon: float
    loss: cross_entropy.Loss

    def double(self) -> "Rows":
        """The same rounded numbers in float64; ε stays that of the dtype they came in."""
        names = ("x", "y", "weight", "weights", "intercept")
        return replace(self, **{name: getattr(self, name).double() for name in names})

    def where(self, mask: Tensor) -> "Rows":
        """Some of the rows: the others have weight 0, so that the mean stays the mean."""
        return replace(self, weight=self.weight * mask)

    @property
    def total(self) -> Tensor:
        """Σ weight, or 1 where that is 0."""
        total = self.weight.sum()
        return total if total > 0 else torch.ones_like(total)

    @property
    def logits(self) -> Tensor:
        """z: (n,)."""
        return self.x @ self.weights + self.intercept


def by_hand(rows: Rows, broken: str | None = None) -> tuple[list[float], dict[str, float]]:
    """Multiply the links of the chain; also return those of the first row."""
    p = torch.sigmoid(rows.logits)
    links = _links(p, rows)
    if broken is not None:
        links[broken] = links[broken] * BREAK_FACTOR
    if rows.loss == "clamped":
        dz = links["dL_dyhat"] * links["dyhat_dz"]
    else:
        # From the logit both links are a single one, without a division by 1 − ŷ.
        dz = (p - rows.y) * (BREAK_FACTOR if broken in LINKS[:2] else 1.0)
    share = rows.weight / rows.total
    by_weight = links["dz_dw"].T @ (dz * share)
    by_intercept = (dz * links["dz_db"] * share).sum()
    first = {name: float(value.reshape(-1)[0]) for name, value in links.items()}
    return [*by_weight.tolist(), by_intercept.item()], first


def _links(p: Tensor, rows: Rows) -> dict[str, Tensor]:
    clamped = p.clamp(rows.epsilon, 1 - rows.epsilon)
    slope = -(rows.y / clamped) + (1 - rows.y) / (1 - clamped)
    if rows.loss == "clamped":
        slope = slope * cross_entropy.is_inside(p, rows.epsilon)
    return dict(zip(LINKS, (slope, p * (1 - p), rows.x, torch.ones_like(p)), strict=True))


def by_autograd(rows: Rows) -> list[float]:
    """Let the `Perceptron` run and `loss.backward()` fill `.grad`."""
    model = Perceptron(len(rows.weights), rows.x.dtype)
    model.set_parameters(torch.cat([rows.weights, rows.intercept]).double().numpy())
    model.zero_grad()
    _loss(model.logits(rows.design), rows).backward()  # type: ignore[no-untyped-call]
    gradient: list[float] = model.gradient_as_array().tolist()
    return gradient


def _loss(z: Tensor, rows: Rows) -> Tensor:
    if rows.loss == "logits":
        return cross_entropy.logit_bce_sum(z, rows.y, rows.weight) / rows.total
    p = torch.sigmoid(z)
    return cross_entropy.clamped_bce_sum(p, rows.y, rows.weight, rows.epsilon) / rows.total


def mean_loss(rows: Rows) -> float:
    """The loss whose gradient is checked: the weighted mean over the rows."""
    return _loss(rows.logits, rows).item()


def by_difference(rows: Rows) -> list[float]:
    """Central differences of the loss written from the logit, in numpy: nothing of torch's.

    Row by row before the sum, for the differences would be lost in the rounding of the sums.
    """
    z, y = rows.logits.numpy(), rows.y.numpy()
    share = (rows.weight / rows.total).numpy()
    gradient = []
    for column in [*rows.x.numpy().T, np.ones(len(z))]:
        step = _SHIFT / max(1.0, float(np.abs(column).max(initial=0.0)))
        up, down = (_row_losses(z + sign * step * column, y, rows) for sign in (1, -1))
        gradient.append(float(((up - down) * share).sum() / (2 * step)))
    return gradient


def _row_losses(z: FloatArray, y: FloatArray, rows: Rows) -> FloatArray:
    corner = _corner(rows)
    z = np.clip(z, -corner, corner)
    row_losses: FloatArray = y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z)
    return row_losses


def torch_agrees(rows: Rows) -> bool:
    """Run torch.autograd.gradcheck on the loss, with columns brought to like size."""
    z = rows.logits
    blurred = (rows.y < 1) & (torch.sigmoid(-z) < _UNRESOLVED) & (z < _corner(rows))
    rows = rows.where(~blurred)
    scale = rows.x.abs().amax(0).clamp(min=1.0)
    x = rows.x / scale

    def loss(weights: Tensor, intercept: Tensor) -> Tensor:
        return _loss(x @ weights + intercept, rows)

    at = ((rows.weights * scale).requires_grad_(), rows.intercept.clone().requires_grad_())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.autograd.gradcheck(
            loss, at, eps=_SHIFT, atol=1e-5, rtol=1e-3, raise_exception=False
        )


def near_corner(rows: Rows) -> Tensor:
    """Rows so near to a corner of the clamp that a difference would straddle it, `(n,)`."""
    return (rows.logits.abs() - _corner(rows)).abs() <= _CORNER


def _corner(rows: Rows) -> float:
    if rows.loss == "logits":
        return float("inf")
    return float(np.log1p(-rows.epsilon) - np.log(rows.epsilon))


def clamped_rows(rows: Rows) -> int:
    """Number of rows outside the clamp."""
    if rows.loss == "logits":
        return 0
    return int((~cross_entropy.is_inside(torch.sigmoid(rows.logits), rows.epsilon)).sum())


def sizes(rows: Rows) -> list[float]:
    """Root mean square of each column, at least 1, and 1 for the intercept."""
    squares = (rows.x**2 * rows.weight[:, None]).sum(0) / rows.total
    return [*squares.sqrt().clamp(min=1.0).tolist(), 1.0]
