"""Weights on standardised columns, turned into weights on the file's own units."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement.arrays import FloatArray
from placement.model.scorer import Column, InteractionColumn, NumberColumn, SplineColumn


@dataclass(frozen=True)
class _Sum:
    """An encoded column as a sum of natural ones: `factors` by place, and a constant."""

    factors: tuple[tuple[int, float], ...]
    constant: float


def natural_units(
    columns: Sequence[Column], weights: FloatArray, intercept: float
) -> tuple[FloatArray, float]:
    """Turn weights (d,) and intercept on encoded columns into those on natural ones.

    A natural column is the number itself, a function of it (`restricted_cubic`) in its unit, a 0/1
    column as it is, or the product of two of these: intercept + sum of coefficient times natural
    column is the logit, where a missing number has the average of each of its columns.
    """
    natural, place = weights.astype(np.float64).copy(), 0
    products: list[tuple[InteractionColumn, int]] = []
    sums: dict[int, _Sum] = {}
    for column in columns:
        if isinstance(column, InteractionColumn):
            products.append((column, place))
        elif isinstance(column, SplineColumn):
            own = _sums(column, place)
            sums |= own
            natural[list(own)] = 0.0
            for k, made in own.items():
                intercept += float(weights[k]) * made.constant
                for there, factor in made.factors:
                    natural[there] += float(weights[k]) * factor
        elif isinstance(column, NumberColumn):
            sums |= _sums(column, place)
            natural[place] = weights[place] / column.std
            intercept -= natural[place] * column.mean
        place += len(column.names)
    for product, start in products:
        intercept += _multiplied_out(product, start, weights, natural, sums)
    return natural, float(intercept)


def _sums(column: NumberColumn, place: int) -> dict[int, _Sum]:
    """Return the encoded columns of a number, by place, as sums of its natural ones."""
    rows: list[tuple[float, ...]] = [(1.0 / column.std,)]
    means = [column.mean]
    if isinstance(column, SplineColumn):
        rows += column.transform
        means += column.means
    return {
        place + k: _Sum(
            tuple(enumerate(row, start=place)),
            -sum(factor * mean for factor, mean in zip(row, means, strict=False)),
        )
        for k, row in enumerate(rows)
    }


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
    place_of = {pair: start + k for k, pair in enumerate(product.pairs)}
    natural[start : start + len(product.pairs)] = 0.0
    constant = 0.0
    for (i, j), place in place_of.items():
        weight = float(weights[place])
        one = sums.get(i, _Sum(((i, 1.0),), 0.0))
        other = sums.get(j, _Sum(((j, 1.0),), 0.0))
        constant += weight * one.constant * other.constant
        for p, a in one.factors:
            natural[p] += weight * a * other.constant
            for q, b in other.factors:
                natural[place_of[p, q]] += weight * a * b
        for q, b in other.factors:
            natural[q] += weight * one.constant * b
    return constant
