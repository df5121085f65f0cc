"""What the cells of each column look like, to tell a row whose cells stand one column off.

A row may have as many fields as its heading by chance: an unquoted comma makes one more of them,
and a cell that is lacking one less. Then words stand under numbers, and numbers under words.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from placement.arrays import BoolArray
from placement.data.formats.blocks import Cells, unquote
from placement.data.formats.delimited.dialect import is_missing, is_number
from placement.model.scorer import Coded

_MOST, _DISTINCT = 0.95, 0.9
_LEAST_ROWS = 20  # that say which words a column has
_ROWS_A_WORD, _RUNS_A_WORD, _MOST_WORDS = 5, 3, 30
_OFTEN = 2


@dataclass(frozen=True)
class ColumnKind:
    """A column of numbers, of a few `words` (empty where any may come), or neither.

    Words that often stand among numbers, such as AB for absent, are words of their column too; and
    where numbers are some of the few words, such as 0 beside "Yes, 1", or begin some of them, as in
    "1 (cleared)", so is any other number.
    """

    is_numeric: bool = False
    words: frozenset[str] = frozenset()
    has_numbers: bool = False
    low: float = -np.inf
    high: float = np.inf

    @property
    def is_telling(self) -> bool:
        """Whether a cell of another column would not fit here."""
        return self.is_numeric or bool(self.words)

    def fits(self, cell: str) -> bool:
        """Whether a trimmed cell may stand here."""
        if not self.is_telling or is_missing(cell) or cell.casefold() in self.words:
            return True
        return (self.is_numeric or self.has_numbers) and is_number(cell)

    def is_likely(self, cell: str, decimal: str) -> bool:
        """Whether a cell may stand here and is no number far beyond the others."""
        if not self.fits(cell):
            return False
        number = _number(cell, decimal) if self.is_numeric else np.nan
        return not (number < self.low or number > self.high)


def _number(cell: str, decimal: str) -> float:
    try:
        return float(cell.replace(decimal, ".") if decimal != "." else cell)
    except ValueError:
        return np.nan


def kind_of(column: Sequence[str], decimal: str) -> ColumnKind:
    """Return what the first cells of a column have in common."""
    cells = [cell.casefold() for cell in map(unquote, column) if not is_missing(cell)]
    if not cells:
        return ColumnKind()
    counts = Counter(cells)
    numeric = [cell for cell in cells if is_number(cell)]
    runs = 1 + sum(one != other for one, other in itertools.pairwise(cells))
    few = (
        len(cells) >= max(_LEAST_ROWS, _ROWS_A_WORD * len(counts))
        and 1 < len(counts) <= _MOST_WORDS
        and runs >= _RUNS_A_WORD * len(counts)  # a sorted column has others further down
    )
    often = frozenset(cell for cell, count in counts.items() if count >= _OFTEN)
    if len(numeric) < _MOST * len(cells):
        numbered = any(is_number(word.split(" ")[0]) for word in often)
        return ColumnKind(words=often, has_numbers=numbered) if few else ColumnKind()
    words = frozenset(cell for cell in often if not is_number(cell))
    values = np.array([_number(cell, decimal) for cell in numeric])
    values = values[np.isfinite(values)]
    if not len(values):
        return ColumnKind(is_numeric=True, words=words)
    low, high = float(values.min()), float(values.max())
    counting = len(counts) > _DISTINCT * len(cells) and bool((values % 1 == 0).all())
    spread = np.inf if counting else high - low
    return ColumnKind(is_numeric=True, words=words, low=low - spread, high=high + spread)


@dataclass(frozen=True)
class ColumnKinds:
    """The kinds of the columns of a table; `telling`: those where a neighbour's cell shows."""

    kinds: tuple[ColumnKind, ...] = ()
    decimal: str = "."
    delimiter: str = ","
    telling: tuple[int, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        # Amid columns of any numbers, a cell from either side would fit.
        plain = [kind.is_numeric for kind in self.kinds]
        around = zip([False, *plain], plain, [*plain[1:], False], strict=False)
        amid = map(all, around)
        pairs = enumerate(zip(self.kinds, amid, strict=True))
        telling = tuple(index for index, (kind, hid) in pairs if kind.is_telling and not hid)
        object.__setattr__(self, "telling", telling)

    def odd_texts(self, column: int, texts: Iterable[str]) -> set[str]:
        """Return those of a column's texts that do not fit there."""
        kind = self.kinds[column]
        return {text for text in texts if not kind.fits(unquote(text))}

    def may_end_with(self, cells: Sequence[str]) -> bool:
        """Whether a row may end with these cells: each fits one of the last columns."""
        pairs = zip(self.kinds[len(self.kinds) - len(cells) :], cells, strict=True)
        return all(kind.fits(unquote(cell)) for kind, cell in pairs)

    def has_odd(self, column: int, cells: Cells) -> BoolArray:
        """Return which cells (n,) of a column do not fit there."""
        kind = self.kinds[column]
        if isinstance(cells, Coded):
            odd = [not kind.fits(unquote(text or "")) for text in cells.texts]
            return np.asarray(np.array(odd, dtype=bool)[cells.codes])
        return np.zeros(len(cells), dtype=bool)

    def shifted_cell(self, cells: Sequence[str], spaced: frozenset[int], least: int) -> int | None:
        """Return the first cell that does not fit where all would one column off; None if none.

        `least`: so many cells must fit better, or one where text was cut before a blank, as it is
        before the `spaced` cells: so is a comma written in a sentence. One that fits where only
        some cells do counts twice.
        """
        here = self._unlikely(cells)
        if not any(here):
            return None
        best: tuple[int, int | None] = (0, None)
        for start, stop, step, needed in self._better_shifts(cells, spaced, least):
            odd = [index for index in range(start, stop + 1) if here[index]]
            there = (index + step for index in odd if start <= index + step <= stop)
            gain = len(odd) + sum(self.kinds[index].is_telling for index in there)
            if gain >= needed and gain > best[0]:
                best = gain, odd[0]
        return best[1]

    def _better_shifts(
        self, cells: Sequence[str], spaced: frozenset[int], least: int
    ) -> Iterator[tuple[int, int, int, int]]:
        """Yield the first and last column of each shift after which every cell there is likely.

        Yield also by how many columns cells move, and how many must fit better. Either the first
        column's text was cut at a delimiter and the last one's cell is lacking, or the first one's
        is lacking and the last one's text was cut, or a blank one too many.
        """
        width, mark = len(cells), self.delimiter
        joined = [f"{one}{mark}{other}" for one, other in itertools.pairwise(cells)]
        from_right = [*self._unlikely([*cells[1:], ""])]
        from_left = [*self._unlikely(["", *cells[:-1]])]
        cut = [*self._unlikely([*joined, ""])]
        cut_before = [*self._unlikely(["", *joined])]
        for first in range(width - 1):
            for last in range(first + 1, width):
                if not cut[first] and not any(from_right[first + 1 : last]):
                    yield first, last, -1, 1 if first + 1 in spaced else least
                blank = last == width - 1 and not cells[last] and not from_left[last]
                if (blank or not cut_before[last]) and not any(from_left[first + 1 : last]):
                    yield first, last, 1, least

    def _unlikely(self, cells: Sequence[str]) -> list[bool]:
        pairs = zip(self.kinds, cells, strict=True)
        return [not kind.is_likely(cell, self.decimal) for kind, cell in pairs]
