"""The short answer of `predict`: how many students were called what, and how to read the list."""

from collections.abc import Iterator
from dataclasses import astuple
from itertools import groupby
from math import ceil, floor

from placement.data.schema import Target
from placement.errors import counted
from placement.evaluation.false_alarms import FalseAlarms
from placement.reporting.format.probability_words import in_100
from placement.reporting.format.prose import name_list, shortened
from placement.reporting.results import ListBand, PredictResult, SeatedList

MOST_GROUPS = 6


def prediction_answer(result: PredictResult) -> Iterator[str]:
    """Yield the sentences; where the list itself goes to the screen, only those that count."""
    where = f" → {result.out}" if result.out else ""
    order = f", {result.ranking}" if result.ranking else ""
    yield (
        f"{result.source}{where}: {result.rows_out:,} of {counted(result.rows_in, 'student')} "
        f"written{order}."
    )
    if result.seated is not None:
        yield from seat_sentences(result.seated)
    elif result.rows_out:
        outcome, limit = shortened(result.target.outcome), in_100(result.model["threshold"])
        positive = result.predicted_positive
        called = f"{positive:,} of them are" if positive else "None of them is"
        yield f"{called} called {outcome}: that takes a chance of {limit} in 100 or more."
    if result.false_alarms is not None:
        yield mistaken(result.false_alarms, result.target)
        yield from mistaken_by_group(result.false_alarms, result.target)
    if result.in_doubt:
        yield (
            f"{counted(result.in_doubt, 'student')} scored with a cell in doubt: placement_notes "
            "says which; check these before you act."
        )
    for why, rows in result.left_out.items():
        yield f"{counted(rows, 'row')} left out: {why}."
    if result.blank_lines:
        yield f"{counted(result.blank_lines, 'blank line')} dropped."
    if result.seated is not None:
        yield from _after_seats(result)
    elif result.out and result.rows_out:
        yield from _how_to_read(result)


def mistaken(alarms: FalseAlarms, target: Target) -> str:
    """Say how many such students fare otherwise: no list is right of everybody on it."""
    outcome = target.outcome if alarms.rank == "risk" else target.other_outcome
    number, low, high = astuple(alarms.number)
    # Rounded outwards: "0 to 0" would promise that not one of a few does.
    limits = f"{floor(low):,} to {ceil(high):,}"
    return (
        f"Of {counted(alarms.students, 'such student')} about {number:,.0f} end "
        f"{shortened(outcome)} all the same ({limits}; measured on {alarms.rows:,} held out of "
        "the training)."
    )


def mistaken_by_group(alarms: FalseAlarms, target: Target) -> Iterator[str]:
    """Yield, for each column whose groups were compared, how many of each fared otherwise."""
    outcomes = (target.other_outcome, target.outcome)
    called, otherwise = outcomes if alarms.rank == "risk" else outcomes[::-1]
    for column, groups in groupby(alarms.groups, lambda group: group.column):
        counts = [f"{group.otherwise:,} of {group.called:,} {group.group}" for group in groups]
        more = ", ..." if len(counts) > MOST_GROUPS else ""
        yield (
            f"By {column}, of those called {shortened(called)} there, {shortened(otherwise)} all "
            f"the same: {', '.join(counts[:MOST_GROUPS])}{more}."
        )


def _how_to_read(result: PredictResult) -> Iterator[str]:
    known = "placement_low" in result.added
    limits = ", placement_low to placement_high how sure that is" if known else ""
    yield f"In the file, placement_probability is the chance, 0.57 for 57 in 100{limits}."
    if not any(name.startswith("placement_reason") for name in result.added):
        yield "Next: --reasons adds why, for each student."
    elif result.ranking:
        yield "Next: begin with those at the top; a chance is no verdict on one of them."


def seat_sentences(seated: SeatedList) -> Iterator[str]:
    """Say who has a seat, who drew for one, and what such a lottery can show."""
    certain, drawn = seated.seats["certain"], seated.seats["drawn"]
    by = seated.about["by"]
    each = "" if by is None else f"{seated.about['top']:,} for each {by}, "
    if seated.lottery is None:
        others = seated.seats["none"]
        yield f"{each}{counted(certain, 'seat')}, and {others:,} students without one."
        return
    low = min(item.band.low for item in seated.bands)
    high = max(item.band.high for item in seated.bands)
    others = seated.seats["not drawn"]
    yield (
        f"{each}{counted(certain + drawn, 'seat')}: {certain:,} certain, and {drawn:,} drawn by "
        f"lot (seed {seated.lottery.seed}) among the {drawn + others:,} nearest to the cut-off, "
        f"whose chances are {in_100(low)} to {in_100(high)} in 100."
    )
    yield f"The {others:,} who were not drawn stay in the list and have no seat."
    if seated.full:
        yield f"Everybody has a seat, so nobody drew: {name_list(seated.full)}."
    for item in seated.bands:
        if small := [group for group in item.groups if group in seated.small]:
            others_in = [group for group in item.groups if group not in small]
            shared = f"; shared with {name_list(others_in)}, nearest in chance" if others_in else ""
            yield f"Too small for a band of its own: {name_list(small)}{shared}."
    yield what_it_shows(seated)


def what_it_shows(seated: SeatedList) -> str:
    """Say which effect such a lottery finds, in one sentence."""
    one, pooled = seated.detectable, seated.pooled
    if one is None or pooled is None:
        return ""
    sizes = f"{seated.seats['drawn']:,} against {seated.seats['not drawn']:,}"
    if one.effect is not None:
        text = (
            f"With {sizes}, an effect of {100 * one.effect:.0f} points or more is found in 80 of "
            "100 such lists"
        )
    else:
        text = (
            f"With {sizes}, even if every student drawn were placed, that would be found in only "
            f"{in_100(one.most)} of 100 such lists"
        )
    if pooled.effect is None:
        return f"{text}, and with three such years in {in_100(pooled.most)}: let more of them draw."
    return f"{text}; with three such years together, one of {100 * pooled.effect:.0f} points."


def band_warnings(seated: SeatedList) -> tuple[str, ...]:
    """Warn of bands so wide that the lot decides between students who clearly differ."""
    return tuple(
        f"the band{_of(item)} is wide: the intervals of its least and its greatest chance "
        f"({in_100(item.band.low)} and {in_100(item.band.high)} in 100) do not overlap, so that "
        "the lot may take a seat from somebody clearly worse off; a smaller --lottery would not"
        for item in seated.bands
        if item.band.is_clear
    )


def _of(item: ListBand) -> str:
    named = [group for group in item.groups if group]
    return f" of {name_list(named)}" if named else ""


def _after_seats(result: PredictResult) -> Iterator[str]:
    if result.out is None:
        return
    kept = f"{result.out} and {result.out}.about.json"
    if result.seated is not None and result.seated.lottery is not None:
        yield f"Next: call in certain and drawn, nobody else; keep {kept} until outcomes are known."
    else:
        yield f"Next: call in those whose placement_seat is certain; keep {kept}."
