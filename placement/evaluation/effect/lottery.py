"""The draw: of the students nearest to the cut-off, half get a seat by a keyed lot.

On either side of the cut-off the model can hardly tell students apart, so a lot is as fair as its
order is, and makes two groups that differ by nothing but the seat. The lots are hashes of the
students' rows keyed by a seed: the same from the same rows in whatever order, and rows that are
equal, which may be different students, have lots of their own.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from placement.arrays import BoolArray, FloatArray, IndexArray, IntArray, UInt64Array
from placement.data.columns.column_summary import mix_bits
from placement.evaluation.shortlist import Rank

SEATS = ("certain", "drawn", "not drawn", "none")
CERTAIN, DRAWN, NOT_DRAWN, NONE = range(len(SEATS))


@dataclass(frozen=True)
class DrawnBand:
    """Students that one draw was held among: of these `groups`, so many `seats` for them.

    `low` and `high` are the least and the greatest probability, `chance` is the mean. `is_clear`:
    for two of them the intervals of the probability do not overlap.
    """

    groups: tuple[int, ...]
    students: int
    seats: int
    low: float
    high: float
    chance: float
    is_clear: bool


@dataclass(frozen=True)
class Seats:
    """Who has a seat: the index in `SEATS` (n,), the rank in the group (n,), and the bands.

    `small` are the groups too small for a band of their own, `full` those in which everybody has a
    seat. `order` (n,) is that of the list.
    """

    seat: IntArray
    rank: IntArray
    order: IndexArray
    bands: tuple[DrawnBand, ...]
    small: tuple[int, ...]
    full: tuple[int, ...]

    def count(self, seat: int) -> int:
        """Return how many students have such a seat."""
        return int((self.seat == seat).sum())


@dataclass(frozen=True)
class LotteryRequest:
    """So many seats (of each group), by rank; half of the `students` nearest to the cut-off draw.

    `students` is 0 where nobody draws.
    """

    rank: Rank
    seats: int
    students: int
    seed: int


@dataclass(frozen=True)
class Candidates:
    """Students (n,): probability, its limits where known, group, and a digest of the row."""

    probability: FloatArray
    interval: tuple[FloatArray, FloatArray] | None
    group: IndexArray
    digest: UInt64Array


def assign_seats(candidates: Candidates, request: LotteryRequest) -> Seats:
    """Give the seats of each group by rank, and by lot to those nearest to the cut-off.

    Where students draw, equal probabilities are ranked by lot too: else the order of the file
    would say who may draw.
    """
    probability, group = candidates.probability, candidates.group
    key = probability if request.rank == "risk" else -probability
    names = row_names(candidates.digest)
    by_lot = lots(names, request.seed, "rank") if request.students else np.arange(len(key))
    order = np.lexsort((by_lot, key, group))
    ordered = group[order]
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.searchsorted(ordered, ordered) + 1
    sizes = np.bincount(group)
    reach = request.students // 2
    draws = sizes > request.seats if reach else np.zeros(len(sizes), dtype=bool)
    in_band = draws[group] & (np.abs(rank - request.seats - 0.5) < reach)
    seat = np.where(rank <= request.seats, CERTAIN, NONE)
    lot = lots(names, request.seed, "seat")
    bands = []
    for groups in _sharing(probability, group, in_band, reach):
        members = np.flatnonzero(in_band & np.isin(group, groups))
        seats = reach * len(groups)
        drawn = members[np.argsort(lot[members], kind="stable")[:seats]]
        seat[members] = NOT_DRAWN
        seat[drawn] = DRAWN
        bands.append(_band(candidates, members, groups, seats))
    return Seats(
        seat,
        rank,
        order,
        tuple(bands),
        small=tuple(np.flatnonzero(draws & (sizes < request.seats + reach)).tolist()),
        full=tuple(np.flatnonzero(sizes <= request.seats).tolist()),
    )


def row_names(digest: UInt64Array) -> UInt64Array:
    """Return a name (n,) of each row: its digest, and of equal rows the second's, third's … own."""
    order = np.argsort(digest, kind="stable")
    ordered = digest[order]
    copy = np.empty(len(digest), dtype=np.uint64)
    copy[order] = np.arange(len(digest)) - np.searchsorted(ordered, ordered)
    return mix_bits(digest + mix_bits(copy))


def lots(names: UInt64Array, seed: int, purpose: str) -> UInt64Array:
    """Return the lot (n,) of each row, as if drawn anew for every seed and purpose."""
    salt = hashlib.blake2b(f"{purpose} {seed}".encode(), digest_size=8).digest()
    return mix_bits(mix_bits(names ^ np.uint64(int.from_bytes(salt, "little"))))


def _sharing(
    probability: FloatArray, group: IndexArray, in_band: BoolArray, reach: int
) -> list[tuple[int, ...]]:
    """Return the groups that share a band.

    One with fewer who would get none than a whole band has joins the band nearest in probability.
    """
    bands = [
        _Sharing((number,), float(probability[mine].mean()), int(mine.sum()))
        for number in np.unique(group[in_band]).tolist()
        for mine in (in_band & (group == number),)
    ]
    while (
        len(bands) > 1 and (small := min(bands, key=lambda b: b.spare(reach))).spare(reach) < reach
    ):
        others = [band for band in bands if band is not small]
        nearest = min(others, key=lambda band: abs(band.chance - small.chance))
        others.remove(nearest)
        bands = [*others, nearest.with_(small)]
    return sorted(band.groups for band in bands)


@dataclass(frozen=True)
class _Sharing:
    groups: tuple[int, ...]
    chance: float
    students: int

    def spare(self, reach: int) -> int:
        """How many of them will get no seat."""
        return self.students - reach * len(self.groups)

    def with_(self, other: "_Sharing") -> "_Sharing":
        students = self.students + other.students
        chance = (self.chance * self.students + other.chance * other.students) / students
        return replace(
            self,
            groups=tuple(sorted((*self.groups, *other.groups))),
            chance=chance,
            students=students,
        )


def _band(
    candidates: Candidates, members: IndexArray, groups: Sequence[int], seats: int
) -> DrawnBand:
    chances = candidates.probability[members]
    is_clear = False
    if candidates.interval is not None:
        low, high = (limits[members] for limits in candidates.interval)
        is_clear = bool(high.min() < low.max())
    return DrawnBand(
        tuple(groups),
        len(members),
        seats,
        float(chances.min()),
        float(chances.max()),
        float(chances.mean()),
        is_clear,
    )
