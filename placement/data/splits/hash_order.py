"""The smallest and the most frequent of very many hashes, found by histograms that merge.

So nothing depends on how rows are cut or ordered, and only a few bins are ever sorted.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

import numpy as np

from placement.arrays import IntArray, UInt64Array
from placement.runtime.parallel_map import in_order, usable_processors
from placement.runtime.ranks import current, share_of, shared_in_order

_BINS = 1 << 16
_BIN_SHIFT = np.uint64(48)  # bits of a hash below those of its bin
_LOWER_BITS = (32, 16, 0)
_PIECES_AT_ONCE = 8  # pieces that one histogram is made of


class HashHistogram:
    """Hashes with a class each: `piece(index)` gives both (n,) of each of the `pieces`."""

    def __init__(
        self, pieces: int, piece: Callable[[int], tuple[UInt64Array, IntArray]], classes: int = 2
    ) -> None:
        self._pieces, self._piece, self._class_count = pieces, piece, classes

    @cached_property
    def counts(self) -> IntArray:
        """The rows of each class in 65,536 bins of the hash, (classes, bins)."""
        size = self._class_count * _BINS

        def of(hashes: UInt64Array, classes: IntArray) -> IntArray:
            bins = (hashes >> _BIN_SHIFT).astype(np.int64)
            bins += classes * _BINS
            return np.bincount(bins, minlength=size)

        return self._sum_over_pieces(of, size).reshape(self._class_count, _BINS)

    @property
    def class_counts(self) -> IntArray:
        """The rows of each class, (classes,)."""
        return np.asarray(self.counts.sum(axis=1))

    def nth_smallest(self, ranks: Sequence[Sequence[int]]) -> list[UInt64Array]:
        """Return for each class its n-th smallest hashes (n from 1), for each n of `ranks`."""
        ranks_by_class = [np.asarray(ns, dtype=np.int64) for ns in ranks]
        reached = np.cumsum(self.counts, axis=1)
        needed = np.zeros((self._class_count, _BINS), dtype=bool)
        for k, ns in enumerate(ranks_by_class):
            needed[k, np.searchsorted(reached[k], ns)] = True
        if not needed.any():
            return [np.empty(0, dtype=np.uint64) for _ in ranks_by_class]

        def hashes_in_bins(piece: int) -> list[UInt64Array]:
            hashes, classes = self._piece(piece)
            in_bins = needed[classes, (hashes >> _BIN_SHIFT).astype(np.int64)]
            return [hashes[in_bins & (classes == k)] for k in range(self._class_count)]

        selected = list(shared_in_order(range(self._pieces), hashes_in_bins, usable_processors()))
        smallest = []
        for k, ns in enumerate(ranks_by_class):
            ordered = np.sort(np.concatenate([piece_hashes[k] for piece_hashes in selected]))
            skipped = np.cumsum(np.where(needed[k], 0, self.counts[k]))  # of bins not needed
            smallest.append(ordered[ns - 1 - skipped[np.searchsorted(reached[k], ns)]])
        return smallest

    def frequent(self, more_than: float) -> list[np.uint64]:
        """Return the hashes that come more than so many times, found by ever longer prefixes."""
        prefixes = np.flatnonzero(self.counts.sum(axis=0) > more_than).tolist()
        for lower_bits in _LOWER_BITS:
            longer: list[int] = []
            for prefix in prefixes:
                counts = self._sum_over_pieces(_count_after(prefix, lower_bits), _BINS)
                next_bits = np.flatnonzero(counts > more_than).tolist()
                longer += [prefix * _BINS + bits for bits in next_bits]
            prefixes = longer
        return [np.uint64(prefix) for prefix in prefixes]

    def _sum_over_pieces(
        self, count: Callable[[UInt64Array, IntArray], IntArray], size: int
    ) -> IntArray:
        """Add up the counts (size,) of all pieces, on every processor and rank."""

        def of_group(piece_range: Iterable[int]) -> IntArray:
            total = np.zeros(size, dtype=np.int64)
            for piece in piece_range:
                total += count(*self._piece(piece))
            return total

        pieces = range(self._pieces)
        groups = [pieces[start : start + _PIECES_AT_ONCE] for start in pieces[::_PIECES_AT_ONCE]]
        own, total = (groups[i] for i in share_of(len(groups))), np.zeros(size, dtype=np.int64)
        for part in in_order(own, of_group, usable_processors()):
            total += part
        return np.asarray(sum(current().exchange(total)))


def _count_after(prefix: int, lower_bits: int) -> Callable[[UInt64Array, IntArray], IntArray]:
    """Count hashes that begin with `prefix` by their next 16 bits, above `lower_bits` bits."""

    def count(hashes: UInt64Array, _classes: IntArray) -> IntArray:
        matching = hashes[(hashes >> np.uint64(lower_bits + 16)) == np.uint64(prefix)]
        bins = ((matching >> np.uint64(lower_bits)) & np.uint64(_BINS - 1)).astype(np.int64)
        return np.bincount(bins, minlength=_BINS)

    return count
