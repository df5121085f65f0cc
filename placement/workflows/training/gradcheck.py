"""Check gradients without training: one example, or the rows of a file."""

from placement.config import TrainConfig
from placement.data.table.read_table import read_table
from placement.errors import UsageError
from placement.training.gradcheck.gradcheck import (
    GradientCheck,
    check_batch,
    check_scalar,
    first_rows,
)
from placement.training.prepare import prepare

LARGEST = 1e6  # beyond, products of the chain say nothing in float32
EXAMPLE = {"x": 6.7, "y": 0.0, "w": 1.0, "b": 0.0}


def gradcheck(
    data: str | None,
    *,
    x: float | None = None,
    y: float | None = None,
    w: float | None = None,
    b: float | None = None,
    dtype: str | None = None,
    epsilon: float = 1e-8,
    target: str | None = None,
    positive: str | None = None,
    broken: str | None = None,
) -> GradientCheck:
    """Check one scalar example, or with `data` the first training rows of a file."""
    given = {
        name: value for name, value in zip("xywb", (x, y, w, b), strict=True) if value is not None
    }
    if not 0 < epsilon < 0.5:
        raise UsageError(f"--epsilon {epsilon:g}: must be above 0 and below 0.5")
    for name, value in given.items():
        if not abs(value) <= LARGEST:
            raise UsageError(
                f"--{name} {value:g}: must be a number between -{LARGEST:g} and {LARGEST:g}"
            )
    if data is None:
        if target or positive:
            raise UsageError("--target and --positive are for a file: name DATA")
        scalar = {**EXAMPLE, **given}
        if not 0 <= scalar["y"] <= 1:
            raise UsageError(f"--y {scalar['y']:g}: a target is a probability between 0 and 1")
        return check_scalar(**scalar, dtype=dtype or "float32", epsilon=epsilon, broken=broken)
    if given:
        raise UsageError(f"--{next(iter(given))} is for the scalar example: leave it out with DATA")
    return _check_file(data, dtype or "float64", epsilon, target, positive, broken)


def _check_file(
    data: str,
    dtype: str,
    epsilon: float,
    target: str | None,
    positive: str | None,
    broken: str | None,
) -> GradientCheck:
    import numpy as np

    table = read_table(data, target=target, positive=positive)
    prepared = prepare(table, TrainConfig(epsilon=epsilon, dtype=dtype))
    rows, names = first_rows(prepared.problem.source), prepared.encoder.names
    # At weight zero every row has p = 0.5; drawn weights make the rows differ.
    weights = np.random.default_rng(0).normal(0, 0.5, len(names))
    return check_batch(rows, weights, 0.0, dtype, epsilon, "clamped", names, broken)
