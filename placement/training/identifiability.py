"""Which coefficients the data cannot decide: aliased columns and separable classes.

Without a penalty, a column that is a linear combination of earlier ones has no coefficient of
its own, and classes that a plane separates push the coefficients to infinity.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from placement.data.chunks import ArrayChunks, Chunk, Chunks
from placement.training.moments import Moments

Array = npt.NDArray[np.float64]

ALIASED = 1e-10  # of a column's squared length: what earlier columns leave unexplained
ROUNDED = 1e-2  # products in float32 are right to 1e-5 or so, and tell no less than this
CONSTANT = 1e-20
MOST_DISTINCT_ROWS = 200_000
NO_OPTIMUM = (
    "without a penalty no finite optimum exists: leave out --l2 0 or these columns (--drop)"
)
PENALTY_ONLY = "the penalty alone keeps the coefficients finite"
_SAMPLE_ROWS = 4_000
_WORKING_ROWS = 1_000
_MOST_LISTED = 8
_MOST_TRIED_COLUMNS = 40
_MARGIN = 1e-6  # of a separating plane: the solver's tolerance is 1e-7
_NEWTON_STEPS, _FAR = 12, 30.0


@dataclass(frozen=True)
class Separation:
    """Columns that separate the classes; none where they overlap. `text` says it in words."""

    columns: tuple[str, ...]
    complete: bool
    text: str


def unexplained(seen: Moments) -> Array:
    """Return the shares (d,) of the columns' squared lengths that earlier ones do not explain.

    0 for a constant, which the intercept explains; an aliased column explains nothing more.
    """
    products = seen.centred.copy()
    length = np.diag(seen.centred).copy()
    constant = length <= CONSTANT * (length + seen.weight * seen.mean**2)
    shares = np.zeros(len(length))
    for j in np.flatnonzero(~constant):
        left = products[j, j]
        shares[j] = left / length[j]
        if shares[j] > ALIASED:  # sweep column j out of all later ones
            products -= np.outer(products[:, j], products[j, :]) / left
    return shares


def aliased_columns(seen: Moments) -> tuple[int, ...]:
    """Return the columns that are linear combinations of earlier ones or the intercept."""
    return tuple(np.flatnonzero(unexplained(seen) <= ALIASED).tolist())


def find_separation(
    source: Chunks, names: Sequence[str], *, most_rows: int | None = None
) -> Separation | None:
    """Decide whether a plane through the columns separates the classes, wholly or nearly.

    A linear programme seeks β with every sᵢxᵢᵀβ ≥ 0 and some above. Rows that overlap in a
    sample of full rank overlap in the whole. Returns None where more than `most_rows` distinct
    rows would have to be asked.
    """
    none = Separation((), complete=False, text="")
    if source.rows > _SAMPLE_ROWS:
        rows = np.random.default_rng(0).choice(source.rows, _SAMPLE_ROWS, replace=False)
        some = source.take(np.sort(rows))
        if _overlap(_signed_rows(some, _scale(some))):
            return none
    signed = _distinct_rows(source, _scale(source), most_rows)
    if signed is None:
        return None
    if len(signed) <= _SAMPLE_ROWS and _full_rank(signed) and has_optimum(signed):
        return none
    beta = _separating_plane(signed)
    if beta is None:
        return none
    columns = _columns_that_separate(signed, beta)
    complete = _completely(signed)
    chosen = tuple(names[j] for j in columns) or ("(intercept)",)
    verb = "separates" if len(chosen) == 1 else "separate"
    nearly = "" if complete else " but for rows on the boundary (quasi-complete separation)"
    text = f"{_listed(chosen)} {verb} the classes{nearly}"
    if not columns:
        text = "all rows have the same outcome"
    return Separation(chosen, complete, text)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_LISTED
    return ", ".join(names[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def _scale(source: Chunks) -> tuple[Array, Array]:
    """Return the middle and the half width of each column's range, `(d,)` each, 1 if it is 0."""
    low, high = np.full(source.columns, np.inf), np.full(source.columns, -np.inf)
    for chunk in source:
        used = chunk.x[chunk.weight > 0]
        low = np.minimum(low, used.min(axis=0, initial=np.inf))
        high = np.maximum(high, used.max(axis=0, initial=-np.inf))
    middle = np.where(low <= high, low + (high - low) / 2, 0.0)
    width = np.where(low < high, (high - low) / 2, 1.0)
    return middle, width


def _signed_rows(rows: Chunk | ArrayChunks, scale: tuple[Array, Array]) -> Array:
    """Rows s·(x, 1) with s = ±1, columns brought to like size; a soft target counts as both."""
    used = rows.weight > 0
    middle, width = scale
    x, y = np.asarray(rows.x[used], dtype=np.float64), rows.y[used]
    full = np.column_stack([(x - middle) / width, np.ones(len(x))])
    return np.concatenate([full[y > 0], -full[y < 1]])


def _distinct_rows(
    source: Chunks, scale: tuple[Array, Array], most_rows: int | None
) -> Array | None:
    """Return the different signed rows; None as soon as there are more than `most_rows`."""
    found = np.empty((0, source.columns + 1))
    waiting: list[Array] = []
    for chunk in source:
        waiting.append(np.unique(_signed_rows(chunk, scale), axis=0))
        # Joined whenever they doubled, so that rows that come again never pile up.
        if sum(map(len, waiting)) > max(len(found), _SAMPLE_ROWS):
            found, waiting = np.unique(np.concatenate([found, *waiting]), axis=0), []
            if most_rows is not None and len(found) > most_rows:
                return None
    found = np.unique(np.concatenate([found, *waiting]), axis=0)
    return None if most_rows is not None and len(found) > most_rows else found


