"""What `--spline COL[:KNOTS]`, `--step COL:VALUE` and `--interaction A:B` say."""

import math

from placement.errors import UsageError

DEFAULT_KNOTS, LEAST_KNOTS, MOST_KNOTS = 5, 3, 20  # of a spline


def spline_of(text: str) -> tuple[str, int]:
    """Return the column and the number of knots of a `--spline COL[:KNOTS]`."""
    column, knots = _split_number(text)
    if knots is None:
        column, knots = text, DEFAULT_KNOTS
    if not column.strip() or not text.strip(" :"):
        raise UsageError(f"--spline {text!r}: name a column, as in cgpa or cgpa:5")
    if not (LEAST_KNOTS <= knots <= MOST_KNOTS and knots == int(knots)):
        raise UsageError(
            f"--spline {text!r}: the knots must be a whole number from {LEAST_KNOTS} to "
            f"{MOST_KNOTS} (of a column that is named {text!r}: {text}:{DEFAULT_KNOTS})"
        )
    return column.strip(), int(knots)


def step_of(text: str) -> tuple[str, float]:
    """Return the column and the value of a `--step COL:VALUE`."""
    column, value = _split_number(text)
    if value is None or not column.strip() or not math.isfinite(value):
        raise UsageError(f"--step {text!r}: write a column and the value it reaches, as cgpa:6.5")
    return column.strip(), value


def check_interaction(text: str) -> None:
    """Refuse an `--interaction` that is not two columns; which ones, the table says."""
    parts = text.split(":")
    if len(parts) < 2 or not (parts[0].strip() and parts[-1].strip()):
        raise UsageError(f"--interaction {text!r}: write two columns as A:B")


def _split_number(text: str) -> tuple[str, float | None]:
    """Split at the last colon, where a number follows it: names may hold colons too."""
    column, colon, number = text.rpartition(":")
    try:
        return (column, float(number)) if colon else (text, None)
    except ValueError:
        return text, None
