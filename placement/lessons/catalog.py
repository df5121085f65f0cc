"""The lessons by name: what each takes, and how it is played."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any, Literal

from placement.errors import UsageError, did_you_mean
from placement.lessons.computation import LessonResult, Played
from placement.lessons.course import clamp as losses
from placement.lessons.course import descend as descent
from placement.lessons.course import no_grad as recording
from placement.lessons.graph import common_graphs as derivatives

Kind = Literal["number", "numbers", "count"]
LARGEST = 1e150  # its square is still a number
MOST_NUMBERS, MOST_COUNT = 1_000, 10_000_000


@dataclass(frozen=True)
class Input:
    """What a lesson takes: one number, several, or how many of something."""

    default: Any
    kind: Kind = "number"
    low: float = -LARGEST
    high: float = LARGEST

    def parsed(self, name: str, given: Any) -> Any:
        """Return the value; UsageError says in one line what is wrong with it."""
        numbers = [_number(name, part) for part in _parts(given)]
        if self.kind != "numbers" and len(numbers) != 1:
            raise UsageError(f"--{name} {_shown(given)}: is one number in this lesson")
        if not 0 < len(numbers) <= MOST_NUMBERS:
            raise UsageError(f"--{name}: give 1 to {MOST_NUMBERS:,} numbers, as in --{name} 1,2,3")
        for value in numbers:
            if not self.low <= value <= self.high:
                raise UsageError(
                    f"--{name} {value:g}: must lie between {self.low:g} and {self.high:g}"
                )
        if self.kind == "numbers":
            return numbers
        if self.kind == "count":
            if numbers[0] != int(numbers[0]):
                raise UsageError(f"--{name} {numbers[0]:g}: must be a whole number")
            return int(numbers[0])
        return numbers[0]


def _parts(given: Any) -> Sequence[Any]:
    if isinstance(given, str):
        return given.split(",")
    plain = given.tolist() if hasattr(given, "tolist") else given  # of numpy or torch
    return plain if isinstance(plain, Sequence) else [plain]


def _shown(given: Any) -> str:
    text = given if isinstance(given, str) else repr(given)
    return shorten(text, 60, placeholder=" …")


def _number(name: str, part: Any) -> float:
    if part == "":
        raise UsageError(f"--{name}: a number is missing; write --{name} 1,2,3")
    try:
        value = float(part)
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"--{name} {_shown(part)}: is not a number") from None
    if not math.isfinite(value):
        raise UsageError(f"--{name} {_shown(part)}: must be a finite number")
    return value


@dataclass(frozen=True)
class Lesson:
    """How a lesson is played, and what it takes."""

    play: Callable[..., Played]
    inputs: Mapping[str, Input]


_WEIGHTS = {"w": Input(1.0, low=-1e6, high=1e6), "b": Input(0.0, low=-1e6, high=1e6)}
_X = Input(6.7, low=-1e6, high=1e6)
_SHARE = Input(0.0, low=0.0, high=1.0)
_EPSILON = Input(1e-8, low=1e-300, high=0.49)

LESSONS: Mapping[str, Lesson] = {
    "square": Lesson(derivatives.square, {"x": Input(2.0)}),
    "chain": Lesson(derivatives.chain, {"x": Input(2.0)}),
    "perceptron": Lesson(
        derivatives.perceptron, {"x": _X, "y": _SHARE, **_WEIGHTS, "epsilon": _EPSILON}
    ),
    "vector": Lesson(derivatives.vector, {"x": Input([1.0, 2.0, 3.0], "numbers")}),
    "accumulate": Lesson(
        recording.accumulate,
        {
            "x": Input(2.0),
            "batch": Input([-2.0, -1.0, 0.5, 1.0, 3.0], "numbers", -1e6, 1e6),
        },
    ),
    "no-grad": Lesson(
        recording.no_grad,
        {"x": Input(2.0), "size": Input(1_000_000, "count", 1, MOST_COUNT)},
    ),
    "target": Lesson(losses.target, {"x": Input(2.0, low=-1e6, high=1e6), **_WEIGHTS}),
    "clamp": Lesson(losses.clamp, {"y": _SHARE, "epsilon": _EPSILON}),
    "descend": Lesson(
        descent.descend,
        {"lr": Input(0.5, low=1e-6, high=1e3), "steps": Input(20, "count", 2, 1_000)},
    ),
}


def lesson(name: str, **inputs: Any) -> LessonResult:
    """Play a lesson, with its own numbers where none are given. Raises UsageError.

    >>> lesson("square", x=3)["dy_dx"]
    6.0
    """
    if str(name) not in LESSONS:
        raise UsageError(
            f"there is no lesson {name!r}{did_you_mean(str(name), LESSONS)}: {', '.join(LESSONS)}"
        )
    takes = LESSONS[name].inputs
    for given in inputs:
        if given not in takes:
            options = ", ".join(f"--{own}" for own in takes)
            raise UsageError(f"the lesson {name} has no --{given}; it takes {options}")
    values = {own: spec.parsed(own, inputs.get(own, spec.default)) for own, spec in takes.items()}
    return LessonResult(name, values, LESSONS[name].play(**values))
