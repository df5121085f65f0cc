"""Expressions as the text of a language: Python, SQL, the formulas of a sheet."""

from collections.abc import Callable
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Language:
    """How a language writes each kind of expression; `{0}` and so on stand for its parts."""

    at_least: str
    at_most: str
    positive_cube: str
    choice: str
    is_missing: str
    reaches: str = "{0} >= {1}"
    exceeds: str = "{0} > {1}"
    is_slot: str = "{0} = {1}"
    number: Callable[[float], str] = repr
    name: Callable[[str], str] = str

    def write(self, value: Expression) -> str:
        """Return an expression as text, in brackets where that is needed."""
        match value:
            case Name(name):
                text = self.name(name)
            case Binary(operator, left, right):
                text = f"({self.write(left)} {operator} {self.write(right)})"
            case AtLeastValue(inner, bound):
                text = self.at_least.format(self.write(inner), self.number(bound))
            case AtMostValue(inner, bound):
                text = self.at_most.format(self.write(inner), self.number(bound))
            case PositiveCube(inner):
                text = self.positive_cube.format(self.write(inner))
            case Choice(condition, yes, no):
                parts = self.condition(condition), self.write(yes), self.write(no)
                text = self.choice.format(*parts)
            case _:
                text = self.number(value)
        return text

    def condition(self, condition: Condition) -> str:
        """Return a condition as text."""
        match condition:
            case IsMissing(cell):
                return self.is_missing.format(self.name(cell))
            case Reaches(name, threshold):
                return self.reaches.format(self.name(name), self.number(threshold))
            case Exceeds(name, threshold):
                return self.exceeds.format(self.name(name), self.number(threshold))
            case IsSlot(cell, slot):
                return self.is_slot.format(self.name(cell), slot)
