"""The penalised loss as the optimizers see it: value, gradient, Hessian and certificate."""

import math
from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np

from placement.arrays import FloatArray
from placement.data.encoding.chunks import Chunks
from placement.errors import DataError
from placement.model.perceptron import Perceptron
from placement.training.passes.device_chunks import DeviceTables
from placement.training.passes.device_sums import DeviceLossSums
from placement.training.passes.loss_sums import LossSettings, LossSums
from placement.training.problem.options import Options
from placement.training.solver.hessian import Hessian

_CACHE_SIZE = 8  # evaluations, so that no pass is paid for twice


@dataclass(frozen=True)
class ObjectiveValue:
    """The penalised *sum* objective at `parameters: (d + 1,)`; `loss` is without the penalty.

    `hessian` was taken here or nearby, None where it was not needed. `clamped` rows are those of
    the clamped loss alone, `saturated` ones lie outside [ε, 1 − ε] whatever the loss.
    """

    parameters: FloatArray
    weight: float
    loss: float
    penalised: float
    gradient: FloatArray
    hessian: Hessian | None
    clamped: int
    clamped_wrong: int
    saturated: int

    @property
    def gradient_norm(self) -> float:
        """Euclidean norm of the gradient of the penalised mean loss."""
        return float(np.linalg.norm(self.gradient)) / self.weight

    def newton_step(self) -> FloatArray:
        """Return −H⁻¹g, `(d + 1,)`."""
        if self.hessian is None:
            raise ValueError("the objective was evaluated without its Hessian")
        return self.hessian.step(self.gradient)

    def newton_decrement(self) -> float | None:
        """Return λ, the distance to the optimum in standard errors; None without all rows' H."""
        if self.hessian is None or not self.hessian.whole:
            return None
        return self.hessian.newton_decrement(self.gradient)


class Objective:
    """The loss of one model on one source; evaluations go through `LossSums` and `.grad`.

    `share` of all rows are in the source, and so much of the penalty belongs to them. `tables` are
    the rows on a device, None where the processor sums up. `hessian` is the last one that was
    taken, None before the first.
    """

    def __init__(
        self,
        model: Perceptron,
        source: Chunks,
        options: Options,
        settings: LossSettings,
        share: float = 1.0,
        tables: DeviceTables | None = None,
    ) -> None:
        self.model = model
        self.source = source
        self.options = options
        self.share = share
        self.loss_sums = LossSums(model, settings)
        if tables is not None:
            self.loss_sums = DeviceLossSums(model, settings, tables)
        self.hessian: Hessian | None = None
        self._cache: OrderedDict[bytes, ObjectiveValue] = OrderedDict()

    def value(self, *, with_hessian: bool = False) -> ObjectiveValue:
        """Evaluate at the model's present parameters, or look the value up in the cache.

        The Hessian is a new one only where the last was taken too far from here.
        """
        parameters = self.model.parameters_as_array()
        near = self.hessian
        if near is not None and not near.is_near(parameters):
            near = None
        value = self._cache.get(parameters.tobytes())
        if value is None or (with_hessian and value.hessian is None and near is None):
            value = self.value_on(self.source, with_hessian=with_hessian and near is None)
            self.hessian = value.hessian or self.hessian
            self._cache[parameters.tobytes()] = value
            while len(self._cache) > (2 if with_hessian else _CACHE_SIZE):
                self._cache.popitem(last=False)
        if with_hessian and value.hessian is None:
            return replace(value, hessian=near)
        return value

    def newton_decrement(self) -> float:
        """Return λ at the model's present parameters, from a Hessian of all rows."""
        if self.hessian is not None and not self.hessian.whole:
            self.hessian = None
        newton_decrement = self.value(with_hessian=True).newton_decrement()
        return float("nan") if newton_decrement is None else newton_decrement

    def start_from(self, sample: "Objective") -> None:
        """Go on where a sample's fit ended, with its Hessian; from zero if that is no worse."""
        hessian = sample.hessian
        self.hessian = None if hessian is None else hessian.scaled(self.share / sample.share)
        value = self.value(with_hessian=True)
        if value.penalised > value.weight * math.log(2):  # the loss of saying 0.5 of every row
            self.hessian = None
            self.model.set_parameters(np.zeros_like(value.parameters))

    def value_on(self, source: Chunks, *, with_hessian: bool = False) -> ObjectiveValue:
        """Evaluate on some rows, with the whole penalty added once after all sums."""
        parameters = self.model.parameters_as_array()
        sums = self.loss_sums.evaluate(source, with_hessian=with_hessian)
        penalty = np.append(np.full(len(parameters) - 1, self.options.l2 * self.share), 0.0)
        hessian = None
        if sums.hessian is not None:
            sums.hessian[np.diag_indices_from(sums.hessian)] += penalty
            hessian = Hessian(sums.hessian, parameters, sums.weight)
        clamping = self.options.loss == "clamped"
        with np.errstate(over="ignore", invalid="ignore"):  # a DataError below
            half_squares = 0.5 * float(penalty @ parameters**2)
            gradient = sums.gradient + penalty * parameters
        value = ObjectiveValue(
            parameters=parameters,
            weight=sums.weight,
            loss=sums.loss,
            penalised=sums.loss + half_squares,
            gradient=gradient,
            hessian=hessian,
            clamped=sums.saturated if clamping else 0,
            clamped_wrong=sums.saturated_wrong if clamping else 0,
            saturated=sums.saturated,
        )
        self._check_finite(value)
        return value

    def _check_finite(self, value: ObjectiveValue) -> None:
        if np.isfinite(value.penalised) and np.isfinite(value.gradient).all():
            return
        remedy = "check the columns for huge cells"
        if self.options.lr:
            remedy = f"--lr {self.options.lr:g} is too large: choose a smaller one"
        raise DataError(f"the loss or its gradient is no longer a finite number; {remedy}")
