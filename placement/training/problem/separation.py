"""Whether a hyperplane separates the classes: then only a penalty keeps the coefficients finite."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from placement.arrays import FloatArray
from placement.data.encoding.chunks import ArrayChunks, Chunk, Chunks, rows_per_chunk
from placement.data.encoding.design_matrix import DesignMatrix
from placement.errors import DataError
from placement.training.passes.chunk_threads import one_blas_thread
from placement.training.problem import separation_lp as lp

MOST_DISTINCT_ROWS = 200_000
NO_OPTIMUM = (
    "without a penalty no finite optimum exists: leave out --l2 0 or these columns (--drop)"
)
PENALTY_ONLY = "the penalty alone keeps the coefficients finite"
_MOST_CELLS = 20_000_000
_SAMPLE_ROWS = 4_000
_ROWS_PER_COLUMN = 2  # of a sample: with fewer even outcomes by lot are separable (Cover 1965)
_MOST_LISTED = 8


@dataclass(frozen=True)
class Separation:
    """Columns that separate the classes; none where they overlap. `text` says it in words."""

    columns: tuple[str, ...]
    complete: bool
    text: str


def separation_in(
    source: Chunks, names: Sequence[str], *, penalised: bool
) -> tuple[bool | None, tuple[str, ...]]:
    """Return whether the classes are separable, None where that was not decided, and warnings.

    Raises DataError where they are and no penalty keeps the coefficients finite.
    """
    with one_blas_thread():
        separation = find_separation(source, names, most_rows=MOST_DISTINCT_ROWS)
    if not penalised:
        _refuse(separation)
    if separation is None:
        return None, ()
    separable = bool(separation.columns)
    return separable, ((f"{separation.text}; {PENALTY_ONLY}",) if separable else ())


def refuse_separation(source: Chunks, names: Sequence[str]) -> None:
    """Raise DataError where the classes are separable, however many rows that takes."""
    _refuse(find_separation(source, names))


def _refuse(separation: Separation | None) -> None:
    if separation is not None and separation.columns:
        raise DataError(f"{separation.text}; {NO_OPTIMUM}")


def find_separation(
    source: Chunks, names: Sequence[str], *, most_rows: int | None = None
) -> Separation | None:
    """Decide whether a hyperplane separates the classes, completely or quasi-completely.

    A linear programme seeks β with every sᵢxᵢᵀβ ≥ 0 and some above. Rows that overlap in a
    sample of full rank overlap in the whole. Returns None where more than `most_rows` distinct
    rows, or many of very many columns, would have to be held.
    """
    none = Separation((), complete=False, text="")
    if source.rows > _SAMPLE_ROWS >= _ROWS_PER_COLUMN * source.columns:
        drawn = np.random.default_rng(0).choice(source.rows, _SAMPLE_ROWS, replace=False)
        sample = source.take(np.sort(drawn))
        if lp.classes_overlap(_signed_rows(sample, _scale(sample))):
            return none
    scale = _scale(source)
    signed = _distinct_rows(source, scale, most_rows or MOST_DISTINCT_ROWS)
    if signed is None and most_rows is not None:
        return None
    few = signed is not None and len(signed) <= _SAMPLE_ROWS
    if signed is not None and few and lp.is_of_full_rank(signed) and lp.has_optimum(signed):
        return none

    def rows() -> Iterator[FloatArray]:
        if signed is not None:
            return iter([signed])
        return (_signed_rows(part, scale) for part in dense_chunks(source))

    beta = lp.separating_hyperplane(rows)
    if beta is None:
        return none
    columns = lp.columns_that_separate(rows, beta)
    complete = lp.is_completely_separable(rows)
    separating = tuple(names[j] for j in columns) or ("(intercept)",)
    verb = "separates" if len(separating) == 1 else "separate"
    nearly = "" if complete else " but for rows on the boundary (quasi-complete separation)"
    more = len(separating) - _MOST_LISTED
    listed = ", ".join(separating[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")
    text = f"{listed} {verb} the classes{nearly}" if columns else "all rows have the same outcome"
    return Separation(separating, complete, text)


def dense_chunks(source: Chunks) -> Iterator[Chunk]:
    """Yield the rows with weight, all their columns written out, as many at a time as fit."""
    step = rows_per_chunk(8 * source.columns)
    for chunk in source:
        used = np.flatnonzero(chunk.weight > 0)
        for start in range(0, len(used), step):
            rows = used[start : start + step]
            x = DesignMatrix.of(chunk.x[rows].to_dense())
            yield Chunk(x, chunk.y[rows], chunk.weight[rows])


def _scale(source: Chunks) -> tuple[FloatArray, FloatArray]:
    """Return the middle and the half width of each column's range, `(d,)` each, 1 if it is 0."""
    low, high = np.full(source.columns, np.inf), np.full(source.columns, -np.inf)
    for part in dense_chunks(source):
        low = np.minimum(low, part.x.dense.min(axis=0))
        high = np.maximum(high, part.x.dense.max(axis=0))
    half = (high - low) / 2
    return np.where(low <= high, low + half, 0.0), np.where(low < high, half, 1.0)


def _signed_rows(rows: Chunk | ArrayChunks, scale: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Rows s·(x, 1) with s = ±1, columns brought to like size; a soft target counts as both."""
    used = rows.weight > 0
    middle, width = scale
    x, y = np.asarray(rows.x[used].to_dense(), dtype=np.float64), rows.y[used]
    full = np.column_stack([(x - middle) / width, np.ones(len(x))])
    return np.concatenate([full[y > 0], -full[y < 1]])


def _distinct_rows(
    source: Chunks, scale: tuple[FloatArray, FloatArray], most_rows: int
) -> FloatArray | None:
    """Return the different signed rows; None as soon as there are too many."""
    most = min(most_rows, _MOST_CELLS // (source.columns + 1))
    # Rows are compared by two sums of their cells: as good as sure, and much faster.
    draw = np.random.default_rng(0).normal(size=(2, source.columns + 1))
    distinct = np.empty((0, source.columns + 1))
    pending: list[FloatArray] = []
    for part in dense_chunks(source):
        pending.append(_unique(_signed_rows(part, scale), draw))
        # Joined whenever they doubled, so that repeated rows never pile up.
        if sum(map(len, pending)) > max(len(distinct), min(most, _SAMPLE_ROWS)):
            distinct, pending = _unique(np.concatenate([distinct, *pending]), draw), []
            if len(distinct) > most:
                return None
    distinct = _unique(np.concatenate([distinct, *pending]), draw)
    return None if len(distinct) > most else distinct


def _unique(signed: FloatArray, draw: FloatArray) -> FloatArray:
    keys = np.empty(len(signed), dtype=np.complex128)
    # Not by `@`: the same row must have the same sum wherever it stands.
    keys.real, keys.imag = (signed * draw[0]).sum(axis=1), (signed * draw[1]).sum(axis=1)
    return signed[np.unique(keys, return_index=True)[1]]
