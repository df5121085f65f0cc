"""A probability about people, in words."""

from placement.arrays import Document
from placement.stats.figures import Estimate

OF_AVERAGE = "of the average of such students, not the luck of one"


def chance(outcome: str, answer: Document) -> str:
    """Say a `probability`, with its limits `low` and `high` where known, as a share of students.

    `outcome` is the target's, such as `'Placed'` or `PlacedOrNot = 1`.
    """
    verb = "are" if outcome.startswith("'") else "have"
    text = f"students like this {verb} {outcome} {in_100(answer['probability'])} in 100"
    low, high = answer.get("low"), answer.get("high")
    if low is None or high is None:
        return text
    limits = [in_100(low), in_100(high)]
    span = limits[0] if limits[0] == limits[1] else " to ".join(limits)
    return f"{text} (95 % interval {span}: {OF_AVERAGE})"


def of_100(share: float) -> str:
    """Say of how many in 100 a share that was counted is: all or none only where it is exact."""
    return f"{100 * share:.0f}" if share in (0, 1) else in_100(share)


def in_100(probability: float) -> str:
    """Say of how many in 100 a probability speaks."""
    if probability > 0.995:
        return "over 99"
    return "under 1" if probability < 0.005 else f"{100 * probability:.0f}"


def points(difference: float) -> str:
    """Return a difference of two shares in whole percentage points with its sign.

    >>> points(0.123), points(-0.004)
    ('+12', '0')
    """
    return f"{100 * difference:+.0f}" if round(100 * difference) else "0"


def difference_in_points(difference: Estimate) -> str:
    """Return a difference of two shares with its limits, and whether it may be none.

    >>> difference_in_points(Estimate(0.05, -0.02, 0.12))
    'no sure difference, +5 points (-2 to +12)'
    """
    if difference.low == difference.high:
        return "no difference"
    unsure = "no sure difference, " if difference.low <= 0 <= difference.high else ""
    limits = f"{points(difference.low)} to {points(difference.high)}"
    return f"{unsure}{points(difference.value)} points ({limits})"
