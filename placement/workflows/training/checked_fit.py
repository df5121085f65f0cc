"""Fit with gradient checks."""

from collections.abc import Callable

from placement.errors import GradientCheckError
from placement.model.history import Epoch
from placement.runtime.progress import ProgressListener
from placement.training.gradcheck.gradcheck import check_batch, check_beyond_clamp, first_rows
from placement.training.gradcheck.report import GradientCheck
from placement.training.prepare import Prepared
from placement.training.solver.checkpoint import Checkpoint
from placement.training.solver.loop_state import LoopState
from placement.training.solver.training_loop import RunContext, check_is_due, epochs

KeepCheckpoint = Callable[[Callable[[], Checkpoint]], None]


def fit_checked(
    prepared: Prepared,
    listener: ProgressListener,
    on_epoch: Callable[[Epoch], None],
    start: Checkpoint | None = None,
    keep: KeepCheckpoint | None = None,
) -> tuple[list[Epoch], tuple[tuple[int, GradientCheck], ...]]:
    """Run the training loop; return its epochs, and the checks, each with the epoch it was made at.

    `on_epoch` is called with every epoch, and may raise. With `start` the loop goes on there, and
    the checks of the epochs before are made again; `keep` is called before each step, with what
    takes a checkpoint. Raises GradientCheckError where the derivative by hand, autograd's and the
    difference differ.
    """
    options = prepared.problem.options
    history = [] if start is None else list(start.history)
    checks: list[tuple[int, GradientCheck]] = []

    def check(epoch: Epoch) -> None:
        checks.append((epoch.number, _passed(_check_rows(prepared, epoch))))

    def save(state: Callable[[], LoopState]) -> None:
        if keep is not None:
            keep(lambda: Checkpoint(state(), tuple(history)))

    for epoch in history:
        if check_is_due(epoch, options.gradcheck_every):
            check(epoch)
    with listener.progress("training", "epochs", options.epochs) as progress:
        context = RunContext(
            prepared.validation,
            prepared.test,
            check=check,
            start=None if start is None else start.state,
            save=save,
        )
        for epoch in epochs(prepared.problem, context):
            history.append(epoch)
            on_epoch(epoch)
            progress.update(epoch.number, f"loss {epoch.loss:.4f}")
    beyond = check_beyond_clamp(options.dtype, options.epsilon, options.loss)
    checks.append((history[-1].number, _passed(beyond)))
    return history, tuple(checks)


def _check_rows(prepared: Prepared, epoch: Epoch) -> GradientCheck:
    options, columns = prepared.problem.options, prepared.problem.columns
    return check_batch(
        first_rows(prepared.problem.source),
        epoch.weights[columns],
        epoch.intercept,
        options.dtype,
        options.epsilon,
        options.loss,
        [prepared.encoder.names[index] for index in columns],
    )


def _passed(check: GradientCheck) -> GradientCheck:
    if not check.passed:
        raise GradientCheckError(check.failure)
    return check
