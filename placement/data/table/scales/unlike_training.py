"""A column of which most cells are on another scale or multiple than those that a model knows."""

import math

import numpy as np

from placement.arrays import FloatArray
from placement.data.columns.column import SCALES
from placement.data.schema import quoted
from placement.data.table.scales.grade_scales import second_scale, two_scales_text
from placement.errors import DataError, counted, too_many_doubts
from placement.model.scorer import NumberColumn

_LEAST = 3  # so few students may all be weak ones
_RARE = 1.645  # standard deviations below the mean is 1 in 20 of a normal distribution
_SHARE = 1.0
_MULTIPLES = {1e3: "thousands", 1e5: "lakhs", 1e7: "crores"}
_WRITTEN_OUT = 10_000.0


def refuse_unlike_training(
    column: NumberColumn, values: FloatArray, file: str, *, is_stated: bool = False
) -> None:
    """Raise `DataError` where cells are on another scale than a model's, or in lakhs.

    `is_stated`: the user said what the cells are out of.
    """
    numbers = values[np.isfinite(values) & (values > 0)]
    if not len(numbers):
        return
    reason = None
    if column.scale is None:
        reason = _other_multiple(column, numbers)
    elif not is_stated:
        reason = _other_scale(column, column.scale, numbers)
    if reason is not None:
        raise DataError(f"{file}: {reason}")


def _other_scale(column: NumberColumn, scale: float, grades: FloatArray) -> str | None:
    """Say that all grades are on another scale, or some; None where they are not."""
    name, high, count = column.column, float(grades.max()), counted(len(grades), "cell")
    if grades.min() > 2 * scale:
        other = next((f"{s:g}" for s in SCALES if high <= s), "SCALE")
        kind = "a percentage" if other == "100" else "another scale"
        return (
            f"{name}: all {count} are beyond its scale of {scale:g}; it looks like {kind}: "
            f"bring them to a scale of {scale:g}, as --mixed-scale {quoted(f'{name}:{other}')} does"
        )
    second = None if column.grade_scale is None else second_scale([grades])
    if second is not None and second.scale <= scale:
        return two_scales_text(name, second)
    smaller = _smaller_scale(column, scale, grades)
    if smaller is not None:
        return (
            f"{name}: all {count} are at most {smaller:g}, where the model knows a scale of "
            f"{scale:g}: bring them there, as --mixed-scale {quoted(f'{name}:{smaller:g}')} does; "
            f"where they are out of {scale:g}, say so: --mixed-scale {quoted(f'{name}:{scale:g}')}"
        )
    beyond = int(np.count_nonzero(grades > scale))
    if too_many_doubts(beyond, len(grades)):
        larger = next((s for s in SCALES if high <= s), math.ceil(high / 50) * 50)
        return (
            f"{name}: {beyond:,} of {count} are beyond its scale of {scale:g}, such as {high:g}: "
            f"write what each cell is out of, such as {high:g}/{larger:g}, or "
            f"say that they are out of {scale:g}: --mixed-scale {quoted(f'{name}:{scale:g}')}"
        )
    return None


def _smaller_scale(column: NumberColumn, scale: float, grades: FloatArray) -> float | None:
    """Return the smaller scale that all grades fit, where so low ones were rare in training."""
    high = float(grades.max())
    if scale == SCALES[-1] and high <= _SHARE and (grades != high).any():
        return _SHARE  # percents as Excel stores them
    smaller = next((s for s in (_SHARE, *SCALES) if high <= s), scale)
    if smaller > min(scale / 2, column.mean - _RARE * column.std):
        return None
    return smaller if len(grades) >= _LEAST or smaller <= min(scale / 4, column.low) else None


def _other_multiple(column: NumberColumn, numbers: FloatArray) -> str | None:
    """Say that all numbers are in lakhs where the model's are written out, or the reverse."""
    name, mean, other_mean = column.column, column.mean, float(np.mean(numbers))
    factor = min(
        _MULTIPLES,
        key=lambda f: abs(math.log(f) - abs(math.log(other_mean / abs(mean or other_mean)))),
    )
    if mean >= _WRITTEN_OUT and numbers.max() <= mean / 100 and len(numbers) >= _LEAST:
        return (
            f"{name}: all {counted(len(numbers), 'cell')} are at most {numbers.max():g}, where the "
            f"model knows {mean:,.0f} on average; they look like {_MULTIPLES[factor]}: write them "
            f"out, or the unit in each cell, such as {numbers[0]:g} {_MULTIPLES[factor]}"
        )
    if 0 < column.high < _WRITTEN_OUT <= numbers.min() and numbers.min() >= 100 * column.high:
        return (
            f"{name}: all {counted(len(numbers), 'cell')} are at least {numbers.min():g}, where "
            f"the model knows {column.high:g} at most; it looks like training was in "
            f"{_MULTIPLES[factor]}: write them in {_MULTIPLES[factor]}"
        )
    return None
