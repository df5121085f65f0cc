"""Weights, means and centred products of the encoded columns, as sums over chunks and ranks."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from placement.arrays import FloatArray
from placement.data.encoding.chunks import Chunk, Chunks
from placement.errors import DataError
from placement.model.design_tensor import column_sums, subtract
from placement.model.perceptron import Standardising
from placement.runtime import ranks
from placement.training.passes.chunk_threads import map_chunks, tensors, total_weight
from placement.training.passes.cross_products import CrossProducts

ALIASED = 1e-10  # of a column's squared length: what earlier columns leave unexplained
CONSTANT = 1e-20
FEW_COLUMNS = 200  # up to which all eigenvalues are found as fast as the largest alone
ROUNDED = 1e-2  # products in float32 are right to 1e-5 or so, and resolve no less than this


@dataclass(frozen=True)
class Moments:
    """`weight` Σw, `mean: (d,)` and `centred: (d, d)` = Σ w (x − mean)(x − mean)ᵀ."""

    weight: float
    mean: FloatArray
    centred: FloatArray

    @staticmethod
    def of_raw(products: FloatArray) -> "Moments":
        """Return the moments of columns of like size from Σ w (x, 1)(x, 1)ᵀ, `(d + 1, d + 1)`."""
        weight, sums = float(products[-1, -1]), products[-1, :-1]
        centred = products[:-1, :-1] - np.outer(sums, sums) / weight
        np.fill_diagonal(centred, np.maximum(np.diag(centred), 0.0))
        return Moments(weight, sums / weight, centred)

    @property
    def raw(self) -> FloatArray:
        """Σ w xxᵀ with the intercept's column of ones at the end, `(d + 1, d + 1)`."""
        ends = np.append(self.mean, 1.0)
        total = self.weight * np.outer(ends, ends)
        total[:-1, :-1] += self.centred
        return total

    def standardising(self) -> Standardising:
        """Return the columns' means and standard deviations (ddof 0, 1 for a constant one)."""
        std = np.sqrt(np.diag(self.centred) / self.weight)
        # A constant leaves only rounding: dividing by it would blow noise up to 1.
        constant = std <= 1e-12 * np.maximum(np.abs(self.mean), 1e-300)
        return Standardising(self.mean, np.where(constant, 1.0, std))

    def standardised(self, by: Standardising) -> "Moments":
        """The moments of the standardised columns."""
        mean = (self.mean - by.mean) / by.std
        return Moments(self.weight, mean, self.centred / np.outer(by.std, by.std))

    @property
    def unexplained(self) -> FloatArray:
        """The shares (d,) of the columns' squared lengths that earlier ones do not explain.

        0 for a constant, which the intercept explains; an aliased column explains nothing more.
        """
        products, length = self.centred.copy(), np.diag(self.centred).copy()
        constant = length <= CONSTANT * (length + self.weight * self.mean**2)
        shares = np.zeros(len(length))
        for j in np.flatnonzero(~constant):
            residual = products[j, j]
            shares[j] = residual / length[j]
            if shares[j] > ALIASED:  # sweep column j out of all later ones
                products -= np.outer(products[:, j], products[j, :]) / residual
        return shares

    @property
    def aliased(self) -> tuple[int, ...]:
        """The columns that are linear combinations of earlier ones or the intercept."""
        return tuple(np.flatnonzero(self.unexplained <= ALIASED).tolist())

    def select(self, columns: npt.NDArray[np.integer]) -> "Moments":
        """The moments of some of the columns."""
        return Moments(self.weight, self.mean[columns], self.centred[np.ix_(columns, columns)])

    def lipschitz(self, l2: float) -> float:
        """Return L, the Lipschitz constant of the mean gradient: λ_max(XᵀX/4n) and penalty.

        The step 1/L of gradient descent never overshoots.
        """
        penalty = np.append(np.full(len(self.mean), l2), 0.0)
        bound = (self.raw / 4 + np.diag(penalty)) / self.weight
        if len(bound) <= FEW_COLUMNS:
            return float(np.linalg.eigvalsh(bound)[-1])
        from scipy.sparse.linalg import eigsh

        start = np.ones(len(bound))  # else it is drawn, and the step with it
        return float(eigsh(bound, k=1, v0=start, return_eigenvectors=False)[0])


