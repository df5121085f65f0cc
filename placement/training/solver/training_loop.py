"""The only training loop: a generator of epochs, whatever the optimizer, chunks or ranks."""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from placement.data.encoding.chunks import Chunks, threads_for
from placement.model.history import Epoch
from placement.training.passes.device_chunks import DeviceTables
from placement.training.passes.loss_sums import LossSettings
from placement.training.problem.objective import Objective, ObjectiveValue
from placement.training.problem.options import Options
from placement.training.problem.problem import Problem, define_problem
from placement.training.problem.separation import refuse_separation
from placement.training.problem.stages import Stage
from placement.training.solver.loop_state import LoopState, Whereabouts
from placement.training.solver.optimizers import make_stepper
from placement.training.solver.solution import Solution, solution_of
from placement.training.solver.stop_criteria import StopCriteria, no_descent, sample_is_enough


@dataclass(frozen=True)
class RunContext:
    """What a training measures and calls beside its steps, and on how many `threads`.

    `validation` rows decide about `patience`; the loss on `held_out` rows is recorded and decides
    nothing. `check` is called with the first epoch, every `gradcheck_every`-th and the last, before
    the step. `threads`: as many as there are processors and chunks, unless given. `start` is where
    an earlier process was; `save` is called before each step, with what tells where this one is.
    """

    validation: Chunks | None = None
    held_out: Chunks | None = None
    threads: int | None = None
    check: Callable[[Epoch], None] | None = None
    start: LoopState | None = None
    save: Callable[[Callable[[], LoopState]], None] | None = None


def solve(
    source: Chunks | Problem,
    options: Options | None = None,
    *,
    names: Sequence[str] | None = None,
    context: RunContext = RunContext(),
) -> Solution:
    """Train to the end and return the optimum with its certificate."""
    if not isinstance(source, Problem):
        source = define_problem(source, options or Options(), names)
    return solution_of(list(epochs(source, context)), source)


def epochs(problem: Problem, context: RunContext = RunContext()) -> Iterator[Epoch]:
    """Train, yielding each epoch; the last one says why training `stopped`.

    Epoch k is described at the parameters after k passes, before the next step: epoch 0 is the
    start, and the last one describes the parameters that are returned.
    """
    options = problem.options
    threads = context.threads or threads_for(problem.source)
    settings = LossSettings(options.loss, options.effective_epsilon, threads, problem.hard)
    tables = _tables_for(problem)
    whole = Objective(problem.perceptron(), problem.source, options, settings, tables=tables)
    whole.hessian = problem.hessian
    recorder = _Recorder(problem, whole, context)
    criteria = StopCriteria(problem, whole)
    sample: Objective | None = None
    first = context.start.stage if context.start else 0
    for position, stage in enumerate(problem.stages[first:], first):
        objective = whole
        if stage.is_sampled:
            objective = Objective(whole.model, stage.rows, options, settings, stage.share, tables)
        if sample is not None:
            objective.start_from(sample)
        sample = objective if stage.is_sampled else None
        stopped = yield from _run_stage(position, objective, recorder, criteria)
        if stopped:
            return
    value = whole.value(with_hessian=True)
    last = recorder.describe(problem.stages[-1], value, whole.newton_decrement())
    yield recorder.finish(recorder.check(replace(last, stopped="epoch_limit")))


def _tables_for(problem: Problem) -> DeviceTables | None:
    on_cpu = problem.device.type == "cpu"
    return None if on_cpu else DeviceTables(problem.device, problem.options.torch_dtype)


def _run_stage(
    position: int, objective: Objective, recorder: "_Recorder", criteria: StopCriteria
) -> Generator[Epoch, None, bool]:
    """Step until a criterion or the stage's limit is met; return whether training ends here."""
    stage = recorder.problem.stages[position]
    stepper = make_stepper(stage.optimizer, objective, recorder.problem)
    is_last = stage is recorder.problem.stages[-1]
    whereabouts = Whereabouts(position, objective, stepper, criteria)
    for step in range(recorder.restore(whereabouts), stage.limit):
        recorder.save(partial(whereabouts.state, step, recorder.number))
        value = objective.value(with_hessian=stepper.needs_hessian)
        # A Newton stage makes one step at least: from λ near the tolerance to rounding.
        may_stop = is_last and (step > 0 or not stepper.needs_hessian)
        newton_decrement = criteria.newton_decrement(value) if may_stop else None
        epoch = recorder.describe(stage, value, newton_decrement)
        stopped = criteria.reason(epoch)
        epoch = recorder.check(replace(epoch, stopped=stopped))
        if not stopped:
            epoch = replace(epoch, step_size=stepper.step(objective, value))
            stopped = None if stage.is_sampled else no_descent(epoch)
        yield recorder.finish(replace(epoch, stopped=stopped))
        if stopped:
            return True
        if stage.is_sampled and sample_is_enough(value, epoch):
            return False
    return False


def check_is_due(epoch: Epoch, every: int | None) -> bool:
    """Whether the gradients are checked at an epoch: the first, each `every`-th and the last."""
    regular = every is not None and epoch.number % every == 0
    return epoch.number == 0 or epoch.stopped is not None or regular


@dataclass
class _Recorder:
    """Describes the epochs of one training, numbered from 0, and calls what its context asks."""

    problem: Problem
    objective: Objective
    context: RunContext
    number: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.validation = self.problem.project(self.context.validation)
        self.held_out = self.problem.project(self.context.held_out)

    def restore(self, whereabouts: Whereabouts) -> int:
        """Go on where an earlier process was, in its stage; return the first step to make."""
        start = self.context.start
        if start is None or start.stage != whereabouts.stage:
            return 0
        whereabouts.restore(start)
        self.number = start.number
        return start.step

    def save(self, state: Callable[[], LoopState]) -> None:
        """Offer the state before a step to whoever keeps it."""
        if self.context.save is not None:
            self.context.save(state)

    def describe(
        self, stage: Stage, value: ObjectiveValue, newton_decrement: float | None
    ) -> Epoch:
        """Describe the parameters at which the objective has this value."""
        epoch = Epoch(
            number=self.number,
            stage=stage.name,
            loss=value.loss / value.weight,
            penalised_loss=value.penalised / value.weight,
            gradient_norm=value.gradient_norm,
            step_size=None,
            clamped_rows=value.clamped,
            clamped_wrong=value.clamped_wrong,
            newton_decrement=newton_decrement,
            validation_loss=None if stage.is_sampled else self._mean_loss(self.validation),
            held_out_loss=None if stage.is_sampled else self._mean_loss(self.held_out),
            weights=self.problem.expand(value.parameters[:-1]),
            intercept=float(value.parameters[-1]),
        )
        self.number += 1
        return epoch

    def _mean_loss(self, source: Chunks | None) -> float | None:
        return None if source is None else self.objective.loss_sums.mean_loss(source)

    def check(self, epoch: Epoch) -> Epoch:
        """Call the gradient check where it is due, and return the epoch."""
        due = check_is_due(epoch, self.problem.options.gradcheck_every)
        if self.context.check is not None and due:
            self.context.check(epoch)
        return epoch

    def finish(self, epoch: Epoch) -> Epoch:
        """At the end, see that λ is computed, and seek separation where that was put off."""
        problem = self.problem
        if epoch.stopped is None:
            return epoch
        if epoch.newton_decrement is None:
            epoch = replace(epoch, newton_decrement=self.objective.newton_decrement())
        if problem.separable is not None or problem.options.l2 > 0:
            return epoch
        if self.objective.value().saturated:
            refuse_separation(problem.source, [problem.names[j] for j in problem.columns])
        return epoch
