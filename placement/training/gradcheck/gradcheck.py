"""Check a gradient by four methods: by hand, autograd, difference quotient, torch's gradcheck.

The loss is the weighted mean over the rows. The difference and torch's gradcheck always
run in float64, on the same rounded inputs and with the same effective ε.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from placement.arrays import AnyFloatArray
from placement.config.train_config import TrainConfig
from placement.data.encoding.chunks import ArrayChunks, Chunk, Chunks, unit_weights
from placement.data.encoding.design_matrix import DesignMatrix
from placement.errors import UsageError
from placement.model import loss as cross_entropy
from placement.model.design_tensor import design_tensor
from placement.training.gradcheck import gradient_methods as methods
from placement.training.gradcheck.gradient_methods import LINKS, Rows
from placement.training.gradcheck.report import GradientCheck, ParameterCheck
from placement.training.passes.chunk_threads import one_thread

if TYPE_CHECKING:
    from placement.data.table.read_table import Table

MOST_ROWS = 256
# The absolute and the relative part of what may differ.
TOLERANCES = {"float64": (1e-7, 1e-6), "float32": (1e-6, 1e-5)}


def check_scalar(
    x: float = 6.7,
    y: float = 0.0,
    w: float = 1.0,
    b: float = 0.0,
    dtype: str = "float32",
    epsilon: float = 1e-8,
    broken: str | None = None,
) -> GradientCheck:
    """Check one row and one weight, with every link of the chain rule shown.

    >>> check_scalar().gradients[0].manual
    6.691762447357178
    """
    row = Chunk(DesignMatrix.of(np.full((1, 1), x)), np.full(1, y), np.ones(1))
    rows = _rows(row, np.full(1, w), b, dtype, epsilon, "clamped")
    return _check(rows, ("w",), broken, show_links=True)


def check_batch(
    rows: Chunk,
    weights: AnyFloatArray,
    intercept: float,
    dtype: str = "float64",
    epsilon: float = 1e-8,
    loss: cross_entropy.Loss = "clamped",
    names: Sequence[str] | None = None,
    broken: str | None = None,
) -> GradientCheck:
    """Check some rows at `weights: (d,)`, parameter by parameter."""
    at_weights = _rows(rows, weights, intercept, dtype, epsilon, loss)
    labels = names if names is not None else [f"x{j + 1}" for j in range(rows.x.shape[1])]
    return _check(at_weights, tuple(f"w[{name}]" for name in labels), broken, show_links=False)


def check_beyond_clamp(
    dtype: str = "float64", epsilon: float = 1e-8, loss: cross_entropy.Loss = "clamped"
) -> GradientCheck:
    """Check rows outside the clamp, on both sides with both targets, and ordinary ones."""
    x = np.array([[-40.0], [-40.0], [40.0], [40.0], [-200.0], [200.0], [-0.5], [0.25]])
    y = np.array([0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0])
    rows = Chunk(DesignMatrix.of(x), y, np.ones(len(y)))
    return check_batch(rows, np.ones(1), 0.0, dtype, epsilon, loss, ("logit",))


def check_gradients(
    data: "Table | ArrayChunks | tuple[npt.ArrayLike, npt.ArrayLike]",
    *,
    dtype: str = "float64",
    epsilon: float = 1e-8,
) -> GradientCheck:
    """Check the gradient at zero on the first 256 rows of a table, or of `(x (n, d), y (n,))`."""
    names: Sequence[str] | None = None
    source: Chunks
    if isinstance(data, ArrayChunks):
        source = data
    elif isinstance(data, tuple):
        x, y = (np.asarray(part, dtype=np.float64) for part in data)
        source = ArrayChunks(DesignMatrix.of(x), y, unit_weights(len(y)))
    else:
        from placement.training.prepare import prepare

        prepared = prepare(data, TrainConfig(epsilon=epsilon))
        source, names = prepared.problem.source, prepared.encoder.names
    for chunk in source:
        cross_entropy.check_targets(torch.from_numpy(np.array(chunk.y, dtype=np.float64)))
    start = np.zeros(source.columns)
    return check_batch(first_rows(source), start, 0.0, dtype, epsilon, names=names)


def first_rows(source: Chunks) -> Chunk:
    """Return the rows that are checked: the first 256."""
    rows = source.take(np.arange(min(MOST_ROWS, source.rows)))
    return Chunk(rows.x, rows.y, rows.weight)


def _rows(
    rows: Chunk,
    weights: AnyFloatArray,
    intercept: float,
    dtype: str,
    epsilon: float,
    loss: cross_entropy.Loss,
) -> Rows:
    if dtype not in TOLERANCES:
        raise UsageError(f"--dtype {dtype!r}: choose float64 or float32")
    torch_dtype = torch.float32 if dtype == "float32" else torch.float64

    def tensor(array: npt.ArrayLike) -> torch.Tensor:
        return torch.from_numpy(np.array(array, dtype=np.float64)).to(torch_dtype)

    x, y, weight = tensor(rows.x.to_dense()), tensor(rows.y), tensor(rows.weight)
    epsilon = cross_entropy.effective_epsilon(torch_dtype, epsilon)
    design = design_tensor(rows.x, torch_dtype)
    return Rows(design, x, y, weight, tensor(weights), tensor([intercept]), epsilon, loss)


@one_thread()
def _check(
    rows: Rows, names: tuple[str, ...], broken: str | None, *, show_links: bool
) -> GradientCheck:
    if broken is not None and broken not in LINKS:
        raise UsageError(f"--break {broken!r}: choose one of {', '.join(LINKS)}")
    dtype = "float32" if rows.x.dtype == torch.float32 else "float64"
    double = rows.double()
    corner = methods.near_corner(double)
    smooth = double.where(~corner)
    manual, links = methods.by_hand(rows, broken)
    by_method = (manual, methods.by_autograd(rows), methods.by_difference(smooth))
    columns = ((*names, "b"), methods.sizes(double), *by_method, methods.by_hand(smooth, broken)[0])
    gradients = tuple(_compare(dtype, *column) for column in zip(*columns, strict=True))
    agreed = methods.torch_agrees(smooth)
    return GradientCheck(
        passed=agreed and all(gradient.passed for gradient in gradients),
        dtype=dtype,
        epsilon=rows.epsilon,
        loss=methods.mean_loss(rows),
        form=rows.loss,
        links=links if show_links else None,
        gradients=gradients,
        torch_gradcheck=agreed,
        clamped_rows=methods.clamped_rows(rows),
        corner_rows=int(corner.sum()),
        rows=len(rows.y),
    )


def _compare(
    dtype: str,
    name: str,
    size: float,
    manual: float,
    autograd: float,
    difference: float,
    reference: float,
) -> ParameterCheck:
    """Compare by hand with autograd in the dtype, and by hand in float64 with the difference.

    The absolute part of the tolerance is in units of the column's size.
    """
    pairs = ((manual, autograd, dtype), (reference, difference, "float64"))
    errors, passed = [], True
    for by_hand, expected, precision in pairs:
        absolute, relative = TOLERANCES[precision]
        errors.append(abs(by_hand - expected))
        # Written so that NaN fails.
        passed = passed and errors[-1] <= absolute * size + relative * abs(expected)
    worst = float(np.max(errors))
    relative_error = worst / max(abs(autograd), 1e-3 * size)
    return ParameterCheck(
        name, manual, autograd, difference, worst, relative_error, passed=bool(passed)
    )
