"""Fit with gradient checks."""

from collections.abc import Callable

from placement.errors import GradientCheckError
from placement.model.history import Epoch
from placement.runtime.progress import ProgressListener
from placement.training.gradcheck.gradcheck import check_batch, check_beyond_clamp, first_rows
from placement.training.gradcheck.report import GradientCheck
from placement.training.prepare import Prepared
from placement.training.solver.training_loop import RunContext, epochs


def fit_checked(
    prepared: Prepared, listener: ProgressListener, on_epoch: Callable[[Epoch], None]
) -> tuple[list[Epoch], tuple[tuple[int, GradientCheck], ...]]:
    """Run the training loop; return its epochs, and the checks, each with the epoch it was made at.

    `on_epoch` is called with every epoch, and may raise. Raises GradientCheckError where the
    derivative by hand, autograd's and the difference differ.
    """
    checks: list[tuple[int, GradientCheck]] = []
    history: list[Epoch] = []

    def check(epoch: Epoch) -> None:
        checks.append((epoch.number, _passed(_check_rows(prepared, epoch))))

    options = prepared.problem.options
    with listener.progress("training", "epochs", options.epochs) as progress:
        context = RunContext(prepared.validation, prepared.test, check=check)
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
