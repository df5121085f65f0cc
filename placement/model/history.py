"""The record of one epoch; the history of a fit is a list of these."""

from dataclasses import dataclass

from placement.arrays import FloatArray

Stopped = str  # tolerance | epoch_limit | patience | clamped | separable | interrupted


@dataclass(frozen=True)
class Epoch:
    """One pass over the training rows.

    Epoch k describes the parameters after k passes: epoch 0 is the start. Losses are means over
    the weights at those parameters; `loss` is unpenalised. `weights: (d,)` and `intercept` are
    the parameters themselves, on the encoded columns (empty when read from a bundle).
    `gradient_norm` is the Euclidean norm of the gradient of the penalised mean loss.
    `clamped_wrong` counts the clamped rows on the wrong side. `newton_decrement` is
    the certificate λ, the distance to the optimum in standard errors, where it was computed.
    `stopped` says why training ended, on the last epoch only.
    """

    number: int
    stage: str
    loss: float
    penalised_loss: float
    gradient_norm: float
    step_size: float | None
    clamped_rows: int
    clamped_wrong: int
    newton_decrement: float | None
    validation_loss: float | None
    held_out_loss: float | None
    weights: FloatArray
    intercept: float
    stopped: Stopped | None = None
