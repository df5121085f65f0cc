"""The exact randomisation test: what the draw that was made could have shown by luck alone.

Students were drawn in strata: the band of a list, or of a branch. The statistic is the pooled
difference of the shares placed, each stratum weighted by its students. It is counted in whole
steps, so that its distribution is an array and that of several strata a convolution.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np

from placement.arrays import FloatArray, IntArray

Table = tuple[int, int, int, int]
_MOST_STEPS = 1024


@dataclass(frozen=True, order=True)
class Stratum:
    """How many students were drawn and placed, drawn, not drawn and placed, and not drawn."""

    drawn_placed: int
    drawn: int
    others_placed: int
    others: int

    def __post_init__(self) -> None:
        if not (0 <= self.drawn_placed <= self.drawn and 0 <= self.others_placed <= self.others):
            raise ValueError(f"{self}: more are placed than there are")
        if not (self.drawn and self.others):
            raise ValueError(f"{self}: some must be drawn, and some not")

    @property
    def students(self) -> int:
        """All of them."""
        return self.drawn + self.others

    @property
    def placed(self) -> int:
        """Those who were placed."""
        return self.drawn_placed + self.others_placed

    @property
    def difference(self) -> float:
        """The share placed of those drawn, less that of the others."""
        return self.drawn_placed / self.drawn - self.others_placed / self.others

    @property
    def mirrored(self) -> "Stratum":
        """The same with "placed" for "not placed": what helped there harms here."""
        return Stratum(
            self.drawn - self.drawn_placed,
            self.drawn,
            self.others - self.others_placed,
            self.others,
        )


@dataclass(frozen=True)
class RandomizationTest:
    """What luck alone does: the chance of a difference as high as this, as low, or as large."""

    p_greater: float
    p_less: float

    @property
    def p_value(self) -> float:
        """The two-sided p-value: twice the smaller one."""
        return min(1.0, 2 * min(self.p_greater, self.p_less))


def pooled_difference(strata: Sequence[Stratum]) -> float:
    """Return the difference of the shares placed, strata weighted by their students."""
    total = sum(stratum.students for stratum in strata)
    return sum(stratum.students * stratum.difference for stratum in strata) / total


def randomization_test(strata: Sequence[Stratum]) -> RandomizationTest:
    """Test that the draw changed nobody's outcome, conditional on the draw that was made."""
    strata = sorted(strata)
    grid = step_grid(strata)
    null = _null(tuple((s.placed, s.drawn, s.others) for s in strata), grid)
    observed = grid.observed(strata)
    return RandomizationTest(
        min(1.0, float(null[observed:].sum())), min(1.0, float(null[: observed + 1].sum()))
    )


@dataclass(frozen=True)
class StepGrid:
    """The steps in which the statistic is counted: `scale` of them are one student's whole share.

    Where that would take too many steps, each stratum's part is rounded to one. The test then is
    of a statistic slightly different, and as exact.
    """

    scale: float

    def steps(self, drawn: int, others: int) -> IntArray:
        """Return the steps (drawn + 1, others + 1) of so many placed of those drawn and others."""
        a = np.arange(drawn + 1)[:, None] / drawn
        b = np.arange(others + 1) / others
        return np.rint(self.scale * (drawn + others) * (a - b)).astype(np.int64)

    def most(self, students: int) -> int:
        """The most steps, on either side of 0, that so many students can make."""
        return math.ceil(self.scale * students)

    def observed(self, strata: Sequence[Stratum]) -> int:
        """Return the index of what was observed in the distribution over all strata."""
        return sum(
            int(self.steps(s.drawn, s.others)[s.drawn_placed, s.others_placed])
            + self.most(s.students)
            for s in strata
        )


def step_grid(strata: Sequence[Stratum]) -> StepGrid:
    """Return the coarsest grid on which no stratum's part is rounded, if it is not too fine."""
    students = sum(stratum.students for stratum in strata)
    divisors = [math.gcd(stratum.drawn, stratum.others) for stratum in strata]
    finest = math.lcm(*(s.drawn * s.others // d**2 for s, d in zip(strata, divisors, strict=True)))
    if finest == 1:  # as many are drawn as not: the parts are even numbers
        return StepGrid(0.5)
    return StepGrid(float(min(finest, max(1, _MOST_STEPS // students))))


@lru_cache(maxsize=20_000)
def distribution(table: Table, drawn: int, grid: StepGrid) -> FloatArray:
    """Return the chance (2 · most + 1,) of each number of steps over all draws of so many.

    `table` has the students who are placed whether drawn or not, only if drawn, only if not drawn,
    and never.
    """
    always, helped, harmed, never = table
    students = sum(table)
    i, j, k = np.ogrid[: always + 1, : helped + 1, : harmed + 1]
    rest = drawn - i - j - k
    i, j, k = np.nonzero((rest >= 0) & (rest <= never))
    log_chance = (
        _log_choices(always)[i]
        + _log_choices(helped)[j]
        + _log_choices(harmed)[k]
        + _log_choices(never)[drawn - i - j - k]
        - _log_choices(students)[drawn]
    )
    steps = grid.steps(drawn, students - drawn)[i + j, always + harmed - i - k]
    most = grid.most(students)
    chance = np.bincount(steps + most, np.exp(log_chance), minlength=2 * most + 1)
    return np.asarray(chance, dtype=np.float64)


@lru_cache(maxsize=4096)
def _null(margins: tuple[tuple[int, int, int], ...], grid: StepGrid) -> FloatArray:
    """Return the distribution where the draw changes nothing: hypergeometric ones, convolved.

    `margins` has the students placed, drawn and not drawn of each stratum.
    """
    return reduce(
        np.convolve,
        (
            distribution((placed, 0, 0, drawn + others - placed), drawn, grid)
            for placed, drawn, others in margins
        ),
    )


@lru_cache(maxsize=4096)
def _log_choices(students: int) -> FloatArray:
    """Return the logarithm (students + 1,) of how many ways there are to choose so many."""
    factorials = np.cumsum(np.log(np.maximum(1, np.arange(students + 1))))
    return np.asarray(factorials[-1] - factorials - factorials[::-1], dtype=np.float64)
