"""The steps of a formula over arrays: what the cells of a sheet show before it is recalculated."""

from collections.abc import Mapping

import numpy as np

from placement.arrays import BoolArray, FloatArray, ObjectArray
from placement.reporting.export.expressions import (
    AtLeastValue,
    AtMostValue,
    Binary,
    Choice,
    Condition,
    Exceeds,
    Expression,
    IsMissing,
    IsSlot,
    Name,
    PositiveCube,
    Reaches,
)
from placement.reporting.export.formula import Formula, LevelCell

_OPERATORS = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


def step_values(formula: Formula, cells: Mapping[str, ObjectArray]) -> dict[str, FloatArray]:
    """Return cells (n,), NaN where missing, slots (n,) and steps (n,) by their names."""
    values: dict[str, FloatArray] = {}
    for cell in formula.cells:
        given = cells[cell.column]
        if isinstance(cell, LevelCell):
            codes, _ = cell.levels.codes(given)
            values[cell.name] = codes.astype(np.float64)
        else:
            values[cell.name] = given.astype(np.float64)
    rows = len(next(iter(values.values())))
    for step in formula.steps:
        values[step.name] = np.broadcast_to(_value(step.value, values), rows)
    return values


def _value(value: Expression, values: Mapping[str, FloatArray]) -> FloatArray:
    match value:
        case Name(name):
            result = values[name]
        case Binary(operator, left, right):
            result = _OPERATORS[operator](_value(left, values), _value(right, values))
        case AtLeastValue(inner, bound):
            result = np.maximum(_value(inner, values), bound)
        case AtMostValue(inner, bound):
            result = np.minimum(_value(inner, values), bound)
        case PositiveCube(inner):
            result = np.maximum(_value(inner, values), 0.0) ** 3
        case Choice(condition, yes, no):
            parts = _value(yes, values), _value(no, values)
            result = np.where(_holds(condition, values), *parts)
        case _:
            result = np.asarray(value)
    return result


def _holds(condition: Condition, values: Mapping[str, FloatArray]) -> BoolArray:
    match condition:
        case IsMissing(cell):
            return np.isnan(values[cell])
        case Reaches(name, threshold):
            return np.greater_equal(values[name], threshold)
        case Exceeds(name, threshold):
            return np.greater(values[name], threshold)
        case IsSlot(cell, slot):
            return np.equal(values[cell], slot)
