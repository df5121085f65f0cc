"""Whether a plane separates the classes: then only a penalty keeps the coefficients finite."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement.arrays import FloatArray
from placement.data.encoding.chunks import ArrayChunks, Chunk, Chunks
from placement.training.problem.separating_hyperplane import (
    RowIterator,
    classes_overlap,
    columns_that_separate,
    completely,
    has_optimum,
    is_of_full_rank,
    row_iterator,
    separating_plane,
)

MOST_DISTINCT_ROWS = 200_000
NO_OPTIMUM = (
    "without a penalty no finite optimum exists: leave out --l2 0 or these columns (--drop)"
)
PENALTY_ONLY = "the penalty alone keeps the coefficients finite"
_MOST_CELLS = 20_000_000
_SAMPLE_ROWS = 4_000
_MOST_LISTED = 8


@dataclass(frozen=True)
class Separation:
    """Columns that separate the classes; none where they overlap. `text` says it in words."""

    columns: tuple[str, ...]
    complete: bool
    text: str


def find_separation(
    source: Chunks, names: Sequence[str], *, most_rows: int | None = None
) -> Separation | None:
    """Decide whether a plane through the columns separates the classes, wholly or nearly.

    A linear programme seeks β with every sᵢxᵢᵀβ ≥ 0 and some above. Rows that overlap in a
    sample of full rank overlap in the whole. Returns None where more than `most_rows` distinct
    rows, or many of very many columns, would have to be asked.
    """
    none = Separation((), complete=False, text="")
    if source.rows > _SAMPLE_ROWS:
        rows = np.random.default_rng(0).choice(source.rows, _SAMPLE_ROWS, replace=False)
        some = source.take(np.sort(rows))
        if classes_overlap(_signed_rows(some, _scale(some))):
            return none
    scale = _scale(source)
    signed = _distinct_rows(source, scale, most_rows or MOST_DISTINCT_ROWS)
    if signed is None and most_rows is not None:
        return None
    few = signed is not None and len(signed) <= _SAMPLE_ROWS
    if signed is not None and few and is_of_full_rank(signed) and has_optimum(signed):
        return none
    walk = row_iterator(signed) if signed is not None else _walk_through(source, scale)
    beta = separating_plane(walk)
    if beta is None:
        return none
    columns = columns_that_separate(walk, beta)
    complete = completely(walk)
    chosen = tuple(names[j] for j in columns) or ("(intercept)",)
    verb = "separates" if len(chosen) == 1 else "separate"
    nearly = "" if complete else " but for rows on the boundary (quasi-complete separation)"
    text = f"{_listed(chosen)} {verb} the classes{nearly}"
    if not columns:
        text = "all rows have the same outcome"
    return Separation(chosen, complete, text)


def _walk_through(source: Chunks, scale: tuple[FloatArray, FloatArray]) -> RowIterator:
    return lambda: (_signed_rows(chunk, scale) for chunk in source)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_LISTED
    return ", ".join(names[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def _scale(source: Chunks) -> tuple[FloatArray, FloatArray]:
    """Return the middle and the half width of each column's range, `(d,)` each, 1 if it is 0."""
    low, high = np.full(source.columns, np.inf), np.full(source.columns, -np.inf)
    for chunk in source:
        used = chunk.x[chunk.weight > 0]
        low = np.minimum(low, used.min(axis=0, initial=np.inf))
        high = np.maximum(high, used.max(axis=0, initial=-np.inf))
    middle = np.where(low <= high, low + (high - low) / 2, 0.0)
    width = np.where(low < high, (high - low) / 2, 1.0)
    return middle, width


def _signed_rows(rows: Chunk | ArrayChunks, scale: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Rows s·(x, 1) with s = ±1, columns brought to like size; a soft target counts as both."""
    used = rows.weight > 0
    middle, width = scale
    x, y = np.asarray(rows.x[used], dtype=np.float64), rows.y[used]
    full = np.column_stack([(x - middle) / width, np.ones(len(x))])
    return np.concatenate([full[y > 0], -full[y < 1]])


def _distinct_rows(
    source: Chunks, scale: tuple[FloatArray, FloatArray], most_rows: int
) -> FloatArray | None:
    """Return the different signed rows; None as soon as there are too many."""
    most = min(most_rows, _MOST_CELLS // (source.columns + 1))
    # Rows are compared by two sums of their cells: as good as sure, and much faster.
    draw = np.random.default_rng(0).normal(size=(2, source.columns + 1))
    found = np.empty((0, source.columns + 1))
    waiting: list[FloatArray] = []
    for chunk in source:
        waiting.append(_different(_signed_rows(chunk, scale), draw))
        # Joined whenever they doubled, so that rows that come again never pile up.
        if sum(map(len, waiting)) > max(len(found), _SAMPLE_ROWS):
            found, waiting = _different(np.concatenate([found, *waiting]), draw), []
            if len(found) > most:
                return None
    found = _different(np.concatenate([found, *waiting]), draw)
    return None if len(found) > most else found


def _different(signed: FloatArray, draw: FloatArray) -> FloatArray:
    keys = np.empty(len(signed), dtype=np.complex128)
    # Not by `@`: the same row must have the same sum wherever it stands.
    keys.real, keys.imag = (signed * draw[0]).sum(axis=1), (signed * draw[1]).sum(axis=1)
    return signed[np.unique(keys, return_index=True)[1]]
