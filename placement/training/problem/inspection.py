"""One pass over the rows before fitting: totals, moments, aliased columns, invalid cells."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement.data.encoding.chunks import Chunk, Chunks, threads_for
from placement.errors import DataError
from placement.model.perceptron import Standardising
from placement.training.passes.moments import ROUNDED, Moments, Totals, column_totals


@dataclass(frozen=True)
class Inspection:
    """The totals of the rows and, where products were taken, the moments as the model sees them.

    `aliased` are the columns that have no coefficient where there is no penalty.
    """

    totals: Totals
    moments: Moments | None
    aliased: tuple[int, ...]


def inspect(
    source: Chunks,
    names: Sequence[str],
    *,
    products: bool,
    penalised: bool,
    standardising: Standardising | None = None,
    totals: Totals | None = None,
) -> Inspection:
    """Inspect the rows; `totals` are those of this very source, where they were taken before.

    Raises DataError for a target outside [0, 1], a cell that is not finite, a weight below 0.
    """
    threads = threads_for(source)
    if totals is None:
        totals = column_totals(source, threads, products=products or not penalised)
    _check_rows(source, totals, names)
    if not penalised and totals.rounded and (totals.moments.unexplained <= ROUNDED).any():
        totals = column_totals(source, threads, products=True, double=True)
    moments = None if totals.products is None else totals.moments
    if moments is not None and standardising is not None:
        moments = moments.standardised(standardising)
    aliased = () if moments is None or penalised else moments.aliased
    return Inspection(totals, moments, aliased)


def _check_rows(source: Chunks, totals: Totals, names: Sequence[str]) -> None:
    """Refuse what cannot be trained on; chunks are checked only where totals are in doubt."""
    if totals.in_doubt:
        rows_before = 0
        for chunk in source:
            _check_chunk(chunk, rows_before, names)
            rows_before += len(chunk)
    if totals.weight <= 0:
        raise DataError("no row with a weight above 0 is left to train on")


def _check_chunk(chunk: Chunk, rows_before: int, names: Sequence[str]) -> None:
    outside = ~((chunk.y >= 0) & (chunk.y <= 1))
    if outside.any():
        row = int(outside.argmax())
        raise DataError(
            f"target of row {rows_before + row + 1} is {chunk.y[row]:g}: "
            "a target is a probability between 0 and 1"
        )
    finite = np.isfinite(chunk.x.to_dense())
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise DataError(f"row {rows_before + row + 1}, column {names[column]}: not a finite number")
    if not ((chunk.weight >= 0) & np.isfinite(chunk.weight)).all():
        raise DataError("a weight is negative or not finite: weights are counts of 0 or more")
