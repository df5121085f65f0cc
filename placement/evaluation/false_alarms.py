"""Of students such as those on a list, how many fared otherwise than the list expects?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from placement.evaluation.shortlist import Rank
from placement.model.fairness_figures import Fairness, Group
from placement.stats.figures import Estimate, ReliabilityBin
from placement.stats.intervals import wilson

FEWEST_CALLED = 5


@dataclass(frozen=True)
class GroupFalseAlarms:
    """Of the held-out students of a group, `called` what a list expects: how many fare `otherwise`.

    They are called so by the model, at its own threshold.
    """

    column: str
    group: str
    called: int
    otherwise: int
    share: Estimate


@dataclass(frozen=True)
class FalseAlarms:
    """How many of so many listed `students` fare otherwise, with 95 % limits.

    On a list of those at risk they have the outcome all the same, on one of the best chances they
    do not. It was measured on `rows` held-out students of such chances. `groups`
    has the like by group, for columns whose groups were compared in training.
    """

    rank: Rank
    students: int
    number: Estimate
    rows: int
    groups: tuple[GroupFalseAlarms, ...] = ()


def false_alarms(
    bins: Sequence[ReliabilityBin],
    rank: Rank,
    chances: tuple[float, float],
    students: int,
    fairness: Fairness | None = None,
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
    groups = tuple(_by_group(fairness, rank))
    return FalseAlarms(rank, students, number, sum(one.rows for one in such), groups)


def _by_group(fairness: Fairness | None, rank: Rank) -> Iterator[GroupFalseAlarms]:
    """Yield the groups that can be compared, where they were measured on held-out rows."""
    if fairness is None or fairness.metrics_on not in ("test", "out_of_fold"):
        return
    for compared in fairness.columns:
        for group in compared.groups:
            called, otherwise = _called(group, rank)
            if group.small is None and called >= FEWEST_CALLED:
                limits = wilson(otherwise / called, called)
                share = Estimate(otherwise / called, *limits)
                yield GroupFalseAlarms(compared.column, group.name, called, otherwise, share)


def _called(group: Group, rank: Rank) -> tuple[int, int]:
    """Return how many of a group are called what the list expects, and how many fare otherwise."""
    selected = group.weight * group.selection_rate.value
    hits = group.positive * (0.0 if group.tpr is None else group.tpr.value)
    if rank == "risk":
        return round(group.weight - selected), round(group.positive - hits)
    return round(selected), round(selected - hits)
