"""Where a spline bends and how it is standardised, learnt from a histogram of the training cells.

The bins are the same whatever pieces a table comes in, and their weights add up without rounding
where rows weigh whole numbers: so knots do not hang on pieces, order or files.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from placement.arrays import Columns, FloatArray
from placement.model.scorer import NumberColumn, SplineColumn, restricted_cubic

BINS = 8_192
BINS_OF_MOST = 256  # at least so many bins lie between the outer knots, or smaller ones are made
REFINEMENTS = 2
LEAST_BEYOND = 5  # students at or beyond an outer knot: it must not be the value of one of them
LEAST_VALUES = 3  # two values are on a line anyway
MIN_RESIDUAL = 1e-6  # of a function's deviation: what is left is a combination of the others

T = TypeVar("T")


class PieceMapper(Protocol):
    """Do some work on the training rows of each piece: cells by column, and weights (n,)."""

    def __call__(self, work: Callable[[Columns, FloatArray], T]) -> Iterator[T]:
        """Yield the results in the order of the pieces."""


@dataclass(frozen=True)
class Histogram:
    """Cells of a number in bins: `edges` (m + 1,), `weight` and weighted sum `total` (m,)."""

    edges: FloatArray
    weight: FloatArray
    total: FloatArray

    def quantiles(self, shares: FloatArray) -> FloatArray:
        """Return the mean value of the bins in which the shares (k,) of the weight are reached."""
        reached = np.cumsum(self.weight)
        # Weights that are no whole numbers add up differently in other pieces, by rounding.
        bins = np.searchsorted(reached, shares * reached[-1] * (1 - 1e-9))
        means: FloatArray = self.total[bins] / self.weight[bins]
        return means

    def finer_edges(self, outer: FloatArray) -> FloatArray | None:
        """Return edges with more bins between two values; None where there are enough."""
        first, last = np.searchsorted(self.edges, outer, side="right") - 1
        if last - first >= BINS_OF_MOST:
            return None
        last = min(last + 1, len(self.edges) - 1)
        inside = np.linspace(self.edges[first], self.edges[last], BINS + 1)
        return np.concatenate([self.edges[:first], inside, self.edges[last + 1 :]])


def outer_shares(knots: int, weight: float) -> FloatArray:
    """Return the shares of the cells below each knot: Harrell's, further in where rows are few."""
    outer = 0.1 if knots == LEAST_VALUES else 0.05 if knots < 7 else 0.025
    outer = min(max(outer, LEAST_BEYOND / weight), 0.25)
    return np.linspace(outer, 1 - outer, knots)


def fit_splines(
    columns: Mapping[str, NumberColumn], knots: Mapping[str, int], map_pieces: PieceMapper
) -> dict[str, NumberColumn]:
    """Return the columns with their splines; one that has fewer than three values stays linear."""
    fitted: dict[str, NumberColumn] = {}
    for name, histogram in _histograms(columns, knots, map_pieces).items():
        enough = np.count_nonzero(histogram.weight) >= LEAST_VALUES
        fitted[name] = _spline(columns[name], knots[name], histogram) if enough else columns[name]
    return fitted


def _histograms(
    columns: Mapping[str, NumberColumn], knots: Mapping[str, int], map_pieces: PieceMapper
) -> dict[str, Histogram]:
    edges = {n: np.linspace(columns[n].low, columns[n].high, BINS + 1) for n in knots}
    histograms: dict[str, Histogram] = {}
    for _ in range(1 + REFINEMENTS):
        histograms |= _count_in_bins(edges, map_pieces)
        finer = {name: _finer_edges(histograms[name], knots[name]) for name in edges}
        edges = {name: values for name, values in finer.items() if values is not None}
        if not edges:
            break
    return histograms


def _finer_edges(histogram: Histogram, knots: int) -> FloatArray | None:
    weight = float(histogram.weight.sum())
    if np.count_nonzero(histogram.weight) == 0:
        return None
    return histogram.finer_edges(histogram.quantiles(outer_shares(knots, weight)[[0, -1]]))