@dataclass(frozen=True)
class Totals:
    """Of all rows: their number, Σ weight and Σ weight·y; and of their columns the sums.

    Around a `pivot: (d,)` near the means, Σ weight·(x − pivot) `(d,)` and, where requested,
    Σ weight·(x − pivot)(x − pivot)ᵀ `(d, d)`. `hard`: every target is 0 or 1. `in_doubt`: a cell,
    target or weight here may be invalid. `rounded`: the products were taken in float32.
    """

    rows: int
    weight: float
    positive: float
    pivot: FloatArray
    sums: FloatArray
    products: FloatArray | None
    hard: bool
    in_doubt: bool
    rounded: bool

    @property
    def moments(self) -> Moments:
        """The moments; DataError where squares of cells are no numbers any more."""
        if self.products is None:
            raise ValueError("these totals were taken without products")
        offset = self.sums / self.weight  # of the means from the pivot
        centred = self.products - self.weight * np.outer(offset, offset)
        if not np.isfinite(centred).all():
            raise DataError("the cells of a column are too large to be squared: rescale it")
        np.fill_diagonal(centred, np.maximum(np.diag(centred), 0.0))
        return Moments(self.weight, self.pivot + offset, centred)


def column_totals(
    source: Chunks, threads: int = 1, *, products: bool = False, double: bool = False
) -> Totals:
    """Take the totals in one pass; sums around a pivot lose no digits, wherever zero is.

    Cells in float32 are summed up as such, which is twice as fast, or in `double`.
    """
    columns = source.columns
    single = not double and len(source) > 0 and source.chunk(0).x.dtype == np.float32
    dtype = torch.float32 if single else torch.float64
    pivot = _pivot(source)

    def sum_part(chunks: Iterable[Chunk]) -> tuple[FloatArray, CrossProducts | None, bool]:
        return _sums_of(chunks, pivot, dtype, products=products)

    sums, invalid = np.zeros(3 + columns), np.zeros(1)
    cross_products = CrossProducts(columns) if products else None
    for part, part_products, is_valid in map_chunks(source, sum_part, threads, blas=products):
        sums, invalid = sums + part, invalid + (not is_valid)
        if cross_products is not None and part_products is not None:
            cross_products.merge(part_products)
    if cross_products is not None:
        total = cross_products.symmetric
        sums = np.concatenate([sums[:3], total[-1, :-1], total[:-1, :-1].ravel()])
    sums, invalid = ranks.current().add_up(sums, invalid)
    hard = not invalid.any()
    return Totals(
        rows=int(sums[0]),
        weight=float(sums[1]),
        positive=float(sums[2]),
        pivot=pivot,
        sums=sums[3 : 3 + columns],
        products=sums[3 + columns :].reshape(columns, columns) if products else None,
        hard=hard,
        in_doubt=not (hard and np.isfinite(sums[: 3 + columns]).all()),
        rounded=single,
    )


def _sums_of(
    chunks: Iterable[Chunk], pivot: FloatArray, dtype: torch.dtype, *, products: bool
) -> tuple[FloatArray, CrossProducts | None, bool]:
    """Sum up some chunks; False where a target is neither 0 nor 1 or a weight negative."""
    numbers, sums, valid = np.zeros(3), np.zeros(len(pivot)), True
    cross_products = CrossProducts(len(pivot)) if products else None
    for chunk in chunks:
        x, y, weight = tensors(chunk, dtype)
        valid &= bool(((y == 0) | (y == 1)).all()) and not (
            weight is not None and (weight < 0).any()
        )
        if pivot.any():
            x = subtract(x, torch.from_numpy(pivot).to(dtype))
        row_weight = torch.ones_like(y) if weight is None else weight
        numbers += len(chunk), total_weight(chunk), float(row_weight @ y)
        with np.errstate(over="ignore", invalid="ignore"):
            if cross_products is not None:
                cross_products.add(x, weight)
            else:
                sums += column_sums(x, row_weight)
    return np.concatenate([numbers, sums]), cross_products, valid


def _pivot(source: Chunks) -> FloatArray:
    """Return the mean of the first rows where that is far from zero, else zero.

    It is zero for columns of codes too, whose cells are no larger than 1 or their factor.
    """
    sums = np.zeros(1 + 2 * source.columns)
    if len(source):
        first = source.chunk(0).x[:1024]
        x = np.zeros(first.shape)
        x[:, first.layout.dense] = first.dense
        with np.errstate(over="ignore", invalid="ignore"):
            sums = np.concatenate([[len(x)], x.sum(axis=0), (x**2).sum(axis=0)])
    mean, square = np.split(sums[1:] / max(sums[0], 1.0), 2)
    far = np.isfinite(square) & (mean**2 > 0.5 * square)
    return np.where(far, mean, 0.0)
