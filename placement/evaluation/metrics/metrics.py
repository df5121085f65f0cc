"""The nine metrics of a yes/no prediction, and the confusion table, of rows that are checked first.

Shapes: `probability: (n,)` of the positive class, `label: (n,)` in [0, 1], `weight: (n,)` of 0 or
more. A label between 0 and 1 counts as that share of a positive row and the rest of a negative one;
only the Brier score takes it as it is, (p - y)². A metric without a meaning (the ROC area of a
single class, the precision where nothing was predicted positive) is None, never 0.
"""

import numpy as np
import numpy.typing as npt

from placement.arrays import FloatArray
from placement.errors import DataError
from placement.stats.figures import Confusion, Metrics
from placement.stats.metrics import metrics_of_rows


def checked(
    probability: npt.ArrayLike, label: npt.ArrayLike, weight: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the three as float64 of one length, without the rows of weight 0."""
    p = np.asarray(probability, dtype=np.float64)
    y = np.asarray(label, dtype=np.float64)
    w = np.ones_like(p) if weight is None else np.asarray(weight, dtype=np.float64)
    if p.ndim != 1 or y.shape != p.shape or w.shape != p.shape:
        raise ValueError(
            f"shapes probability {p.shape}, label {y.shape}, weight {w.shape}: expected (n,) each"
        )
    for name, values, high in (("probability", p, 1.0), ("label", y, 1.0), ("weight", w, np.inf)):
        if not (np.isfinite(values) & (values >= 0) & (values <= high)).all():
            raise ValueError(f"{name} must be finite and lie in [0, {high:g}]")
    counted = w > 0
    if not counted.any():
        raise DataError("no labelled row to evaluate on: give rows whose outcome is known")
    return (p, y, w) if counted.all() else (p[counted], y[counted], w[counted])


def confusion(
    probability: npt.ArrayLike,
    label: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    threshold: float = 0.5,
) -> Confusion:
    """Count the outcomes where a probability of `threshold` or more predicts the positive class."""
    p, y, w = checked(probability, label, weight)
    predicted = p >= threshold
    positive, negative = w * y, w * (1 - y)
    return Confusion(
        tp=float(positive[predicted].sum()),
        fp=float(negative[predicted].sum()),
        fn=float(positive[~predicted].sum()),
        tn=float(negative[~predicted].sum()),
    )


def metrics(
    probability: npt.ArrayLike,
    label: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    threshold: float = 0.5,
) -> Metrics:
    """Compute the nine metrics; the log-loss is finite even for probabilities of 0 and 1.

    >>> metrics([0.9, 0.2, 0.6], [1, 0, 0]).accuracy
    0.6666666666666666
    """
    return metrics_of_rows(*checked(probability, label, weight), threshold)


def ratio(part: float, whole: float) -> float | None:
    """Return part / whole, None where there is nothing to divide by."""
    return part / whole if whole > 0 else None
