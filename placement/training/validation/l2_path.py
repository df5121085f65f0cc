"""A path of L2 penalties and what cross-validation says of each; numbers only, no torch.

The standard error is that of glmnet (Friedman, Hastie and Tibshirani, 2010): over the folds of one
cross-validation. Repeats with other folds make the mean steadier and the error better known, but
not smaller by their number: they are about the same rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement.arrays import FloatArray

WEAKEST = 1e-3
STRENGTH = 10.0  # of the strongest penalty, in units of what the rows say of one column


@dataclass(frozen=True)
class Penalty:
    """One penalty: mean held-out log-loss and its standard error."""

    l2: float
    log_loss: float
    standard_error: float


@dataclass(frozen=True)
class PenaltyPath:
    """Penalties from strong to weak, tried on `rows` in `folds` folds, `repeats` times.

    `best` is the index of the least log-loss, `chosen` that of the strongest penalty within one
    standard error of it. `weights: (m, d)` are those of all training rows on the encoded columns
    `names`, standardised, at each penalty.
    """

    penalties: tuple[Penalty, ...]
    best: int
    chosen: int
    rows: int
    folds: int
    repeats: int
    names: tuple[str, ...]
    weights: FloatArray

    @property
    def l2(self) -> float:
        """The penalty that the one-standard-error rule chooses."""
        return self.penalties[self.chosen].l2

    @property
    def is_inconclusive(self) -> bool:
        """Whether even the strongest penalty, next to the base rate, is within the error."""
        return self.chosen == 0


def penalties_for(weight: float, positive: float) -> tuple[float, ...]:
    """Return the penalties to try for rows of this Σ weight and Σ weight of the positive.

    Strong to weak, 1, 2 and 5 of each power of ten. Under the base rate ȳ the rows' information on
    a standardised column is Σ weight·ȳ(1 − ȳ); the strongest penalty is ten times that or more,
    which leaves a column a tenth of its weight or less. The weakest, 0.001, is as good as none.
    """
    share = positive / weight
    strongest = max(STRENGTH * weight * share * (1 - share), 1.0)
    path, power = [], round(np.log10(WEAKEST))
    while True:
        for digit in (1, 2, 5):
            path.append(float(f"{digit}e{power}"))
            if path[-1] >= strongest:
                return tuple(reversed(path))
        power += 1


def path_of(
    l2: Sequence[float],
    losses: FloatArray,
    sizes: FloatArray,
    *,
    rows: int,
    names: Sequence[str],
    weights: FloatArray,
) -> PenaltyPath:
    """Average held-out log-losses (repeats, folds, m), weighted by `sizes` (repeats, folds)."""
    mean, error = mean_and_error(losses, sizes)
    best, chosen = one_standard_error(mean, error)
    repeats, folds, _ = losses.shape
    figures = zip(map(float, l2), mean.tolist(), error.tolist(), strict=True)
    penalties = tuple(Penalty(*row) for row in figures)
    return PenaltyPath(penalties, best, chosen, rows, folds, repeats, tuple(names), weights)


def mean_and_error(losses: FloatArray, sizes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the mean and standard error (m,) of losses (repeats, folds, m).

    Of each repeat: the mean over folds, weighted by size, and its standard error with K − 1 degrees
    of freedom, as in glmnet. Then the mean of the means, and the root mean square of the errors.
    """
    share = (sizes / sizes.sum(axis=1, keepdims=True))[:, :, None]
    mean = (share * losses).sum(axis=1)
    square = (share * (losses - mean[:, None, :]) ** 2).sum(axis=1) / (losses.shape[1] - 1)
    return mean.mean(axis=0), np.sqrt(square.mean(axis=0))


def one_standard_error(mean: FloatArray, error: FloatArray) -> tuple[int, int]:
    """Return the index of the least mean, and the first (strongest) within one error of it."""
    best = int(np.argmin(mean))
    return best, int(np.flatnonzero(mean <= mean[best] + error[best])[0])