def _count_in_bins(
    edges: Mapping[str, FloatArray], map_pieces: PieceMapper
) -> dict[str, Histogram]:
    def of_piece(cells: Columns, weight: FloatArray) -> list[FloatArray]:
        return [_sums(cells[name], weight, edges[name]) for name in edges]

    sums = [np.zeros((2, len(column_edges) - 1)) for column_edges in edges.values()]
    for piece in map_pieces(of_piece):
        for total, piece_sums in zip(sums, piece, strict=True):
            np.add(total, piece_sums, out=total)
    return {n: Histogram(edges[n], *total) for n, total in zip(edges, sums, strict=True)}


def _sums(values: FloatArray, weight: FloatArray, edges: FloatArray) -> FloatArray:
    """Return weight and weighted sum (2, m) of the values (n,) in each bin, NaN not counted."""
    present = ~np.isnan(values)
    values, weight = values[present], weight[present]
    bins = len(edges) - 1
    indices = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, bins - 1)
    weights = (weight, weight * values)
    return np.stack([np.bincount(indices, w, minlength=bins) for w in weights])


def _spline(column: NumberColumn, number: int, histogram: Histogram) -> SplineColumn:
    filled = histogram.weight > 0
    share = histogram.weight[filled] / histogram.weight[filled].sum()
    values = histogram.total[filled] / histogram.weight[filled]
    knots = _knots(column, number, histogram)
    functions = np.stack(restricted_cubic(values, knots))
    means = functions @ share
    standardised = (values - column.mean) / column.std
    transform = _transform(standardised, column.std, functions - means[:, None], share)
    mean = tuple(means.tolist())
    return SplineColumn(**vars(column), knots=knots, means=mean, transform=transform)


def _knots(column: NumberColumn, number: int, histogram: Histogram) -> tuple[float, ...]:
    """Return quantiles; where several are one, points evenly between the outer ones."""
    quantiles = histogram.quantiles(outer_shares(number, float(histogram.weight.sum())))
    span = float(quantiles[-1] - quantiles[0])
    if span <= 0:
        return tuple(np.linspace(column.low, column.high, number).tolist())
    # Two digits of the range: no knot tells a student's exact figure.
    digits = 1 - math.floor(math.log10(span))
    upwards = 1e-6 * 10.0**-digits  # a half is a half whatever way its sum was rounded
    rounded = [round(float(value) + upwards, digits) for value in quantiles]
    if len(set(rounded)) == number:
        return tuple(rounded)
    even = np.linspace(rounded[0], rounded[-1], number).tolist()
    return tuple(round(value, digits + 3) for value in even)


def _transform(
    first: FloatArray, std: float, functions: FloatArray, share: FloatArray
) -> tuple[tuple[float, ...], ...]:
    """Return the factors that make each function (K-2, m) uncorrelated with those before it.

    Gram and Schmidt's way, from the standardised number `first` (m,), each bin having a `share`. So
    a penalty weighs every function of a spline alike.
    """
    number = len(functions) + 1
    columns, rows = [first], [np.eye(number)[0] / std]
    transform: list[tuple[float, ...]] = []
    for index, function in enumerate(functions, start=1):
        residual, row = function.copy(), np.eye(number)[index]
        norm = math.sqrt(float(share @ residual**2))
        for column, factors in zip(columns, rows, strict=True):
            common = float(share @ (residual * column))
            residual -= common * column
            row -= common * factors
        remaining = math.sqrt(float(share @ residual**2))
        if remaining <= MIN_RESIDUAL * norm:
            row, remaining = np.eye(number)[index], norm or 1.0
        else:
            columns.append(residual / remaining)
            rows.append(row / remaining)
        transform.append(tuple((row / remaining)[: index + 1].tolist()))
    return tuple(transform)
