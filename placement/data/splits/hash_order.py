"""The smallest and the most frequent of very many hashes, found by histograms that merge.

So nothing depends on how rows are cut or ordered, and no more than a few bins are ever sorted.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

import numpy as np

from placement.arrays import IntArray, UInt64Array
from placement.runtime.ordered_map import in_order, usable_processors

_BINS = 1 << 16
_TOP = np.uint64(48)  # bits below the part of a hash that tells its bin
_DEEPER = (32, 16, 0)
_GROUP = 8  # pieces that one histogram is made of


class HashHistogram:
    """Hashes with a class each: `piece(place)` gives both (n,) of each of the `pieces`."""

    def __init__(
        self, pieces: int, piece: Callable[[int], tuple[UInt64Array, IntArray]], kinds: int = 2
    ) -> None:
        self._pieces, self._piece, self._kinds = pieces, piece, kinds

    @cached_property
    def counts(self) -> IntArray:
        """The rows of each class in 65,536 bins of the hash, (kinds, bins)."""

        def of(hashes: UInt64Array, classes: IntArray) -> IntArray:
            bins = (hashes >> _TOP).astype(np.int64)
            bins += classes * _BINS
            return np.bincount(bins, minlength=self._kinds * _BINS)

        return self._added(of, self._kinds * _BINS).reshape(self._kinds, _BINS)

    @property
    def rows(self) -> IntArray:
        """The rows of each class, (kinds,)."""
        return np.asarray(self.counts.sum(axis=1))

    def nth_smallest(self, wanted: Sequence[Sequence[int]]) -> list[UInt64Array]:
        """Return for each class its n-th smallest hashes, n counting from 1, for each wanted n."""
        numbers = [np.asarray(ns, dtype=np.int64) for ns in wanted]
        reached = np.cumsum(self.counts, axis=1)
        needed = np.zeros((self._kinds, _BINS), dtype=bool)
        for k, ns in enumerate(numbers):
            needed[k, np.searchsorted(reached[k], ns)] = True
        if not needed.any():
            return [np.empty(0, dtype=np.uint64) for _ in numbers]

        def kept(place: int) -> list[UInt64Array]:
            hashes, classes = self._piece(place)
            meant = needed[classes, (hashes >> _TOP).astype(np.int64)]
            return [hashes[meant & (classes == k)] for k in range(self._kinds)]

        parts = list(in_order(range(self._pieces), kept, usable_processors()))
        found = []
        for k, ns in enumerate(numbers):
            ordered = np.sort(np.concatenate([part[k] for part in parts]))
            skipped = np.cumsum(np.where(needed[k], 0, self.counts[k]))  # of bins not kept
            found.append(ordered[ns - 1 - skipped[np.searchsorted(reached[k], ns)]])
        return found

    def frequent(self, more_than: float) -> list[np.uint64]:
        """Return the hashes that come more than so many times, found by ever longer beginnings."""
        beginnings = np.flatnonzero(self.counts.sum(axis=0) > more_than).tolist()
        for below in _DEEPER:
            longer: list[int] = []
            for start in beginnings:
                counts = self._added(_after(start, below), _BINS)
                places = np.flatnonzero(counts > more_than).tolist()
                longer += [start * _BINS + place for place in places]
            beginnings = longer
        return [np.uint64(start) for start in beginnings]

    def _added(self, counted: Callable[[UInt64Array, IntArray], IntArray], size: int) -> IntArray:
        """Add up the counts (size,) of all pieces, on every processor."""

        def of_group(places: Iterable[int]) -> IntArray:
            total = np.zeros(size, dtype=np.int64)
            for place in places:
                total += counted(*self._piece(place))
            return total

        groups = [
            range(start, min(start + _GROUP, self._pieces))
            for start in range(0, self._pieces, _GROUP)
        ]
        total = np.zeros(size, dtype=np.int64)
        for part in in_order(groups, of_group, usable_processors()):
            total += part
        return total


def _after(start: int, below: int) -> Callable[[UInt64Array, IntArray], IntArray]:
    """Count hashes that begin with `start` by their next 16 bits, above `below` bits."""

    def counted(hashes: UInt64Array, _classes: IntArray) -> IntArray:
        own = hashes[(hashes >> np.uint64(below + 16)) == np.uint64(start)]
        bins = ((own >> np.uint64(below)) & np.uint64(_BINS - 1)).astype(np.int64)
        return np.bincount(bins, minlength=_BINS)

    return counted
