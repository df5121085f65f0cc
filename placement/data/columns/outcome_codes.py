"""The outcome of each row of a table as a code, piece by piece."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from placement.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class OutcomeCodes:
    """`codes(piece)` gives each row's outcome (n,), -1 where the row is not used.

    `positive` (m,) tells which of the outcomes count as positive; there are `pieces` pieces.
    """

    codes: Callable[[int], IntArray]
    positive: BoolArray
    pieces: int

    def used_masks(self) -> Iterator[BoolArray]:
        """Yield for each piece which rows (n,) are used."""
        for piece in range(self.pieces):
            yield self.codes(piece) >= 0

    def label(self, piece: int) -> FloatArray:
        """Return the label of a piece's rows (n,): 1, 0, or NaN where a row is not used."""
        codes = self.codes(piece)
        return np.where(codes < 0, np.nan, self.positive[codes].astype(np.float64))

    def without(self, excluded: Callable[[int], BoolArray]) -> "OutcomeCodes":
        """The same with further rows not used: those that `excluded(piece)` marks (n,)."""

        def codes(piece: int) -> IntArray:
            return np.where(excluded(piece), -1, self.codes(piece))

        return replace(self, codes=codes)

    @property
    def counts(self) -> tuple[int, int]:
        """Rows that are used, of which so many positive."""
        rows = positive = 0
        for piece in range(self.pieces):
            codes = self.codes(piece)
            codes = codes[codes >= 0]
            rows, positive = rows + len(codes), positive + int(self.positive[codes].sum())
        return rows, positive
