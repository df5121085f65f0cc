"""The scales of grades: which one a column is on, and columns that mix two."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from placement.arrays import FloatArray
from placement.data.columns.column import SCALES, Column, rows_where
from placement.data.columns.column_store import ComputedArray
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.columns.raw_column import (
    CategoricalColumn,
    HashedColumn,
    NumericColumn,
    RawColumn,
)
from placement.data.columns.row_locations import RowLocations
from placement.data.schema import means_grade, means_mark, quoted
from placement.errors import CellsInDoubt, DataError, UsageError, counted
from placement.model.scorer import NumberFormat

SCALE_SHARE = 0.95  # share of grades a scale must hold
_LEAST = 3  # so many cells of another scale are no slips
_WHOLE_SHARE = 0.15  # of whole numbers: fewer may be marks of those who failed
_BETWEEN = 0.1  # of the smaller group may lie between two scales
_SHARE = 1.0
_SMALL_SCALES = (_SHARE, 4.0, 5.0, 10.0, 20.0)
_STEP = 0.25  # of which each scale, its quarter and 2.5 times as much are multiples
_STEPS = int(100 / _STEP)


def infer_scale(column: Column, counts_up_to: Sequence[int], high: float) -> float | None:
    """Return the grade scale (4, 5, 10, 20 or 100) of a grade-named number column, else None.

    `counts_up_to` has its finite cells up to each of `SCALES`, then all; `high` is the largest.
    """
    if column.kind != "number" or not means_grade(column.name):
        return None
    *up_to, finite = counts_up_to
    if not finite or high <= 1:  # shares of 1 are on none of these scales
        return None
    for scale, count in zip(SCALES, up_to, strict=True):
        if count >= SCALE_SHARE * finite:
            # Grades of 4.3 among 3s mean a scale of 5, not a scale of 4 with slips.
            return 5.0 if scale == 4.0 and 4.0 < high <= 5.0 else scale
    return None


def warn_off_scale(
    column: Column, scale: float, outcome: OutcomeCodes, locations: RowLocations
) -> list[CellsInDoubt]:
    """Name the cells outside the inferred scale."""
    matching = rows_where(column, outcome, lambda values: (values < 0) | (values > scale))
    if not matching:
        return []
    first = matching.first[0]
    worst = column.number_at(first, locations)
    cure = "a percentage? " if scale < worst <= 100 and scale <= 10 else ""
    warning = (
        f"{locations.file(first)}, {locations.describe_rows(matching)}, column {column.name}: "
        f"{worst:g} is off the inferred scale of {scale:g} ({counted(matching.count, 'cell')}; "
        f"{cure}correct it or --drop {quoted(column.name)})"
    )
    return [CellsInDoubt(warning, column.name, matching.count)]


def is_graded(name: str) -> bool:
    """Whether the cells of a column so named are on a scale of grades or in percent."""
    return means_mark(name)


@dataclass(frozen=True)
class SecondScale:
    """Two groups of grades: `small` cells up to `scale`, and `large` ones beyond `above`."""

    scale: float
    above: float
    small: int
    large: int


def may_mix_scales(low: float, high: float) -> bool:
    """Whether grades of such a range may be of two scales, so that it pays to look at them."""
    return low <= _SMALL_SCALES[-1] and high > 2.5 * _SHARE


def second_scale(pieces: Iterable[FloatArray]) -> SecondScale | None:
    """Find grades of two scales: two groups with nearly nothing between.

    Marks out of 100 of which a few are low have more between, or are whole numbers and few; a 0
    is no grade.
    """
    counts, whole = np.zeros(_STEPS + 2, dtype=np.int64), True
    for values in pieces:
        finite = values[np.isfinite(values)]
        steps = np.ceil(np.clip(finite, 0, 100 + _STEP) / _STEP).astype(np.intp)
        counts += np.bincount(steps, minlength=len(counts))
        whole = whole and bool((finite == np.floor(finite)).all())
    cumulative = np.cumsum(counts)

    def up_to(grade: float) -> int:
        return int(cumulative[int(grade / _STEP)])

    for scale in _SMALL_SCALES:
        above = 2.5 * scale
        small, between = up_to(scale) - up_to(scale / 4), up_to(above) - up_to(scale)
        large = up_to(100) - up_to(above)
        least = max(_LEAST, _WHOLE_SHARE * (small + large)) if whole else _LEAST
        if min(small, large) >= least and between <= _BETWEEN * min(small, large):
            return SecondScale(scale, above, small, large)
    return None


def refuse_second_scale(
    column: Column, outcome: OutcomeCodes, locations: RowLocations, file: str
) -> None:
    """Raise `DataError` where a column of grades mixes two scales."""
    if column.kind != "number" or not is_graded(column.name):
        return
    second = second_scale(
        np.asarray(column.piece(piece))[used] for piece, used in enumerate(outcome.used_masks())
    )
    if second is None:
        return
    small = rows_where(column, outcome, lambda v: (v > second.scale / 4) & (v <= second.scale))
    large = rows_where(column, outcome, lambda v: (v > second.above) & (v <= 100))
    examples = (
        f"{column.number_at(row, locations):g} in {locations.describe(row)}"
        for row in (small.first[0], large.first[0])
    )
    raise DataError(f"{file}: {two_scales_text(column.name, second, ' and '.join(examples))}")


def two_scales_text(name: str, second: SecondScale, examples: str = "") -> str:
    """Say which two scales a column mixes, and what to type."""
    shown = f" ({examples})" if examples else ""
    line = quoted(f"{name}:{second.scale:g}")
    return (
        f"column {name} mixes two scales: {counted(second.small, 'cell')} up to {second.scale:g}, "
        f"{second.large:,} above {second.above:g}, hardly any between{shown}: correct them, or "
        f"bring those up to {second.scale:g} to the other scale by --mixed-scale {line}"
    )


def mixed_text(form: NumberFormat) -> str:
    """Say which cells are brought to another scale."""
    return f"cells out of {form.mixed:g} are brought to {form.scale:g} (--mixed-scale)"


def mixed_scales(given: Sequence[str]) -> dict[str, float]:
    """Read `--mixed-scale COL:10` into the scale of each column's smaller cells."""
    scales: dict[str, float] = {}
    for text in given:
        name, _, number = text.rpartition(":")
        try:
            scales[name] = float(number)
        except ValueError:
            scales[name] = 0.0
        if not name or not 0 < scales[name] <= 100:
            raise UsageError(f"--mixed-scale {text!r}: write it like cgpa:10")
    return scales


