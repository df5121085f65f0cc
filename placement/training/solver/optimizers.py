"""One step of each optimizer.

All of them step with the gradient that `backward()` left in `.grad`, summed over chunks,
threads and ranks, the penalty's share added once, divided once by Σ weight.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import torch

from placement.data.encoding.chunks import mini_batches
from placement.training.problem.objective import Objective, ObjectiveValue
from placement.training.problem.problem import Problem

StepperState = Mapping[str, Any]  # numbers, tensors, and lists and mappings of them


class Stepper(Protocol):
    """Moves the model of its objective; returns the step size, 0.0 where no step descends."""

    needs_hessian: bool

    def step(self, objective: Objective, value: ObjectiveValue) -> float:
        """Move the model of `objective`, which has this `value` at its parameters."""
        ...

    def state(self) -> StepperState:
        """Return what it remembers from one step to the next."""
        ...

    def restore(self, state: StepperState) -> None:
        """Remember what another did."""
        ...


def make_stepper(name: str, objective: Objective, problem: Problem) -> Stepper:
    """Make the optimizer of this name for a model that fits the problem."""
    if name == "newton":
        return Newton()
    if name == "lbfgs":
        return Lbfgs(objective)
    if name == "gd":
        return GradientDescent(problem.lr)
    parameters = objective.model.parameters()
    optimizer: torch.optim.Optimizer
    if name == "sgd":
        optimizer = torch.optim.SGD(parameters, problem.lr, problem.options.momentum)
    else:
        optimizer = torch.optim.Adam(parameters, problem.lr)
    steps = MiniBatches if problem.options.batch_size else FullBatch
    return steps(optimizer, problem.lr)


class Memoryless:
    """An optimizer whose step depends on where it is alone."""

    def state(self) -> StepperState:
        """Return nothing."""
        return {}

    def restore(self, state: StepperState) -> None:
        """Remember nothing."""


class GradientDescent(Memoryless):
    """The notebook's loop: parameter −= lr · parameter.grad, once per pass over all rows.

    torch.optim would import its compiler for this, which takes seconds.
    """

    needs_hessian = False

    def __init__(self, lr: float) -> None:
        self.lr = lr

    @torch.no_grad()
    def step(self, objective: Objective, value: ObjectiveValue) -> float:
        """Step along the gradient of the penalised mean loss."""
        objective.model.set_gradient(value.gradient / value.weight)
        for parameter in objective.model.parameters():
            if parameter.grad is not None:
                parameter.sub_(self.lr * parameter.grad)
        return self.lr


class FullBatch:
    """One step of a torch optimizer per pass over all rows; `epoch` counts them."""

    needs_hessian = False

    def __init__(self, optimizer: torch.optim.Optimizer, lr: float) -> None:
        self.optimizer = optimizer
        self.lr = lr
        self.epoch = 0

    def state(self) -> StepperState:
        """Return the optimizer's moments, and how many passes were made."""
        return {"optimizer": self.optimizer.state_dict()["state"], "epoch": self.epoch}

    def restore(self, state: StepperState) -> None:
        """Go on with another's moments, after as many passes."""
        _restore(self.optimizer, state["optimizer"])
        self.epoch = state["epoch"]

    def step(self, objective: Objective, value: ObjectiveValue) -> float:
        """Step along the gradient of the penalised mean loss."""
        objective.model.set_gradient(value.gradient / value.weight)
        self.optimizer.step()
        self.epoch += 1
        return self.lr


class MiniBatches(FullBatch):
    """One step of a torch optimizer per mini-batch, in an order drawn anew each epoch."""

    def step(self, objective: Objective, value: ObjectiveValue) -> float:
        """Step once per mini-batch."""
        source, options = objective.source, objective.options
        size = options.batch_size or source.rows
        for batch in mini_batches(source, size, options.seed + 1_000_003 * self.epoch):
            of_batch = objective.value_on(batch)
            if of_batch.weight == 0:
                continue
            share = of_batch.weight / value.weight  # of the penalty, which belongs to all rows
            penalty = np.append(options.l2 * of_batch.parameters[:-1], 0.0)
            gradient = of_batch.gradient - (1 - share) * penalty
            objective.model.set_gradient(gradient / of_batch.weight)
            self.optimizer.step()
        self.epoch += 1
        return self.lr


