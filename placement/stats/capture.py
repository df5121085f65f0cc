"""Of those without the outcome, how many does a list of the lowest scores hold? And other lists?

Shapes: `score: (n,)`, the lowest are listed; `label: (n,)` in [0, 1]; `weight: (n,)` of 0 or more.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from placement.arrays import FloatArray
from placement.stats.figures import Estimate
from placement.stats.intervals import wilson

LEAST = 5  # rows without the outcome: of fewer, no share means much


@dataclass(frozen=True)
class ColumnCapture:
    """What a list by one column captures; `lead` is by how much more the model does."""

    column: str
    captured: float
    lead: Estimate


@dataclass(frozen=True)
class Capture:
    """Of `missed` rows without the outcome, the share on a list of `seats` of all `rows`.

    `others` are lists by single columns; by lot, a list holds seats / rows. The 95 % interval of
    the share is Wilson's, that of a lead a mean's of pairs: both lists are of the same rows.
    """

    rows: float
    seats: float
    missed: float
    model: Estimate
    others: tuple[ColumnCapture, ...]


def capture(
    score: FloatArray,
    others: Mapping[str, FloatArray],
    label: FloatArray,
    weight: FloatArray,
    seats: float,
) -> Capture | None:
    """Compare lists of `seats` rows by a model's score and by others'; None of too few rows."""
    missed = weight * (1 - label)
    total = float(missed.sum())
    if total < LEAST:
        return None
    listed = listed_share(score, weight, seats)
    captured = float(missed @ listed / total)
    columns = []
    for name, other in others.items():
        by_column = listed_share(other, weight, seats)
        lead = _mean_of_pairs(listed - by_column, missed)
        columns.append(ColumnCapture(name, float(missed @ by_column / total), lead))
    low, high = wilson(captured, total)
    rows = float(weight.sum())
    model = Estimate(captured, low, high)
    return Capture(rows, min(float(seats), rows), total, model, tuple(columns))


def listed_share(score: FloatArray, weight: FloatArray, seats: float) -> FloatArray:
    """Return the share (n,) of each row that is listed: rows of a score share the seats left.

    >>> listed_share(np.array([0.1, 0.2, 0.2, 0.3]), np.ones(4), 2).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    order = np.argsort(score)
    last = min(int(np.searchsorted(np.cumsum(weight[order]), seats)), len(order) - 1)
    listed, tied = score < score[order[last]], score == score[order[last]]
    left, tied_weight = seats - float(weight[listed].sum()), float(weight[tied].sum())
    return np.asarray(listed + tied * (left / tied_weight if left < tied_weight else 1.0))


def _mean_of_pairs(values: FloatArray, weight: FloatArray) -> Estimate:
    from scipy.special import stdtrit

    total = float(weight.sum())
    mean = float(weight @ values / total)
    variance = float(weight @ (values - mean) ** 2) / (total - 1) / total
    reach = float(stdtrit(total - 1, 0.975)) * variance**0.5
    return Estimate(mean, mean - reach, mean + reach)
