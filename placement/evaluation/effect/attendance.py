"""The effect among those who came because they were drawn, where not all of them did.

The test that the draw changed nothing is made for every effect that coming may have: that effect is
taken away from those who came, and what is left must be luck. The effects that are not refused make
the interval. Where hardly more of those drawn came than of the others, none is refused, and nothing
is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement.arrays import FloatArray, IntArray

DRAWS = 20_000
SEED = 0
_REFUSED = 0.05
_POINTS = 100


@dataclass(frozen=True)
class AttendanceEffect:
    """The average effect of coming, as a share; None where it, or its limit, is not known.

    `came_drawn` and `came_others` are the shares that came. A limit is None where even the largest
    effect on that side that can be, 100 points, is not refused.
    """

    estimate: float | None
    low: float | None
    high: float | None
    came_drawn: float
    came_others: float


def attendance_effect(strata: Sequence[IntArray]) -> AttendanceEffect:
    """Estimate the effect of coming from counts (2, 2, 2) of each stratum.

    A count is of the students drawn (0: not, 1: drawn), placed (0, 1) and who came (0, 1). Luck is
    taken from 20,000 draws like the one that was made, of a fixed seed.
    """
    rng = np.random.default_rng(SEED)
    placed, came = np.zeros(DRAWS + 1), np.zeros(DRAWS + 1)
    for counts in strata:
        draws = _differences(counts, rng)
        placed += draws[0]
        came += draws[1]
    estimate = float(placed[0] / came[0]) if came[0] > 1e-9 else None
    effects = np.arange(-_POINTS, _POINTS + 1) / _POINTS
    kept = effects[[_p_value(placed - effect * came) > _REFUSED for effect in effects]]
    if not len(kept):  # between two points, or beyond what an effect can be
        kept = np.clip([estimate or 0.0], -1.0, 1.0)
    low, high = float(kept.min()), float(kept.max())
    total = np.sum(np.array(strata), axis=0)
    shares = total[:, :, 1].sum(axis=1) / total.sum(axis=(1, 2))
    return AttendanceEffect(
        None if estimate is None else float(np.clip(estimate, -1.0, 1.0)),
        None if low <= -1 else low,
        None if high >= 1 else high,
        float(shares[1]),
        float(shares[0]),
    )


def _differences(counts: IntArray, rng: np.random.Generator) -> FloatArray:
    """Return differences (2, draws + 1) of those placed and of those who came, as made and drawn.

    Each is times the students of the stratum, and the first of them is the one that was seen.
    """
    others, drawn = int(counts[0].sum()), int(counts[1].sum())
    kinds = counts.sum(axis=0).ravel()  # not placed, came, placed, both: as in [0, 0] … [1, 1]
    sampled = rng.multivariate_hypergeometric(kinds, drawn, size=DRAWS)
    sampled = np.concatenate([counts[1].ravel()[None], sampled])
    of_placed, of_came = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    pairs = [(sampled @ mask, int(kinds @ mask)) for mask in (of_placed, of_came)]
    students = others + drawn
    return np.array([students * (x / drawn - (all_ - x) / others) for x, all_ in pairs])


def _p_value(differences: FloatArray) -> float:
    """Return how often a difference is as far out as the first of them, on either side alike."""
    above = np.mean(differences >= differences[0] - 1e-9)
    below = np.mean(differences <= differences[0] + 1e-9)
    return float(min(1.0, 2 * min(above, below)))
