"""What the rows of a table look like, learnt from its first ones: to tell what is none of them."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from statistics import median

import numpy as np

from placement.arrays import FloatArray
from placement.data.formats.delimited import dialect
from placement.data.formats.delimited.dialect import is_missing
from placement.data.names.identifiers import means_identifier, means_person
from placement.model.scorer import fold, parse_numbers

_NUMBERS = 0.6  # the share of a column's cells from which on it counts as one of numbers
_USUALLY = 0.8
_DISTINCT = 0.9
_LEAST_DISTINCT = 5
_MOST_LEVELS = 60


@lru_cache(1 << 14)
def is_number(cell: str) -> bool:
    """Whether a trimmed cell is a number, with a unit such as ₹ or without one."""
    if dialect.is_number(cell):
        return True
    has_digits = any(map(str.isdecimal, cell))
    return has_digits and not np.isnan(parse_numbers([cell])[0]).any()


@dataclass(frozen=True)
class UsualColumn:
    """A column as it is in ordinary rows.

    `levels` are its words, case-folded, where it is a category; `shapes` those of
    an identifier's cells: "22X05001" is "9A9". `is_filled`: in nearly every row. `number_cells`
    are those of a column of numbers.
    """

    name: str
    is_filled: bool
    is_number: bool
    is_identifier: bool
    is_person: bool
    levels: frozenset[str]
    shapes: frozenset[str]
    number_cells: tuple[str, ...]

    @cached_property
    def numbers(self) -> FloatArray:
        """The numbers of the column, parsed only where a row is suspect."""
        values, _ = parse_numbers(self.number_cells)
        return values[~np.isnan(values)]

    def fits(self, cell: str) -> bool:
        """Whether a cell looks like the others: a number, a level, a code of the same shape."""
        if not is_filled(cell):
            return False
        if self.is_number and not self.is_identifier:
            return is_number(cell)
        if fold(cell) in self.levels:
            return True
        # Dates and codes that come but once are none of the levels.
        may_be_new = not self.levels or any(map(str.isdigit, cell))
        return may_be_new and shape_of(cell) in self.shapes

    def identifies(self, cell: str) -> bool:
        """Whether a cell is a code such as the column has: with digits, and of their shape."""
        return self.is_identifier and any(map(str.isdigit, cell)) and self.fits(cell)


@dataclass(frozen=True)
class UsualRows:
    """The columns of a table, in order; `filled`: how many cells of a row usually are.

    `whole`: the rows it was learnt from are all the rows there are.
    """

    columns: tuple[UsualColumn, ...]
    filled: int
    whole: bool

    @staticmethod
    def learn(names: Sequence[str], rows: Iterable[Sequence[str]], *, whole: bool) -> "UsualRows":
        """Learn from rows of trimmed cells; those with few cells are not looked at."""
        width = len(names)
        padded = [(*row, *[""] * width)[:width] for row in rows]
        counts = [sum(map(is_filled, row)) for row in padded]
        usual = (
            int(median(count for count in counts if count > 1)) if max(counts, default=0) > 1 else 1
        )
        ordinary = [row for row, count in zip(padded, counts, strict=True) if count * 2 > usual]
        ordinary = [row for row in ordinary if not repeats(row, names)]
        learnt = _learn_columns(names, ordinary)
        # Words and codes count where they come again, in rows whose other words are there too.
        text = [i for i, c in enumerate(learnt) if c.is_filled and not c.is_number]
        complete = [row for row in ordinary if all(is_filled(row[i]) for i in text)]
        known = learnt if len(complete) == len(ordinary) else _learn_columns(names, complete)
        columns = [
            replace(column, levels=other.levels, shapes=other.shapes)
            for column, other in zip(learnt, known, strict=True)
        ]
        return UsualRows(tuple(columns), usual, whole)


def is_filled(cell: str) -> bool:
    """Whether there is anything in a trimmed cell but a mark of what is missing."""
    return not is_missing(cell)


def shape_of(cell: str) -> str:
    """Return what kinds of characters a cell has: "22X05001" is "9A9", "Ravi G." is "A A."."""
    return re.sub(r"[^\W\d_]+", "A", re.sub(r"\d+", "9", cell))


def plain(text: str) -> str:
    """Return the letters and digits of a text, case-folded: how names are compared."""
    return "".join(filter(str.isalnum, text)).casefold()


def repeats(cells: Sequence[str], names: Sequence[str]) -> bool:
    """Whether cells are the names of their columns once more, or one of two rows of names."""
    filled = [(plain(cell), name) for cell, name in zip(cells, names, strict=False) if cell]
    if len(filled) * 2 < len(names) or not filled:
        return False
    same = sum(cell in parts_of(name) for cell, name in filled)
    return same >= min(2, len(names)) and same >= 0.6 * len(filled)


@cache
def parts_of(name: str) -> tuple[str, ...]:
    """Return a name plain, its halves where it was joined of two rows, and without a number."""
    unnumbered = re.sub(r"\.\d+$", "", name)
    return tuple(filter(None, map(plain, (name, unnumbered, *name.split(": ")))))


def _learn_columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[UsualColumn, ...]:
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return tuple(_learn_column(name, cells) for name, cells in zip(names, columns, strict=True))


def _learn_column(name: str, cells: Sequence[str]) -> UsualColumn:
    filled = [cell for cell in cells if is_filled(cell)]
    numbers = [cell for cell in filled if is_number(cell)]
    numeric = len(numbers) >= _NUMBERS * len(filled) if filled else False
    words = Counter(map(fold, filled))
    few, distinct = len(filled) < _LEAST_DISTINCT, len(words) >= _DISTINCT * len(filled)
    person = means_person(name) and not numeric
    named = means_identifier(name) and (few or distinct or not numeric)
    identifier = not person and (named or (distinct and not numeric and not few))
    shapes = Counter(map(shape_of, filled if identifier or not numeric else ()))
    category = not (numeric or identifier or person) and len(words) <= _MOST_LEVELS
    return UsualColumn(
        name=name,
        is_filled=bool(cells) and len(filled) >= _USUALLY * len(cells),
        is_number=numeric,
        is_identifier=identifier,
        is_person=person,
        levels=frozenset(w for w, n in words.items() if category and n > 1),
        shapes=frozenset(s for s, n in shapes.items() if n > 1 or few),
        number_cells=tuple(numbers) if numeric else (),
    )
