"""One step of each optimizer: gd, sgd, adam, lbfgs, newton.

All of them step with the gradient that `backward()` left in `.grad`, summed over chunks,
threads and ranks, the penalty's share added once, divided once by Σ weight.
"""

import math
from collections.abc import Callable
from itertools import chain, repeat
from typing import Protocol

import numpy as np
import torch

from placement.data.encoding.chunks import mini_batches
from placement.training.passes import distributed
from placement.training.problem.objective import Objective, ObjectiveValue
from placement.training.problem.options import Options
from placement.training.problem.problem import Problem


class Stepper(Protocol):
    """Moves the model of its objective from a point; returns the step size, 0.0 where stuck."""

    needs_hessian: bool

    def step(self, objective: Objective, point: ObjectiveValue) -> float:
        """Move the model of `objective`, which stands at `point`."""
        ...


Parameters = list[torch.nn.Parameter]

# Steps by `.grad` alone, once for all rows or for each mini-batch.
TORCH_OPTIMIZERS: dict[str, Callable[[Parameters, float, Options], torch.optim.Optimizer]] = {
    "sgd": lambda parameters, lr, options: torch.optim.SGD(
        parameters, lr=lr, momentum=options.momentum
    ),
    "adam": lambda parameters, lr, _: torch.optim.Adam(parameters, lr=lr),
}


def make_stepper(name: str, objective: Objective, problem: Problem) -> Stepper:
    """Make the optimizer of this name for a model that fits the problem."""
    if name == "newton":
        return Newton()
    if name == "lbfgs":
        return Lbfgs(objective)
    if name == "gd":
        return GradientDescent(problem.lr)
    parameters = list(objective.model.parameters())
    optimizer = TORCH_OPTIMIZERS[name](parameters, problem.lr, problem.options)
    if problem.options.batch_size:
        return MiniBatches(optimizer, problem.lr)
    return FullBatch(optimizer, problem.lr)


class GradientDescent:
    """The notebook's loop: parameter −= lr · parameter.grad, once per pass over all rows.

    torch.optim would import its compiler for this, which takes seconds.
    """

    needs_hessian = False

    def __init__(self, lr: float) -> None:
        self.lr = lr

    @torch.no_grad()
    def step(self, objective: Objective, point: ObjectiveValue) -> float:
        """Step along the gradient of the penalised mean loss."""
        objective.model.leave_gradient(point.gradient / point.weight)
        for parameter in objective.model.parameters():
            if parameter.grad is not None:
                parameter.sub_(self.lr * parameter.grad)
        return self.lr


class FullBatch:
    """One step of a torch optimizer per pass over all rows."""

    needs_hessian = False

    def __init__(self, optimizer: torch.optim.Optimizer, lr: float) -> None:
        self.optimizer = optimizer
        self.lr = lr

    def step(self, objective: Objective, point: ObjectiveValue) -> float:
        """Step along the gradient of the penalised mean loss."""
        objective.model.leave_gradient(point.gradient / point.weight)
        self.optimizer.step()
        return self.lr


