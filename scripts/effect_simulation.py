"""Does `effect` say what is true? Simulate colleges whose effect is known, draw lots, and count.

    python scripts/effect_simulation.py [COLLEGES]

In each cell (an effect, a size of the band, a number of lists) so many colleges: every student has
two outcomes, one if drawn and one if not. Counted are the colleges whose own average effect lies in
the interval, and those told that the list helped, beside how many the power promised beforehand.
Exit 1 where the interval holds fewer than 95 of 100, where more than 2.5 of 100 are told so without
an effect, or where the power is not as promised, each by more than the luck of counting.
"""

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from placement.arrays import BoolArray
from placement.evaluation.effect.average_effect import average_effect
from placement.evaluation.effect.power import Band, power
from placement.evaluation.effect.randomization_test import Stratum

EFFECTS, BANDS, LISTS = (0.0, 0.1, 0.3), (10, 20, 40), (1, 2, 3)
CHANCE = 0.3
SURE = 3  # standard errors of a count


@dataclass(frozen=True)
class Cell:
    """What was counted of the colleges of an effect, a size of the band and a number of lists."""

    effect: float
    band: int
    lists: int
    colleges: int
    held: int
    helped: int
    power: float

    @property
    def is_right(self) -> bool:
        """Whether all three promises are kept, as far as so many colleges can tell."""

        def above(count: int, share: float) -> float:
            error = math.sqrt(share * (1 - share) / self.colleges)
            return (count / self.colleges - share) / error

        right = above(self.held, 0.95) > -SURE
        if not self.effect:
            return right and above(self.helped, 0.025) < SURE
        # The power itself is counted on 2,000 lists.
        promised = min(max(self.power, 1e-3), 1 - 1e-3)
        error = math.sqrt(promised * (1 - promised) * (1 / self.colleges + 1 / 2000))
        return right and abs(self.helped / self.colleges - self.power) < SURE * error


def simulate(colleges: int, seed: int = 0) -> Iterator[Cell]:
    """Yield what is counted in each cell."""
    rng = np.random.default_rng(seed)
    for effect in EFFECTS:
        for band in BANDS:
            for lists in LISTS:
                yield simulate_cell(effect, band, lists, colleges, rng)


def simulate_cell(
    effect: float, band: int, lists: int, colleges: int, rng: np.random.Generator
) -> Cell:
    """Count the colleges of one cell."""
    held = helped = 0
    for college in range(colleges):
        if_drawn, if_not = outcomes(effect, (lists, band), rng, monotone=college % 2 == 0)
        strata = [draw(drawn, other, rng) for drawn, other in zip(if_drawn, if_not, strict=True)]
        result = interval(tuple(sorted(strata)))
        truth = float(if_drawn.mean() - if_not.mean())
        held += result.low - 1e-9 <= truth <= result.high + 1e-9
        helped += result.low > 0
    promised = power([Band(band // 2, band // 2, CHANCE)] * lists, effect)
    return Cell(effect, band, lists, colleges, held, helped, promised)


interval = lru_cache(maxsize=None)(average_effect)


def outcomes(
    effect: float, shape: tuple[int, int], rng: np.random.Generator, *, monotone: bool
) -> tuple[BoolArray, BoolArray]:
    """Return the outcomes of each student if drawn, and if not.

    A list helps some and harms nobody where it is `monotone`, else it may harm some as well;
    without an effect it changes nobody's.
    """
    luck = rng.random(shape)
    other = luck if monotone or not effect else rng.random(shape)
    return luck < CHANCE + effect, other < CHANCE


def draw(if_drawn: BoolArray, if_not: BoolArray, rng: np.random.Generator) -> Stratum:
    """Draw half of a band, and see what happens."""
    order = rng.permutation(len(if_drawn))
    drawn, others = np.split(order, 2)
    return Stratum(int(if_drawn[drawn].sum()), len(drawn), int(if_not[others].sum()), len(others))


def main() -> int:
    """Print a line for each cell."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("colleges", type=int, nargs="?", default=2000)
    colleges = parser.parse_args().colleges
    print(f"of {colleges:,} colleges a line, in 100:")
    print("effect  band  lists   interval holds   said to help   promised")
    wrong = 0
    for cell in simulate(colleges):
        shares = [100 * count / cell.colleges for count in (cell.held, cell.helped)]
        promised = 100 * cell.power if cell.effect else 2.5
        note = "" if cell.is_right else "   WRONG"
        print(
            f"{100 * cell.effect:6.0f}{cell.band:6}{cell.lists:7}{shares[0]:17.1f}{shares[1]:15.1f}"
            f"{promised:11.1f}{note}",
            flush=True,
        )
        wrong += not cell.is_right
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
