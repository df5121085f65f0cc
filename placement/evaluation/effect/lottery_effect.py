"""What lotteries showed: both groups counted, the effect, and how much luck alone does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement.arrays import IntArray
from placement.evaluation.effect.attendance import AttendanceEffect, attendance_effect
from placement.evaluation.effect.average_effect import AverageEffect, average_effect
from placement.evaluation.effect.power import Band, Detectable, detectable_effect
from placement.evaluation.effect.randomization_test import (
    RandomizationTest,
    Stratum,
    randomization_test,
)


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
class CountedBand:
    """A band, the counts (2, 2, 2) of its students (drawn, positive, came), and `unknown` ones."""

    outcome: BandOutcome
    counts: IntArray
    unknown: tuple[int, int]


def lottery_effect(bands: Sequence[CountedBand], *, attended: bool) -> LotteryEffect:
    """Return what the draws of one band or more showed; with `attended`, of who came as well."""
    strata = [band.outcome.stratum for band in bands]
    shapes = [Band(s.drawn, s.others, s.others_placed / s.others) for s in strata]
    drawn, others = np.sum([band.unknown for band in bands], axis=0).tolist()
    return LotteryEffect(
        bands=tuple(band.outcome for band in bands),
        unknown=(drawn, others),
        average=average_effect(strata),
        luck=randomization_test(strata),
        detectable=detectable_effect(shapes),
        attendance=attendance_effect([band.counts for band in bands]) if attended else None,
    )