class MiniBatches:
    """One step of a torch optimizer per mini-batch, in an order drawn anew each epoch."""

    needs_hessian = False

    def __init__(self, optimizer: torch.optim.Optimizer, lr: float) -> None:
        self.optimizer = optimizer
        self.lr = lr
        self.epoch = 0

    def step(self, objective: Objective, point: ObjectiveValue) -> float:
        """Walk all mini-batches once; every rank makes as many steps as the longest."""
        source, options = objective.source, objective.options
        size = max(1, (options.batch_size or source.rows) // distributed.world_size())
        batches = mini_batches(source, size, options.seed + 1_000_003 * self.epoch)
        nothing = source.take(np.empty(0, dtype=np.int64))
        own = math.ceil(source.rows / size)
        for batch in chain(batches, repeat(nothing, distributed.largest(own) - own)):
            part = objective.on(batch)
            if part.weight == 0:
                continue
            share = part.weight / point.weight  # of the penalty, which belongs to all rows
            penalty = np.append(options.l2 * part.parameters[:-1], 0.0)
            gradient = (part.gradient - (1 - share) * penalty) / part.weight
            objective.model.leave_gradient(gradient)
            self.optimizer.step()
        self.epoch += 1
        return self.lr


class Newton:
    """Gradient by `backward()`, Hessian XᵀSX, the step halved until the loss goes down."""

    needs_hessian = True
    most_halvings = 40

    def step(self, objective: Objective, point: ObjectiveValue) -> float:
        """Move by −t·H⁻¹g with the first t of 1, ½, ¼ … that does not raise the loss."""
        direction = point.newton_step()
        double = objective.options.dtype == "float64"
        # So near, the step is right and the rounding of the loss (of 1 − p, above all) hides it.
        near = -float(point.gradient @ direction) <= (1e-7 if double else 1e-3)
        # 1 − p is rounded to eps for each unit of weight, however small the loss itself.
        noise = 64 * np.finfo(objective.options.numpy_dtype).eps
        noise *= max(abs(point.penalised), point.weight)
        size = 1.0
        for _ in range(self.most_halvings):
            objective.model.move_to(point.parameters + size * direction)
            if near or objective.point(curved=True).penalised <= point.penalised + noise:
                return size
            size /= 2
        objective.model.move_to(point.parameters)
        return 0.0


class Lbfgs:
    """torch's L-BFGS, one iteration per step.

    Its curvature test (yᵀs > 1e-10) and its line search compare function values and absolute
    sizes, which near the optimum are noise. So the objective is scaled up, and once a step can
    no longer be seen in the loss the line search is switched off.
    """

    needs_hessian = False

    def __init__(self, objective: Objective) -> None:
        double = objective.options.dtype == "float64"
        self.scale = 1e10 if double else 1e4
        self.unseen = 1e-10 if double else 1e-5
        self.best = float("inf")
        self.before = float("inf")
        self.searching = True
        self.optimizer = self._fresh(objective)

    def _fresh(self, objective: Objective) -> torch.optim.LBFGS:
        return torch.optim.LBFGS(
            objective.model.parameters(),
            max_iter=1,
            max_eval=25,
            history_size=30,
            tolerance_grad=0.0,
            tolerance_change=0.0,
            line_search_fn="strong_wolfe" if self.searching else None,
        )

    def step(self, objective: Objective, point: ObjectiveValue) -> float:
        """Make one iteration; start its memory afresh where it makes no progress."""
        self._choose_search(objective, point)
        self._iterate(objective)
        moved = objective.model.parameters_as_array() - point.parameters
        if not moved.any() or not np.isfinite(moved).all():
            objective.model.move_to(point.parameters)
            self.optimizer = self._fresh(objective)
            self._iterate(objective)
            moved = objective.model.parameters_as_array() - point.parameters
        return float(np.linalg.norm(moved))

    def _choose_search(self, objective: Objective, point: ObjectiveValue) -> None:
        """Search while steps show in the loss; search again where steps without it led astray."""
        decrease, self.before = self.before - point.penalised, point.penalised
        self.best = min(self.best, point.gradient_norm)
        if self.searching:
            self.searching = decrease > self.unseen * abs(point.penalised)
        elif point.gradient_norm > 100 * self.best:
            self.searching = True
            self.best = point.gradient_norm
            self.optimizer = self._fresh(objective)
        search = "strong_wolfe" if self.searching else None
        self.optimizer.param_groups[0]["line_search_fn"] = search

    def _iterate(self, objective: Objective) -> None:
        self.optimizer.step(self._closure(objective))  # type: ignore[no-untyped-call]

    def _closure(self, objective: Objective) -> Callable[[], float]:
        def evaluate() -> float:
            point = objective.point()
            factor = self.scale / point.weight
            objective.model.leave_gradient(point.gradient * factor)
            return point.penalised * factor

        return evaluate
