"""The only training loop: a generator of epochs, whatever the optimizer, chunks or ranks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from placement.data.chunks import ArrayChunks
from placement.model.history import Epoch
from placement.model.perceptron import Perceptron
from placement.training import ranks, sums
from placement.training.objective import Objective, Point
from placement.training.optimizers import make_stepper
from placement.training.options import Options
from placement.training.problem import Problem, prepare, refuse_separation
from placement.training.solution import Solution, solution


def solve(
    source: ArrayChunks | Problem,
    options: Options | None = None,
    *,
    names: Sequence[str] | None = None,
    validation: ArrayChunks | None = None,
    held_out: ArrayChunks | None = None,
    threads: int = 1,
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
    source: ArrayChunks | Problem,
    options: Options | None = None,
    *,
    names: Sequence[str] | None = None,
    validation: ArrayChunks | None = None,
    held_out: ArrayChunks | None = None,
    threads: int = 1,
    check: Callable[[Epoch], None] | None = None,
    interrupted: Callable[[], bool] | None = None,
) -> Iterator[Epoch]:
    """Train, yielding each epoch; the last one says why training `stopped`.

    Epoch k is described at the parameters after k passes, before the next step: epoch 0 is the
    start, and the last one describes the parameters that are kept. `validation` rows decide
    about `patience`; the loss on `held_out` rows is recorded and decides nothing. `check` is
    called with the first epoch, every `gradcheck_every`-th and the last, before the step.
    """
    problem = _problem(source, options, names)
    model = Perceptron(len(problem.kept), problem.options.torch_dtype)
    objective = Objective(model, problem.source, problem.options, threads)
    watch = _Watch(problem, objective, problem.project(validation), problem.project(held_out))
    stages = problem.stages
    for stage, limit in stages:
        stepper = make_stepper(stage, objective, lambda: problem.lr)
        may_end = stage == stages[-1][0]
        for step in range(limit):
            point = objective.point(hessian=stepper.needs_hessian)
            # A Newton stage makes one step at least: from λ near the tolerance to rounding.
            may_stop = may_end and (step > 0 or not stepper.needs_hessian)
            epoch = watch.describe(stage, point, may_stop=may_stop)
            if epoch.stopped is None and ranks.agree(stop=bool(interrupted and interrupted())):
                epoch = replace(epoch, stopped="interrupted")
            watch.check(check, epoch)
            if epoch.stopped is None:
                size = stepper.step(objective, objective.point(hessian=stepper.needs_hessian))
                epoch = replace(epoch, step_size=size, stopped=watch.stuck(epoch, size))
            yield watch.finish(epoch)
            if epoch.stopped is not None:
                return
    last = watch.describe(stage, objective.point(hessian=True), last=True)
    watch.check(check, last)
    yield watch.finish(last)


def _problem(
    source: ArrayChunks | Problem, options: Options | None, names: Sequence[str] | None
) -> Problem:
    if isinstance(source, Problem):
        return source
    return prepare(source, options or Options(), names)


@dataclass
class _Watch:
    """What the loop keeps an eye on: the certificate, the clamp, the validation loss."""

    problem: Problem
    objective: Objective
    validation: ArrayChunks | None
    held_out: ArrayChunks | None
    number: int = field(default=0, init=False)
    best: tuple[float, int] = field(default=(float("inf"), 0), init=False)
    ratio: float = field(default=0.0, init=False)

    def describe(
        self, stage: str, point: Point, *, may_stop: bool = True, last: bool = False
    ) -> Epoch:
        """Describe the point the model stands at and decide whether to stop there."""
        distance = self._distance(point, always=last) if may_stop else None
        validation = self._loss(self.validation)
        epoch = Epoch(
            number=self.number,
            stage=stage,
            loss=point.loss / point.weight,
            penalised_loss=point.penalised / point.weight,
            gradient_norm=point.gradient_norm,
            step_size=None,
            clamped_rows=point.clamped,
            clamped_wrong=point.clamped_wrong,
            distance=distance,
            validation_loss=validation,
            held_out_loss=self._loss(self.held_out),
            weights=self.problem.expand(point.parameters[:-1]),
            intercept=float(point.parameters[-1]),
        )
        self.number += 1
        stopped = "epoch_limit" if last else self._verdict(epoch, validation)
        return replace(epoch, stopped=stopped)

    def _verdict(self, epoch: Epoch, validation: float | None) -> str | None:
        if epoch.distance is not None and epoch.distance <= self.problem.options.tolerance:
            return "clamped" if epoch.clamped_wrong else "tolerance"
        patience = self.problem.options.patience
        if validation is None or patience is None:
            return None
        if validation < self.best[0]:
            self.best = (validation, epoch.number)
        return "patience" if epoch.number - self.best[1] >= patience else None

    def _distance(self, point: Point, *, always: bool) -> float | None:
        if point.hessian is None:
            norm = float(np.linalg.norm(point.gradient))
            # λ ≥ ‖g‖/√(largest eigenvalue of H): while even this is large, no Hessian is needed.
            ratio = max(self.ratio, 1 / np.sqrt(point.weight * (self.problem.curvature or 1.0)))
            if norm * ratio > self.problem.options.tolerance and not always:
                return None
            point = self.objective.point(hessian=True)
            self.ratio = point.distance() / norm if norm else self.ratio
        return point.distance()

    def stuck(self, epoch: Epoch, size: float) -> str | None:
        """Say how training ends where no step lowers the loss any more."""
        if size > 0:
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
        if epoch.distance is None:
            epoch = replace(epoch, distance=self.objective.point(hessian=True).distance())
        if problem.separation_known or problem.options.l2 > 0:
            return epoch
        if self.objective.point().beyond and ranks.world_size() == 1:
            names = [problem.names[j] for j in problem.kept]
            refuse_separation(problem.source.x, problem.source, names)
        return epoch

    def _loss(self, source: ArrayChunks | None) -> float | None:
        if source is None:
            return None
        return sums.mean_loss(self.objective.model, source, self.objective.task)
