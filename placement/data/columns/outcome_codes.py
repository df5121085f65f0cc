"""The outcome of each row of a table as a code, piece by piece."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from placement.arrays import BoolArray, IntArray, ObjectArray

_EVERY = 50


@dataclass(frozen=True, eq=False)
class OutcomeCodes:
    """`codes(piece)` gives each row's outcome (n,), -1 where the row is not used.

    `positive` (m,) tells which of the outcomes count as positive; there are `pieces` pieces.
    `rows` (m,) are the rows of each outcome, where they were counted while reading.
    `reasons(piece)` says why each row (n,) is not used, where it is not.
    """

    codes: Callable[[int], IntArray]
    positive: BoolArray
    pieces: int
    rows: IntArray | None = None
    reasons: Callable[[int], ObjectArray] | None = None

    def used_masks(self) -> Iterator[BoolArray]:
        """Yield for each piece which rows (n,) are used."""
        for piece in range(self.pieces):
            yield self.codes(piece) >= 0

    def used_labels(self, piece: int) -> npt.NDArray[np.int8]:
        """Return the labels, 1 or 0, of those of a piece's rows that are used, (k,)."""
        codes = self.codes(piece)
        return self.positive[codes[codes >= 0]].view(np.int8)

    def without(self, excluded: Callable[[int], BoolArray], reason: str) -> "OutcomeCodes":
        """The same with further rows not used, and why: those that `excluded(piece)` marks (n,)."""

        def codes(piece: int) -> IntArray:
            return np.where(excluded(piece), -1, self.codes(piece))

        def reasons(piece: int) -> ObjectArray:
            earlier = reason if self.reasons is None else self.reasons(piece)
            why: ObjectArray = np.where(self.codes(piece) < 0, earlier, np.array(reason, object))
            return why

        return replace(self, codes=codes, rows=None, reasons=reasons)

    @cached_property
    def counts(self) -> tuple[int, int]:
        """Rows that are used, of which so many positive."""
        if self.rows is not None:
            return int(self.rows.sum()), int(self.rows[self.positive].sum())
        rows = positive = 0
        for piece in range(self.pieces):
            labels = self.used_labels(piece)
            rows, positive = rows + len(labels), positive + int(np.count_nonzero(labels))
        return rows, positive

    @cached_property
    def sample(self) -> tuple["OutcomeCodes", int]:
        """The outcome of every so many rows of each piece, and of every how many."""
        codes = [self.codes(piece)[::_EVERY].copy() for piece in range(self.pieces)]
        return OutcomeCodes(codes.__getitem__, self.positive, self.pieces), _EVERY
