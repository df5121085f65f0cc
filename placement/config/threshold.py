"""The forms of `--threshold`: a probability, or what to choose one for."""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

from placement.errors import UsageError, did_you_mean

DEFAULT_THRESHOLD = 0.5
ThresholdKind = Literal["fixed", "youden", "recall", "precision", "capacity", "cost"]


class ThresholdForm(NamedTuple):
    """One form of `--threshold`: whether its numbers hold, what they must be, and an example."""

    hold: Callable[[tuple[float, ...]], bool]
    words: str
    example: str


_RATE = (lambda numbers: len(numbers) == 1 and 0 < numbers[0] <= 1, "above 0 and at most 1")
_THRESHOLD_FORMS: dict[ThresholdKind, ThresholdForm] = {
    "fixed": ThresholdForm(
        lambda numbers: len(numbers) == 1 and 0 <= numbers[0] <= 1, "between 0 and 1", "0.7"
    ),
    "youden": ThresholdForm(lambda numbers: not numbers, "without a number", "youden"),
    "recall": ThresholdForm(*_RATE, "recall=0.9"),
    "precision": ThresholdForm(*_RATE, "precision=0.9"),
    "capacity": ThresholdForm(
        lambda numbers: len(numbers) == 1 and numbers[0] >= 1 and numbers[0] % 1 == 0,
        "a whole number of 1 or more",
        "capacity=40",
    ),
    "cost": ThresholdForm(
        lambda numbers: (
            len(numbers) == 2 and all(0 <= number < math.inf for number in numbers) and any(numbers)
        ),
        "FP:FN, two numbers of 0 or more and not both 0",
        "cost=3:1",
    ),
}


def parse_threshold(given: str | float) -> tuple[ThresholdKind, tuple[float, ...]]:
    """Return the form of a `--threshold` and its numbers, such as `("cost", (3.0, 1.0))`."""
    text = str(given).strip().casefold()
    word, equals, rest = ("fixed", "=", text) if _numbers(text) else text.partition("=")
    kind = next((kind for kind in _THRESHOLD_FORMS if kind == word.strip()), None)
    if kind is None:
        *examples, last = (form.example for form in _THRESHOLD_FORMS.values())
        raise UsageError(
            f"--threshold {given}{did_you_mean(word, _THRESHOLD_FORMS)}: write a form such as "
            f"{', '.join(examples)} or {last}"
        )
    form, numbers = _THRESHOLD_FORMS[kind], _numbers(rest) if equals else ()
    if numbers is None or not form.hold(numbers):
        what = "the threshold" if kind == "fixed" else kind
        raise UsageError(f"--threshold {given}: {what} must be {form.words}, as in {form.example}")
    return kind, (int(numbers[0]),) if kind == "capacity" else numbers


def normal_threshold(given: str | float) -> str | float:
    """Return a `--threshold` in its one spelling: `"0.70"` is 0.7, `"Cost=3.0:1"` `"cost=3:1"`."""
    kind, numbers = parse_threshold(given)
    written = ":".join(str(number).removesuffix(".0") for number in numbers)
    return numbers[0] if kind == "fixed" else f"{kind}={written}" if written else kind


def _numbers(text: str) -> tuple[float, ...] | None:
    """Return the numbers of `3:1`; None where a piece is none."""
    try:
        return tuple(map(float, text.split(":")))
    except ValueError:
        return None