def on_one_scale(raw: RawColumn, mixed: float, scale: float | None = None) -> RawColumn:
    """Bring the numbers up to `mixed` to the scale of the others; without it, that they show."""
    if isinstance(raw, HashedColumn):
        raise DataError(f"--mixed-scale {raw.name}: its cells are no numbers")
    high = _high(raw)
    scale = scale or next((s for s in SCALES if s > mixed and high <= s), None)
    if scale is None:
        raise DataError(
            f"--mixed-scale {raw.name}:{mixed:g}: its largest cell is {high:g}, so there is no "
            "larger scale up to 100 to bring the others to"
        )
    form = replace(raw.form, mixed=mixed, scale=scale)
    values = raw.numbers if isinstance(raw, CategoricalColumn) else np.empty(0)
    pieces = (values[c] for c in raw.array) if isinstance(raw, CategoricalColumn) else raw.array
    moved = sum(int((form.rescaled(v) != v)[~np.isnan(v)].sum()) for v in pieces)
    note = f"{counted(moved, 'cell')} brought from {mixed:g} to {scale:g} (--mixed-scale)"
    notes = (*raw.notes, note)
    if isinstance(raw, CategoricalColumn):
        return replace(raw, numbers=form.rescaled(raw.numbers), form=form, notes=notes)
    array = raw.array
    rescaled = ComputedArray(array.dtype, array.sizes, lambda k: form.rescaled(array.piece(k)))
    return replace(raw, array=rescaled, form=form, notes=notes)


def _high(raw: NumericColumn | CategoricalColumn) -> float:
    pieces = [raw.numbers[raw.counts > 0]] if isinstance(raw, CategoricalColumn) else raw.array
    finite = (values[np.isfinite(values)] for values in pieces)
    return max((float(values.max(initial=0.0)) for values in finite), default=0.0)
