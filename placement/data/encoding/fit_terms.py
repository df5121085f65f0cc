"""Fit the splines, steps and interactions of encoded columns, in further passes over the rows."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from placement.arrays import Columns, FloatArray
from placement.data.encoding.coded_layout import levels_of
from placement.data.encoding.nonlinear_terms import NonlinearTerms
from placement.data.encoding.spline_knots import PieceMapper, fit_splines
from placement.model.scorer import (
    CategoryColumn,
    Column,
    InteractionColumn,
    NumberColumn,
    SplineColumn,
    StepColumn,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LEAST_ROWS = 5  # on either side of a step, and of a product: fewer could point at one student


def fit_terms(
    columns: Sequence[Column], terms: NonlinearTerms, map_pieces: PieceMapper
) -> tuple[Column, ...]:
    """Return the encoded columns of the features (one each) with the terms that are requested.

    A column's steps stand right after it, products at the end.
    """
    numbers = {column.column: column for column in columns if isinstance(column, NumberColumn)}
    splines = fit_splines(numbers, terms.splines, map_pieces) if terms.splines else {}
    steps = _steps(terms.steps, map_pieces) if terms.steps else {}
    fitted: list[Column] = []
    for column in columns:
        fitted.append(splines.get(column.column, column))
        fitted += [steps[column.column]] if column.column in steps else []
    if terms.interactions:
        fitted += _interactions(fitted, terms.interactions, map_pieces)
    return tuple(fitted)


def terms_left_out(terms: NonlinearTerms, columns: Sequence[Column]) -> tuple[str, ...]:
    """Say which requested terms are not among the encoded columns, and why."""
    splines = {column.column for column in columns if isinstance(column, SplineColumn)}
    steps = {c.column: c.thresholds for c in columns if isinstance(c, StepColumn)}
    return (
        *(
            f"--spline {name}: fewer than three values to train on, so it stays a line"
            for name in terms.splines
            if name not in splines
        ),
        *(
            f"--step {name}:{threshold:g} is left out: fewer than {LEAST_ROWS} training rows are "
            "on one side of it"
            for name, thresholds in terms.steps.items()
            for threshold in thresholds
            if threshold not in steps.get(name, ())
        ),
        *_products_left_out(terms, columns),
    )


def _products_left_out(terms: NonlinearTerms, columns: Sequence[Column]) -> Iterator[str]:
    products = {c.column: len(c.pairs) for c in columns if isinstance(c, InteractionColumn)}
    for one, other in terms.interactions:
        requested = len(_encoded_indices(columns, one)) * len(_encoded_indices(columns, other))
        missing = requested - products[f"{one}:{other}"]
        if missing:
            yield (
                f"--interaction {one}:{other}: {missing} of {requested} products are left out, as "
                f"fewer than {LEAST_ROWS} training rows have both"
            )


def _steps(
    requested: Mapping[str, tuple[float, ...]], map_pieces: PieceMapper
) -> dict[str, StepColumn]:
    """Return the steps that have rows on both sides."""

    def of_piece(cells: Columns, weight: FloatArray) -> dict[str, FloatArray]:
        sums = {}
        for name, thresholds in requested.items():
            values = cells[name]
            above = [weight[values >= threshold].sum() for threshold in thresholds]
            sums[name] = np.array([weight[~np.isnan(values)].sum(), *above])
        return sums

    total = {name: np.zeros(1 + len(thresholds)) for name, thresholds in requested.items()}
    for sums in map_pieces(of_piece):
        for name, counts in sums.items():
            total[name] += counts
    fitted = {}
    for name, (total_weight, *above) in total.items():
        enough = [
            (threshold, float(weight / total_weight))
            for threshold, weight in zip(requested[name], above, strict=True)
            if min(weight, total_weight - weight) >= LEAST_ROWS
        ]
        if enough:
            thresholds, shares = zip(*enough, strict=True)
            fitted[name] = StepColumn(name, thresholds, shares)
    return fitted


def _encoded_indices(columns: Sequence[Column], name: str) -> list[int]:
    """Return where a file column is encoded, from 0; of numbers without whether they are missing.

    A number that is missing is 0 in each of its columns, and so in their products.
    """
    index = 0
    indices: list[int] = []
    for column in columns:
        if column.column == name and not isinstance(column, InteractionColumn):
            has_missing = isinstance(column, NumberColumn) and column.missing is not None
            indices += range(index, index + len(column.names) - has_missing)
        index += len(column.names)
    return indices


def _interactions(
    columns: Sequence[Column], requested: Sequence[tuple[str, str]], map_pieces: PieceMapper
) -> list[InteractionColumn]:
    """Return the products of the encoded columns of two file columns, row by row of the table.

    A product of 0/1 columns that fewer than five students have both of is left out.
    """
    names = [name for column in columns for name in column.names]
    indices = {name: _encoded_indices(columns, name) for two in requested for name in two}
    pairs = [tuple(product(indices[one], indices[other])) for one, other in requested]

    def of_piece(cells: Columns, weight: FloatArray) -> FloatArray:
        sums = [np.array([weight.sum()])]
        for one, other in requested:
            x, y = _encoded(columns, one, cells), _encoded(columns, other, cells)
            for a, b in zip(x, y, strict=True):
                products: Any = a.multiply(weight[:, None]).T @ b
                sums.append(products.toarray().ravel())
        return np.concatenate(sums)

    total = sum(map_pieces(of_piece), np.zeros(1 + 2 * sum(map(len, pairs))))
    products, start = [], 1
    for (one, other), pair_list in zip(requested, pairs, strict=True):
        counts, sums = total[start : start + 2 * len(pair_list)].reshape(2, -1)
        start += 2 * len(pair_list)
        enough = np.flatnonzero(counts >= LEAST_ROWS).tolist()
        used = tuple(pair_list[k] for k in enough)
        product_names = tuple(f"{names[i]}:{names[j]}" for i, j in used)
        means = tuple((sums[enough] / total[0]).tolist())
        products.append(InteractionColumn(f"{one}:{other}", product_names, used, means))
    return products


def _encoded(
    columns: Sequence[Column], name: str, cells: Columns
) -> tuple["csr_array[np.float64]", "csr_array[np.float64]"]:
    """Return the encoded columns (n, k) of a file column: where a row has each, and its values."""
    from scipy.sparse import csr_array, hstack

    is_set, values = [], []
    for column in columns:
        if column.column != name or isinstance(column, InteractionColumn):
            continue
        if isinstance(column, CategoryColumn):
            codes = column.codes(cells[name])[0]
            encoded = csr_array(levels_of(column).tocsr()[codes])
        else:
            arrays = column.encode(cells[name])[0]
            has_missing = isinstance(column, NumberColumn) and column.missing is not None
            encoded = csr_array(np.column_stack(arrays[: len(arrays) - has_missing]))
        is_flag = isinstance(column, CategoryColumn | StepColumn)
        values.append(encoded)
        is_set.append(
            encoded.astype(bool).astype(float) if is_flag else csr_array(np.ones(encoded.shape))
        )
    return hstack(is_set, "csr"), hstack(values, "csr")