def _overlap(sample: Array) -> bool:
    return _full_rank(sample) and (has_optimum(sample) or _separating_plane(sample) is None)


def has_optimum(signed: Array) -> bool:
    """Whether a finite optimum without penalty was found, which proves that the classes overlap.

    There Σ pᵢsᵢxᵢ = 0 with every pᵢ = sigmoid(−sᵢxᵢᵀβ) above 0. A plane with all margins ≥ 0 has
    the same sum of pᵢ·margin, so each margin is 0. With a gradient g left over, none is above
    |g|/min pᵢ.
    False says nothing: full steps of Newton may not get there. Rows must be of full rank.
    """
    beta = np.zeros(signed.shape[1])
    for _ in range(_NEWTON_STEPS):
        wrong = 1 / (1 + np.exp(np.minimum(signed @ beta, _FAR)))
        gradient = wrong @ signed
        if np.abs(gradient).sum() <= _MARGIN / 10 * wrong.min():
            return True
        hessian = (signed * (wrong * (1 - wrong))[:, None]).T @ signed
        try:
            beta = beta + np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            return False
        if not np.abs(beta).max() < _FAR:
            return False
    return False


def _separating_plane(signed: Array) -> Array | None:
    """Return β with |β| ≤ 1, all margins ≥ 0 and one above, or None.

    Solved on a few rows, to which those that its answer violates are added until none is: an
    answer for fewer rows that none violates is one for all.
    """
    work = _first_rows(signed)
    while True:
        beta = _solve(signed[work])
        if beta is None:
            everything = len(work) == len(signed) or _full_rank(signed[work])
            return None if everything else _solve(signed)
        added = _violated(signed @ beta, work)
        if not len(added):
            return beta
        work = np.concatenate([work, added])


def _solve(signed: Array) -> Array | None:
    from scipy.optimize import linprog

    answer = linprog(
        -signed.sum(axis=0),
        A_ub=-signed,
        b_ub=np.zeros(len(signed)),
        bounds=(-1, 1),
        method="highs",
    )
    if answer.x is None:
        return None
    beta = np.asarray(answer.x, dtype=np.float64)
    margins = signed @ beta
    # Feasible planes form a cone, so a true one is scaled up to the bounds; the solver's
    # tolerance of 1e-7 alone is not.
    real = (
        np.abs(beta).max(initial=0.0) > 0.5 and margins.min() > -_MARGIN and margins.max() > _MARGIN
    )
    return beta if real else None


def _completely(signed: Array) -> bool:
    """Return whether some plane leaves every row a margin: max t with all margins ≥ t."""
    from scipy.optimize import linprog

    size = signed.shape[1]
    work = _first_rows(signed)
    while True:
        answer = linprog(
            np.append(np.zeros(size), -1.0),
            A_ub=np.column_stack([-signed[work], np.ones(len(work))]),
            b_ub=np.zeros(len(work)),
            bounds=[(-1, 1)] * size + [(0, 1)],
            method="highs",
        )
        if answer.x is None or answer.x[-1] <= _MARGIN:
            return False
        added = _violated(signed @ answer.x[:-1], work)
        if not len(added):
            return True
        work = np.concatenate([work, added])


def _first_rows(signed: Array) -> npt.NDArray[np.intp]:
    """Some rows, and those extreme in each column, where rare levels show."""
    some = np.random.default_rng(0).permutation(len(signed))[:_WORKING_ROWS]
    return np.unique(np.concatenate([some, signed.argmin(axis=0), signed.argmax(axis=0)]))


def _violated(margins: Array, work: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    margins = margins.copy()
    margins[work] = 0.0
    worst = np.argsort(margins, kind="stable")[:_WORKING_ROWS]
    return worst[margins[worst] < -_MARGIN]


def _full_rank(signed: Array) -> bool:
    return bool(np.linalg.matrix_rank(signed) == signed.shape[1])


def _columns_that_separate(signed: Array, beta: Array) -> list[int]:
    """Return few columns that suffice: each that does alone, else what no other can replace."""
    columns = signed.shape[1] - 1
    alone = [j for j in range(columns) if _separates_alone(signed, j)]
    if alone:
        return alone
    if not _separates_with(signed, []) and columns <= _MOST_TRIED_COLUMNS:
        needed = [j for j in range(columns) if abs(beta[j]) > 1e-6]
        for j in list(needed):
            fewer = [k for k in needed if k != j]
            if _separates_with(signed, fewer):
                needed = fewer
        return needed
    return [j for j in range(columns) if abs(beta[j]) > 1e-6 and columns > _MOST_TRIED_COLUMNS]


def _separates_with(signed: Array, columns: list[int]) -> bool:
    return _separating_plane(signed[:, [*columns, signed.shape[1] - 1]]) is not None


def _separates_alone(signed: Array, column: int) -> bool:
    positive = signed[:, -1] > 0
    above, below = signed[positive, column], -signed[~positive, column]
    if not len(above) or not len(below):
        return False
    low, high = min(above.min(), below.min()), max(above.max(), below.max())
    return bool(low < high and (above.min() >= below.max() or above.max() <= below.min()))
