"""What the training loop carries from one epoch to the next, so that another process can go on."""

from dataclasses import dataclass

from placement.arrays import FloatArray
from placement.training.problem.objective import Objective
from placement.training.solver.hessian import Hessian
from placement.training.solver.optimizers import Stepper, StepperState
from placement.training.solver.stop_criteria import StopCriteria


@dataclass(frozen=True)
class LoopState:
    """The loop before the step of epoch `number`, which is that of `step` in a stage.

    `stage` is its position in the problem's. `parameters: (k + 1,)` are those of the problem's
    columns, `hessian` is the last that the stage's objective took; `best` and `ratio` are those of
    `StopCriteria`, `stepper` is what the optimizer remembers.
    """

    stage: int
    step: int
    number: int
    parameters: FloatArray
    hessian: Hessian | None
    best: tuple[float, int]
    ratio: float
    stepper: StepperState


@dataclass(frozen=True)
class Whereabouts:
    """What changes while a stage runs, beside the numbers of its steps."""

    stage: int
    objective: Objective
    stepper: Stepper
    criteria: StopCriteria

    def state(self, step: int, number: int) -> LoopState:
        """Return the state before a step."""
        return LoopState(
            stage=self.stage,
            step=step,
            number=number,
            parameters=self.objective.model.parameters_as_array(),
            hessian=self.objective.hessian,
            best=self.criteria.best,
            ratio=self.criteria.ratio,
            stepper=self.stepper.state(),
        )

    def restore(self, state: LoopState) -> None:
        """Bring everything to where it was.

        A Hessian of these very parameters is taken again, in the pass that the next step needs
        anyhow: a pass without one may round the loss differently.
        """
        here, hessian = state.parameters, state.hessian
        if hessian is not None and hessian.whole and (hessian.parameters == here).all():
            hessian = None
        self.objective.model.set_parameters(here)
        self.objective.hessian = hessian
        self.criteria.best, self.criteria.ratio = state.best, state.ratio
        self.stepper.restore(state.stepper)
