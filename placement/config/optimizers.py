"""The optimizers by name: their defaults, and the options that each uses."""

from dataclasses import dataclass

DEFAULT_MOMENTUM = 0.9


@dataclass(frozen=True)
class OptimizerSpec:
    """What the settings say of an optimizer: its defaults, and the options it uses.

    Another option is refused. `batch_size` None: all rows at once. `lr` None: 1/L of the data,
    where it uses a step size at all. `descent`: so many steps of gradient descent come first, where
    rows and columns are few enough.
    """

    epochs: int
    options: tuple[str, ...] = ()
    lr: float | None = None
    batch_size: int | None = None
    descent: int = 0

    @property
    def uses_lr(self) -> bool:
        """Whether it steps along a gradient, by a step size."""
        return "lr" in self.options


# A new optimizer is an entry here and a step in training/solver/optimizers.py.
OPTIMIZERS = {
    "auto": OptimizerSpec(epochs=300, descent=200),
    "gd": OptimizerSpec(epochs=1000, options=("lr",)),
    "sgd": OptimizerSpec(epochs=100, options=("lr", "batch_size", "momentum"), batch_size=256),
    "adam": OptimizerSpec(epochs=1000, options=("lr", "batch_size"), lr=0.05),
    "lbfgs": OptimizerSpec(epochs=500),
    "newton": OptimizerSpec(epochs=100),
}
