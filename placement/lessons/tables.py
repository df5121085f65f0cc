"""The tables of a lesson, cell by cell: its inputs, steps, checks and curves as words."""

from collections.abc import Mapping, Sequence

from placement.lessons.computation import Check, Computation, Curves, InputValue, StepValue
from placement.lessons.definition import Lesson
from placement.lessons.graph.drawing import format_value

_TOLERANCE = 1e-6  # of 1 + |gradient|: what the central difference may be off
_MAX_CURVE_ROWS = 12
_MAX_LISTED = 6
_DOUBLE = "_float64"


def format_inputs(inputs: Mapping[str, InputValue]) -> str:
    """Return the inputs as `x = 2.0, y = 0.0`."""
    return ", ".join(f"{name} = {format_words(value)}" for name, value in inputs.items())


def step_table(
    lesson: Lesson, computation: Computation
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return header and rows: of each step its name, its value to all digits, and what it is.

    Steps in both precisions have a row, and the precisions a column each.
    """
    words = {name: format_words(value) for name, value in computation.steps.items()}
    singles = [name for name in words if not name.endswith(_DOUBLE)]
    if len(singles) == len(words):
        return ("", "value", ""), [(name, words[name], lesson.numbers[name]) for name in words]
    return ("", "float32", "float64", ""), [
        (name, words[name], words.get(name + _DOUBLE, ""), lesson.numbers[name]) for name in singles
    ]


def format_words(value: StepValue | InputValue) -> str:
    """Return a value to all digits, or the first of several; yes, no or none."""
    if isinstance(value, tuple | list):
        more = f", … {len(value)} in all" if len(value) > _MAX_LISTED else ""
        return f"[{', '.join(map(format_words, value[:_MAX_LISTED]))}{more}]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def curve_table(curves: Curves) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the header and the rows of a table of curves, every few rows of very many."""
    every = max(1, -(-len(curves.x) // (2 * _MAX_CURVE_ROWS)))
    rows = [
        (f"{x:g}", *(format_value(line[index]) for line in curves.lines.values()))
        for index, x in enumerate(curves.x)
        if index % every == 0 or index == len(curves.x) - 1
    ]
    return (curves.axis, *curves.lines), rows


def check_rows(checks: Sequence[Check]) -> list[tuple[str, ...]]:
    """Return of each gradient its parameter, and its value by hand, autograd and difference."""
    rows: list[tuple[str, ...]] = []
    for check in checks:
        exact = format_words(check.manual), format_words(check.autograd)
        rows.append((check.parameter, *exact, format_value(check.finite_difference)))
    return rows


def verdict(checks: Sequence[Check]) -> str:
    """Say whether the three ways agree, and where they do not, why that may be."""
    autograd_error = max(check.relative_error(check.autograd) for check in checks)
    difference_error = max(check.relative_error(check.finite_difference) for check in checks)
    share = "of 1 + the gradient"
    if autograd_error == difference_error == 0:
        return "They agree to the last digit."
    if max(autograd_error, difference_error) <= _TOLERANCE:
        return f"They agree to {max(autograd_error, difference_error):.1e} {share}."
    if autograd_error <= _TOLERANCE:
        return (
            f"Hand and autograd agree to {autograd_error:.1e} {share}. The difference is "
            f"{difference_error:.1e} off: for these numbers its step is too coarse, or it crosses "
            "a corner of the clamp, where there is no slope."
        )
    return f"HAND AND AUTOGRAD DISAGREE by {autograd_error:.1e} {share}."
