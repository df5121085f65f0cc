"""The arithmetic of a model as expressions, which each format writes out in its own language.

The name of a cell stands for its number, which may be missing, or for its slot. What is computed
from a number that may be missing stands behind a `Choice` that asks for that.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Name:
    """The value of a cell or of an earlier step."""

    name: str


@dataclass(frozen=True)
class Binary:
    """Two values added, subtracted, multiplied or divided."""

    operator: Literal["+", "-", "*", "/"]
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class AtLeastValue:
    """A value, or a bound where it is below that."""

    value: "Expression"
    bound: float


@dataclass(frozen=True)
class AtMostValue:
    """A value, or a bound where it is above that."""

    value: "Expression"
    bound: float


@dataclass(frozen=True)
class PositiveCube:
    """The third power of a value, 0 where that is negative."""

    value: "Expression"


@dataclass(frozen=True)
class IsMissing:
    """Whether the number of a cell is missing."""

    cell: str


@dataclass(frozen=True)
class Reaches:
    """Whether a number is at least so much."""

    name: str
    threshold: float


@dataclass(frozen=True)
class Exceeds:
    """Whether a number is more than so much."""

    name: str
    threshold: float


@dataclass(frozen=True)
class IsSlot:
    """Whether the level of a cell is that of a slot."""

    cell: str
    slot: int


@dataclass(frozen=True)
class Choice:
    """One value where a condition holds, another where not."""

    condition: "Condition"
    yes: "Expression"
    no: "Expression"


Condition = IsMissing | Reaches | Exceeds | IsSlot
Expression = float | Name | Binary | AtLeastValue | AtMostValue | PositiveCube | Choice


def product(left: Expression, right: Expression) -> Binary:
    """Return two values multiplied."""
    return Binary("*", left, right)


def difference(left: Expression, right: Expression) -> Binary:
    """Return one value less another."""
    return Binary("-", left, right)


def total(first: Expression, *others: Expression) -> Expression:
    """Return the sum of values, added from the left."""
    for other in others:
        first = Binary("+", first, other)
    return first


def names_in(expression: "Expression | Condition") -> frozenset[str]:
    """Return the names that an expression or a condition speaks of."""
    match expression:
        case Name(name) | Reaches(name) | Exceeds(name) | IsMissing(name) | IsSlot(name):
            return frozenset({name})
        case Binary(_, left, right):
            return names_in(left) | names_in(right)
        case AtLeastValue(value) | AtMostValue(value) | PositiveCube(value):
            return names_in(value)
        case Choice(condition, yes, no):
            return names_in(condition) | names_in(yes) | names_in(no)
        case _:
            return frozenset()
