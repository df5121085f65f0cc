"""What a lottery showed, as text for a terminal and as a JSON document."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from placement.arrays import Document
from placement.data.schema import Target
from placement.evaluation.effect.attendance import AttendanceEffect
from placement.evaluation.effect.average_effect import AverageEffect
from placement.evaluation.effect.power import Detectable
from placement.evaluation.effect.randomization_test import RandomizationTest, Stratum
from placement.reporting.format.text_table import table
from placement.reporting.json_documents import FORMAT


@dataclass(frozen=True)
class BandOutcome:
    """What became of the students of one band of a list; `groups` are those that it is of."""

    list: str
    groups: tuple[str, ...]
    stratum: Stratum


@dataclass(frozen=True)
class LotteryEffect:
    """The effect of a seat on the students of the bands, and whether luck alone may be all.

    `unknown` are the students of the bands without an outcome, drawn and not drawn. `detectable`:
    the effect that lotteries of these sizes find. `attendance`: the effect of coming, where asked.
    """

    bands: tuple[BandOutcome, ...]
    unknown: tuple[int, int]
    average: AverageEffect
    luck: RandomizationTest
    detectable: Detectable
    attendance: AttendanceEffect | None

    @property
    def drawn(self) -> tuple[int, int]:
        """How many were drawn, and how many of them had the outcome."""
        strata = [band.stratum for band in self.bands]
        return sum(s.drawn for s in strata), sum(s.drawn_placed for s in strata)

    @property
    def others(self) -> tuple[int, int]:
        """How many were not drawn, and how many of them had the outcome."""
        strata = [band.stratum for band in self.bands]
        return sum(s.others for s in strata), sum(s.others_placed for s in strata)

    @property
    def verdict(self) -> str:
        """What may be said: helped, harmed, or not shown."""
        if self.average.low > 0:
            return "helped"
        return "harmed" if self.average.high < 0 else "not shown"


@dataclass(frozen=True)
class EffectResult:
    """What lists with seats led to. `lists` maps their files to their ids.

    `effect` is None where no lots were drawn, so that none can be told. `run_id` is that of the run
    that keeps the result.
    """

    lists: Mapping[str, str | None]
    outcomes: str
    target: Target | None
    effect: LotteryEffect | None
    warnings: tuple[str, ...]
    run_id: str | None = None

    @property
    def verdict(self) -> str:
        """What may be said: helped, harmed, not shown, or no lottery."""
        return "no lottery" if self.effect is None else self.effect.verdict


def effect_document(result: EffectResult) -> Document:
    """What `effect --json` prints; shares, not points."""
    effect = result.effect
    document: Document = {
        "format": FORMAT,
        "verdict": result.verdict,
        "lists": [{"list": name, "id": list_id} for name, list_id in result.lists.items()],
        "outcomes": result.outcomes,
        "positive": None if result.target is None else result.target.positive,
        "drawn": None,
        "not_drawn": None,
        "effect": None,
        "luck": None,
        "attendance": None,
        "detectable": None,
        "bands": [],
        "run_id": result.run_id,
        "warnings": list(result.warnings),
    }
    if effect is None:
        return document
    groups = zip((effect.drawn, effect.others), effect.unknown, strict=True)
    drawn, others = (
        {"students": students, "positive": positive, "unknown": unknown}
        for (students, positive), unknown in groups
    )
    return document | {
        "drawn": drawn,
        "not_drawn": others,
        "effect": asdict(effect.average),
        "luck": asdict(effect.luck) | {"p_value": effect.luck.p_value},
        "attendance": None if effect.attendance is None else asdict(effect.attendance),
        "detectable": asdict(effect.detectable),
        "bands": [
            {"list": band.list, "groups": list(band.groups), **asdict(band.stratum)}
            for band in effect.bands
        ],
    }


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
