"""Weights, means and centred products of the encoded columns, as sums over chunks and ranks."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from placement.data.chunks import Chunk
from placement.errors import DataError
from placement.training import ranks

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """`weight` Σw, `mean: (d,)` and `centred: (d, d)` = Σ w (x − mean)(x − mean)ᵀ."""

    weight: float
    mean: Array
    centred: Array

    @property
    def raw(self) -> Array:
        """Σ w xxᵀ with the intercept's column of ones at the end, `(d + 1, d + 1)`."""
        ends = np.append(self.mean, 1.0)
        total = self.weight * np.outer(ends, ends)
        total[:-1, :-1] += self.centred
        return total

    def keep(self, columns: npt.NDArray[np.integer]) -> "Moments":
        """The moments of some of the columns."""
        return Moments(self.weight, self.mean[columns], self.centred[np.ix_(columns, columns)])

    def curvature_bound(self, l2: float) -> float:
        """Return L, the largest curvature of the penalised mean loss: λ_max(XᵀX/4n) and penalty.

        The step 1/L of gradient descent never overshoots.
        """
        penalty = np.append(np.full(len(self.mean), l2), 0.0)
        bound = (self.raw / 4 + np.diag(penalty)) / self.weight
        return float(np.linalg.eigvalsh(bound)[-1])


def moments(source: Iterable[Chunk], columns: int) -> Moments:
    """Take the moments in two passes: centring first keeps digits that one pass would lose."""
    first = np.zeros(columns + 1)
    for chunk in source:
        first[:columns] += chunk.weight.astype(np.float64) @ chunk.x
        first[columns] += chunk.weight.sum(dtype=np.float64)
    first = ranks.add_up(first)
    weight = float(first[columns])
    mean = first[:columns] / (weight or 1.0)
    products = np.zeros((columns, columns))
    with np.errstate(over="ignore", invalid="ignore"):
        for chunk in source:
            centred = chunk.x - mean
            products += centred.T @ (centred * chunk.weight[:, None])
    summed = ranks.add_up(products.ravel()).reshape(columns, columns)
    if not np.isfinite(summed).all():
        raise DataError("the cells of a column are too large to be squared: rescale it")
    return Moments(weight, mean, summed)
