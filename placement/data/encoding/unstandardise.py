"""Turn weights on standardised columns into weights in the file's own units."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement.arrays import FloatArray
from placement.model.scorer import Column, InteractionColumn, NumberColumn, SplineColumn


@dataclass(frozen=True)
class _Sum:
    """An encoded column as a sum of natural ones: `factors` by column index, and a constant."""

    factors: tuple[tuple[int, float], ...]
    constant: float


def unstandardise(
    columns: Sequence[Column], weights: FloatArray, intercept: float
) -> tuple[FloatArray, float]:
    """Turn weights (d,) and intercept on encoded columns into those on natural ones.

    A natural column is the number itself, a function of it (`restricted_cubic`) in its unit, a 0/1
    column as it is, or the product of two of these: intercept + sum of coefficient times natural
    column is the logit, where a missing number has the average of each of its columns.
    """
    natural, index = weights.astype(np.float64).copy(), 0
    products: list[tuple[InteractionColumn, int]] = []
    sums: dict[int, _Sum] = {}
    for column in columns:
        if isinstance(column, InteractionColumn):
            products.append((column, index))
        elif isinstance(column, SplineColumn):
            spline_sums = _sums(column, index)
            sums |= spline_sums
            natural[list(spline_sums)] = 0.0
            for k, spline_sum in spline_sums.items():
                intercept += float(weights[k]) * spline_sum.constant
                for column_index, factor in spline_sum.factors:
                    natural[column_index] += float(weights[k]) * factor
        elif isinstance(column, NumberColumn):
            sums |= _sums(column, index)
            natural[index] = weights[index] / column.std
            intercept -= natural[index] * column.mean
        index += len(column.names)
    for product, start in products:
        intercept += _multiplied_out(product, start, weights, natural, sums)
    return natural, float(intercept)


def _sums(column: NumberColumn, index: int) -> dict[int, _Sum]:
    """Return the encoded columns of a number, by index, as sums of its natural ones."""
    rows: list[tuple[float, ...]] = [(1.0 / column.std,)]
    means = [column.mean]
    if isinstance(column, SplineColumn):
        rows += column.transform
        means += column.means
    sums = {}
    for k, row in enumerate(rows):
        constant = -sum(factor * mean for factor, mean in zip(row, means, strict=False))
        sums[index + k] = _Sum(tuple(enumerate(row, start=index)), constant)
    return sums


def _multiplied_out(
    product: InteractionColumn,
    start: int,
    weights: FloatArray,
    natural: FloatArray,
    sums: dict[int, _Sum],
) -> float:
    """Spread the weights of products of sums over natural columns; return the intercept's part.

    (a x + c)(b y + d) is ab xy + ad x + bc y + cd: what is the product's, x's, y's and nobody's.
    """
    index_of = {pair: start + k for k, pair in enumerate(product.pairs)}
    natural[start : start + len(product.pairs)] = 0.0
    constant = 0.0
    for (i, j), index in index_of.items():
        weight = float(weights[index])
        one = sums.get(i, _Sum(((i, 1.0),), 0.0))
        other = sums.get(j, _Sum(((j, 1.0),), 0.0))
        constant += weight * one.constant * other.constant
        for p, a in one.factors:
            natural[p] += weight * a * other.constant
            for q, b in other.factors:
                natural[index_of[p, q]] += weight * a * b
        for q, b in other.factors:
            natural[q] += weight * one.constant * b
    return constant
