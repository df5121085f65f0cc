"""What a lottery can show, before it is held: the effect that it finds in 80 of 100 such lists."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement.arrays import BoolArray, IntArray
from placement.evaluation.effect.average_effect import TAIL
from placement.evaluation.effect.randomization_test import Stratum, distribution, step_grid

POWER = 0.8
_LISTS = 2000
_AT_ONCE = 250  # lists, which bounds the memory
_SEED = 0


@dataclass(frozen=True)
class Band:
    """A band before its outcomes: so many are drawn and not drawn, of a chance of being placed."""

    drawn: int
    others: int
    chance: float


@dataclass(frozen=True)
class Detectable:
    """The smallest effect, a share, that is found in 80 of 100 such lists.

    None where none is; then `most` is in how many of them (a share) the largest possible one is
    found, that by which all who are drawn are placed.
    """

    effect: float | None
    most: float


def detectable_effect(bands: Sequence[Band]) -> Detectable:
    """Return the smallest effect, in whole points, whose benefit is found in 80 of 100 lists."""
    lists = _Lists(bands)
    low, high = 0, round(100 * (1 - min(band.chance for band in bands)))
    most = lists.power(high / 100)
    if most < POWER:
        return Detectable(None, most)
    while high - low > 1:  # the power grows with the effect
        middle = (low + high) // 2
        low, high = (low, middle) if lists.power(middle / 100) >= POWER else (middle, high)
    return Detectable(high / 100, most)


def power(bands: Sequence[Band], effect: float) -> float:
    """Return in how many lists, a share, a benefit of `effect` (a share) is found."""
    return _Lists(bands).power(effect)


class _Lists:
    """2,000 lists of a fixed seed: the same students' luck whatever the effect."""

    def __init__(self, bands: Sequence[Band]) -> None:
        rng = np.random.default_rng(_SEED)
        self._bands = bands
        self._luck = [
            (rng.random((_LISTS, band.drawn)), rng.random((_LISTS, band.others))) for band in bands
        ]
        grid = step_grid([Stratum(0, band.drawn, 0, band.others) for band in bands])
        most = [grid.most(band.drawn + band.others) for band in bands]
        self._size = 2 * sum(most) + 1
        self._steps = [
            grid.steps(band.drawn, band.others) + reach
            for band, reach in zip(bands, most, strict=True)
        ]
        # The distribution of luck for every number of students placed, to be convolved.
        self._waves = [
            np.array(
                [
                    np.fft.rfft(distribution((k, 0, 0, n - k), band.drawn, grid), self._size)
                    for k in range(n + 1)
                ]
            )
            for band in bands
            for n in (band.drawn + band.others,)
        ]

    def power(self, effect: float) -> float:
        """Return in how many of the lists, a share, the test finds a benefit."""
        pairs = zip(self._bands, self._luck, strict=True)
        placed = [
            ((drawn < band.chance + effect).sum(axis=1), (others < band.chance).sum(axis=1))
            for band, (drawn, others) in pairs
        ]
        cuts = range(0, _LISTS, _AT_ONCE)
        parts = [[(a[c : c + _AT_ONCE], b[c : c + _AT_ONCE]) for a, b in placed] for c in cuts]
        return float(np.concatenate([self._found(part) for part in parts]).mean())

    def _found(self, placed: Sequence[tuple[IntArray, IntArray]]) -> BoolArray:
        waves = np.prod(
            [wave[a + b] for wave, (a, b) in zip(self._waves, placed, strict=True)], axis=0
        )
        tail = np.fft.irfft(waves, self._size)[:, ::-1].cumsum(axis=1)
        observed = sum(steps[a, b] for steps, (a, b) in zip(self._steps, placed, strict=True))
        p_greater = tail[np.arange(len(tail)), self._size - 1 - observed]
        return np.asarray(p_greater <= TAIL + 1e-12)
