"""What a lesson is made of: its words, its inputs, its lines of torch and its computation."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any, Literal

from placement.errors import UsageError
from placement.lessons.computation import Computation, InputValue

Kind = Literal["number", "numbers", "count"]
LARGEST = 1e150  # its square is still a number
MAX_NUMBERS = 1_000


@dataclass(frozen=True)
class Input:
    """What a lesson takes: one number, several, or how many of something."""

    default: InputValue
    kind: Kind = "number"
    low: float = -LARGEST
    high: float = LARGEST

    def parse(self, name: str, raw: Any) -> InputValue:
        """Return the value; UsageError says in one line what is wrong with it."""
        numbers = [parse_number(name, part) for part in _parts(raw)]
        if self.kind != "numbers" and len(numbers) != 1:
            raise UsageError(f"--{name} {_shortened(raw)}: is one number in this lesson")
        if not 0 < len(numbers) <= MAX_NUMBERS:
            raise UsageError(f"--{name}: give 1 to {MAX_NUMBERS:,} numbers, as in --{name} 1,2,3")
        for value in numbers:
            if not self.low <= value <= self.high:
                raise UsageError(
                    f"--{name} {value:g}: must lie between {self.low:g} and {self.high:g}"
                )
        if self.kind == "count" and numbers[0] != int(numbers[0]):
            raise UsageError(f"--{name} {numbers[0]:g}: must be a whole number")
        if self.kind == "numbers":
            return numbers
        return int(numbers[0]) if self.kind == "count" else numbers[0]


def _parts(raw: Any) -> Sequence[Any]:
    if isinstance(raw, str):
        return raw.split(",")
    values = raw.tolist() if hasattr(raw, "tolist") else raw  # of numpy or torch
    return values if isinstance(values, Sequence) else [values]


def _shortened(raw: Any) -> str:
    text = raw if isinstance(raw, str) else repr(raw)
    return shorten(text, 60, placeholder=" …")


def parse_number(name: str, part: Any) -> float:
    """Return a finite number; UsageError says in one line what is wrong with it."""
    if part == "":
        raise UsageError(f"--{name}: a number is missing; write --{name} 1,2,3")
    try:
        value = float(part)
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"--{name} {_shortened(part)}: is not a number") from None
    if not math.isfinite(value):
        raise UsageError(f"--{name} {_shortened(part)}: must be a finite number")
    return value


WEIGHT, INTERCEPT = Input(1.0, low=-1e6, high=1e6), Input(0.0, low=-1e6, high=1e6)
PROBABILITY = Input(0.0, low=0.0, high=1.0)
EPSILON = Input(1e-8, low=1e-300, high=0.49)


@dataclass(frozen=True)
class Exercise:
    """A question whose answer is a `step` of the computation; of several numbers the last.

    `inputs` are what it is first asked with, beside the lesson's defaults. `way` leads there, with
    inputs and steps as {placeholders}.
    """

    question: str
    step: str
    way: str
    inputs: Mapping[str, InputValue]


@dataclass(frozen=True)
class Lesson:
    """A lesson. Lessons are taken by ascending `order`; steps of ten leave room between two.

    `compute` takes the `inputs` by name, `code` has them as {placeholders}. `numbers` says of each
    step of the computation what it is, `after` what the steps show.
    """

    name: str
    order: int
    title: str
    about: str
    inputs: Mapping[str, Input]
    code: str
    compute: Callable[..., Computation]
    numbers: Mapping[str, str]
    after: str
    next: tuple[str, ...]
    exercise: Exercise

    @property
    def defaults(self) -> dict[str, InputValue]:
        """The default of each input."""
        return {name: spec.default for name, spec in self.inputs.items()}

    def code_for(self, inputs: Mapping[str, InputValue]) -> str:
        """Return the lines of torch, ready to be run, with these inputs in them."""
        return self.code.format(**{name: repr(value) for name, value in inputs.items()})
