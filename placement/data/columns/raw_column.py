"""A column as it was read, nothing decided yet: numbers, coded words, or hashes of free text."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.arrays import BoolArray, CellArray, FloatArray, IntArray, ObjectArray
from placement.data.columns.column_store import ChunkedArray
from placement.model.scorer import Coded, words

NUMBER_SHARE = 0.95  # a column with at least this share of numbers is a number
MAX_TEXTS = 65_536  # different ones; with more it is free text, of which hashes are kept


# What stands for a cell that is neither number nor missing: a NaN that can be found again.
_STRAY_BITS = np.uint64(0x7FF8_0000_0000_0001)
UNPARSABLE = np.array([_STRAY_BITS]).view(np.float64)[0]


def is_unparsable(values: FloatArray) -> BoolArray:
    """Return which cells (n,) of a number column were words."""
    return np.asarray(values.view(np.uint64) == _STRAY_BITS)


@dataclass(frozen=True, eq=False)
class NumericColumn:
    """A column of numbers: float64, NaN where missing and, see `is_unparsable`, where a word stood.

    `known` counts the numbers, `stray` the words; `examples` are words by their position.
    """

    name: str
    array: ChunkedArray
    known: int
    stray: int
    examples: Mapping[int, str]

    def __len__(self) -> int:
        return self.array.rows


@dataclass(frozen=True, eq=False)
class CategoricalColumn:
    """A column of words: `texts[codes]`; "" is blank. `numbers` and `bad` read each as a number.

    All (k,); `counts` are the rows of each text.
    """

    name: str
    array: ChunkedArray
    texts: ObjectArray
    numbers: FloatArray
    bad: BoolArray
    counts: IntArray

    def __len__(self) -> int:
        return self.array.rows

    @property
    def codes(self) -> IntArray:
        """The place of every row's text, (n,)."""
        return np.asarray(self.array.whole(), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class HashedColumn:
    """A column of free text: a hash of each cell's case-folded words, 0 where it is blank."""

    name: str
    array: ChunkedArray

    def __len__(self) -> int:
        return self.array.rows


RawColumn = NumericColumn | CategoricalColumn | HashedColumn


def coded(cells: Any) -> Coded:
    """Return cells as coded text, each different one once."""
    if isinstance(cells, Coded):
        return cells
    if cells.dtype.kind in "fiu":
        numbers, inverse = np.unique(cells.astype(np.float64), return_inverse=True)
        return Coded(inverse, words(numbers))
    known: defaultdict[Any, int] = defaultdict()
    known.default_factory = known.__len__
    texts_of = cells if _all_text(cells) else words(cells)
    codes = np.fromiter(map(known.__getitem__, texts_of), dtype=np.int64, count=len(cells))
    texts = np.empty(len(known), dtype=object)
    texts[:] = list(known)
    return Coded(codes, texts)


def _all_text(cells: CellArray) -> bool:
    return cells.dtype.kind == "O" and set(map(type, cells)) <= {str}
