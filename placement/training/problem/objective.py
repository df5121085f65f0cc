"""The penalised loss as the optimizers see it: value, gradient, Hessian and certificate."""

import math
from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np

from placement.arrays import FloatArray
from placement.data.encoding.chunks import Chunks
from placement.errors import DataError
from placement.model.perceptron import Perceptron
from placement.training.passes import loss_sums
from placement.training.problem.options import Options
from placement.training.solver.hessian import Hessian

_REMEMBERED = 8  # evaluations kept, so that no visit is paid for twice


@dataclass(frozen=True)
class ObjectiveValue:
    """The penalised *sum* objective at `parameters: (d + 1,)`; `loss` is without the penalty.

    `curvature` was taken here or nearby, None where nobody asked for it.
    """

    parameters: FloatArray
    weight: float
    loss: float
    penalised: float
    gradient: FloatArray
    curvature: Hessian | None
    clamped: int
    clamped_wrong: int
    beyond: int

    @property
    def gradient_norm(self) -> float:
        """Euclidean norm of the gradient of the penalised mean loss."""
        return float(np.linalg.norm(self.gradient)) / self.weight

    def newton_step(self) -> FloatArray:
        """Return −H⁻¹g, `(d + 1,)`."""
        if self.curvature is None:
            raise ValueError("this point was evaluated without its Hessian")
        return self.curvature.step(self.gradient)

    def newton_decrement(self) -> float | None:
        """Return λ, the distance to the optimum in standard errors; None without all rows' H."""
        if self.curvature is None or not self.curvature.whole:
            return None
        return self.curvature.newton_decrement(self.gradient)


class Objective:
    """The loss of one model on one source; evaluations go through `sums.visit` and `.grad`.

    `share` of all rows are in the source, and so much of the penalty belongs to them. `curvature`
    is the last Hessian that was taken, None before the first.
    """

    def __init__(
        self,
        model: Perceptron,
        source: Chunks,
        options: Options,
        task: loss_sums.Task,
        share: float = 1.0,
    ) -> None:
        self.model = model
        self.source = source
        self.options = options
        self.share = share
        self.visitor = loss_sums.LossSums(model, task)
        self._known: OrderedDict[bytes, ObjectiveValue] = OrderedDict()
        self.curvature: Hessian | None = None

    def of_sample(self, rows: Chunks, share: float) -> "Objective":
        """The loss of the same model on a sample of the rows."""
        return Objective(self.model, rows, self.options, self.visitor.task, share)

    def point(self, *, curved: bool = False) -> ObjectiveValue:
        """Evaluate at the model's present parameters, or remember having done so.

        `curved`: with a Hessian, a new one only where the last was taken too far from here.
        """
        parameters = self.model.parameters_as_array()
        near = self.curvature
        if near is not None and not near.is_near(parameters):
            near = None
        point = self._known.get(parameters.tobytes())
        if point is None or (curved and point.curvature is None and near is None):
            point = self.on(self.source, hessian=curved and near is None)
            self.curvature = point.curvature or self.curvature
            self._known[parameters.tobytes()] = point
            while len(self._known) > (2 if curved else _REMEMBERED):
                self._known.popitem(last=False)
        if curved and point.curvature is None:
            return replace(point, curvature=near)
        return point

    def newton_decrement(self) -> float:
        """Return λ at the model's present parameters, from a Hessian of all rows."""
        if self.curvature is not None and not self.curvature.whole:
            self.curvature = None
        newton_decrement = self.point(curved=True).newton_decrement()
        return float("nan") if newton_decrement is None else newton_decrement

    def start_from(self, sample: "Objective") -> None:
        """Go on where a sample's fit ended, with its Hessian; from zero if that is no worse."""
        lent = sample.curvature
        self.curvature = None if lent is None else lent.scaled(self.share / sample.share)
        point = self.point(curved=True)
        if point.penalised > point.weight * math.log(2):  # the loss of saying 0.5 of every row
            self.curvature = None
            self.model.move_to(np.zeros_like(point.parameters))

    def on(self, source: Chunks, *, hessian: bool = False) -> ObjectiveValue:
        """Evaluate on some rows, with the whole penalty added once after all sums."""
        parameters = self.model.parameters_as_array()
        total = self.visitor.evaluate(source, hessian=hessian)
        penalty = np.append(np.full(len(parameters) - 1, self.options.l2 * self.share), 0.0)
        curvature = None
        if total.hessian is not None:
            curvature = Hessian(total.hessian + np.diag(penalty), parameters, total.weight)
        clamping = self.options.loss == "clamped"
        with np.errstate(over="ignore", invalid="ignore"):  # told as a DataError below
            half_squares = 0.5 * float(penalty @ parameters**2)
            gradient = total.gradient + penalty * parameters
        point = ObjectiveValue(
            parameters=parameters,
            weight=total.weight,
            loss=total.loss,
            penalised=total.loss + half_squares,
            gradient=gradient,
            curvature=curvature,
            clamped=total.beyond if clamping else 0,
            clamped_wrong=total.beyond_wrong if clamping else 0,
            beyond=total.beyond,
        )
        self._demand_finite(point)
        return point

    def _demand_finite(self, point: ObjectiveValue) -> None:
        if np.isfinite(point.penalised) and np.isfinite(point.gradient).all():
            return
        lr = self.options.lr
        remedy = (
            f"--lr {lr:g} is too large: choose a smaller one"
            if lr
            else "check the columns for huge cells"
        )
        raise DataError(f"the loss or its gradient is no longer a finite number; {remedy}")
