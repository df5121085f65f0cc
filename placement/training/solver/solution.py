"""Where training ended, and how far that is from the optimum."""

from collections.abc import Sequence
from dataclasses import dataclass

from placement.arrays import FloatArray
from placement.config import OPTIMIZERS
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


def solution(history: Sequence[Epoch], problem: Problem) -> Solution:
    """Sum up a finished training; under patience the epoch of the best validation loss counts."""
    last = history[-1]
    chosen = _chosen(history, problem)
    first_order = any(OPTIMIZERS[stage.optimizer].uses_lr for stage in problem.stages)
    return Solution(
        weights=chosen.weights,
        intercept=chosen.intercept,
        aliased=problem.aliased,
        stopped=last.stopped or "interrupted",
        converged=last.stopped == "tolerance",
        newton_decrement=chosen.newton_decrement,
        epochs=last.number,
        history=tuple(history),
        loss=chosen.loss,
        penalised_loss=chosen.penalised_loss,
        clamped_rows=chosen.clamped_rows,
        clamped_wrong=chosen.clamped_wrong,
        epsilon=problem.options.effective_epsilon,
        lr=problem.lr if first_order else None,
        optimizer=problem.options.optimizer,
        warnings=problem.warnings + _warnings(chosen, last),
    )


def _chosen(history: Sequence[Epoch], problem: Problem) -> Epoch:
    judged = [e for e in history if e.validation_loss is not None]
    early = history[-1].stopped in ("patience", "epoch_limit", "interrupted", None)
    if problem.options.patience is None or not judged or not early:
        return history[-1]
    return min(judged, key=lambda e: e.validation_loss or 0.0)


def _warnings(chosen: Epoch, last: Epoch) -> tuple[str, ...]:
    found = []
    if chosen.clamped_wrong:
        rows = "1 row lies" if chosen.clamped_wrong == 1 else f"{chosen.clamped_wrong} rows lie"
        found.append(
            f"{rows} beyond the clamp on the wrong side and teach nothing: "
            "--loss logits is the same loss without dead rows"
        )
    if last.stopped == "epoch_limit":
        far = (
            ""
            if last.newton_decrement is None
            else f", {last.newton_decrement:.2g} standard errors from the optimum"
        )
        found.append(f"not converged after {last.number} epochs{far}: raise --epochs or use auto")
    return tuple(found)
