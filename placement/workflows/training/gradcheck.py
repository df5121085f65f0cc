"""Check gradients without training: one example, or the rows of a file."""

from dataclasses import dataclass

from placement.config.train_config import TrainConfig
from placement.data.table.read_table import read_table
from placement.errors import UsageError
from placement.training.gradcheck.gradcheck import check_batch, check_scalar, first_rows
from placement.training.gradcheck.report import GradientCheck
from placement.training.prepare import prepare

LARGEST = 1e6  # beyond, products of the chain say nothing in float32
EXAMPLE = {"x": 6.7, "y": 0.0, "w": 1.0, "b": 0.0}


@dataclass(frozen=True)
class GradcheckRequest:
    """What to check: one scalar example, or with `data` the first training rows of a file.

    `broken`: the derivative by hand that is spoilt, to see the check fail.
    """

    data: str | None = None
    x: float | None = None
    y: float | None = None
    w: float | None = None
    b: float | None = None
    dtype: str | None = None
    epsilon: float = 1e-8
    target: str | None = None
    positive: str | None = None
    broken: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.epsilon < 0.5:
            raise UsageError(f"--epsilon {self.epsilon:g}: must be above 0 and below 0.5")
        for name, value in self.scalars.items():
            if not abs(value) <= LARGEST:
                raise UsageError(
                    f"--{name} {value:g}: must be a number between -{LARGEST:g} and {LARGEST:g}"
                )
        if self.data is None and (self.target or self.positive):
            raise UsageError("--target and --positive are for a file: name DATA")
        if self.data is None and self.y is not None and not 0 <= self.y <= 1:
            raise UsageError(f"--y {self.y:g}: a target is a probability between 0 and 1")
        if self.data is not None and self.scalars:
            name = next(iter(self.scalars))
            raise UsageError(f"--{name} is for the scalar example: leave it out with DATA")

    @property
    def scalars(self) -> dict[str, float]:
        """The numbers that were given for the scalar example."""
        given = {name: getattr(self, name) for name in EXAMPLE}
        return {name: value for name, value in given.items() if value is not None}


def gradcheck(request: GradcheckRequest) -> GradientCheck:
    """Check the gradients of one scalar example, or of the first training rows of a file."""
    if request.data is not None:
        return _check_file(request.data, request)
    return check_scalar(
        **EXAMPLE | request.scalars,
        dtype=request.dtype or "float32",
        epsilon=request.epsilon,
        broken=request.broken,
    )


def _check_file(data: str, request: GradcheckRequest) -> GradientCheck:
    import numpy as np

    dtype, epsilon = request.dtype or "float64", request.epsilon
    table = read_table(data, target=request.target, positive=request.positive)
    prepared = prepare(table, TrainConfig(epsilon=epsilon, dtype=dtype))
    rows, names = first_rows(prepared.problem.source), prepared.encoder.names
    # At weight zero every row has p = 0.5; drawn weights make the rows differ.
    weights = np.random.default_rng(0).normal(0, 0.5, len(names))
    return check_batch(rows, weights, 0.0, dtype, epsilon, "clamped", names, request.broken)
