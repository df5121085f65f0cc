"""Of students such as those on a list, how many fared otherwise than the list expects?"""

from collections.abc import Sequence
from dataclasses import dataclass

from placement.evaluation.shortlist import Rank
from placement.stats.figures import Estimate, ReliabilityBin
from placement.stats.intervals import wilson


@dataclass(frozen=True)
class FalseAlarms:
    """How many of so many listed `students` fare otherwise, with 95 % limits.

    On a list of those at risk they have the outcome all the same, on one of the best chances they
    do not. It was measured on `rows` held-out students of such chances.
    """

    rank: Rank
    students: int
    number: Estimate
    rows: int


def false_alarms(
    bins: Sequence[ReliabilityBin], rank: Rank, chances: tuple[float, float], students: int
) -> FalseAlarms | None:
    """Count them by what became of held-out students; None where there were none.

    `chances` are the least and the greatest probability on the list of `students`. Such students
    are those of the bins up to the one (of a list of best chances: from the one) of the cut-off.
    """
    if not bins or not students:
        return None
    if rank == "risk":
        such = [one for one in bins if one.predicted <= chances[1]] or bins[:1]
    else:
        such = [one for one in bins if one.predicted >= chances[0]] or bins[-1:]
    weight = sum(one.weight for one in such)
    observed = sum(one.observed * one.weight for one in such) / weight
    share = observed if rank == "risk" else 1 - observed
    low, high = wilson(share, weight)
    number = Estimate(students * share, students * low, students * high)
    return FalseAlarms(rank, students, number, sum(one.rows for one in such))
