"""What the training loop needs of a run's settings."""

from dataclasses import dataclass
from typing import Literal, cast

import torch

from placement.arrays import Document
from placement.config.optimizers import DEFAULT_MOMENTUM, OPTIMIZERS
from placement.config.train_config import TrainConfig
from placement.model.loss import Loss, effective_epsilon

AUTO_GD_CELLS = 200_000  # rows x columns up to which auto shows the notebook's curve first
WIDE_COLUMNS = 2_000  # beyond, a Hessian per step costs more than lbfgs's many gradients


@dataclass(frozen=True)
class Options:
    """Settings of the loop. `batch_size` None: all rows at once; `lr` None: 1/L of the data."""

    optimizer: str = "auto"
    epochs: int = 300
    lr: float | None = None
    batch_size: int | None = None
    momentum: float = DEFAULT_MOMENTUM
    l2: float = 1.0
    loss: Loss = "clamped"
    epsilon: float = 1e-8
    dtype: Literal["float64", "float32"] = "float64"
    patience: int | None = None
    gradcheck_every: int | None = None
    seed: int = 0
    firth: bool = False
    device: str = "cpu"

    @classmethod
    def of(cls, config: TrainConfig) -> "Options":
        """Derive the options from the settings of a run, defaults filled in."""
        spec = OPTIMIZERS[config.resolved_optimizer]
        names = (
            "l2", "loss", "epsilon", "dtype", "patience", "gradcheck_every", "seed", "firth",
            "device",
        )  # fmt: skip
        shared: Document = {name: getattr(config, name) for name in names}
        return cls(
            optimizer=config.resolved_optimizer,
            epochs=config.resolved_epochs,
            lr=config.lr or spec.lr,
            batch_size=config.batch_size or spec.batch_size,
            momentum=DEFAULT_MOMENTUM if config.momentum is None else config.momentum,
            **shared,
        )

    @property
    def torch_dtype(self) -> torch.dtype:
        """The dtype of the training."""
        return cast("torch.dtype", getattr(torch, self.dtype))

    @property
    def effective_epsilon(self) -> float:
        """The clamp that works in the training's dtype."""
        return effective_epsilon(self.torch_dtype, self.epsilon)

    @property
    def tolerance(self) -> float:
        """How near to the optimum, in standard errors, counts as converged."""
        return 1e-8 if self.dtype == "float64" else 1e-4

    def plan(self, rows: int, columns: int) -> tuple[tuple[str, int], ...]:
        """Return the optimizers to run, each with its most epochs, for a table of this size."""
        exact = "lbfgs" if columns > WIDE_COLUMNS else "newton"
        if self.optimizer not in ("auto", "newton"):
            return ((self.optimizer, self.epochs),)
        if self.optimizer == "auto" and rows * columns <= AUTO_GD_CELLS:
            first = min(OPTIMIZERS["auto"].descent, self.epochs * 2 // 3)
            return (("gd", first), (exact, self.epochs - first))
        return ((exact, self.epochs),)