class Newton(Memoryless):
    """Gradient by `backward()`, Hessian XᵀSX, the step halved until the loss goes down."""

    needs_hessian = True
    max_halvings = 40

    def step(self, objective: Objective, value: ObjectiveValue) -> float:
        """Move by −t·H⁻¹g with the first t of 1, ½, ¼ … that does not raise the loss."""
        direction = value.newton_step()
        double = objective.options.dtype == "float64"
        # So near, the step is right and the rounding of the loss (of 1 − p, above all) hides it.
        near = -float(value.gradient @ direction) <= (1e-7 if double else 1e-3)
        # 1 − p is rounded to eps for each unit of weight, however small the loss itself.
        noise = 64 * np.finfo(objective.options.dtype).eps
        noise *= max(abs(value.penalised), value.weight)
        size = 1.0
        for _ in range(self.max_halvings):
            objective.model.set_parameters(value.parameters + size * direction)
            if near or objective.value(with_hessian=True).penalised <= value.penalised + noise:
                return size
            size /= 2
        objective.model.set_parameters(value.parameters)
        return 0.0


class Lbfgs:
    """torch's L-BFGS, one iteration per step.

    Its curvature test (yᵀs > 1e-10) and its line search compare function values and absolute
    sizes, which near the optimum are noise. So the objective is scaled up, and once a step no
    longer changes the loss beyond its rounding the line search is switched off.
    """

    needs_hessian = False

    def __init__(self, objective: Objective) -> None:
        double = objective.options.dtype == "float64"
        self.scale, self.noise = (1e10, 1e-10) if double else (1e4, 1e-5)
        self.least_gradient_norm = self.last_loss = float("inf")
        self.searching = True
        self.optimizer = self._new_optimizer(objective)

    def _new_optimizer(self, objective: Objective) -> torch.optim.LBFGS:
        return torch.optim.LBFGS(
            objective.model.parameters(),
            max_iter=1,
            max_eval=25,
            history_size=30,
            tolerance_grad=0.0,
            tolerance_change=0.0,
            line_search_fn="strong_wolfe" if self.searching else None,
        )

    def state(self) -> StepperState:
        """Return the pairs of steps and gradients, and how the search stands."""
        return {
            "optimizer": self.optimizer.state_dict()["state"],
            "least_gradient_norm": self.least_gradient_norm,
            "last_loss": self.last_loss,
            "searching": self.searching,
        }

    def restore(self, state: StepperState) -> None:
        """Go on with another's pairs, and with its search."""
        _restore(self.optimizer, state["optimizer"])
        self.least_gradient_norm = state["least_gradient_norm"]
        self.last_loss, self.searching = state["last_loss"], state["searching"]

    def step(self, objective: Objective, value: ObjectiveValue) -> float:
        """Make one iteration; where it makes no progress, one more without its history."""
        self._choose_search(objective, value)
        self._iterate(objective)
        moved = objective.model.parameters_as_array() - value.parameters
        if not moved.any() or not np.isfinite(moved).all():
            objective.model.set_parameters(value.parameters)
            self.optimizer = self._new_optimizer(objective)
            self._iterate(objective)
            moved = objective.model.parameters_as_array() - value.parameters
        return float(np.linalg.norm(moved))

    def _choose_search(self, objective: Objective, value: ObjectiveValue) -> None:
        """Search while steps change the loss; search again where steps without it diverge."""
        decrease, self.last_loss = self.last_loss - value.penalised, value.penalised
        self.least_gradient_norm = min(self.least_gradient_norm, value.gradient_norm)
        if self.searching:
            self.searching = decrease > self.noise * abs(value.penalised)
        elif value.gradient_norm > 100 * self.least_gradient_norm:
            self.searching = True
            self.least_gradient_norm = value.gradient_norm
            self.optimizer = self._new_optimizer(objective)
        search = "strong_wolfe" if self.searching else None
        self.optimizer.param_groups[0]["line_search_fn"] = search

    def _iterate(self, objective: Objective) -> None:
        def evaluate() -> float:
            value = objective.value()
            factor = self.scale / value.weight
            objective.model.set_gradient(value.gradient * factor)
            return value.penalised * factor

        self.optimizer.step(evaluate)  # type: ignore[no-untyped-call]


def _restore(optimizer: torch.optim.Optimizer, state: Mapping[str, Any]) -> None:
    groups = optimizer.state_dict()["param_groups"]
    of_parameters = {int(number): value for number, value in state.items()}
    optimizer.load_state_dict({"state": of_parameters, "param_groups": groups})
