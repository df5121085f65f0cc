"""The only training loop: a generator of epochs, whatever the optimizer, chunks or ranks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from placement.data.encoding.chunks import Chunks, threads_for
from placement.model.history import Epoch
from placement.training.passes import distributed, loss_sums
from placement.training.problem.objective import Objective, ObjectiveValue
from placement.training.problem.options import Options
from placement.training.problem.problem import Problem, Stage, prepare, refuse_separation
from placement.training.solver.optimizers import make_stepper
from placement.training.solver.solution import Solution, solution


def solve(
    source: Chunks | Problem,
    options: Options | None = None,
    *,
    names: Sequence[str] | None = None,
    validation: Chunks | None = None,
    held_out: Chunks | None = None,
    threads: int | None = None,
    check: Callable[[Epoch], None] | None = None,
    interrupted: Callable[[], bool] | None = None,
) -> Solution:
    """Train to the end and return the optimum with its certificate; arguments as in `epochs`."""
    problem = _problem(source, options, names)
    history = epochs(
        problem,
        validation=validation,
        held_out=held_out,
        threads=threads,
        check=check,
        interrupted=interrupted,
    )
    return solution(list(history), problem)


def epochs(
    source: Chunks | Problem,
    options: Options | None = None,
    *,
    names: Sequence[str] | None = None,
    validation: Chunks | None = None,
    held_out: Chunks | None = None,
    threads: int | None = None,
    check: Callable[[Epoch], None] | None = None,
    interrupted: Callable[[], bool] | None = None,
) -> Iterator[Epoch]:
    """Train, yielding each epoch; the last one says why training `stopped`.

    Epoch k is described at the parameters after k passes, before the next step: epoch 0 is the
    start, and the last one describes the parameters that are kept. `validation` rows decide
    about `patience`; the loss on `held_out` rows is recorded and decides nothing. `check` is
    called with the first epoch, every `gradcheck_every`-th and the last, before the step.
    `threads`: as many as there are processors and chunks, unless given.
    """
    problem = _problem(source, options, names)
    task = loss_sums.Task(
        problem.options.loss,
        problem.options.effective_epsilon,
        threads=threads or threads_for(problem.source),
        hard=problem.hard,
    )
    whole = Objective(problem.perceptron(), problem.source, problem.options, task)
    watch = _StopCriteria(problem, whole, problem.project(validation), problem.project(held_out))
    sample: Objective | None = None
    for stage in problem.stages:
        objective = whole.of_sample(stage.rows, stage.share) if stage.is_sampled else whole
        if sample is not None:
            objective.start_from(sample)
        sample = objective if stage.is_sampled else None
        stepper = make_stepper(stage.optimizer, objective, problem)
        may_end = stage is problem.stages[-1]
        for step in range(stage.limit):
            point = objective.point(curved=stepper.needs_hessian)
            # A Newton stage makes one step at least: from λ near the tolerance to rounding.
            may_stop = may_end and (step > 0 or not stepper.needs_hessian)
            epoch = watch.describe(stage, point, may_stop=may_stop)
            if epoch.stopped is None and distributed.agree(
                stop=bool(interrupted and interrupted())
            ):
                epoch = replace(epoch, stopped="interrupted")
            watch.check(check, epoch)
            if epoch.stopped is None:
                size = stepper.step(objective, objective.point(curved=stepper.needs_hessian))
                epoch = replace(epoch, step_size=size, stopped=watch.no_descent(stage, epoch, size))
            yield watch.finish(epoch)
            if epoch.stopped is not None:
                return
            if stage.is_sampled and watch.is_near_enough(point, epoch):
                break
    last = watch.describe(stage, whole.point(curved=True), last=True)
    watch.check(check, last)
    yield watch.finish(last)


def _problem(
    source: Chunks | Problem, options: Options | None, names: Sequence[str] | None
) -> Problem:
    if isinstance(source, Problem):
        return source
    return prepare(source, options or Options(), names)


@dataclass
class _StopCriteria:
    """What the loop keeps an eye on: the certificate, the clamp, the validation loss."""

    problem: Problem
    objective: Objective
    validation: Chunks | None
    held_out: Chunks | None
    number: int = field(default=0, init=False)
    best: tuple[float, int] = field(default=(float("inf"), 0), init=False)
    ratio: float = field(default=0.0, init=False)

    def describe(
        self, stage: Stage, point: ObjectiveValue, *, may_stop: bool = True, last: bool = False
    ) -> Epoch:
        """Describe the point the model stands at and decide whether to stop there."""
        newton_decrement = self._newton_decrement(point, always=last) if may_stop else None
        validation = None if stage.is_sampled else self._loss(self.validation)
        epoch = Epoch(
            number=self.number,
            stage=stage.name,
            loss=point.loss / point.weight,
            penalised_loss=point.penalised / point.weight,
            gradient_norm=point.gradient_norm,
            step_size=None,
            clamped_rows=point.clamped,
            clamped_wrong=point.clamped_wrong,
            newton_decrement=newton_decrement,
            validation_loss=validation,
            held_out_loss=None if stage.is_sampled else self._loss(self.held_out),
            weights=self.problem.expand(point.parameters[:-1]),
            intercept=float(point.parameters[-1]),
        )
        self.number += 1
        stopped = "epoch_limit" if last else self._verdict(epoch, validation)
        return replace(epoch, stopped=stopped)

    def _verdict(self, epoch: Epoch, validation: float | None) -> str | None:
        if (
            epoch.newton_decrement is not None
            and epoch.newton_decrement <= self.problem.options.tolerance
        ):
            return "clamped" if epoch.clamped_wrong else "tolerance"
        patience = self.problem.options.patience
        if validation is None or patience is None:
            return None
        if validation < self.best[0]:
            self.best = (validation, epoch.number)
        return "patience" if epoch.number - self.best[1] >= patience else None

    def _newton_decrement(self, point: ObjectiveValue, *, always: bool) -> float | None:
        if point.curvature is None:
            norm = float(np.linalg.norm(point.gradient))
            # λ ≥ ‖g‖/√(largest eigenvalue of H): while even this is large, no Hessian is needed.
            ratio = max(self.ratio, 1 / np.sqrt(point.weight * (self.problem.curvature or 1.0)))
            if norm * ratio > self.problem.options.tolerance and not always:
                return None
            newton_decrement = self.objective.newton_decrement()
            self.ratio = newton_decrement / norm if norm else self.ratio
            return newton_decrement
        return self.objective.newton_decrement() if always else point.newton_decrement()

    def is_near_enough(self, point: ObjectiveValue, epoch: Epoch) -> bool:
        """Whether a sample's fit may end: what it is off is many standard errors of all rows."""
        near = point.curvature is not None and point.curvature.newton_decrement(point.gradient) <= 1
        return near or not epoch.step_size

    def no_descent(self, stage: Stage, epoch: Epoch, size: float) -> str | None:
        """Say how training ends where no step lowers the loss any more."""
        if size > 0 or stage.is_sampled:
            return None
        return "clamped" if epoch.clamped_wrong else "epoch_limit"

    def check(self, check: Callable[[Epoch], None] | None, epoch: Epoch) -> None:
        """Call the gradient check where it is due."""
        every = self.problem.options.gradcheck_every
        due = epoch.number == 0 or epoch.stopped or (every and epoch.number % every == 0)
        if check is not None and due:
            check(epoch)

    def finish(self, epoch: Epoch) -> Epoch:
        """At the end, see that λ is known, and look for separation if that was put off."""
        problem = self.problem
        if epoch.stopped is None:
            return epoch
        if epoch.newton_decrement is None:
            epoch = replace(epoch, newton_decrement=self.objective.newton_decrement())
        if problem.separation_known or problem.options.l2 > 0:
            return epoch
        if self.objective.point().beyond and distributed.world_size() == 1:
            names = [problem.names[j] for j in problem.kept]
            refuse_separation(problem.source, names)
        return epoch

    def _loss(self, source: Chunks | None) -> float | None:
        if source is None:
            return None
        return self.objective.visitor.mean_loss(source)
