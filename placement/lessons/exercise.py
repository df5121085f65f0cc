"""The exercise of a lesson: what is asked, whether an answer is right, and the way there."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from placement.lessons.computation import Computation, InputValue, StepValue
from placement.lessons.definition import Lesson, parse_number
from placement.lessons.graph.drawing import format_value
from placement.lessons.tables import format_inputs, format_words

_SHARE, _LEAST = 0.01, 1e-3  # how far an answer may be off: so nobody needs more than three digits


@dataclass(frozen=True)
class CheckedAnswer:
    """An answer, None where there is none yet; whether it is right, and what is to be said."""

    answer: float | None
    right: bool | None
    text: str

    def __str__(self) -> str:
        return self.text


def question(lesson: Lesson) -> str:
    """Return the exercise of a lesson as it is first asked."""
    inputs = {**lesson.defaults, **lesson.exercise.inputs}
    return f"With {format_inputs(inputs)}: {lesson.exercise.question}"


def call(lesson: Lesson) -> str:
    """Return what runs the lesson in Python as the exercise is first asked."""
    inputs = (f"{name}={value!r}" for name, value in lesson.exercise.inputs.items())
    return f"lesson({', '.join([repr(lesson.name), *inputs])})"


def command(lesson: Lesson) -> str:
    """Return the line that checks an answer to it."""
    options = [f"--{name} {_option(value)}" for name, value in lesson.exercise.inputs.items()]
    return " ".join(["placement lesson", lesson.name, *options, "--answer NUMBER"])


def _option(value: InputValue) -> str:
    return ",".join(f"{number:g}" for number in (value if isinstance(value, list) else [value]))


def check_answer(
    lesson: Lesson, inputs: Mapping[str, InputValue], computation: Computation, answer: object
) -> CheckedAnswer:
    """Check an answer to the exercise with these inputs. Raises UsageError where it is no number.

    It is right within 1 %. Where it is the value of another step, that is said.
    """
    exercise, steps = lesson.exercise, computation.steps
    if answer is None:
        asked = f"With {format_inputs(inputs)}: {exercise.question}"
        return CheckedAnswer(None, None, asked)
    number, expected = parse_number("answer", answer), last_number(steps[exercise.step])
    right = _is_near(number, expected)
    words = {name: _in_words(value) for name, value in {**inputs, **steps}.items()}
    way = f"The way there: {exercise.way.format(**words)}"
    exact = f"{exercise.step} is {expected}"
    if right:
        return CheckedAnswer(number, True, f"Right: {exact}.\n{way}")
    return CheckedAnswer(number, False, f"Not yet: {_hint(lesson, steps, number)}{exact}.\n{way}")


def last_number(value: StepValue) -> float:
    """Return a number, or the last of several."""
    last = value[-1] if isinstance(value, tuple) else value
    if last is None or isinstance(last, str):
        raise TypeError(f"{value!r} is no number")
    return float(last)


def _in_words(value: StepValue | InputValue) -> str:
    numbers = tuple(value) if isinstance(value, list) else value
    return format_value(numbers) if isinstance(numbers, tuple | float) else format_words(numbers)


def _is_near(number: float, expected: float) -> bool:
    return math.isclose(number, expected, rel_tol=_SHARE, abs_tol=_LEAST)


def _hint(lesson: Lesson, steps: Mapping[str, StepValue], number: float) -> str:
    """Say what a wrong answer is instead, where that is known: "" where it is not."""
    if _is_near(-number, last_number(steps[lesson.exercise.step])):
        return "the sign is the other one; "
    for name, value in steps.items():
        is_number = isinstance(value, float | int) and not isinstance(value, bool)
        if is_number and _is_near(number, last_number(value)):
            meaning = lesson.numbers[name]
            return f"{format_value(number)} is {name}{f' ({meaning})' if meaning else ''}; "
    return ""
