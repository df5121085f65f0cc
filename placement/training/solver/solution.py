"""Where training ended, and how far that is from the optimum."""

from collections.abc import Sequence
from dataclasses import dataclass

from placement.arrays import FloatArray
from placement.config.optimizers import OPTIMIZERS
from placement.errors import Grave
from placement.model.history import Epoch, Stopped
from placement.training.problem.problem import Problem


@dataclass(frozen=True)
class Solution:
    """The fitted perceptron on the encoded columns.

    `aliased` columns have weight 0 and no coefficient. `newton_decrement` is the certificate λ.
    Losses are means; `epsilon` is the clamp in effect; `lr` the step size, None where no
    first-order optimizer ran. `warnings` are sentences for the user.
    """

    weights: FloatArray
    intercept: float
    aliased: tuple[int, ...]
    stopped: Stopped
    converged: bool
    newton_decrement: float | None
    epochs: int
    history: tuple[Epoch, ...]
    loss: float
    penalised_loss: float
    clamped_rows: int
    clamped_wrong: int
    epsilon: float
    lr: float | None
    optimizer: str
    warnings: tuple[str, ...]


def solution_of(history: Sequence[Epoch], problem: Problem) -> Solution:
    """Return where a training ended; under patience, the epoch of the best validation loss."""
    last = history[-1]
    best = _best(history, problem)
    first_order = any(OPTIMIZERS[stage.optimizer].uses_lr for stage in problem.stages)
    return Solution(
        weights=best.weights,
        intercept=best.intercept,
        aliased=problem.aliased,
        stopped=last.stopped or "interrupted",
        converged=last.stopped == "tolerance",
        newton_decrement=best.newton_decrement,
        epochs=last.number,
        history=tuple(history),
        loss=best.loss,
        penalised_loss=best.penalised_loss,
        clamped_rows=best.clamped_rows,
        clamped_wrong=best.clamped_wrong,
        epsilon=problem.options.effective_epsilon,
        lr=problem.lr if first_order else None,
        optimizer=problem.options.optimizer,
        warnings=problem.warnings + _warnings(best, last),
    )


def _best(history: Sequence[Epoch], problem: Problem) -> Epoch:
    validated = [epoch for epoch in history if epoch.validation_loss is not None]
    early = history[-1].stopped in ("patience", "epoch_limit", "interrupted", None)
    if problem.options.patience is None or not validated or not early:
        return history[-1]
    return min(validated, key=lambda epoch: epoch.validation_loss or 0.0)


def _warnings(best: Epoch, last: Epoch) -> tuple[str, ...]:
    warnings = list[Grave]()
    if best.clamped_wrong:
        rows = "1 row lies" if best.clamped_wrong == 1 else f"{best.clamped_wrong} rows lie"
        text = (
            f"{rows} beyond the clamp on the wrong side and teach nothing: "
            "--loss logits is the same loss without dead rows"
        )
        warnings.append(Grave(text, f"{text}."))
    if last.stopped == "epoch_limit":
        far = ""
        if last.newton_decrement is not None:
            far = f", {last.newton_decrement:.2g} standard errors from the optimum"
        text = f"not converged after {last.number} epochs{far}: raise --epochs or use auto"
        warnings.append(Grave(text, f"{text}."))
    return tuple(warnings)
