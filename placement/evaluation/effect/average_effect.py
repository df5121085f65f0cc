"""The exact permutation interval of the average effect among the students of the bands.

Each student has two outcomes: placed or not if drawn, placed or not if not drawn. A table counts
them, and an average effect is kept where, for some table that it fits and that may have led to what
was seen, luck gives as much as was seen in over 2.5 % of the draws, on either side (Rigdon and
Hudgens 2015; Li and Ding 2016; Aronow, Chang and Lopatto 2023). Over strata the tables of all are
taken together. Where that would be too many, those of the greatest variance are tried for each
effect: they leave most to luck.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np

from placement.arrays import BoolArray, FloatArray, IndexArray, IntArray
from placement.evaluation.effect.randomization_test import (
    StepGrid,
    Stratum,
    distribution,
    pooled_difference,
    step_grid,
)

TAIL = 0.025  # of the draws, on each side
_MOST_TABLES = 20_000  # over all strata, that are tried without choice
_OF_AN_EFFECT = 4  # tables of the greatest variance, where there are more
_MOST_OPPOSED = 2  # helped and harmed at once, in a band too large to try them all
_LARGE_BAND = 24


@dataclass(frozen=True)
class AverageEffect:
    """The average effect of being drawn among the bands' students, and its 95 % interval.

    `enumerated`: every table was tried. Shares, from -1 to 1.
    """

    estimate: float
    low: float
    high: float
    enumerated: bool


def average_effect(strata: Sequence[Stratum]) -> AverageEffect:
    """Estimate the average effect of being drawn, with its interval."""
    low, enumerated = _lower_limit(sorted(strata))
    # Where "not placed" is what counts, the effect has the other sign.
    high, _ = _lower_limit(sorted(stratum.mirrored for stratum in strata))
    return AverageEffect(pooled_difference(strata), low, -high, enumerated)


@dataclass(frozen=True)
class _Tables:
    """Tables (k,): the sum of their effects, the variance and the distribution (k, steps)."""

    effect: IntArray
    variance: FloatArray
    chance: FloatArray


def _lower_limit(strata: Sequence[Stratum]) -> tuple[float, bool]:
    """Return the smallest average effect that is kept, and whether every table was tried."""
    grid = step_grid(strata)
    count = 1
    for stratum in strata:
        count *= len(possible_tables(stratum))
    enumerated = count <= _MOST_TABLES and max(s.students for s in strata) <= _LARGE_BAND
    families = [_tables(stratum, grid, enumerated) for stratum in strata]
    joint = reduce(lambda one, other: _joint(one, other, enumerated), families)
    tail = joint.chance[:, grid.observed(strata) :].sum(axis=1)
    kept = joint.effect[tail > TAIL * (1 + 1e-9)]
    return int(kept.min()) / sum(stratum.students for stratum in strata), enumerated


@lru_cache(maxsize=256)
def possible_tables(stratum: Stratum) -> IntArray:
    """Return the tables (k, 4), as in `distribution`, that may have led to what was seen.

    In a large band only those in which few are helped while others are harmed.
    """
    students, m, a, b = stratum.students, stratum.drawn, stratum.drawn_placed, stratum.others_placed
    opposed_most = students if students <= _LARGE_BAND else _MOST_OPPOSED
    always, spare, opposed = np.indices((students + 1, students + 1, opposed_most + 1))
    tables = []
    for helped, harmed in ((opposed, opposed + spare), (opposed + spare, opposed)):
        never = students - always - helped - harmed
        # How many of those always placed were drawn: there must be a number that fits.
        missed = always + harmed - b  # of those who would be placed if not drawn
        least = np.maximum(np.maximum(0, a - helped), np.maximum(missed - harmed, missed - m + a))
        greatest = np.minimum(np.minimum(always, a), np.minimum(missed, missed - m + a + never))
        fits = (never >= 0) & (least <= greatest)
        tables.append(np.stack([always[fits], helped[fits], harmed[fits], never[fits]], axis=1))
    return np.unique(np.concatenate(tables), axis=0)


def _variance(tables: IntArray, stratum: Stratum) -> FloatArray:
    """Return the variance (k,) of the difference times the students, over all draws."""
    always, helped, harmed, _ = tables.T
    n = stratum.students

    def spread(total: IntArray, squares: IntArray) -> FloatArray:
        return np.asarray((squares - total**2 / n) / (n - 1), dtype=np.float64)

    drawn, others, effect = always + helped, always + harmed, helped - harmed
    return np.asarray(
        n**2
        * (
            spread(drawn, drawn) / stratum.drawn
            + spread(others, others) / stratum.others
            - spread(effect, helped + harmed) / n
        )
    )


@lru_cache(maxsize=2048)
def _tables(stratum: Stratum, grid: StepGrid, enumerated: bool) -> _Tables:
    tables = possible_tables(stratum)
    effect, variance = tables[:, 1] - tables[:, 2], _variance(tables, stratum)
    if not enumerated:
        chosen = _most_varied(effect, variance)
        tables, effect, variance = tables[chosen], effect[chosen], variance[chosen]
    chance = [
        distribution((always, helped, harmed, never), stratum.drawn, grid)
        for always, helped, harmed, never in tables.tolist()
    ]
    return _Tables(effect, variance, np.array(chance))


def _most_varied(effect: IntArray, variance: FloatArray) -> IndexArray:
    """Return the indices of the tables of the greatest variance of each effect."""
    order = np.lexsort((-variance, effect))
    ordered = effect[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    first: BoolArray = rank < _OF_AN_EFFECT
    return order[first]


def _joint(one: _Tables, other: _Tables, enumerated: bool) -> _Tables:
    """Return the tables of two sets of strata together."""
    effect = (one.effect[:, None] + other.effect).ravel()
    variance = (one.variance[:, None] + other.variance).ravel()
    pairs = np.arange(len(effect)) if enumerated else _most_varied(effect, variance)
    first, second = np.divmod(pairs, len(other.effect))
    size = one.chance.shape[1] + other.chance.shape[1] - 1
    waves = np.fft.rfft(one.chance, size)[first] * np.fft.rfft(other.chance, size)[second]
    return _Tables(effect[pairs], variance[pairs], np.fft.irfft(waves, size))
