"""The penalised loss as the optimizers see it: value, gradient, Hessian and certificate."""

import math
from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.linalg

from placement.data.chunks import ArrayChunks
from placement.errors import DataError
from placement.model.perceptron import Perceptron
from placement.training import sums
from placement.training.options import Options

Array = npt.NDArray[np.float64]

_REMEMBERED = 8  # evaluations kept, so that no visit is paid for twice


@dataclass(frozen=True)
class Point:
    """The penalised *sum* objective at `parameters: (d + 1,)`; `loss` is without the penalty."""

    parameters: Array
    weight: float
    loss: float
    penalised: float
    gradient: Array
    hessian: Array | None
    clamped: int
    clamped_wrong: int
    beyond: int

    @property
    def gradient_norm(self) -> float:
        """Euclidean norm of the gradient of the penalised mean loss."""
        return float(np.linalg.norm(self.gradient)) / self.weight

    def newton_step(self) -> Array:
        """Return −H⁻¹g, `(d + 1,)`; the shortest such step where H is singular."""
        if self.hessian is None:
            raise ValueError("this point was evaluated without its Hessian")
        # Unit diagonal first: columns of very different sizes then cost no digits.
        size = np.sqrt(np.maximum(np.diag(self.hessian), 0.0))
        size[size == 0] = 1.0
        scaled = self.hessian / np.outer(size, size)
        try:
            step = scipy.linalg.cho_solve(scipy.linalg.cho_factor(scaled), self.gradient / size)
        except np.linalg.LinAlgError:
            step = np.linalg.lstsq(scaled, self.gradient / size, rcond=1e-12)[0]
        return -np.asarray(step / size, dtype=np.float64)

    def distance(self) -> float:
        """Return λ = √(gᵀH⁻¹g), the distance to the optimum in standard errors."""
        step = self.newton_step()
        if self.hessian is not None and not _solves(self.hessian, step, self.gradient):
            return float("inf")
        return math.sqrt(max(0.0, -float(self.gradient @ step)))


def _solves(hessian: Array, step: Array, gradient: Array) -> bool:
    residual = np.linalg.norm(hessian @ step + gradient)
    return bool(residual <= 1e-3 * np.linalg.norm(gradient))


class Objective:
    """The loss of one model on one source; evaluations go through `sums.visit` and `.grad`."""

    def __init__(
        self, model: Perceptron, source: ArrayChunks, options: Options, threads: int
    ) -> None:
        self.model = model
        self.source = source
        self.options = options
        self.task = sums.Task(options.loss, options.effective_epsilon, threads=threads)
        self._known: OrderedDict[bytes, Point] = OrderedDict()

    def point(self, *, hessian: bool = False) -> Point:
        """Evaluate at the model's present parameters, or remember having done so."""
        key = self.model.parameters_as_array().tobytes()
        known = self._known.get(key)
        if known is not None and (known.hessian is not None or not hessian):
            return known
        point = self.on(self.source, hessian=hessian)
        self._known[key] = point
        while len(self._known) > (2 if hessian else _REMEMBERED):
            self._known.popitem(last=False)
        return point

    def on(self, source: ArrayChunks, *, hessian: bool = False) -> Point:
        """Evaluate on some rows, with the whole penalty added once after all sums."""
        parameters = self.model.parameters_as_array()
        total = sums.visit(self.model, source, replace(self.task, hessian=hessian))
        penalty = np.append(np.full(len(parameters) - 1, self.options.l2), 0.0)
        curvature = None if total.hessian is None else total.hessian + np.diag(penalty)
        clamping = self.options.loss == "clamped"
        with np.errstate(over="ignore", invalid="ignore"):  # told as a DataError below
            half_squares = 0.5 * float(penalty @ parameters**2)
            gradient = total.gradient + penalty * parameters
        point = Point(
            parameters=parameters,
            weight=total.weight,
            loss=total.loss,
            penalised=total.loss + half_squares,
            gradient=gradient,
            hessian=curvature,
            clamped=total.beyond if clamping else 0,
            clamped_wrong=total.beyond_wrong if clamping else 0,
            beyond=total.beyond,
        )
        self._demand_finite(point)
        return point

    def _demand_finite(self, point: Point) -> None:
        if np.isfinite(point.penalised) and np.isfinite(point.gradient).all():
            return
        lr = self.options.lr
        remedy = (
            f"--lr {lr:g} is too large: choose a smaller one"
            if lr
            else "check the columns for huge cells"
        )
        raise DataError(f"the loss or its gradient is no longer a finite number; {remedy}")
