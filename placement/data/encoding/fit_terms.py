"""Give the encoded columns their curves, steps and products, learnt in further passes over rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from placement.arrays import FloatArray
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
    columns: Sequence[Column], curves: NonlinearTerms, each: PieceMapper
) -> tuple[Column, ...]:
    """Return the encoded columns of the features (one each) with all that is asked for.

    A column's steps stand right after it, products at the end.
    """
    numbers = {own.column: own for own in columns if isinstance(own, NumberColumn)}
    splines = fit_splines(numbers, curves.splines, each) if curves.splines else {}
    steps = _steps(curves.steps, each) if curves.steps else {}
    made: list[Column] = []
    for column in columns:
        made.append(splines.get(column.column, column))
        made += [steps[column.column]] if column.column in steps else []
    return (*made, *(_interactions(made, curves.interactions, each) if curves.interactions else ()))


def left_out(curves: NonlinearTerms, columns: Sequence[Column]) -> tuple[str, ...]:
    """Say what was asked for and is not among the encoded columns, and why."""
    bent = {own.column for own in columns if isinstance(own, SplineColumn)}
    steps = {own.column: own.thresholds for own in columns if isinstance(own, StepColumn)}
    return (
        *(
            f"--spline {name}: fewer than three values to train on, so it stays a line"
            for name in curves.splines
            if name not in bent
        ),
        *(
            f"--step {name}:{threshold:g} is left out: fewer than {LEAST_ROWS} training rows are "
            "on one side of it"
            for name, thresholds in curves.steps.items()
            for threshold in thresholds
            if threshold not in steps.get(name, ())
        ),
        *_products_left_out(curves, columns),
    )


def _products_left_out(curves: NonlinearTerms, columns: Sequence[Column]) -> Iterator[str]:
    made = {own.column: len(own.pairs) for own in columns if isinstance(own, InteractionColumn)}
    for one, other in curves.interactions:
        asked = len(_places(columns, one)) * len(_places(columns, other))
        lacking = asked - made[_product(one, other)]
        if lacking:
            yield (
                f"--interaction {one}:{other}: {lacking} of {asked} products are left out, as "
                f"fewer than {LEAST_ROWS} training rows have both"
            )


def _steps(asked: Mapping[str, tuple[float, ...]], each: PieceMapper) -> dict[str, StepColumn]:
    """Return the steps that have rows on both sides."""

    def of_piece(cells: Mapping[str, Any], weight: FloatArray) -> dict[str, FloatArray]:
        sums = {}
        for name, thresholds in asked.items():
            values = cells[name]
            sums[name] = np.array(
                [weight[~np.isnan(values)].sum()] + [weight[values >= t].sum() for t in thresholds]
            )
        return sums

    total = {name: np.zeros(1 + len(thresholds)) for name, thresholds in asked.items()}
    for sums in each(of_piece):
        for name, own in sums.items():
            total[name] += own
    made = {}
    for name, (everything, *above) in total.items():
        kept = [
            (threshold, float(weight / everything))
            for threshold, weight in zip(asked[name], above, strict=True)
            if min(weight, everything - weight) >= LEAST_ROWS
        ]
        if kept:
            thresholds, shares = zip(*kept, strict=True)
            made[name] = StepColumn(name, thresholds, shares)
    return made


def _product(one: str, other: str) -> str:
    return f"{one}:{other}"


def _places(columns: Sequence[Column], name: str) -> list[int]:
    """Return where a file column is encoded, from 0; of numbers without whether they are missing.

    A number that is missing is 0 in each of its columns, and so in their products.
    """
    place = 0
    found: list[int] = []
    for own in columns:
        if own.column == name and not isinstance(own, InteractionColumn):
            gap = isinstance(own, NumberColumn) and own.missing is not None
            found += range(place, place + len(own.names) - gap)
        place += len(own.names)
    return found


def _interactions(
    columns: Sequence[Column], asked: Sequence[tuple[str, str]], each: PieceMapper
) -> list[InteractionColumn]:
    """Return the products of the encoded columns of two file columns, row by row of the table.

    A product of 0/1 columns that fewer than five students have both of is left out.
    """
    names = [name for own in columns for name in own.names]
    flags = [isinstance(own, CategoryColumn | StepColumn) for own in columns for _ in own.names]
    pairs = {
        (one, other): [(i, j) for i in _places(columns, one) for j in _places(columns, other)]
        for one, other in asked
    }
    wanted = sorted({pair for own in pairs.values() for pair in own})

    def of_piece(cells: Mapping[str, Any], weight: FloatArray) -> FloatArray:
        encoded = [own for some, _ in encode_in_order(columns, cells) for own in some]
        there = [own != 0 if flag else True for own, flag in zip(encoded, flags, strict=True)]
        sums = np.zeros((3, len(wanted)))
        for place, (i, j) in enumerate(wanted):
            rows = np.broadcast_to(there[i] & there[j], weight.shape)
            sums[:, place] = (
                weight.sum(),
                weight[rows].sum(),
                (weight * (encoded[i] * encoded[j])).sum(),
            )
        return sums

    everything, count, total = sum(each(of_piece), np.zeros((3, len(wanted))))
    mean_of = dict(zip(wanted, (total / everything).tolist(), strict=True))
    enough = dict(zip(wanted, (count >= LEAST_ROWS).tolist(), strict=True))
    made = []
    for (one, other), own in pairs.items():
        kept = tuple(pair for pair in own if enough[pair])
        made.append(
            InteractionColumn(
                _product(one, other),
                tuple(f"{names[i]}:{names[j]}" for i, j in kept),
                kept,
                tuple(mean_of[pair] for pair in kept),
            )
        )
    return made
