"""A column as it was read, its kind still open: numbers, coded text, or hashes of free text."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.arrays import BoolArray, FloatArray, IntArray, ObjectArray
from placement.data.columns.column_store import ChunkedArray
from placement.model.scorer import PLAIN, Coded, NumberFormat, words

NUMBER_SHARE = 0.95  # a column with at least this share of numbers is a number
MAX_TEXTS = 65_536  # distinct texts; with more it is free text, of which only hashes are stored


# What stands for a cell that is neither number nor missing: a NaN that can be found again.
_UNPARSABLE_BITS = np.uint64(0x7FF8_0000_0000_0001)
UNPARSABLE = np.array([_UNPARSABLE_BITS]).view(np.float64)[0]


def is_unparsable(values: FloatArray) -> BoolArray:
    """Return which cells (n,) of a number column were text that is no number."""
    return np.asarray(values.view(np.uint64) == _UNPARSABLE_BITS)


@dataclass(frozen=True, eq=False)
class NumericColumn:
    """A column of float64, NaN where missing and, see `is_unparsable`, where text is no number.

    `examples` has some of the unparsable texts by row. `form` is how the numbers are written, and
    `notes` say of its cells how they were read where that is worth saying, `cleaned` of how many
    something that is no part of a cell was read away.
    """

    name: str
    array: ChunkedArray
    number_count: int
    unparsable_count: int
    examples: Mapping[int, str]
    form: NumberFormat = PLAIN
    notes: tuple[str, ...] = ()
    cleaned: str = ""

    def __len__(self) -> int:
        return self.array.rows


@dataclass(frozen=True, eq=False)
class CategoricalColumn:
    """A column of coded text: `texts[codes]`; "" is blank.

    `numbers` are the texts read as numbers, NaN where `unparsable`; `counts` are the rows of each
    text. All (k,). `form`, `notes` and `cleaned` are those of a
    `NumericColumn`.
    """

    name: str
    array: ChunkedArray
    texts: ObjectArray
    numbers: FloatArray
    unparsable: BoolArray
    counts: IntArray
    form: NumberFormat = PLAIN
    notes: tuple[str, ...] = ()
    cleaned: str = ""

    def __len__(self) -> int:
        return self.array.rows

    @property
    def codes(self) -> IntArray:
        """The index of every row's text, (n,)."""
        return np.asarray(self.array.whole(), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class HashedColumn:
    """A column of free text: a hash of each cell's case-folded words, 0 where it is blank."""

    name: str
    array: ChunkedArray

    def __len__(self) -> int:
        return self.array.rows


RawColumn = NumericColumn | CategoricalColumn | HashedColumn
RawColumns = Mapping[str, RawColumn]


def factorize(cells: Any) -> Coded:
    """Return cells as coded text: the distinct texts (k,), and the code of each cell (n,)."""
    if isinstance(cells, Coded):
        return cells
    if cells.dtype.kind in "fiu":
        numbers, inverse = np.unique(cells.astype(np.float64), return_inverse=True)
        return Coded(inverse, words(numbers))
    codes_by_text: defaultdict[Any, int] = defaultdict()
    codes_by_text.default_factory = codes_by_text.__len__
    all_text = cells.dtype.kind == "O" and set(map(type, cells)) <= {str}
    cell_texts = cells if all_text else words(cells)
    codes = np.fromiter(map(codes_by_text.__getitem__, cell_texts), np.int64, len(cells))
    texts = np.empty(len(codes_by_text), dtype=object)
    texts[:] = list(codes_by_text)
    return Coded(codes, texts)
