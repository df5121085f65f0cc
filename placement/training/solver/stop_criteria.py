"""When training stops: at the optimum, where patience is over, or where no step lowers the loss."""

from dataclasses import dataclass, field

import numpy as np

from placement.model.history import Epoch, Stopped
from placement.training.problem.objective import Objective, ObjectiveValue
from placement.training.problem.problem import Problem


@dataclass
class StopCriteria:
    """Decides at every epoch of one training on the `objective` of all rows.

    `best` are the least validation loss so far and its epoch; `ratio` is λ/‖g‖ where λ was last
    computed without a Hessian being needed for the step.
    """

    problem: Problem
    objective: Objective
    best: tuple[float, int] = field(default=(float("inf"), 0), init=False)
    ratio: float = field(default=0.0, init=False)

    def newton_decrement(self, value: ObjectiveValue) -> float | None:
        """Return λ at a value of the objective; None while it is too large to need a Hessian."""
        if value.hessian is not None:
            return value.newton_decrement()
        norm = float(np.linalg.norm(value.gradient))
        # λ ≥ ‖g‖/√(largest eigenvalue of H): while even this is large, no Hessian is needed.
        ratio = max(self.ratio, 1 / np.sqrt(value.weight * (self.problem.lipschitz or 1.0)))
        if norm * ratio > self.problem.options.tolerance:
            return None
        newton_decrement = self.objective.newton_decrement()
        self.ratio = newton_decrement / norm if norm else self.ratio
        return newton_decrement

    def reason(self, epoch: Epoch) -> Stopped | None:
        """Return why training stops before the step of this epoch, None where it goes on."""
        options = self.problem.options
        if epoch.newton_decrement is not None and epoch.newton_decrement <= options.tolerance:
            return "clamped" if epoch.clamped_wrong else "tolerance"
        if epoch.validation_loss is None or options.patience is None:
            return None
        if epoch.validation_loss < self.best[0]:
            self.best = (epoch.validation_loss, epoch.number)
        return "patience" if epoch.number - self.best[1] >= options.patience else None


def no_descent(epoch: Epoch) -> Stopped | None:
    """Return why training stops after the step of this epoch: its size is 0 where none descends."""
    if epoch.step_size is not None and epoch.step_size > 0:
        return None
    return "clamped" if epoch.clamped_wrong else "epoch_limit"


def sample_is_enough(value: ObjectiveValue, epoch: Epoch) -> bool:
    """Whether a sample's fit may end: what it is off is many standard errors of all rows."""
    near = value.hessian is not None and value.hessian.newton_decrement(value.gradient) <= 1
    return near or not epoch.step_size
