"""Fit the splines, steps and interactions of encoded columns, in further passes over the rows."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np

from placement.arrays import Columns, FloatArray
from placement.data.encoding.nonlinear_terms import NonlinearTerms
from placement.data.encoding.spline_knots import PieceMapper, fit_splines
from placement.model.scorer import (
    CategoryColumn,
    Column,
    InteractionColumn,
    NumberColumn,
    SplineColumn,
    StepColumn,
    encode_in_order,
)

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
    flags = [isinstance(c, CategoryColumn | StepColumn) for c in columns for _ in c.names]
    indices = {name: _encoded_indices(columns, name) for pair in requested for name in pair}
    pairs = {(a, b): list(product(indices[a], indices[b])) for a, b in requested}
    all_pairs = sorted({pair for pair_list in pairs.values() for pair in pair_list})

    def of_piece(cells: Columns, weight: FloatArray) -> FloatArray:
        encoded = [values for group, _ in encode_in_order(columns, cells) for values in group]
        is_set = [x != 0 if flag else True for x, flag in zip(encoded, flags, strict=True)]
        sums = np.zeros((3, len(all_pairs)))
        for index, (i, j) in enumerate(all_pairs):
            rows = np.broadcast_to(is_set[i] & is_set[j], weight.shape)
            product_sum = (weight * (encoded[i] * encoded[j])).sum()
            sums[:, index] = weight.sum(), weight[rows].sum(), product_sum
        return sums

    total_weight, count, total = sum(map_pieces(of_piece), np.zeros((3, len(all_pairs))))
    mean_of = dict(zip(all_pairs, (total / total_weight).tolist(), strict=True))
    enough = dict(zip(all_pairs, (count >= LEAST_ROWS).tolist(), strict=True))
    products = []
    for (one, other), pair_list in pairs.items():
        used = tuple(pair for pair in pair_list if enough[pair])
        product_names = tuple(f"{names[i]}:{names[j]}" for i, j in used)
        means = tuple(mean_of[pair] for pair in used)
        products.append(InteractionColumn(f"{one}:{other}", product_names, used, means))
    return products
