"""The short answer of `effect`: what happened to both groups, and how much of it may be luck."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from placement.data.schema import Target
from placement.errors import counted
from placement.evaluation.effect.attendance import AttendanceEffect
from placement.evaluation.effect.lottery_effect import LotteryEffect
from placement.reporting.format.probability_words import in_100, of_100, points
from placement.reporting.format.prose import Paste
from placement.reporting.format.text_table import table
from placement.reporting.results import EffectResult


def effect_answer(result: EffectResult) -> Iterator[str]:
    """Yield the sentences, what was counted first."""
    effect, target = result.effect, result.target
    if effect is None or target is None:
        yield from _no_lottery(result)
        return
    yield _counts(effect, target)
    yield _interval(effect, target)
    yield _luck(effect)
    yield _verdict(effect)
    if effect.attendance is not None:
        yield _attendance(effect.attendance)
    yield from _next(result, effect)


def _no_lottery(result: EffectResult) -> Iterator[str]:
    names = ", ".join(result.lists)
    yield f"No effect is claimed: {names} was made without a lottery."
    yield (
        "Whoever had a seat differed from the others before anything was done for them: that is "
        "why they had one. To compare the two says more of the ranking than of the help."
    )
    yield "Next year, let the students nearest to the cut-off draw lots for the last seats:"
    yield Paste(
        "placement predict NEXT.csv --rank risk --top 60 --lottery 20 --seed 1 --out NEXT_LIST.csv"
    )


def _counts(effect: LotteryEffect, target: Target) -> str:
    """Say how many of each group had the outcome."""
    verb = "are" if target.outcome.startswith("'") else "have"
    (drawn, of_drawn), (others, of_others) = effect.drawn, effect.others
    return (
        f"Of the {drawn:,} who were drawn {of_drawn:,} {verb} {target.outcome}; of the {others:,} "
        f"who were not, {of_others:,}."
    )


def _interval(effect: LotteryEffect, target: Target) -> str:
    average = effect.average
    students = effect.drawn[0] + effect.others[0]
    return (
        f"The seat's average effect on these {students:,} students: {points(average.estimate)} "
        f"points at best guess (so many more of 100 {target.outcome}); it lies between "
        f"{points(average.low)} and {points(average.high)} (95 % interval)."
    )


def _luck(effect: LotteryEffect) -> str:
    """Say how often luck alone does as much."""
    often = in_100(effect.luck.p_value)
    if effect.luck.p_value > 0.995:
        return "A seat that does nothing nearly always gives a difference as large or larger."
    return (
        f"A seat that does nothing gives a difference as large or larger in {often} of 100 draws."
    )


def _verdict(effect: LotteryEffect) -> str:
    if effect.verdict == "helped":
        return (
            "So the seat helped: luck alone hardly explains it. That is said of the students near "
            "the cut-off, who drew; it is not known of those with a certain seat."
        )
    if effect.verdict == "harmed":
        return (
            "So those with a seat fared worse, and luck alone hardly explains it: look at what was "
            "done for them before you do it again."
        )
    found = effect.detectable
    sizes = f"{effect.drawn[0]:,} against {effect.others[0]:,}"
    least = (
        f"an effect below {100 * found.effect:.0f} points is easily missed"
        if found.effect is not None
        else "even the largest effect is easily missed"
    )
    return (
        "So it is not shown that the seat helped, nor that it did not: luck may be all. With "
        f"{sizes}, {least}."
    )


def _attendance(came: AttendanceEffect) -> str:
    """Say what coming did for those who came because they were drawn."""
    shares = (
        f"{of_100(came.came_drawn)} in 100 of those drawn came, and {of_100(came.came_others)} in "
        "100 of the others"
    )
    if came.estimate is None or (came.low is None and came.high is None):
        return f"{shares}: too small a difference to say anything of those who came."
    low = "no lower limit" if came.low is None else points(came.low)
    high = "no upper limit" if came.high is None else points(came.high)
    return (
        f"{shares}. On those who came because they were drawn the effect is "
        f"{points(came.estimate)} points at best guess; it lies between {low} and {high}."
    )


def _next(result: EffectResult, effect: LotteryEffect) -> Iterator[str]:
    if any(effect.unknown):
        yield f"{counted(sum(effect.unknown), 'student')} of the band without an outcome left out."
    if effect.verdict == "not shown":
        lists = [*result.lists, f"NEXT_LIST{Path([*result.lists][-1]).suffix}"]
        outcomes = f"OUTCOMES{Path(result.outcomes).suffix}"
        yield "Next: draw again next year, and let all years speak together:"
        yield Paste(
            shlex.join(["placement", "effect", *lists, "--outcomes", outcomes, *result.joining])
        )
    elif effect.verdict == "helped":
        yield "Next: draw again next year; so few students are one piece of evidence. Bands: -v"
    else:
        yield "Next: change what is done for them, and draw again to see whether that helps."


def effect_text(result: EffectResult) -> str:
    """All figures, band by band."""
    effect = result.effect
    if effect is None:
        return "no lots were drawn: no effect can be told"
    rows = [
        (
            band.list,
            ", ".join(filter(None, band.groups)),
            f"{band.stratum.drawn_placed} of {band.stratum.drawn}",
            f"{band.stratum.others_placed} of {band.stratum.others}",
            f"{band.stratum.difference:+.3f}",
        )
        for band in effect.bands
    ]
    average, luck = effect.average, effect.luck
    how = (
        "every table of outcomes tried"
        if average.enumerated
        else "of all tables of outcomes those of the greatest variance tried"
    )
    lines = [
        table(("list", "band", "drawn", "not drawn", "difference"), rows, numeric=(2, 3, 4)),
        f"average effect among the students of the bands {average.estimate:+.3f}",
        f"  95 % interval {average.low:+.3f} to {average.high:+.3f} (exact; {how})",
        f"randomisation test: p {luck.p_value:.4f}",
        f"  as high {luck.p_greater:.4f}, as low {luck.p_less:.4f}",
        f"verdict: {effect.verdict}",
    ]
    if any(effect.unknown):
        lines.append(f"without an outcome: {effect.unknown[0]} drawn, {effect.unknown[1]} not")
    if effect.attendance is not None:
        came = effect.attendance
        limits = ["none" if x is None else f"{x:+.2f}" for x in (came.low, came.high)]
        lines.append(
            f"came: {came.came_drawn:.3f} of those drawn, {came.came_others:.3f} of the others; "
            f"effect of coming {'none' if came.estimate is None else f'{came.estimate:+.3f}'}, "
            f"limits {limits[0]} and {limits[1]} (95 %, inverted test)"
        )
    return "\n".join(lines)
