"""A Hessian, factorised once: Newton steps and the Newton decrement from it."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from placement.arrays import FloatArray

NEARBY = 1e-3  # root mean square change of the logits over which a Hessian hardly changes


@dataclass(frozen=True, eq=False)
class Hessian:
    """The Hessian `(d + 1, d + 1)` of the penalised sum objective, taken at `parameters: (d + 1,)`.

    `weight` is Σ weight of the rows; `whole` is False where it is that of a sample, scaled up.
    """

    hessian: FloatArray
    parameters: FloatArray
    weight: float
    whole: bool = True

    def step(self, gradient: FloatArray) -> FloatArray:
        """Return −H⁻¹g, `(d + 1,)`; the shortest such step where H is singular."""
        size, factor = self._scaled
        if factor is None:
            scaled = self.hessian / np.outer(size, size)
            solved = np.linalg.lstsq(scaled, gradient / size, rcond=1e-12)[0]
        else:
            right = torch.from_numpy(gradient / size).unsqueeze(1)
            solved = torch.cholesky_solve(right, factor).squeeze(1).numpy()
        return -np.asarray(solved / size, dtype=np.float64)

    def newton_decrement(self, gradient: FloatArray) -> float:
        """Return λ = √(gᵀH⁻¹g): how far the optimum is, in standard errors."""
        step = self.step(gradient)
        residual = np.linalg.norm(self.hessian @ step + gradient)
        if not residual <= 1e-3 * np.linalg.norm(gradient):
            return float("inf")
        return math.sqrt(max(0.0, -float(gradient @ step)))

    def is_near(self, parameters: FloatArray) -> bool:
        """Whether the Hessian at other parameters is this one to within a per cent or so.

        A move by λ standard errors changes the logits by λ/√weight in the root mean square, and the
        Hessian by no more than a few times that, relatively.
        """
        move = parameters - self.parameters
        squared_distance = float(move @ self.hessian @ move)
        return squared_distance <= NEARBY**2 * self.weight

    def scaled(self, factor: float) -> "Hessian":
        """The Hessian of `factor` times as many such rows, estimated from these."""
        return Hessian(self.hessian * factor, self.parameters, self.weight * factor, whole=False)

    @cached_property
    def _scaled(self) -> tuple[FloatArray, torch.Tensor | None]:
        # Unit diagonal first: columns of very different sizes then cost no digits.
        size = np.sqrt(np.maximum(np.diag(self.hessian), 0.0))
        size[size == 0] = 1.0
        scaled = torch.from_numpy(self.hessian / np.outer(size, size))
        factor, failed = torch.linalg.cholesky_ex(scaled)
        return size, None if int(failed) else factor
